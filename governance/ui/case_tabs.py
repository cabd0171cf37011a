"""The ways into the queue: its tabs, the ages, the causes, and the pictures when one is empty."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from checks.outcome import Severity
from governance.ui import states, urls
from governance.ui.case_filters import NARROWING, WAIVERS
from governance.ui.here import Here
from governance.ui.plots import Stack, across, palette
from governance.views.cases import AGES, Tab, Tally

CHART = 190


def tab(here: Here, counted: Tally) -> Tab:
    """The tab in the URL; one's own work first, where there is some."""
    usual = Tab.MINE if counted.mine else Tab.TODO
    code = urls.restore_one("q.tab", [name.value for name in Tab], default=usual.value)

    def said(name: str) -> str:
        if name == Tab.WAIVERS and (counted.asked or counted.granted):
            numbers = {"asked": here.number(counted.asked), "granted": here.number(counted.granted)}
            return here.t("findings.tab.waivers.counted", **numbers)
        number = counted.of(Tab(name))
        words = here.t(f"findings.tab.{name}")
        return words if number is None else f"{words} {here.number(number)}"

    st.segmented_control(
        here.t("findings.tab"),
        [name.value for name in Tab],
        key="q.tab",
        format_func=said,
        required=True,
        label_visibility="collapsed",
        on_change=urls.keep,
        args=("q.tab", "q.page", "q.status", "q.due", "q.age", "q.waiver", "q.cause", "q.sort"),
    )
    return Tab(code or usual.value)


def by_age(here: Here, found: Mapping[str, Mapping[str, int]]) -> None:
    """A bar an age, stacked by severity, and the choice of one."""
    totals = {age: sum(found[age].values()) for age in AGES}
    words = {age: here.t(f"findings.age.{age}") for age in AGES}
    tones = palette().severity
    stacks = tuple(
        Stack(
            here.t(f"ui.severity.{severity.value}"),
            tuple(found[age].get(severity.value, 0) for age in AGES),
            tones[severity],
        )
        for severity in Severity
        if any(found[age].get(severity.value) for age in AGES)
    )
    with st.container(border=True, gap="xxsmall"):
        across(tuple(words.values()), stacks, height=CHART, key="q.chart")
        urls.restore("q.age", AGES)
        st.pills(
            here.t("findings.age"),
            AGES,
            key="q.age",
            selection_mode="multi",
            format_func=lambda age: f"{words[age]} {here.number(totals[age])}",
            label_visibility="collapsed",
            on_change=urls.keep,
            args=("q.age", "q.page"),
        )


def waivers(here: Here, counted: Tally) -> None:
    """Those that wait for a decision, or those in force."""
    numbers = {"asked": counted.asked, "granted": counted.granted}
    urls.restore_one("q.waiver", WAIVERS, default=counted.waiver)
    st.segmented_control(
        here.t("findings.waiver"),
        WAIVERS,
        key="q.waiver",
        format_func=lambda c: f"{here.t(f'findings.waiver.{c}')} {here.number(numbers[c])}",
        required=True,
        label_visibility="collapsed",
        on_change=urls.keep,
        args=("q.waiver", "q.page"),
    )


def nothing(here: Here, at: Tab, counted: Tally, *, narrowed: bool, blind: bool) -> None:
    """Nothing to do is good news, unless filters hide it or a source could not be read."""
    if narrowed:
        states.empty(
            here.t("findings.none.title"),
            here.t("findings.none.body"),
            lambda: st.button(
                here.t("consistency.clear"),
                key="q.clear2",
                on_click=urls.drop,
                args=(*NARROWING, "q.page"),
            ),
        )
    elif at is Tab.MINE and counted.todo:
        states.clear(
            here.t("findings.none.mine.title"),
            here.t("findings.none.mine.body", todo=here.number(counted.todo)),
            lambda: st.button(
                here.t("findings.none.mine.all"),
                key="q.all",
                on_click=urls.put,
                args=("q.tab", [Tab.TODO.value]),
            ),
        )
    elif at in (Tab.WAIVERS, Tab.CLOSED):
        states.empty(
            here.t(f"findings.none.{at.value}.title"), here.t(f"findings.none.{at.value}.body")
        )
    elif blind:
        states.not_connected(here.t("consistency.blind.title"), here.t("consistency.blind.body"))
    else:
        states.clear(here.t("findings.none.todo.title"), here.t("findings.none.todo.body"))


def is_narrowed(at: Tab) -> bool:
    """Whether the URL asks for less than the whole tab."""
    own = ("q.waiver",) if at is Tab.WAIVERS else ()
    return any(st.query_params.get_all(key) for key in NARROWING if key not in own)
