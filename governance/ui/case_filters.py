"""The filters of the queue: codes in the URL under `q.`, words on the screen."""

from __future__ import annotations

import streamlit as st

from checks import backups, permissions
from checks.direction import CELLS, ROWS, VOID
from checks.outcome import Severity
from checks.permissions.rules import SPECS
from governance.config import Config
from governance.reading import Facet, Filters, Findings
from governance.ui import urls
from governance.ui.components import severity_words
from governance.ui.finding_filters import (
    BACKUPS,
    FAULTS,
    OVERREACHES,
    PROBLEMS,
    WHOLE,
    entities,
    field_names,
    given,
    many,
    open_names,
    pairs,
    pills,
    problem_name,
    whole,
)
from governance.ui.here import Here
from governance.views.cases import AGES, STATUSES, Tab
from governance.views.titles import Titles

DIRECTIONS = (*CELLS, *ROWS, VOID)
# The choices that are always shown, each with how many it would leave.
COUNTED = (
    Facet.ENTITY,
    Facet.FIELD,
    Facet.OWNER,
    Facet.CLASS,
    Facet.SEVERITY,
    Facet.STATUS,
    Facet.DUE,
)
DUES = ("overdue", "soon", "later")
WAIVERS = ("asked", "granted")
NARROWING = (
    "q.entity",
    "q.pair",
    "q.field",
    "q.class",
    "q.dept",
    "q.sev",
    "q.status",
    "q.owner",
    "q.dir",
    "q.age",
    "q.due",
    "q.waiver",
    "q.cause",
    "q.q",
)
KEPT = (*NARROWING, "q.tab", "q.sort", "q.page")


def chosen(view: Findings, config: Config, tab: Tab) -> Filters:
    """What the URL asks for. Codes that nobody knows are dropped."""
    names = [entity.name for entity in config.entities]
    fields = [field.name for entity in config.entities for field in entity.fields]
    if config.permissions is not None:
        names, fields = [*names, permissions.CODE], [*fields, *SPECS]
    if config.backups is not None:
        names, fields = [*names, backups.CODE], [*fields, *FAULTS]
    one = next(iter(urls.codes("q.entity", names)), None)
    known = list(view.counts(Filters(state=()), Facet.PAIR)) if "q.pair" in st.query_params else ()
    return Filters(
        entity=(one,) if one else (),
        pair=tuple(urls.codes("q.pair", known)),
        field=whole(urls.codes("q.field", [*fields, WHOLE])),
        cls=tuple(urls.codes("q.class", (*PROBLEMS, *OVERREACHES, *BACKUPS))),
        severity=tuple(urls.codes("q.sev", [s.value for s in Severity])),
        department=whole(given("q.dept")),
        direction=whole(urls.codes("q.dir", [*DIRECTIONS, WHOLE])),
        cause=whole(given("q.cause")),
        status=tuple(urls.codes("q.status", STATUSES[tab])),
        owner=whole(given("q.owner")),
        age=tuple(urls.codes("q.age", AGES)),
        due=tuple(urls.codes("q.due", DUES)),
        waiver=tuple(urls.codes("q.waiver", WAIVERS)),
        text=(st.query_params.get("q.q") or "").strip()[:200],
    )


