"""Blocks of the rule page: what it asks, how it is set, what it found, who answers for what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import streamlit as st

from checks.outcome import Severity
from checks.permissions.rules.specs import Of, Value
from checks.permissions.verdict import Event, Ruling
from governance.permissions.controls import Standing
from governance.permissions.seen import VerdictRow
from governance.ui.components import heading, page_link, pill_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.states import told
from governance.ui.text import plain
from governance.ui.verdict_words import SEVERITY_BADGES, Words
from governance.views.rule import SHOWN, RuleView

ROWS = 12


def header(here: Here, words: Words, view: RuleView) -> None:
    """Which rule this is, how it stands, and the way back."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width="content", gap="xxsmall"):
            title = words.rule(view.spec.id)
            st.subheader(plain(f"{view.spec.id} · {title}", 160), anchor=False)
            tone = SEVERITY_BADGES[Severity(view.severity)]
            badges = [f":{tone}-badge[{here.t(f'ui.severity.{view.severity}')}]"]
            badges += [f":gray-badge[{words.kind(kind.value)}]" for kind in view.spec.kinds]
            if not view.is_on:
                badges.append(f":orange-badge[{here.t('overreach.rule.off')}]")
            st.markdown("&ensp;".join(badges))
        page_link(here, "overreach", here.t("overreach.back"), icon=":material/arrow_back:")
    definition = told(here, view.spec.definition, {}, cell=True)
    st.markdown(plain(definition, 2000))


def numbers(here: Here, view: RuleView) -> None:
    """How many were looked at, and what came out, in one line."""
    count = view.count
    if count is None:
        st.markdown(f":orange[:material/visibility_off: {here.t('overreach.rule.unasked')}]")
        return
    said = []
    if count.population is not None and count.passed is not None:
        said.append(here.t("overreach.rule.looked", n=here.number(count.population)))
        said.append(f"{here.t('overreach.ruling.passed')} {here.number(count.passed)}")
    for name, icon, tone in (
        ("failed", "error", "red"),
        ("not_evaluable", "visibility_off", "orange"),
        ("excepted", "front_hand", "gray"),
    ):
        number = getattr(count, name)
        words = f"{here.t(f'overreach.ruling.{name}')} {here.number(number)}"
        said.append(f":{tone}[:material/{icon}: {words}]" if number else f":gray[{words}]")
    st.markdown("&ensp;·&ensp;".join(said))


def settings(here: Here, words: Words, view: RuleView) -> None:
    """What the policy tells the rule."""
    heading(here.t("overreach.rule.settings"), help=here.t("overreach.rule.settings.help"))
    if not view.settings:
        st.caption(here.t("overreach.rule.settings.none"))
        return
    rows = [
        {"name": setting_name(here, name), "value": value_words(here, words, of, value)}
        for name, (of, value) in view.settings.items()
    ]
    table(
        rows,
        {
            "name": text_column(here.t("overreach.column.setting"), width=170),
            "value": text_column(here.t("overreach.column.value")),
        },
        key=f"rule.settings.{view.spec.id}",
    )


def setting_name(here: Here, name: str) -> str:
    return told(here, f"overreach.setting.{name}", {}, cell=True).strip()


def value_words(here: Here, words: Words, of: Of, value: Value | None) -> str:
    """A setting as people read it; a dash where none was made."""
    if value is None or value == ():
        return "–"
    if isinstance(value, timedelta):
        return here.span(value)
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, tuple):
        return value if isinstance(value, str) else here.number(value)
    risks = words.access.policy.risks
    named: dict[Of, Callable[[str], str]] = {
        Of.FUNCTIONS: words.function,
        Of.FAMILIES: words.family,
        Of.SYSTEMS: words.system,
        Of.RISKS: lambda name: here.title(risks[name].title) if name in risks else name,
    }
    return here.t("ui.list").join(named[of](one) if of in named else one for one in value)


def functions(here: Here, words: Words, view: RuleView) -> None:
    """The functions it speaks of, and the permission codes that give them, by system."""
    heading(here.t("overreach.rule.functions"), help=here.t("overreach.rule.functions.help"))
    if not view.functions:
        st.caption(here.t("overreach.rule.functions.none"))
        return
    rows = []
    for name in view.functions:
        known = words.access.policy.functions.get(name)
        bound = known.permissions if known else {}
        codes = (f"{words.system(system)}: {', '.join(c)}" for system, c in bound.items() if c)
        rows.append(
            {
                "function": f"{words.function(name)} {name}",
                "codes": "; ".join(codes) or here.t("overreach.rule.unbound"),
            }
        )
    table(
        rows,
        {
            "function": text_column(here.t("overreach.column.function"), width=230),
            "codes": text_column(here.t("overreach.column.codes")),
        },
        key=f"rule.functions.{view.spec.id}",
    )


