"""The filters of a list of findings: codes in the URL, words on the screen.

What two pages share takes a key such as `c.field`; the letter before the dot is the page's.
"""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from checks import backups, permissions
from checks.backups.faults import Fault, Sureness
from checks.outcome import CellClass, Kind, Severity
from checks.permissions.rules import SPECS
from checks.permissions.verdict import RuleKind
from governance.config import Config
from governance.reading import STANDING, Facet, Filters, Findings, State
from governance.ui import urls
from governance.ui.components import severity_words
from governance.ui.here import Here
from governance.ui.text import plain
from governance.views.titles import Titles

KEYS = ("c.entity", "c.pair", "c.field", "c.class", "c.dept", "c.sev", "c.state", "c.q", "c.cause")
# What a finding can be about, gravest first; the order of legends and choices.
PROBLEMS = (
    CellClass.DIFFERENT.value,
    CellClass.NULL_VS_VALUE.value,
    *(kind.value for kind in Kind if kind is not Kind.MISMATCH),
)
# What a finding of permissions can be about.
OVERREACHES = tuple(kind.value for kind in RuleKind)
# What a finding of backups can be, and its faults, the fields of such findings.
BACKUPS = tuple(sureness.value for sureness in Sureness)
FAULTS = tuple(fault.value for fault in Fault)
# Stands in the URL for "no field" and "no department", which have no code of their own.
WHOLE = "-"


def chosen(view: Findings, config: Config) -> Filters:
    """What the URL asks for. Codes that the dictionary does not know are dropped."""
    entities = [entity.name for entity in config.entities]
    fields = [field.name for entity in config.entities for field in entity.fields]
    pairs = list(view.counts(Filters(state=()), Facet.PAIR))
    one = next(iter(urls.codes("c.entity", entities)), None)
    return Filters(
        entity=(one,) if one else (),
        pair=tuple(urls.codes("c.pair", pairs)),
        field=whole(urls.codes("c.field", [*fields, WHOLE])),
        cls=tuple(urls.codes("c.class", PROBLEMS)),
        severity=tuple(urls.codes("c.sev", [s.value for s in Severity])),
        department=whole(given("c.dept")),
        state=tuple(urls.codes("c.state", [s.value for s in State])) or STANDING,
        cause=tuple(given("c.cause")),
        text=(st.query_params.get("c.q") or "").strip()[:200],
    )


def whole(codes: Iterable[str]) -> tuple[str, ...]:
    """Codes of the URL as a filter takes them: an empty text for "none"."""
    return tuple("" if code == WHOLE else code for code in codes)


def given(key: str) -> list[str]:
    """Names of departments and people are not ours, so any short text may be asked for."""
    return [code for code in st.query_params.get_all(key) if 0 < len(code) <= 200][:50]


def open_names(
    view: Findings, filters: Filters, key: str, facet: Facet, none: str
) -> dict[str, str]:
    """What findings hold of `facet`, and what the URL asks for though none does."""
    known = [name or WHOLE for name in view.counts(filters, facet)]
    return {n: none if n == WHOLE else n for n in dict.fromkeys([*known, *given(key)])}


def filter_bar(here: Here, view: Findings, config: Config, filters: Filters) -> None:
    """All filters in two rows; every choice says how many findings it would leave."""
    titles = Titles(config, here.language)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        entities(here, view, titles, filters, "c")
        pairs(here, view, titles, filters, "c")
    columns = st.columns([1.5, 1.4, 1.5, 1.2], gap="small")
    with columns[0]:
        urls.restore_text("c.q")
        st.text_input(
            here.t("consistency.text"),
            key="c.q",
            placeholder=here.t("consistency.text.hint"),
            icon=":material/search:",
            on_change=urls.keep,
            args=("c.q", "c.page"),
        )
    with columns[1]:
        many(here, view, filters, "c.field", Facet.FIELD, field_names(here, titles, filters))
    with columns[2]:
        names = {code: problem_name(here, titles, code, filters.pair) for code in PROBLEMS}
        many(here, view, filters, "c.class", Facet.CLASS, names)
    with columns[3]:
        nobody = here.t("consistency.no_department")
        names = open_names(view, filters, "c.dept", Facet.DEPARTMENT, nobody)
        many(here, view, filters, "c.dept", Facet.DEPARTMENT, names)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        pills(here, view, filters, "c.sev", Facet.SEVERITY, severity_words(here))
        pills(here, view, filters, "c.state", Facet.STATE, state_words(here))
        if any(st.query_params.get_all(key) for key in KEYS):
            st.button(
                here.t("consistency.clear"),
                key="c.clear",
                icon=":material/filter_alt_off:",
                type="tertiary",
                on_click=urls.drop,
                args=(*KEYS, "c.page"),
            )


