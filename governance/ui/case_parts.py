"""Blocks of the finding page: what it is, whose, until when, its waiver, and its time line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from checks.backups import BACKUP
from checks.permissions import OVERREACH
from governance.cases.said import Word
from governance.cases.timeline import Moment, timelines
from governance.config import Config
from governance.exports.exporter import problem
from governance.exports.remediation import fixes_of
from governance.reading import Filters, Finding, Findings, root_causes
from governance.reading.model import CLOSED, Status
from governance.ui import direction_parts
from governance.ui.case_list import back, severity_badge, status_badge
from governance.ui.cause_words import rule
from governance.ui.components import PAGES, heading, page_link
from governance.ui.finding_list import record_query, short
from governance.ui.here import Here
from governance.ui.record_parts import asked
from governance.ui.text import plain
from governance.views.cases import waiver_state
from governance.views.titles import Titles

MOST_MOMENTS = 60
HASH = 8
# Findings that are not of a record with two sides.
LONE = (OVERREACH, BACKUP)
WHAT_ICONS = {
    "found": "search",
    "opened": "error",
    "changed": "edit",
    "fixed": "verified",
    "reverted": "undo",
    "withdrawn": "link_off",
    "reopened": "refresh",
    "bounced": "u_turn_left",
    "waiver_void": "gpp_bad",
    "waiver_expired": "timer_off",
    Word.COMMENT.value: "chat",
    Word.ASSIGN.value: "person_add",
    Word.DUE.value: "event",
    Word.WAIVE_REQUEST.value: "front_hand",
    Word.WAIVE_APPROVE.value: "check_circle",
    Word.WAIVE_REJECT.value: "block",
    Word.WAIVE_WITHDRAW.value: "undo",
    Word.EXPORT.value: "outbox",
}


def about(here: Here, config: Config, finding: Finding) -> str:
    """What a finding is about, in words that are not yet plain."""
    titles = Titles(config, here.language)
    field = titles.field(finding.entity, finding.field) if finding.field else None
    return f"{titles.entity(finding.entity)} · {field or here.t('record.whole')}"


def header(here: Here, config: Config, finding: Finding) -> None:
    """Which finding this is and how it stands; the way back and to its record."""
    titles = Titles(config, here.language)
    record = finding.display or finding.key_shown or here.t("record.no_key")
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(width="content", gap="xxsmall"):
            st.subheader(plain(f"{record} · {about(here, config, finding)}", 160), anchor=False)
            said = [
                finding.key_shown or here.t("record.no_key"),
                titles.pair(finding.left_source, finding.right_source),
                problem(finding, titles),
            ]
            if finding.department and finding.kind not in LONE:
                said.append(here.t("record.department", department=finding.department))
            st.markdown(
                f"{status_badge(here, finding)}&ensp;{severity_badge(here, finding)}&ensp;"
                f":gray[{' · '.join(plain(words, 120) for words in said)}]"
            )
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            back(here)
            if finding.kind not in LONE:
                st.page_link(
                    PAGES / "record.py",
                    label=here.t("findings.to_record"),
                    icon=":material/compare_arrows:",
                    query_params=record_query(here, finding),
                    width="content",
                )


def facts(here: Here, config: Config, view: Findings, finding: Finding) -> None:
    """Whose it is, until when, how long it has stood, what hangs on it."""
    by_hand = here.t("findings.by_hand")
    owner = plain(finding.owner_now) if finding.owner_now else here.t("findings.nobody")
    due = here.day(finding.due_now) if finding.due_now else "–"
    lines: list[tuple[str, str]] = [
        ("owner", owner + (f" :gray[{by_hand}]" if finding.said.owner else "")),
        ("due", due + (f" :gray[{by_hand}]" if finding.said.due_at else "")),
    ]
    standing = finding.status not in CLOSED
    owed = standing and finding.status != Status.WAIVED
    if owed and finding.due_now is not None and finding.due_now < here.now:
        over = here.t("findings.over", span=here.span(here.now - finding.due_now))
        lines[-1] = ("due", f"{lines[-1][1]} :red[{over}]")
    lines.append(("since", here.moment(finding.since or finding.first_seen)))
    lines.append(("first_seen", f"{here.moment(finding.first_seen)} :gray[#{finding.first_run}]"))
    if finding.closed_at is not None and not standing:
        lines.append(
            ("closed_at", f"{here.moment(finding.closed_at)} :gray[#{finding.closed_run}]")
        )
    if finding.money is not None:
        lines.append(("money", here.number(finding.money)))
    if finding.cause:
        lines.append(("cause", _cause(here, config, view, finding)))
    with st.container(border=True, gap="xxsmall"):
        for name, words in lines:
            left, right = st.columns([1, 2], gap="small")
            left.caption(here.t(f"findings.{name}"))
            right.markdown(words)
        if finding.said.batch is not None:
            page_link(
                here,
                "remediation",
                f"{here.t('findings.batch')} #{finding.said.batch}",
                icon=":material/build:",
                b__batch=str(finding.said.batch),
            )


def _cause(here: Here, config: Config, view: Findings, finding: Finding) -> str:
    """The rule that explains the finding; its code where that is told no more."""
    found = root_causes(view, Filters(entity=(finding.entity,), state=(finding.state,))).causes
    titles = Titles(config, here.language)
    told = (rule(here, titles, c, plain) for c in found if c.cause == finding.cause)
    return next(told, plain(finding.cause))


def direction(here: Here, config: Config, finding: Finding) -> None:
    """Which side moved away from what was agreed, and when; nothing where nobody knows."""
    words = direction_parts.sentence(here, Titles(config, here.language), finding)
    if words is not None:
        st.markdown(f":material/call_split: {words}")


def bounced(here: Here, config: Config, finding: Finding) -> None:
    """Where a fix did not hold: whose value came back."""
    if finding.turn != "bounced" or finding.overwritten not in ("left", "right"):
        return
    titles = Titles(config, here.language)
    source = finding.left_source if finding.overwritten == "left" else finding.right_source
    words = here.t("findings.bounced", source=plain(titles.source(source)))
    st.markdown(f":red[:material/u_turn_left: {words}]")


def waiver(here: Here, finding: Finding) -> None:
    """What was asked for or granted, by whom and for how long."""
    asked, state = finding.said.waiver, waiver_state(finding, here.now)
    if asked is None or state is None or finding.status in CLOSED:
        return
    with st.container(border=True, gap="xxsmall"):
        words = here.t(
            f"findings.waiver.says.{state}",
            requester=plain(asked.requester),
            approver=plain(asked.approver or "–"),
            asked=here.moment(asked.asked_at),
            until=here.day(asked.expires_at),
        )
        st.markdown(f":material/front_hand: **{here.t('findings.waiver')}** {words}")
        st.text(asked.reason)


def todo(here: Here, config: Config, finding: Finding) -> None:
    """What the finding asks somebody to do, and why."""
    titles = Titles(config, here.language)
    for fix in fixes_of((finding,)):
        icon = "front_hand" if fix.finding.status == Status.WAIVED else "build"
        st.markdown(f":material/{icon}: {asked(here, titles, fix)}")


def of_record(here: Here, config: Config, view: Findings, findings: Sequence[Finding]) -> None:
    """The time lines of a record's findings as one."""
    if not findings:
        return
    known = {finding.finding_id: finding for finding in findings}
    told = [
        (known[name], moment)
        for name, moments in timelines(view, findings).items()
        for moment in moments
    ]
    heading(here.t("findings.time_line.record"), help=here.t("findings.time_line.help"))
    time_line(here, config, sorted(told, key=lambda pair: pair[1].at), several=True)