def verdicts(here: Here, words: Words, view: RuleView, ruling: Ruling) -> VerdictRow | None:
    """The verdicts of one ruling; the one whose row was picked."""
    rows = view.verdicts.get(ruling.value, ())
    total = view.totals.get(ruling.value, 0)
    if not rows:
        return None
    heading(f"{here.t(f'overreach.ruling.{ruling.value}')} {here.number(total)}")
    if total > SHOWN:
        st.caption(here.t("overreach.rule.first", n=SHOWN))
    columns = _columns(here, ruling)
    state = table(
        [_row(here, words, row) for row in rows],
        columns,
        most=ROWS,
        key=f"rule.{view.spec.id}.{ruling.value}",
        on_select="rerun",
        selection_mode="single-row",
    )
    picked = state["selection"]["rows"]
    return rows[picked[0]] if picked and picked[0] < len(rows) else None


def _columns(here: Here, ruling: Ruling) -> dict[str, Any]:
    names = ["subject", "department", "reason"]
    names += {
        Ruling.FAILED: ["witness", "first_seen"],
        Ruling.EXCEPTED: ["owner", "because", "until"],
    }.get(ruling, [])
    widths: dict[str, Any] = {"subject": 170, "department": 96, "first_seen": 92, "owner": 90,
                              "until": 92, "because": 220, "reason": 270,
                              "witness": 236}  # fmt: skip
    return {n: text_column(here.t(f"overreach.column.{n}"), width=widths.get(n)) for n in names}


def _row(here: Here, words: Words, row: VerdictRow) -> dict[str, Any]:
    return {
        "subject": words.subject(row.subject, row.who),
        "department": words.department(row.department) if row.department else None,
        "reason": words.reason(row),
        "witness": witness_line(here, words, row),
        "first_seen": here.day(row.first_seen),
        "owner": row.exempt_owner,
        "because": row.exempt_reason,
        "until": row.exempt_until.isoformat() if row.exempt_until else None,
    }


def witness_line(here: Here, words: Words, row: VerdictRow) -> str:
    """What proves it, in a line: the first path of each function, else the first event."""
    paths = {p.function: p for p in reversed(row.witness.paths)}
    said = [f"{words.function(name)}: {words.path(p.hops)}" for name, p in paths.items()]
    if not said:
        said = [event_words(here, words, event) for event in row.witness.events[:2]]
    return "; ".join(said) or "–"


def event_words(here: Here, words: Words, event: Event) -> str:
    when = here.moment(event.at) if event.at else "–"
    return f"{words.happened(event.what)} {event.id} ({words.system(event.system)}, {when})"


def exemptions_without(here: Here, words: Words, view: RuleView) -> None:
    """Exceptions of the policy that no verdict bears now: lapsed, or no longer needed."""
    borne = {row.subject for rows in view.verdicts.values() for row in rows if row.exempt_owner}
    idle = [e for e in words.access.policy.exemptions
            if e.rule == view.spec.id and e.subject not in borne]  # fmt: skip
    if not idle:
        return
    heading(here.t("overreach.rule.idle"), help=here.t("overreach.rule.idle.help"))
    rows = [
        {"subject": words.subject(e.subject), "owner": e.owner, "because": e.reason,
         "until": e.until.isoformat()}
        for e in idle
    ]  # fmt: skip
    names = ("subject", "owner", "because", "until")
    table(
        rows,
        {n: text_column(here.t(f"overreach.column.{n}")) for n in names},
        most=ROWS,
        key=f"rule.idle.{view.spec.id}",
    )


def clauses(here: Here, view: RuleView) -> None:
    """The clauses that the rule gives evidence for, each with how well it is known."""
    heading(here.t("overreach.clauses"), help=here.t("overreach.clauses.help"))
    if not view.controls:
        st.caption(here.t("overreach.clauses.none"))
        return
    day = view.revised.isoformat()
    if view.reviewed_by:
        who = plain(view.reviewed_by, 60)
        st.caption(here.t("overreach.clauses.reviewed", who=who, day=day))
    else:
        said = here.t("overreach.clauses.unreviewed", day=day)
        st.caption(f":orange[:material/warning: {said}]")
    tones = palette().pill
    marks = {s.value: here.t(f"overreach.standing.{s.name.lower()}") for s in Standing}
    shades = [tones[tone] for tone in ("good", "watch", "high")]
    rows = [
        {
            "control": here.title(control.title),
            "source": here.title(clause.source_title),
            "clause": clause.clause,
            "standing": [clause.standing.value],
            "says": here.title(clause.says),
            "note": clause.note,
        }
        for control in view.controls
        for clause in control.clauses
    ]
    label = here.t("overreach.column.standing")
    columns: dict[str, Any] = {
        "source": text_column(here.t("overreach.column.source"), width=190),
        "clause": text_column(here.t("overreach.column.clause"), width=84),
        "standing": pill_column(label, marks, shades, width=80),
        "says": text_column(here.t("overreach.column.says"), width=240),
        "control": text_column(here.t("overreach.column.control"), width=160),
        "note": text_column(here.t("overreach.column.note"), width=120),
    }
    table(rows, columns, most=ROWS, key=f"rule.clauses.{view.spec.id}")