def entities(here: Here, view: Findings, titles: Titles, filters: Filters, page: str) -> None:
    """One entity or all; another one makes the filters by its fields void."""
    counts = view.counts(filters.without(Facet.FIELD), Facet.ENTITY)
    known = [entity.name for entity in titles.config.entities]
    if page == "q" and titles.config.permissions is not None:
        known.append(permissions.CODE)
    if page == "q" and titles.config.backups is not None:
        known.append(backups.CODE)
    names = {name: plain(titles.entity(name)) for name in known}
    urls.restore_one(f"{page}.entity", names)
    st.segmented_control(
        here.t("consistency.entity"),
        list(names),
        key=f"{page}.entity",
        format_func=lambda code: f"{names[code]} {here.number(counts.get(code, 0))}",
        label_visibility="collapsed",
        on_change=urls.keep,
        args=tuple(f"{page}.{name}" for name in ("entity", "page", "field", "pair")),
    )


def pairs(here: Here, view: Findings, titles: Titles, filters: Filters, page: str) -> None:
    """Pairs of systems, where there are several."""
    counts = view.counts(filters, Facet.PAIR)
    names = {pair: plain(titles.pair(*pair.split("~"))) for pair in sorted(counts)}
    names |= {pair: plain(titles.pair(*pair.split("~"))) for pair in filters.pair}
    if len(names) < 2 and not filters.pair:
        return
    urls.restore(f"{page}.pair", names)
    st.pills(
        here.t("consistency.pair"),
        list(names),
        key=f"{page}.pair",
        selection_mode="multi",
        format_func=lambda code: f"{names[code]} {here.number(counts.get(code, 0))}",
        label_visibility="collapsed",
        on_change=urls.keep,
        args=(f"{page}.pair", f"{page}.page"),
    )


def field_names(here: Here, titles: Titles, filters: Filters) -> dict[str, str]:
    """The fields of the chosen entity (of all, where none is), whole records first."""
    names = {WHOLE: here.t("consistency.whole")}
    for entity in titles.config.entities:
        if not filters.entity or entity.name in filters.entity:
            for field in entity.fields:
                names.setdefault(field.name, here.title(field.title))
    if permissions.CODE in filters.entity:
        return {rule: titles.field(permissions.CODE, rule) for rule in SPECS}
    if backups.CODE in filters.entity:
        return {fault: titles.field(backups.CODE, fault) for fault in FAULTS}
    return names


def many(
    here: Here,
    view: Findings,
    filters: Filters,
    key: str,
    facet: Facet,
    names: dict[str, str],
    label: str | None = None,
) -> None:
    """A choice of several that may be long."""
    counts = view.counts(filters, facet)
    urls.restore(key, names)

    def said(code: str) -> str:
        number = counts.get("" if code == WHOLE else code, 0)
        return f"{plain(names[code], 60)} ({here.number(number)})"

    st.multiselect(
        label or here.t(f"consistency.{facet.value}"),
        list(names),
        key=key,
        format_func=said,
        placeholder=here.t("consistency.all"),
        on_change=urls.keep,
        args=(key, _page(key)),
    )


def pills(
    here: Here,
    view: Findings,
    filters: Filters,
    key: str,
    facet: Facet,
    names: dict[str, str],
    label: str | None = None,
) -> None:
    """A choice of several that is short."""
    counts = view.counts(filters, facet)
    urls.restore(key, names)
    st.pills(
        label or here.t(f"consistency.{facet.value}"),
        list(names),
        key=key,
        selection_mode="multi",
        format_func=lambda code: f"{names[code]} {here.number(counts.get(code, 0))}",
        on_change=urls.keep,
        args=(key, _page(key)),
        width="content",
    )


def _page(key: str) -> str:
    """Where the page number is that another choice makes void."""
    return f"{key.partition('.')[0]}.page"


def state_words(here: Here) -> dict[str, str]:
    """State code to the word shown, in the order they are worked on."""
    return {state.value: here.t(f"remediation.state.{state.value}") for state in State}


def problem_name(here: Here, titles: Titles, code: str, pair: tuple[str, ...] = ()) -> str:
    """A class or kind in words; where one pair is chosen, a side is called by its name."""
    if code in OVERREACHES:
        return here.t(f"ui.overreach.{code}")
    if code in BACKUPS:
        return here.t(f"backups.page.sureness.{code}")
    if code in set(CellClass):
        return here.t(f"ui.class.{code}")
    if len(pair) != 1:
        return here.t(f"ui.kind.{code}")
    left, right = pair[0].split("~")
    kind, _, side = code.rpartition("_")
    source = titles.source(left if side == "left" else right)
    return here.t(f"remediation.problem.{kind}", source=source)
