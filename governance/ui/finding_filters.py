"""The filters of the consistency page: codes in the URL, words on the screen."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from checks.outcome import CellClass, Kind, Severity
from governance.config import Config
from governance.reading import STANDING, Facet, Filters, Findings, State
from governance.ui import urls
from governance.ui.components import severity_words
from governance.ui.here import Here
from governance.ui.text import plain
from governance.views.titles import Titles

KEYS = ("c.entity", "c.pair", "c.field", "c.class", "c.dept", "c.sev", "c.state", "c.q")
# What a finding can be about, gravest first; the order of legends and choices.
PROBLEMS = (
    CellClass.DIFFERENT.value,
    CellClass.NULL_VS_VALUE.value,
    *(kind.value for kind in Kind if kind is not Kind.MISMATCH),
)
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
        field=tuple(_whole(urls.codes("c.field", [*fields, WHOLE]))),
        cls=tuple(urls.codes("c.class", PROBLEMS)),
        severity=tuple(urls.codes("c.sev", [s.value for s in Severity])),
        department=tuple(_whole(urls.codes("c.dept", _given("c.dept")))),
        state=tuple(urls.codes("c.state", [s.value for s in State])) or STANDING,
        text=(st.query_params.get("c.q") or "").strip()[:200],
    )


def _whole(codes: Iterable[str]) -> list[str]:
    return ["" if code == WHOLE else code for code in codes]


def _given(key: str) -> list[str]:
    """Departments come from the sources, so any short text may be asked for."""
    return [code for code in st.query_params.get_all(key) if 0 < len(code) <= 200][:50]


def filter_bar(here: Here, view: Findings, config: Config, filters: Filters) -> None:
    """All filters in two rows; every choice says how many findings it would leave."""
    titles = Titles(config, here.language)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _entities(here, view, titles, filters)
        _pairs(here, view, titles, filters)
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
        names = {code: _field_name(here, config, titles, code) for code in _fields(config, filters)}
        _many(here, view, filters, Facet.FIELD, "c.field", names)
    with columns[2]:
        names = {code: problem_name(here, titles, code, filters.pair) for code in PROBLEMS}
        _many(here, view, filters, Facet.CLASS, "c.class", names)
    with columns[3]:
        known = view.counts(filters, Facet.DEPARTMENT)
        listed = dict.fromkeys([*(name or WHOLE for name in known), *_given("c.dept")])
        names = {n: here.t("consistency.no_department") if n == WHOLE else n for n in listed}
        _many(here, view, filters, Facet.DEPARTMENT, "c.dept", names)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _pills(here, view, filters, Facet.SEVERITY, "c.sev", severity_words(here))
        _pills(here, view, filters, Facet.STATE, "c.state", state_words(here))
        if any(st.query_params.get_all(key) for key in KEYS):
            st.button(
                here.t("consistency.clear"),
                key="c.clear",
                icon=":material/filter_alt_off:",
                type="tertiary",
                on_click=urls.drop,
                args=(*KEYS, "c.page"),
            )


def _entities(here: Here, view: Findings, titles: Titles, filters: Filters) -> None:
    counts = view.counts(filters.without(Facet.FIELD), Facet.ENTITY)
    names = {entity.name: plain(titles.entity(entity.name)) for entity in titles.config.entities}
    urls.restore_one("c.entity", names)
    st.segmented_control(
        here.t("consistency.entity"),
        list(names),
        key="c.entity",
        format_func=lambda code: f"{names[code]} {here.number(counts.get(code, 0))}",
        label_visibility="collapsed",
        on_change=urls.keep,
        args=("c.entity", "c.page", "c.field", "c.pair"),
    )


def _pairs(here: Here, view: Findings, titles: Titles, filters: Filters) -> None:
    counts = view.counts(filters, Facet.PAIR)
    names = {pair: plain(titles.pair(*pair.split("~"))) for pair in sorted(counts)}
    names |= {pair: plain(titles.pair(*pair.split("~"))) for pair in filters.pair}
    if len(names) < 2 and not filters.pair:
        return
    urls.restore("c.pair", names)
    st.pills(
        here.t("consistency.pair"),
        list(names),
        key="c.pair",
        selection_mode="multi",
        format_func=lambda code: f"{names[code]} {here.number(counts.get(code, 0))}",
        label_visibility="collapsed",
        on_change=urls.keep,
        args=("c.pair", "c.page"),
    )


def _fields(config: Config, filters: Filters) -> list[str]:
    """The fields of the chosen entity (of all, where none is), whole records first."""
    entities = [e for e in config.entities if not filters.entity or e.name in filters.entity]
    return [WHOLE, *dict.fromkeys(field.name for entity in entities for field in entity.fields)]


def _field_name(here: Here, config: Config, titles: Titles, code: str) -> str:
    if code == WHOLE:
        return here.t("consistency.whole")
    owners = (e.name for e in config.entities if any(f.name == code for f in e.fields))
    return titles.field(next(owners, ""), code)


def _many(
    here: Here, view: Findings, filters: Filters, facet: Facet, key: str, names: dict[str, str]
) -> None:
    counts = view.counts(filters, facet)
    urls.restore(key, names)

    def said(code: str) -> str:
        number = counts.get("" if code == WHOLE else code, 0)
        return f"{plain(names[code], 60)} ({here.number(number)})"

    st.multiselect(
        here.t(f"consistency.{facet.value}"),
        list(names),
        key=key,
        format_func=said,
        placeholder=here.t("consistency.all"),
        on_change=urls.keep,
        args=(key, "c.page"),
    )


def _pills(
    here: Here, view: Findings, filters: Filters, facet: Facet, key: str, names: dict[str, str]
) -> None:
    counts = view.counts(filters, facet)
    urls.restore(key, names)
    st.pills(
        here.t(f"consistency.{facet.value}"),
        list(names),
        key=key,
        selection_mode="multi",
        format_func=lambda code: f"{names[code]} {here.number(counts.get(code, 0))}",
        on_change=urls.keep,
        args=(key, "c.page"),
        width="content",
    )


def state_words(here: Here) -> dict[str, str]:
    """State code to the word shown, in the order they are worked on."""
    return {state.value: here.t(f"remediation.state.{state.value}") for state in State}


def problem_name(here: Here, titles: Titles, code: str, pair: tuple[str, ...] = ()) -> str:
    """A class or kind in words; where one pair is chosen, a side is called by its name."""
    if code in set(CellClass):
        return here.t(f"ui.class.{code}")
    if len(pair) != 1:
        return here.t(f"ui.kind.{code}")
    left, right = pair[0].split("~")
    kind, _, side = code.rpartition("_")
    source = titles.source(left if side == "left" else right)
    return here.t(f"remediation.problem.{kind}", source=source)
