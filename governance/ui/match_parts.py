"""The parts of the page of matched records: the queue, the cross-walk, pairing by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from checks.errors import CodedError
from governance.config import Config
from governance.i18n import explain
from governance.ledger import Ledger
from governance.ledger.walks import Between, Event, PairRow
from governance.ui import urls
from governance.ui.components import table, text_column
from governance.ui.here import Here
from governance.ui.text import bare, plain
from governance.ui.weights import bars_of_weight
from governance.views.matching import Case, history, surely
from governance.views.titles import Titles

PER_PAGE, PER_TABLE = 5, 50
_SAID = "_m_said"


def names(here: Here, config: Config, pairs: dict[str, Between]) -> dict[str, str]:
    """What each pair of sources is called."""
    titles = Titles(config, here.language)
    return {
        code: plain(f"{titles.entity(b.entity)} · {titles.pair(b.left, b.right)}")
        for code, b in pairs.items()
    }


def acting(here: Here, action: Callable[[], str]) -> None:
    """Carry out what a button asks for; the next script run says what came of it."""
    try:
        st.session_state[_SAID] = ("success", action())
    except CodedError as error:
        st.session_state[_SAID] = ("error", plain(explain(error, here.language)))


def told() -> None:
    """Say what the last button did, once."""
    how, words = st.session_state.pop(_SAID, (None, None))
    if how == "success":
        st.success(words, icon=":material/check:")
    elif how == "error":
        st.error(words, icon=":material/error:")


def decide(here: Here, ledger: Ledger, pair: PairRow, event: Event) -> None:
    """The callback of the buttons under a pair."""

    def act() -> str:
        ledger.crosswalk.decide(here.actor, pair.id, event, now=here.later().now)
        return here.t(f"matching.done.{event}", left=_shown(pair, 0), right=_shown(pair, 1))

    acting(here, act)


def card(here: Here, config: Config, ledger: Ledger, case: Case) -> None:
    """Both records side by side, what speaks for and against, and the two buttons."""
    pair, titles = case.pair, Titles(config, here.language)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            probability = here.share(pair.probability, 1)
            st.markdown(f"**{_shown(pair, 0)}** ↔ **{_shown(pair, 1)}**", width="content")
            said = here.t("matching.probability", probability=probability)
            st.caption(said, width="content")
        values, weights = st.columns([3, 2], gap="medium")
        with values:
            _values(here, titles, case)
        with weights:
            shown = [line for line in case.lines if line.weight is not None and line.level]
            if shown:
                fields = tuple(titles.field(pair.entity, line.field) for line in shown)
                bars_of_weight(
                    fields, tuple(line.weight or 0.0 for line in shown), key=f"m.plot.{pair.id}"
                )
        with st.container(horizontal=True):
            for event, icon in ((Event.ACCEPTED, "link"), (Event.REJECTED, "link_off")):
                st.button(
                    here.t(f"matching.button.{event}"),
                    key=f"m.{event}.{pair.id}",
                    icon=f":material/{icon}:",
                    type="primary" if event is Event.ACCEPTED else "secondary",
                    on_click=decide,
                    args=(here, ledger, pair, event),
                )


def _values(here: Here, titles: Titles, case: Case) -> None:
    pair = case.pair
    columns: dict[str, Any] = {
        "field": text_column(here.t("matching.field"), width=96),
        "level": text_column(here.t("matching.level"), width=104),
        "left": text_column(bare(titles.source(pair.left_source))),
        "right": text_column(bare(titles.source(pair.right_source))),
    }
    rows = [
        {
            "field": titles.field(pair.entity, line.field),
            "left": line.left,
            "right": line.right,
            "level": None if line.level is None else here.t(f"match.level.{line.level}"),
        }
        for line in case.lines
    ]
    table(rows, columns, key=f"m.values.{pair.id}")


def bulk(here: Here, ledger: Ledger, between: Between) -> None:
    """Accept everything from a probability on, after saying how many that is."""
    with st.popover(here.t("matching.bulk"), icon=":material/done_all:"):
        label = here.t("matching.bulk.least")
        percent = st.slider(label, 10, 100, 90, format="%d%%", key="m.least")
        ids = surely(here.actor, ledger, between, percent / 100)
        st.caption(here.plural("matching.bulk.preview", len(ids), percent=percent))

        def act() -> str:
            now = here.later().now
            done = ledger.crosswalk.decide_all(here.actor, ids, Event.ACCEPTED, now=now)
            return here.plural("matching.bulk.done", done)

        st.button(
            here.plural("matching.bulk.button", len(ids)),
            key="m.bulk",
            type="primary",
            disabled=not ids,
            on_click=acting,
            args=(here, act),
        )


def pages(count: int, key: str, per_page: int) -> int:
    """The page to show, from 0; draws the control where there is more than one."""
    last = -(-count // per_page)
    page = urls.restore_page(key, last)
    if last > 1:
        st.pagination(last, key=key, on_change=urls.keep, args=(key,))
    return page - 1


def walk_table(here: Here, config: Config, rows: tuple[PairRow, ...], key: str) -> PairRow | None:
    """Decided pairs; returns the one whose row was picked."""
    titles = Titles(config, here.language)
    first = rows[0]
    columns: dict[str, Any] = {
        "left": text_column(bare(titles.source(first.left_source))),
        "left_key": text_column(here.t("matching.key"), width=110),
        "right": text_column(bare(titles.source(first.right_source))),
        "right_key": text_column(here.t("matching.key"), width=110),
        "probability": text_column(here.t("matching.probability.short"), width=84),
        "by": text_column(here.t("matching.by"), width=110),
        "at": text_column(here.t("matching.at"), width=124),
    }
    shown = [
        {
            "left": row.left_shown,
            "left_key": row.left_key,
            "right": row.right_shown,
            "right_key": row.right_key,
            "probability": None if row.probability is None else here.share(row.probability, 1),
            "by": by(here, row.made_by),
            "at": here.moment(row.at),
        }
        for row in rows
    ]
    picked = table(shown, columns, most=15, key=key, on_select="rerun", selection_mode="single-row")
    places = picked.selection.rows
    return rows[places[0]] if places and places[0] < len(rows) else None


def by(here: Here, name: str) -> str:
    """Who decided: a person's name, or that it was a run."""
    return here.t("matching.machine") if name == "worker" else name