def time_line(
    here: Here, config: Config, told: Sequence[tuple[Finding, Moment]], several: bool = False
) -> None:
    """Newest first. What the data did and what people said are told apart by their badges."""
    titles = Titles(config, here.language)
    for finding, moment in list(reversed(told))[:MOST_MOMENTS]:
        left, right = st.columns([1, 6], gap="small")
        left.markdown(f":gray[{here.moment(moment.at)}]")
        with right, st.container(gap="xxsmall"):
            badge = (
                f":gray-badge[:material/database: {here.t('findings.by_data', run=moment.run)}]"
                if moment.by_data
                else f":blue-badge[:material/person: {plain(moment.actor or '–', 60)}]"
            )
            icon = WHAT_ICONS.get(moment.what, "circle")
            said = f"{badge}&ensp;:material/{icon}: {_what(here, titles, finding, moment)}"
            if several:
                said += f"&ensp;:gray[{plain(about(here, config, finding), 80)}]"
            st.markdown(said)
            _detail(titles, finding, moment)
    if len(told) > MOST_MOMENTS:
        st.caption(here.plural("findings.earlier", len(told) - MOST_MOMENTS))


def _what(here: Here, titles: Titles, finding: Finding, moment: Moment) -> str:
    kind = "event" if moment.by_data else "word"
    payload = moment.payload
    source = ""
    if moment.what == "bounced" and moment.detail in ("left", "right"):
        side = finding.left_source if moment.detail == "left" else finding.right_source
        source = plain(titles.source(side))
    words: dict[str, Any] = {
        "owner": plain(payload.get("owner") or "", 100),
        "day": _day(here, payload.get("due_at")),
        "until": _day(here, payload.get("expires_at")),
        "batch": plain(payload.get("batch") or ""),
        "source": source,
    }
    name = moment.what
    if name == "found" and finding.kind in LONE:
        name = "found_right" if finding.kind == OVERREACH else "found_backup"
    if (name == "assign" and not words["owner"]) or (name == "due" and not payload.get("due_at")):
        name += "_back"
    if name == "bounced" and not source:
        name = "reopened"
    return here.t(f"findings.{kind}.{name}", **words)


def _day(here: Here, text: object) -> str:
    return here.day(datetime.fromisoformat(text)) if isinstance(text, str) else "–"


def _detail(titles: Titles, finding: Finding, moment: Moment) -> None:
    """Both values with their short hashes, or what somebody typed, which is never rendered."""
    if not moment.by_data:
        typed = moment.payload.get("text") or moment.payload.get("reason")
        if typed:
            st.text(str(typed))
        return
    if finding.kind in LONE:  # it has no two values: its page tells the proof
        return
    shown = []
    for side, source in (("left", finding.left_source), ("right", finding.right_source)):
        value, mark = getattr(moment, f"{side}_value"), getattr(moment, f"{side}_hash")
        if value is None and mark is None:
            continue
        words = f"{plain(titles.source(source))} **{plain(short(value) or '–', 80)}**"
        shown.append(words + (f" :gray[`{plain(mark[:HASH])}`]" if mark else ""))
    if shown:
        st.caption("&ensp;·&ensp;".join(shown))
