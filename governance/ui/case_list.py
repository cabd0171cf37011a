"""The queue's table: what to do first, whose it is, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from checks.backups import BACKUP
from checks.outcome import Severity
from checks.permissions import OVERREACH
from governance.config import Config
from governance.exports.exporter import problem
from governance.reading import Desk, Filters, Finding
from governance.reading.model import Status
from governance.ui import urls
from governance.ui.case_filters import KEPT, direction_words, status_words
from governance.ui.components import PAGES, pill_column, severity_column, table, text_column
from governance.ui.finding_list import SHOWN_ROWS, short
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.text import bare
from governance.ui.verdict_words import words_of
from governance.views.backup import reasons_of
from governance.views.backup_words import BackupWords
from governance.views.cases import Tab
from governance.views.person import proofs_of
from governance.views.titles import Titles

# The tone of each status: red came back, blue is somebody's work, green is proven, grey rests.
TONES = {
    Status.PENDING: "quiet",
    Status.OPEN: "watch",
    Status.ASSIGNED: "busy",
    Status.EXPORTED: "busy",
    Status.WAIVED: "quiet",
    Status.REOPENED: "high",
    Status.BOUNCED: "bad",
    Status.FIXED: "good",
    Status.REVERTED: "watch",
    Status.WITHDRAWN: "quiet",
}
BADGES = {"quiet": "gray", "watch": "yellow", "busy": "blue", "high": "orange", "bad": "red",
          "good": "green"}  # fmt: skip


def cases(
    here: Here,
    config: Config,
    rows: tuple[Finding, ...],
    filters: Filters,
    tab: Tab,
    page: int,
    why: Mapping[str, str],
) -> tuple[Finding | None, tuple[Finding, ...]]:
    """The table; returns the finding whose cell was clicked, and those whose rows are ticked.

    `why` has the reasons of findings that have no values.
    """
    shown = [_row(here, config, row, filters, tab, why) for row in rows]
    columns = _columns(here, config, rows, tab, [str(row["due"]) for row in shown])
    # A new name empties the ticks: after an action, and on another page of the list.
    round_ = st.session_state.get("_q_round", 0)
    picked = table(
        [{name: row[name] for name in columns} for row in shown],
        columns,
        most=SHOWN_ROWS,
        key=f"q.rows.{tab.value}.{page}.{round_}",
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
    ).selection
    ticked = tuple(rows[place] for place in picked.rows if place < len(rows))
    clicked = [place for place, _ in picked.cells if place < len(rows)]
    return (rows[clicked[0]] if clicked else None), ticked


def reasons(here: Here, config: Config, desk: Desk, rows: tuple[Finding, ...]) -> dict[str, str]:
    """Why those of permissions and of backups fail, by their ids, for a cell."""
    return _overreach(here, config, desk, rows) | _of_backups(here, config, desk, rows)


def _overreach(here: Here, config: Config, desk: Desk, rows: tuple[Finding, ...]) -> dict[str, str]:
    mine = [row.finding_id for row in rows if row.kind == OVERREACH]
    if not mine or config.permissions is None:
        return {}
    told = proofs_of(here.actor, desk, mine)
    words = words_of(here, config, told.departments).knowing(told.names)
    return {name: words.reason(verdict) for name, verdict in told.verdicts.items()}


def _of_backups(
    here: Here, config: Config, desk: Desk, rows: tuple[Finding, ...]
) -> dict[str, str]:
    mine = [row.finding_id for row in rows if row.kind == BACKUP]
    if not mine:
        return {}
    words = BackupWords(config, here.language)
    told = reasons_of(here.actor, desk, mine)
    return {name: words.say(problem.code, problem.params) for name, problem in told.items()}


def _row(
    here: Here, config: Config, row: Finding, filters: Filters, tab: Tab, why: Mapping[str, str]
) -> dict[str, Any]:
    titles = Titles(config, here.language)
    field = titles.field(row.entity, row.field) if row.field else problem(row, titles)
    waiver = row.said.waiver
    opened = row.opened_at or row.since or row.first_seen
    return {
        "severity": [row.severity],
        "status": [row.status],
        "record": " ".join(part for part in (row.key_shown, short(row.display)) if part) or "–",
        "field": field if filters.entity else f"{titles.entity(row.entity)} · {field}",
        "left": why.get(row.finding_id) or short(row.left_value),
        "right": short(row.right_value),
        "moved": direction_words(here).get(row.direction or ""),
        "owner": row.owner_now,
        "due": [_due(here, row)] if _owed(row) and tab is not Tab.CLOSED else [],
        "age": here.span(here.now - opened),
        "money": None if row.money is None else here.number(row.money),
        "requester": waiver.requester if waiver else None,
        "reason": short(waiver.reason) if waiver else None,
        "until": here.day(waiver.expires_at) if waiver else None,
        "closed": here.moment(row.closed_at),
    }


def _owed(row: Finding) -> bool:
    """What may stand is not due."""
    return row.due_now is not None and row.status != Status.WAIVED


def _due(here: Here, row: Finding) -> str:
    """How long there is, or how long it is over; the finding's page has the day."""
    due = row.due_now
    if due is None:
        return ""
    over = due < here.now
    span = here.span(abs(due - here.now))
    return here.t("findings.over" if over else "findings.left", span=span)


