"""One finding as a case: both values, which side moved, whose it is, and all that happened."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from governance import reading
from governance.cases.timeline import timeline
from governance.config import Config
from governance.reading import Finding, Findings, Record
from governance.reading.model import CLOSED
from governance.ui import (
    backup_case,
    case_actions,
    case_list,
    overreach_case,
    record_parts,
    states,
)
from governance.ui import case_parts as parts
from governance.ui.components import heading, opening
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views import cases


def of_finding(view: Findings, config: Config, finding: Finding) -> Record | None:
    """The record of a finding, narrowed to what the finding is about."""
    entity = next((e for e in config.entities if e.name == finding.entity), None)
    found = entity and reading.record_of(view, entity, finding, config.time_zone)
    if not found:
        return None
    lines = tuple(line for line in found.lines if finding.field in (None, line.field))
    return replace(found, lines=lines, findings=(finding,))


def compared(reader: Here, view: Findings, config: Config, finding: Finding) -> None:
    """Both sides of a record, which of them moved, and what to do."""
    with states.loading():
        found = of_finding(view, config, finding)
    if found is not None:
        record_parts.sides(reader, config, found)
    parts.direction(reader, config, finding)
    parts.bounced(reader, config, finding)
    if finding.status not in CLOSED:
        parts.todo(reader, config, finding)


def proven(reader: Here, open_: Workspace, config: Config, finding: Finding) -> None:
    """Why a right is too much, and what proves it."""
    with states.loading():
        told = overreach_case.proof(reader, config, open_.desk, finding)
    overreach_case.reason(reader, finding, told)
    with st.container(horizontal=True):
        overreach_case.links(reader, finding, told[1].verdict if told else None)
    overreach_case.evidence(reader, told)
    overreach_case.todo(reader, finding)


def absent(reader: Here, asked: bool) -> None:
    picture = "missing" if asked else "choose"
    states.empty(
        reader.t(f"findings.{picture}.title"),
        reader.t(f"findings.{picture}.body"),
        lambda: case_list.back(reader),
    )


def offered(reader: Here, finding: Finding) -> tuple[str, ...]:
    """What can be done with it as it stands."""
    waiver, state = finding.said.waiver, cases.waiver_state(finding, reader.now)
    work = ("assign", "due", "comment")
    if waiver is None or state not in ("asked", "granted"):
        return (*work, "ask")
    deciding = ("grant", "reject") if state == "asked" else ("reject",)
    return (*work, *deciding, *(("withdraw",) if waiver.requester == reader.actor.name else ()))


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.finding", "findings.defined")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    view = open_.desk.view(reader.actor, open_.queue)
    case_actions.carry_out(reader, view)
    code = st.query_params.get("finding")
    finding = view.finding(code) if code else None
    if finding is None:
        absent(reader, asked=bool(code))
        return
    parts.header(reader, config, finding)
    with states.loading():
        told = timeline(view, finding)
    left, right = st.columns([1.9, 1], gap="medium")
    with left:
        if overreach_case.is_overreach(finding):
            proven(reader, open_, config, finding)
        elif backup_case.is_backup(finding):
            backup_case.proof(reader, config, open_.desk, finding)
        else:
            compared(reader, view, config, finding)
    with right:
        parts.facts(reader, config, view, finding)
        parts.waiver(reader, finding)
    if finding.status not in CLOSED:
        people = cases.people(config, cases.tally(view).owners, reader.actor)
        may = offered(reader, finding)
        case_actions.panel(reader, view, (finding,), people, may, "f")
    heading(reader.t("findings.time_line"), help=reader.t("findings.time_line.help"))
    parts.time_line(reader, config, [(finding, moment) for moment in told])


draw(here())
