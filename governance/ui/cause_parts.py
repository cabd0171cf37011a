"""Findings by cause: which few rules explain them, how much each does, and what is left over."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from governance.config import Config
from governance.reading import Explained, Filters, Finding, Findings, RootCause, root_causes
from governance.ui import urls
from governance.ui.cause_words import lies, rule, subject
from governance.ui.components import (
    heading,
    number_column,
    share_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.plots import Stack, across, palette
from governance.ui.text import plain
from governance.views.titles import Titles

SHOWN_BARS, SHOWN_ROWS, SHOWN_EXAMPLES = 8, 7, 3
LABEL = 22


def by_cause(
    here: Here, view: Findings, config: Config, filters: Filters, *, height: int, prefix: str = "c"
) -> None:
    """The causes of the findings of `filters`: bars, a list, and the one that was picked.

    A row narrows the page to its cause, as `<prefix>.cause` in the URL.
    """
    found = root_causes(view, filters)
    titles = Titles(config, here.language)
    with st.container(border=True, gap="xxsmall"):
        heading(here.t("causes.heading"), help=here.t("causes.help"))
        if not found.causes:
            st.caption(here.t("causes.none"))
            return
        numbers = {"explained": here.number(found.explained), "total": here.number(found.total)}
        numbers["rest"] = here.number(found.rest)
        st.caption(here.plural("causes.summary", len(found.causes), **numbers))
        left, right = st.columns([1, 2], gap="small")
        with left:
            _bars(here, titles, found, height, prefix)
        with right:
            _list(here, titles, found, filters, prefix)
        for cause in found.causes:
            if cause.cause in filters.cause:
                _picked(here, view, titles, cause, prefix)


def _bars(here: Here, titles: Titles, found: Explained, height: int, prefix: str) -> None:
    """A bar a cause, in the order of the list beside it."""
    shown = found.causes[:SHOWN_BARS]
    labels = tuple(_bar_label(here, titles, cause, at) for at, cause in enumerate(shown, start=1))
    values = tuple(cause.findings for cause in shown)
    stacks = (Stack(here.t("causes.findings"), values, palette().accent),)
    across(labels, stacks, height=height, key=f"{prefix}.causes.chart")


def _bar_label(here: Here, titles: Titles, cause: RootCause, at: int) -> str:
    """Plotly reads a little HTML, so what could start some is taken out; a number keeps equal
    labels apart."""
    words = " · ".join((titles.entity(cause.entity), subject(here, titles, cause)))
    words = words.replace("<", "‹").replace(">", "›")
    return f"{at}  {words if len(words) <= LABEL else words[: LABEL - 1] + '…'}"


def _list(here: Here, titles: Titles, found: Explained, filters: Filters, prefix: str) -> None:
    rows = [
        {
            "at": at,
            "entity": titles.entity(cause.entity),
            "rule": rule(here, titles, cause),
            "findings": cause.findings,
            "share": here.share(cause.share, 0),
            "odd": cause.odd,
            "since": here.moment(cause.first_seen)[:10],
        }
        for at, cause in enumerate(found.causes, start=1)
    ]
    columns: dict[str, Any] = {
        "rule": text_column(here.t("causes.rule"), width=336),
        "findings": number_column(here.t("causes.findings"), width=64),
        "share": share_column(here.t("causes.share"), width=64, help=here.t("causes.share.help")),
        "odd": number_column(here.t("causes.odd"), width=60, help=here.t("causes.odd.help")),
        "since": text_column(here.t("causes.since"), width=84),
    }
    if not filters.entity:
        columns = {"entity": text_column(here.t("consistency.entity"), width=92), **columns}
    columns = {"at": number_column("#", width=36), **columns}
    picked = table(
        rows,
        columns,
        key=f"{prefix}.causes.{'-'.join(filters.cause)}",
        on_select="rerun",
        selection_mode="single-row",
        most=SHOWN_ROWS,
    )
    for at in picked.selection.rows:
        if at < len(found.causes) and found.causes[at].cause not in filters.cause:
            urls.put(f"{prefix}.cause", [found.causes[at].cause])
            urls.drop(f"{prefix}.page")
            st.rerun()


def _picked(here: Here, view: Findings, titles: Titles, cause: RootCause, prefix: str) -> None:
    """The cause that was picked: its rule, where it lies, a few findings, and the odd ones."""
    harmless = partial(plain, longest=120)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        entity = plain(titles.entity(cause.entity))
        st.markdown(f"**{entity} · {rule(here, titles, cause, harmless)}**", width="content")
        st.button(
            here.t("causes.clear"),
            key=f"{prefix}.cause.clear",
            icon=":material/filter_alt_off:",
            type="tertiary",
            on_click=urls.drop,
            args=(f"{prefix}.cause", f"{prefix}.page"),
        )
    said = [here.t("causes.chosen"), lies(here, titles, cause, harmless)]
    if cause.reach is not None:
        said.append(here.t("causes.reach", n=here.number(cause.reach)))
    st.caption(" ".join(part for part in said if part))
    _few(here, view, cause.examples, here.t("causes.examples"))
    if cause.odd:
        _few(here, view, cause.oddities, here.plural("causes.oddities", cause.odd))


def _few(here: Here, view: Findings, ids: tuple[str, ...], words: str) -> None:
    """A few findings of those that the reader may see, each in one line."""
    seen = [found for found in view.some(ids) if found.field is not None][:SHOWN_EXAMPLES]
    lines = [_example(here, found) for found in seen]
    if lines:
        st.caption(f"{words} " + " · ".join(lines))


def _example(here: Here, found: Finding) -> str:
    left, right = (
        plain(value, 80) if value else here.t("causes.empty")
        for value in (found.left_value, found.right_value)
    )
    return here.t("causes.example", key=plain(found.key_shown or "–", 40), left=left, right=right)
