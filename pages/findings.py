"""What is there to do, whose is it, and by when: the queue of cases."""

from __future__ import annotations

import streamlit as st

from governance import reading
from governance.config import Config
from governance.reading import Filters, Findings
from governance.ui import (
    case_actions,
    case_filters,
    case_list,
    case_tabs,
    cause_parts,
    finding_list,
    states,
)
from governance.ui.components import opening
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views import cases, overreach
from governance.views.cases import Tab, Tally

CHART = 230
WORK = ("assign", "due", "comment", "ask", "grant", "reject")
DECIDING = ("grant", "reject", "withdraw", "assign", "comment")


def ways(
    reader: Here, view: Findings, config: Config, tab: Tab, counted: Tally, filters: Filters
) -> None:
    """What a tab shows above its list."""
    if tab is Tab.AGE:
        case_tabs.by_age(reader, cases.ages(view, filters))
    elif tab is Tab.CAUSE:
        cause_parts.by_cause(reader, view, config, filters, height=CHART, prefix="q")
    elif tab is Tab.WAIVERS:
        case_tabs.waivers(reader, counted)


def listed(
    reader: Here, open_: Workspace, view: Findings, tab: Tab, counted: Tally, filters: Filters
) -> None:
    """The list, and what can be done with all of it or with the rows that are ticked."""
    config = open_.config
    assert config is not None
    total = view.count(filters)
    if total == 0:
        blind = any(p.outcome in ("not_evaluable", "error") for p in reading.pairs(view))
        blind = blind or overreach.is_blind(reader.actor, open_.desk, config)
        narrowed = case_tabs.is_narrowed(tab)
        case_tabs.nothing(reader, tab, counted, narrowed=narrowed, blind=blind)
        return
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        place = st.container(width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            door = st.container(width="content")
            order = finding_list.order(reader, "q", cases.orders(tab))
    doing, rows = st.container(), st.container()
    with st.container(horizontal_alignment="right"):
        page = finding_list.pages(total, "q")
    with place:
        said = finding_list.span(reader, total, page)
        words = f"**{reader.t('findings.list')}** :gray[{said}]"
        st.markdown(words, width="content", help=reader.t("findings.list.help"))
    offset = (page - 1) * finding_list.PER_PAGE
    found = view.page(filters, order=order, offset=offset).rows
    with door:
        words = reader.t("findings.first")
        case_list.case_link(reader, found[0], words, ":material/arrow_forward:")
    with rows:
        reasons = case_list.reasons(reader, config, open_.desk, found)
        picked, ticked = case_list.cases(reader, config, found, filters, tab, page, reasons)
    if picked is not None:
        case_list.open_case(reader, picked)
    if tab is not Tab.CLOSED:
        people = cases.people(config, counted.owners, reader.actor)
        offered = DECIDING if tab is Tab.WAIVERS else WORK
        with doing:
            case_actions.panel(reader, view, ticked or filters, people, offered, "q")


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.findings", "findings.defined", follow=True)
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    view = open_.desk.view(reader.actor, open_.queue)
    if view.reading.newest is None:
        finding_list.nothing_yet(reader)
        return
    case_list.come_back()
    case_list.remember()
    case_actions.carry_out(reader, view)
    with states.loading():
        counted = cases.tally(view)
    tab = case_tabs.tab(reader, counted)
    filters = cases.within(
        tab, case_filters.chosen(view, config, tab), reader.actor, counted.waiver
    )
    if counted.of(tab) != 0 or tab is Tab.WAIVERS or case_tabs.is_narrowed(tab):
        case_filters.bar(reader, view, config, tab, filters)
    ways(reader, view, config, tab, counted, filters)
    listed(reader, open_, view, tab, counted, filters)


draw(here())
