"""Who can see and do what they should not: by rule, department and system, and how it goes."""

from __future__ import annotations

import streamlit as st

from governance.permissions.seen import Narrow
from governance.ui import exposed_parts, finding_list, matrix_parts, overreach_filters, states
from governance.ui import overreach_parts as parts
from governance.ui.components import heading, opening, page_link
from governance.ui.here import Here, here
from governance.ui.verdict_words import Words, words_of
from governance.ui.workspace import Workspace, workspace
from governance.views import overreach as views
from governance.views.overreach import Overreach

LOADING = 420


def charts(reader: Here, words: Words, seen: Overreach, narrow: Narrow) -> None:
    """How it went, and where it stands."""
    lone = not parts.has_trend(seen)
    left, middle, right = st.columns([1.15, 1, 1], gap="xsmall")
    with left, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.trend(reader, seen)
    with middle, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.bars(
            reader, "department", seen.failed("department", narrow), words.department, legend=lone
        )
    with right, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.bars(reader, "system", seen.failed("system", narrow), words.system, legend=lone)


def families(reader: Here, open_: Workspace, words: Words, seen: Overreach) -> None:
    """The matrix, and the people of the cell that was chosen."""
    cell = matrix_parts.heat(reader, words, seen.matrix)
    if cell is None:
        return
    found = views.cell_of(reader.actor, open_.desk, *cell)
    picked = matrix_parts.holders(reader, words, cell, found)
    if picked is not None:
        matrix_parts.open_person(reader, picked.human)


def measured(reader: Here, words: Words, seen: Overreach) -> None:
    """What lies open beyond need, and what is used of what is granted."""
    left, right = st.columns([1, 1.15], gap="small")
    with left:
        exposed_parts.exposure(reader, words, seen.exposed, seen.open)
    with right:
        exposed_parts.usage(reader, words, seen.used)


def listed(reader: Here, open_: Workspace, words: Words, seen: Overreach, narrow: Narrow) -> None:
    """Every verdict of the filters, the gravest first."""
    total = seen.count(narrow)
    heading(f"{reader.t('overreach.list')} {reader.number(total)}", reader.t("overreach.list.help"))
    if not total:
        st.caption(reader.t("overreach.list.none"))
        return
    page = parts.page_of(total)
    rows, names = views.listed(reader.actor, open_.desk, narrow, page - 1, parts.PER_PAGE)
    told = words.knowing(names)
    picked = parts.listed(reader, told, rows, f"o.list.{page}.{total}")
    if picked is not None:
        parts.open_verdict(reader, picked)
    with st.container(horizontal_alignment="right"):
        finding_list.pages(total, "o")


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.overreach", "overreach.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    if views.watched(reader.actor, config) is None:
        states.not_connected(reader.t("overreach.off.title"), reader.t("overreach.off.body"))
        return
    with states.loading(LOADING):
        seen = views.overreach(reader.actor, open_.desk, open_.ledger, config)
    if seen is None:
        states.empty(
            reader.t("overreach.empty.title"),
            reader.t("overreach.empty.body"),
            lambda: page_link(
                reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"
            ),
        )
        return
    words = words_of(reader, config, seen.departments)
    parts.blind(reader, words, seen)
    parts.sentence(reader, seen)
    parts.cards(reader, seen)
    narrow = overreach_filters.chosen(seen)
    overreach_filters.bar(reader, words, seen)
    picked = parts.rules(reader, words, seen, seen.lines(narrow))
    if picked is not None:
        parts.open_rule(reader, picked)
    charts(reader, words, seen, narrow)
    families(reader, open_, words, seen)
    measured(reader, words, seen)
    listed(reader, open_, words, seen, narrow)


draw(here())