def bar(here: Here, view: Findings, config: Config, tab: Tab, filters: Filters) -> None:
    """The filters people use most in two rows, the others behind a button."""
    titles = Titles(config, here.language)
    view.count_ahead(filters, COUNTED)
    entities(here, view, titles, filters, "q")
    columns = st.columns([1.6, 1.3, 1.3, 1.3], gap="small")
    with columns[0]:
        urls.restore_text("q.q")
        st.text_input(
            here.t("consistency.text"),
            key="q.q",
            placeholder=here.t("consistency.text.hint"),
            icon=":material/search:",
            on_change=urls.keep,
            args=("q.q", "q.page"),
        )
    with columns[1]:
        many(here, view, filters, "q.field", Facet.FIELD, field_names(here, titles, filters))
    with columns[2]:
        if tab is Tab.MINE:
            _directions(here, view, filters)
        else:
            nobody = here.t("findings.nobody")
            names = open_names(view, filters, "q.owner", Facet.OWNER, nobody)
            many(here, view, filters, "q.owner", Facet.OWNER, names, here.t("findings.owner"))
    with columns[3]:
        problems = _problems(config, filters)
        names = {code: problem_name(here, titles, code, filters.pair) for code in problems}
        many(here, view, filters, "q.class", Facet.CLASS, names)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        pills(here, view, filters, "q.sev", Facet.SEVERITY, severity_words(here))
        _statuses(here, view, filters, tab)
        if tab is not Tab.CLOSED:
            dues = {code: here.t(f"findings.due.{code}") for code in DUES}
            pills(here, view, filters, "q.due", Facet.DUE, dues, here.t("findings.due"))
        _more(here, view, config, tab, filters)
        if any(st.query_params.get_all(key) for key in NARROWING):
            st.button(
                here.t("consistency.clear"),
                key="q.clear",
                icon=":material/filter_alt_off:",
                type="tertiary",
                on_click=urls.drop,
                args=(*NARROWING, "q.page"),
            )


def _problems(config: Config, filters: Filters) -> tuple[str, ...]:
    """What findings of the chosen entity can be about."""
    if permissions.CODE in filters.entity:
        return OVERREACHES
    if backups.CODE in filters.entity:
        return BACKUPS
    if filters.entity:
        return PROBLEMS
    of_access = OVERREACHES if config.permissions is not None else ()
    return (*PROBLEMS, *of_access, *(BACKUPS if config.backups is not None else ()))


def status_words(here: Here) -> dict[str, str]:
    """Status code to the word shown, in the order of a case's life."""
    codes = dict.fromkeys(code for tab in Tab for code in STATUSES[tab])
    return {code: here.t(f"findings.status.{code}") for code in codes}


def direction_words(here: Here) -> dict[str, str]:
    """Direction code to the few words of a table."""
    return {code: here.t(f"findings.moved.{code}") for code in DIRECTIONS}


def _statuses(here: Here, view: Findings, filters: Filters, tab: Tab) -> None:
    words = status_words(here)
    # A status nothing stands in would only take room, unless the reader asked for it.
    held = view.counts(filters, Facet.STATUS)
    asked = urls.codes("q.status", STATUSES[tab])
    names = {c: words[c] for c in STATUSES[tab] if held.get(c) or c in asked}
    if names:
        pills(here, view, filters, "q.status", Facet.STATUS, names, here.t("findings.status"))


def _directions(here: Here, view: Findings, filters: Filters) -> None:
    names = {**direction_words(here), WHOLE: here.t("findings.moved.unknown")}
    many(here, view, filters, "q.dir", Facet.DIRECTION, names, here.t("findings.moved"))


def _more(here: Here, view: Findings, config: Config, tab: Tab, filters: Filters) -> None:
    """What is asked for less often; counted only while it is open, unless it narrows."""
    words = here.t("findings.more")
    place = st.popover(words, icon=":material/tune:", on_change="rerun", key="q.more")
    if not place.open:
        return
    with place:
        pairs(here, view, Titles(config, here.language), filters, "q")
        if tab is not Tab.MINE:
            _directions(here, view, filters)
        nowhere = here.t("consistency.no_department")
        names = open_names(view, filters, "q.dept", Facet.DEPARTMENT, nowhere)
        many(here, view, filters, "q.dept", Facet.DEPARTMENT, names)
        if tab is not Tab.CLOSED:
            asked = {code: here.t(f"findings.waiver.{code}") for code in WAIVERS}
            pills(here, view, filters, "q.waiver", Facet.WAIVER, asked, here.t("findings.waiver"))