def _columns(
    here: Here, config: Config, rows: tuple[Finding, ...], tab: Tab, _dues: list[str]
) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "severity": severity_column(here, here.t("consistency.severity"), 64),
        "status": status_column(here),
        "record": text_column(here.t("findings.record"), width=146),
        "field": text_column(here.t("consistency.field"), width=112),
    }
    # Those of records have two values; the others one reason.
    alone = all(row.kind in (OVERREACH, BACKUP) for row in rows)
    if alone:
        told = "overreach" if all(row.kind == OVERREACH for row in rows) else "backups.page"
        columns["record"] = text_column(here.t(f"{told}.column.subject"), width=120)
        columns["field"] = text_column(here.t(f"{told}.column.rule"), width=150)
        columns["left"] = text_column(here.t("findings.reason"), width=230)
    else:
        heads = _heads(here, config, rows)
        columns |= {side: text_column(heads[side], width=106) for side in heads}
    columns["owner"] = text_column(here.t("findings.owner"), width=68)
    if tab is Tab.WAIVERS:
        columns["requester"] = text_column(here.t("findings.requester"), width=80)
        columns["reason"] = text_column(here.t("findings.reason"), width=180)
        columns["until"] = text_column(here.t("findings.until"), width=88)
        return columns
    if not alone:
        columns["moved"] = text_column(here.t("findings.moved"), width=84)
    if tab is Tab.CLOSED:
        columns["closed"] = text_column(here.t("findings.closed_at"), width=124)
    else:
        columns["due"] = _due_column(here, rows)
        columns["age"] = text_column(here.t("findings.age"), width=62)
    if any(row.money is not None for row in rows):
        help_ = here.t("findings.money.help")
        label = here.t("findings.money")
        columns["money"] = text_column(label, width=92, help=help_, alignment="right")
    return columns


def _heads(here: Here, config: Config, rows: tuple[Finding, ...]) -> dict[str, str]:
    """The two systems by their names where the list is about one pair."""
    titles = Titles(config, here.language)
    pairs = {row.pair for row in rows}
    if len(pairs) != 1:
        return {side: here.t(f"consistency.{side}") for side in ("left", "right")}
    left, right = next(iter(pairs)).split("~")
    return {"left": bare(titles.source(left)), "right": bare(titles.source(right))}


def _due_column(here: Here, rows: tuple[Finding, ...]) -> Any:
    """Red where it is over, so that the eye finds it; grey where there is time."""
    tones = palette().pill
    words = {
        _due(here, row): tones["bad" if row.due_now < here.now else "quiet"]
        for row in rows
        if row.due_now is not None and _owed(row)
    }
    label = here.t("findings.due")
    return pill_column(label, {word: word for word in words}, list(words.values()), width=88)


def status_column(here: Here, width: int = 82) -> Any:
    """The status as a pill; cells are lists of one code."""
    tones = palette().pill
    words = status_words(here)
    colors = [tones[TONES[Status(code)]] for code in words]
    return pill_column(here.t("findings.status"), words, colors, width=width)


def status_badge(here: Here, finding: Finding) -> str:
    """The status as markdown."""
    status = Status(finding.status or Status.OPEN)
    return f":{BADGES[TONES[status]]}-badge[{here.t(f'findings.status.{status.value}')}]"


def severity_badge(here: Here, finding: Finding) -> str:
    tones = {
        Severity.CRITICAL: "red",
        Severity.HIGH: "orange",
        Severity.MEDIUM: "yellow",
        Severity.LOW: "gray",
    }
    tone = tones[Severity(finding.severity)]
    return f":{tone}-badge[{here.t(f'ui.severity.{finding.severity}')}]"


def open_case(here: Here, finding: Finding) -> None:
    """Go to a finding; the way back remembers the queue's tab and filters."""
    remember()
    query = {"lang": here.language, "finding": finding.finding_id}
    st.switch_page(PAGES / "finding.py", query_params=query)


def remember() -> None:
    """Note the queue's address for the way back."""
    st.session_state["_q_back"] = {
        key: st.query_params.get_all(key) for key in KEPT if key in st.query_params
    }


def come_back() -> None:
    """Put the filters back for a reader who came here by the browser's Back; see the list of
    findings, which does the same."""
    if "finding" in st.query_params:
        urls.drop("finding")
        for key, values in (st.session_state.get("_q_back") or {}).items():
            urls.put(key, values)


def back(here: Here) -> None:
    """A link to the queue as it was left."""
    kept: dict[str, list[str]] = st.session_state.get("_q_back") or {}
    st.page_link(
        PAGES / "findings.py",
        label=here.t("findings.back"),
        icon=":material/arrow_back:",
        query_params={"lang": here.language, **kept},
        width="content",
    )


def case_link(here: Here, finding: Finding, label: str, icon: str = "") -> None:
    """A link to a finding's page. `label` is markdown."""
    query = {"lang": here.language, "finding": finding.finding_id}
    page = PAGES / "finding.py"
    st.page_link(page, label=label, icon=icon, query_params=query, width="content")