def detail(here: Here, config: Config, ledger: Ledger, case: Case, event: Event) -> None:
    """One decided pair: its values, its history, and the button that undoes it."""
    pair, titles = case.pair, Titles(config, here.language)
    with st.container(border=True):
        st.markdown(f"**{_shown(pair, 0)}** ↔ **{_shown(pair, 1)}**")
        _values(here, titles, case)
        for told_event in history(here.actor, ledger, pair):
            who = plain(by(here, told_event.actor))
            said = [
                here.moment(told_event.at),
                here.t(f"matching.event.{told_event.event}", by=who),
            ]
            if told_event.run_id is not None:
                said.append(here.t("ui.caption.run", run=told_event.run_id))
            st.caption(" · ".join(said))
        st.button(
            here.t(f"matching.button.{event}"),
            key=f"m.{event}.{pair.id}",
            help=here.t(f"matching.button.{event}.help"),
            on_click=decide,
            args=(here, ledger, pair, event),
        )


def hand(here: Here, config: Config, between: Between, act: Callable[[str, str], str]) -> None:
    """Two keys that a person says are one record."""
    titles = Titles(config, here.language)
    with st.expander(here.t("matching.hand"), icon=":material/add_link:"):
        st.caption(here.t("matching.hand.help"))
        with st.form("m.hand", border=False):
            left, right = st.columns(2)
            one = left.text_input(plain(titles.source(between.left)), key="m.left")
            other = right.text_input(plain(titles.source(between.right)), key="m.right")
            if st.form_submit_button(here.t("matching.button.merged")) and one and other:
                acting(here, lambda: act(one.strip(), other.strip()))
                st.rerun()


def _shown(pair: PairRow, side: int) -> str:
    name, key = ((pair.left_shown, pair.left_key), (pair.right_shown, pair.right_key))[side]
    return plain(name or key, 80)
