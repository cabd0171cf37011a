"""Blocks of one campaign: its head, who has done how much, what changed since, and how it ends."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import streamlit as st

from governance.access import Right
from governance.config import Config
from governance.exports.reviews import FORMS, ReviewFiles
from governance.ledger.review_rows import Change, ReviewLine, ReviewStatus
from governance.reviews.reviewers import is_same
from governance.ui import urls
from governance.ui.batch_parts import MIME
from governance.ui.components import (
    Kpi,
    heading,
    kpi,
    number_column,
    pill_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.review_open import gaps
from governance.ui.review_sent import button, send
from governance.ui.review_words import named, status_badge
from governance.ui.text import plain
from governance.ui.workspace import Workspace
from governance.views.reviews import OneView

TABS = ("lines", "progress", "difference", "end")
ROWS = 12


def head(here: Here, open_: Workspace, config: Config, view: OneView) -> None:
    """What the campaign is, how far it is, and what it could not see."""
    row = view.row
    st.button(
        here.t("reviews.back"), icon=":material/arrow_back:", type="tertiary", key="rv.back",
        on_click=urls.drop, args=("review", "rv.tab", "rv.show", "rv.of", "rv.page"),
    )  # fmt: skip
    st.markdown(f"**#{row.id} {plain(row.name)}**  {status_badge(here, row)}")
    told = [
        here.t("reviews.head.opened", who=plain(row.opened_by), when=here.moment(row.opened_at)),
        here.t("reviews.head.run", run=row.run_id, when=here.moment(row.run_as_of)),
        here.t("reviews.head.due", when=here.moment(row.due_at)),
        here.t("reviews.head.population", sha=row.population[:12]),
    ]
    if row.closed_at is not None:
        who, when = plain(row.closed_by or ""), here.moment(row.closed_at)
        told.append(here.t("reviews.head.closed", who=who, when=when))
    st.caption(" · ".join(told))
    if row.reason:
        st.caption(plain(f"{here.t('reviews.about.closing_reason')}: {row.reason}"))
    gaps(here, open_, config, row.gaps)
    _figures(here, view)


def _figures(here: Here, view: OneView) -> None:
    c = view.campaign
    cards = (
        ("lines", here.number(c.lines)),
        ("decided", here.share(c.share, 1)),
        ("to_do", here.number(c.to_do)),
        ("done", here.number(c.done)),
        ("still", here.number(c.still)),
    )
    for column, (name, value) in zip(st.columns(len(cards), gap="small"), cards, strict=True):
        with column:
            words = "reviews.kpi.still" if name == "still" else f"reviews.{name}"
            kpi(Kpi(here.t(words), value, here.t(f"{words}.help")))


def tab(here: Here) -> str:
    """Which block is shown; in the URL."""
    found = next(iter(urls.codes("rv.tab", TABS)), TABS[0])
    st.session_state["rv.tab"] = found
    st.segmented_control(
        here.t("reviews.tab"), TABS, key="rv.tab", required=True, label_visibility="collapsed",
        format_func=lambda code: here.t(f"reviews.tab.{code}"), on_change=urls.keep,
        args=("rv.tab",),
    )  # fmt: skip
    return found


def progress(here: Here, view: OneView, people: Mapping[str, str]) -> None:
    """By reviewer: given, decided, how fast; then delegates, hand-overs and reminders."""
    heading(here.t("reviews.tab.progress"), help=here.t("reviews.progress.help"))
    rows = [
        {
            "who": named(here, view.row, p.reviewer),
            "delegate": named(here, view.row, p.delegate) if p.delegate else None,
            "lines": p.lines,
            "open": p.lines - p.decided or None,
            "kept": p.kept or None,
            "failing": p.failing_kept or None,
            "acts": p.acts or None,
            "largest": p.largest or None,
            "first": _span(here, p.first),
            "last": _span(here, p.last),
            "hasty": ["hasty"] if p.is_hasty else [],
        }
        for p in view.paces
    ]
    t = here.t
    hasty = {"hasty": t("reviews.hasty")}
    columns = {
        "who": text_column(t("reviews.column.reviewer"), width=130),
        "delegate": text_column(t("reviews.column.delegate"), width=110),
        "lines": number_column(t("reviews.lines"), width=70),
        "open": number_column(t("reviews.open"), width=84),
        "kept": number_column(t("reviews.decision.keep"), width=70),
        "failing": number_column(t("reviews.failing_kept"), width=110),
        "acts": number_column(t("reviews.acts"), width=70, help=t("reviews.acts.help")),
        "largest": number_column(t("reviews.largest"), width=90),
        "first": text_column(t("reviews.first"), width=100),
        "last": text_column(t("reviews.last"), width=100),
        "hasty": pill_column(t("reviews.pace.head"), hasty, [palette().pill["watch"]], width=110,
                             help=t("reviews.hasty.help")),
    }  # fmt: skip
    table(rows, columns, most=ROWS, key=f"rv.paces.{view.row.id}")
    if view.row.status is ReviewStatus.OPEN and Right.DECIDE in here.actor.rights:
        _hand_over(here, view, people)


def _span(here: Here, span: timedelta | None) -> str | None:
    return None if span is None else here.span(span)


def _hand_over(here: Here, view: OneView, people: Mapping[str, str]) -> None:
    row, names = view.row, {no: plain(words) for no, words in people.items()}
    mine = [
        line
        for line in view.lines
        if line.decision is None
        and is_same(here.actor.name, line.reviewer, row.people.get(line.reviewer or ""),
                    row.ambiguous)
    ]  # fmt: skip
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        if mine:
            _person(here, "rv.delegate", here.plural("reviews.delegate", len(mine)), names)
            st.button(here.t("reviews.delegate.do"), on_click=send, args=("delegate",),
                      kwargs={"text": "rv.delegate"}, key="rv.delegate.do")  # fmt: skip
        may = here.actor.name == row.opened_by or Right.APPROVE in here.actor.rights
        lost = tuple(line.seq for line in view.lines if _is_lost(line))
        if lost and may:
            _person(here, "rv.assign", here.plural("reviews.assign", len(lost)), names)
            st.button(here.t("reviews.assign.do"), on_click=send, args=("assign", lost),
                      kwargs={"text": "rv.assign"}, key="rv.assign.do")  # fmt: skip
        if view.waiting:
            help_ = here.t("reviews.remind.help")
            st.button(here.t("reviews.remind"), icon=":material/notifications:", on_click=send,
                      args=("remind",), key="rv.remind", help=help_)  # fmt: skip


def _is_lost(line: ReviewLine) -> bool:
    return line.decision is None and line.reviewer is None


def _person(here: Here, key: str, label: str, names: Mapping[str, str]) -> None:
    st.selectbox(
        label, list(names), index=None, key=key, format_func=lambda no: names.get(no, no),
        accept_new_options=True, placeholder=here.t("reviews.new.person.hint"), width=280,
    )  # fmt: skip


def difference(
    here: Here, config: Config, open_: Workspace, view: OneView, systems: Mapping[str, str]
) -> None:
    """New, changed and gone grants since the last signed review."""
    row = view.row
    heading(here.t("reviews.tab.difference"), help=here.t("reviews.difference.help"))
    if row.compared_to is None:
        st.caption(here.t("reviews.difference.first"))
        return
    found = [(x.change.value, x.facts) for x in view.lines if x.change is not Change.SAME]
    found += [("gone", facts) for facts in row.gone if here.actor.departments is None]
    st.caption(here.t("reviews.difference.since", number=row.compared_to))
    if not found:
        st.caption(here.t("reviews.difference.none"))
        return
    rows = [
        {
            "change": [change],
            "who": facts["name"] or facts["account_name"] or facts["account"],
            "department": facts["department_name"] or facts["department"],
            "system": systems.get(facts["system"], facts["system"]),
            "role": facts["into_name"] or facts["into"],
            "scope": ", ".join(here.t(f"reviews.scope.{word}") for word in facts["scope"]),
        }
        for change, facts in found
    ]
    tones = {"new": "watch", "changed": "busy", "gone": "good"}
    words = {code: here.t(f"reviews.change.{code}") for code in tones}
    shades = [palette().pill[tone] for tone in tones.values()]
    columns = {
        "change": pill_column(here.t("reviews.column.change"), words, shades, width=90),
        "who": text_column(here.t("reviews.column.name"), width=120),
        "department": text_column(here.t("reviews.column.department"), width=150),
        "system": text_column(here.t("reviews.column.system"), width=120),
        "role": text_column(here.t("reviews.column.into"), width=170),
        "scope": text_column(here.t("reviews.column.scope"), width=150),
    }
    table(rows, columns, most=ROWS, key=f"rv.difference.{row.id}")
    files = _files(here, open_, config)
    _downloads(here, "difference", ("xlsx", "csv"), row.id, lambda p: files.difference(p, row))


def ending(here: Here, config: Config, open_: Workspace, view: OneView) -> None:
    """Sign, close or cancel; and the files that go out."""
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        _end(here, view)
    with right:
        heading(here.t("reviews.files"), help=here.t("reviews.files.help"))
        if Right.EXPORT not in here.actor.rights or here.actor.departments is not None:
            st.caption(f":material/lock: {here.t('rem.may_not')}")
            return
        files, row = _files(here, open_, config), view.row
        st.caption(here.t("reviews.files.evidence"))
        _downloads(here, "evidence", FORMS, row.id, lambda p: files.evidence(p, row))
        st.caption(here.plural("reviews.files.revocations", view.campaign.to_do))
        _downloads(here, "revocations", ("xlsx", "csv"), row.id,
                   lambda p: files.revocations(p, row))  # fmt: skip


def _end(here: Here, view: OneView) -> None:
    heading(here.t("reviews.tab.end"))
    if view.row.status is not ReviewStatus.OPEN:
        st.caption(here.t(f"reviews.ended.{view.row.status.value}"))
        if here.standing.demo:
            st.caption(f":material/info: {here.t('reviews.demo')}")
        return
    ready = view.ready
    stops = (
        ("open", ready.undecided),
        ("unassigned", ready.unassigned),
        ("gaps", len(ready.gaps)),
        ("own", int(ready.is_own)),
    )
    for name, count in stops:
        if count:
            st.caption(f":orange[:material/block: {here.plural(f'reviews.stop.{name}', count)}]")
    may = Right.APPROVE in here.actor.rights
    if not may:
        st.caption(f":material/lock: {here.t('reviews.may_not_sign')}")
    with st.container(horizontal=True, gap="xsmall"):
        st.button(here.t("reviews.sign"), type="primary", icon=":material/verified:",
                  disabled=not (ready.is_ready and may), on_click=send, args=("sign",),
                  key="rv.sign", help=here.t("reviews.sign.help"))  # fmt: skip
        if may:
            button(here, "rv.end", "close", here.t("reviews.close"), "rule")
        if may or here.actor.name == view.row.opened_by:
            button(here, "rv.end", "cancel", here.t("reviews.cancel"), "cancel")
    picked = st.session_state.get("rv.end")
    if picked in ("close", "cancel"):
        with st.form(f"rv.form.{picked}", enter_to_submit=False):
            key = f"rv.why.{picked}"
            st.caption(here.t(f"reviews.{picked}.help"))
            st.text_area(here.t("reviews.why"), key=key, height=70, max_chars=2000)
            st.form_submit_button(here.t(f"reviews.{picked}"), type="primary", on_click=send,
                                  args=(picked,), kwargs={"text": key})  # fmt: skip


def _files(here: Here, open_: Workspace, config: Config) -> ReviewFiles:
    return ReviewFiles(open_.ledger, config, here.actor, here.language, here.later().now)


def _downloads(
    here: Here, what: str, forms: tuple[str, ...], number: int, write: Callable[[Path], int]
) -> None:
    if Right.EXPORT not in here.actor.rights or here.actor.departments is not None:
        return

    def made(form: str) -> Callable[[], bytes]:
        def content() -> bytes:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{what}.{form}"
                write(path)
                return path.read_bytes()

        return content

    with st.container(horizontal=True, gap="xsmall"):
        for form in forms:
            st.download_button(
                form.upper(), made(form), mime=MIME[form], on_click="ignore",
                file_name=f"duiqi-review-{number}-{what}.{form}", icon=":material/download:",
                key=f"rv.file.{what}.{form}",
            )  # fmt: skip
