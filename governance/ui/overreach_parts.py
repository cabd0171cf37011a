"""Blocks of the overreach page: what stands, what could not be seen, rules, charts, the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from checks.outcome import Severity
from checks.permissions.verdict import RuleKind, Ruling
from governance.i18n import formats
from governance.permissions.seen import Blind, Narrow, VerdictRow
from governance.ui import urls
from governance.ui.components import (
    PAGES,
    Kpi,
    heading,
    kpi,
    number_column,
    pill_column,
    severity_column,
    table,
    text_column,
)
from governance.ui.finding_list import PER_PAGE
from governance.ui.here import Here
from governance.ui.plots import Stack, across, palette, stacked
from governance.ui.states import told
from governance.ui.text import plain
from governance.ui.verdict_words import SEVERITY_BADGES, Words, ruling_pills
from governance.views.overreach import Card, Overreach, RuleLine

CHART = 236
RULE_ROWS = 9
LIST_ROWS = 14
BARS = 8
LABEL = 18
SHOWN_BLIND = 6


def sentence(here: Here, seen: Overreach) -> None:
    """How much fails, by severity; never good where something could not be told."""
    failed = seen.failed("ruling", Narrow()).get(Ruling.FAILED, {})
    total = sum(failed.values())
    unknown = seen.count(Narrow(ruling=(Ruling.NOT_EVALUABLE,)))
    if total:
        st.subheader(here.plural("overreach.failed", total), anchor=False)
        badges = [
            f":{SEVERITY_BADGES[s]}-badge[{here.t(f'ui.severity.{s.value}')} "
            f"{here.number(failed[s.value])}]"
            for s in Severity
            if failed.get(s.value)
        ]
        st.markdown("&ensp;".join(badges))
    elif unknown or seen.blind:
        st.subheader(here.t("overreach.none_but_blind"), anchor=False)
    else:
        st.subheader(here.t("overreach.none"), anchor=False)


def blind(here: Here, words: Words, seen: Overreach) -> None:
    """What could not be seen stands before every number."""
    if seen.is_stale:
        said = here.t("overreach.stale", when=here.moment(seen.run.at), run=seen.run.run)
        st.markdown(f":orange[:material/visibility_off: {said}]")
    if not seen.is_whole:
        st.markdown(f":gray[:material/lock: {here.t('overreach.part')}]")
    if not seen.blind:
        return
    with st.container(border=True, gap="xxsmall"):
        said = here.plural("overreach.blind", len(seen.blind))
        st.markdown(f":orange[:material/visibility_off: **{said}**]")
        for one in seen.blind[:SHOWN_BLIND]:
            st.markdown(blind_line(here, words, one))
        if len(seen.blind) > SHOWN_BLIND:
            st.caption(here.t("overreach.blind.more", n=len(seen.blind) - SHOWN_BLIND))


def blind_line(here: Here, words: Words, one: Blind) -> str:
    name = f"{words.system(one.system)} · {words.kind_of_table(one.kind)}"
    return f"**{plain(name)}** :gray[{told(here, one.code, dict(one.params))}]"


def cards(here: Here, seen: Overreach) -> None:
    """The five numbers, each with what it was and its last days."""
    columns = st.columns(len(seen.cards), gap="xsmall")
    for column, (name, card) in zip(columns, seen.cards.items(), strict=True):
        with column:
            kpi(card_of(here, name, card))


def card_of(here: Here, name: str, card: Card) -> Kpi:
    delta = period = None
    if card.value is not None and card.before is not None and card.since is not None:
        delta = formats.signed(round(card.value - card.before), here.language)
        period = here.t("overreach.since", day=here.day(card.since)[5:])
    return Kpi(
        here.t(f"overreach.card.{name}"),
        "–" if card.value is None else here.number(round(card.value)),
        help=here.t(f"overreach.card.{name}.help"),
        delta=delta,
        period=period,
        better=None if name == "excepted" else "down",
        history=card.history,
    )


def status_of(line: RuleLine) -> str:
    """How a rule stands, in the word of its gravest ruling."""
    count = line.count
    if count.failed:
        return Ruling.FAILED.value
    if count.not_evaluable:
        return Ruling.NOT_EVALUABLE.value
    return Ruling.EXCEPTED.value if count.excepted else Ruling.PASSED.value


def rules(here: Here, words: Words, seen: Overreach, lines: Sequence[RuleLine]) -> str | None:
    """Every rule that was asked; the id of the one whose row was picked."""
    heading(here.t("overreach.rules"), help=here.t("overreach.rules.help"))
    rows = [_rule_row(words, line) for line in lines]
    head = {name: here.t(f"overreach.column.{name}") for name in _RULE_COLUMNS}
    statuses = {ruling.value: words.ruling(ruling.value) for ruling in Ruling}
    kinds = {kind.value: words.kind(kind.value) for kind in RuleKind}
    tones = palette().pill
    columns: dict[str, Any] = {
        "rule": text_column(head["rule"], width=48),
        "status": pill_column(head["status"], statuses, ruling_pills(), width=84),
        "severity": severity_column(here, head["severity"], 60),
        "title": text_column(head["title"], width=236),
        "kind": pill_column(head["kind"], kinds, [tones["quiet"]] * len(kinds), width=92),
        "failed": number_column(head["failed"], width=54),
        "not_evaluable": number_column(head["not_evaluable"], width=62),
        "excepted": number_column(head["excepted"], width=54),
        "population": number_column(head["population"], width=62),
        "why": text_column(head["why"], width=150),
    }
    if not seen.is_whole:
        columns.pop("population")
    state = table(
        rows,
        columns,
        most=RULE_ROWS,
        key=f"o.rules.{seen.run.run}.{len(rows)}",
        on_select="rerun",
        selection_mode="single-row",
    )
    if seen.off:
        st.caption(here.t("overreach.off", rules=here.t("ui.list").join(seen.off)))
    picked = state["selection"]["rows"]
    return lines[picked[0]].id if picked and picked[0] < len(lines) else None


_RULE_COLUMNS = (
    "rule", "status", "severity", "title", "kind", "failed", "not_evaluable", "excepted",
    "population", "why",
)  # fmt: skip


def _rule_row(words: Words, line: RuleLine) -> dict[str, Any]:
    count = line.count
    return {
        "rule": line.id,
        "status": [status_of(line)],
        "severity": [line.severity],
        "title": words.rule(line.id),
        "kind": list(line.kinds),
        "failed": count.failed,
        "not_evaluable": count.not_evaluable,
        "excepted": count.excepted,
        "population": count.population,
        "why": " ".join(dict.fromkeys(words.reason(v) for v in line.blind[:3])) or None,
    }


def open_rule(here: Here, rule: str) -> None:
    st.switch_page(PAGES / "rule.py", query_params={"lang": here.language, "rule": rule})


def has_trend(seen: Overreach) -> bool:
    return len(seen.days) > 1 and seen.is_whole


def trend(here: Here, seen: Overreach) -> None:
    """Open findings by severity, a bar a day."""
    heading(here.t("overreach.trend"), help=here.t("overreach.trend.help"))
    if not has_trend(seen):
        st.caption(here.t("overreach.trend.none" if seen.is_whole else "overreach.part"))
        return
    tones = palette().severity
    stacks = tuple(
        Stack(
            here.t(f"ui.severity.{severity.value}"),
            tuple(day.open.get(severity.value, 0) for day in seen.days),
            tones[severity],
        )
        for severity in Severity
    )
    days = tuple(day.day.isoformat() for day in seen.days)
    stacked(days, stacks, (), height=CHART, key="o.trend")


def bars(
    here: Here, key: str, found: Mapping[str, Mapping[str, int]], said: Any, *, legend: bool
) -> None:
    """Failures by department or by system, a lying bar each, stacked by severity."""
    heading(here.t(f"overreach.by.{key}"))
    if not found:
        st.caption(here.t("overreach.by.none"))
        return
    shown = list(found)[:BARS]
    tones = palette().severity
    stacks = tuple(
        Stack(
            here.t(f"ui.severity.{severity.value}"),
            tuple(found[name].get(severity.value, 0) for name in shown),
            tones[severity],
        )
        for severity in Severity
        if any(found[name].get(severity.value) for name in shown)
    )
    labels = tuple(_label(said(name), at) for at, name in enumerate(shown))
    # The trend beside it has the same legend, once there is one.
    height = (66 if legend else 42) + 24 * len(shown)
    across(labels, stacks, height=height, key=f"o.by.{key}", legend=legend)
    if len(found) > BARS:
        st.caption(here.t("overreach.by.more", n=len(found) - BARS))


def _label(words: str, at: int) -> str:
    """Plotly reads a little HTML, so what could start some is taken out; equal labels would fall
    together, so each ends in its own number of invisible signs."""
    words = words.replace("<", "‹").replace(">", "›")
    return (words if len(words) <= LABEL else words[: LABEL - 1] + "…") + "\u200b" * at


def page_of(total: int) -> int:
    """The page of the list that the URL names."""
    return urls.restore_page("o.page", -(-total // PER_PAGE))


def listed(
    here: Here, words: Words, rows: Sequence[VerdictRow], key: str, *, with_rule: bool = True
) -> VerdictRow | None:
    """Verdicts as a list; the one whose row was picked."""
    head = {name: here.t(f"overreach.column.{name}") for name in _LIST_COLUMNS}
    statuses = {ruling.value: words.ruling(ruling.value) for ruling in Ruling}
    columns: dict[str, Any] = {
        "status": pill_column(head["status"], statuses, ruling_pills(), width=84),
        "severity": severity_column(here, head["severity"], 60),
        "rule": text_column(head["rule"], width=170),
        "subject": text_column(head["subject"], width=130),
        "department": text_column(head["department"], width=80),
        "system": text_column(head["system"], width=76),
        "reason": text_column(head["reason"], width=206),
        "first_seen": text_column(head["first_seen"], width=86),
    }
    if not with_rule:
        columns.pop("rule")
    state = table(
        [_verdict_row(here, words, row) for row in rows],
        columns,
        most=LIST_ROWS,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = state["selection"]["rows"]
    return rows[picked[0]] if picked and picked[0] < len(rows) else None


_LIST_COLUMNS = (
    "status", "severity", "rule", "subject", "department", "system", "reason", "first_seen",
)  # fmt: skip


def _verdict_row(here: Here, words: Words, row: VerdictRow) -> dict[str, Any]:
    return {
        "status": [row.ruling],
        "severity": [row.severity],
        "rule": f"{row.rule} {words.rule(row.rule)}",
        "subject": words.subject(row.subject, row.who),
        "department": words.department(row.department) if row.department else None,
        "system": words.system(row.system) if row.system else None,
        "reason": words.reason(row),
        "first_seen": here.day(row.first_seen),
    }


def open_verdict(here: Here, row: VerdictRow) -> None:
    """A failure has a page of its own in the queue; anything else is told by its rule."""
    if row.ruling == Ruling.FAILED:
        query = {"lang": here.language, "finding": row.finding_id}
        st.switch_page(PAGES / "finding.py", query_params=query)
    open_rule(here, row.rule)
