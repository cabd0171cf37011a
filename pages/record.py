"""One record, both sides: what differs, what to do, and how it came about."""

from __future__ import annotations

import streamlit as st

from governance import reading
from governance.config import Config
from governance.reading import Finding, Findings, Record
from governance.ui import case_parts, lag_parts, states
from governance.ui import record_parts as parts
from governance.ui.components import opening
from governance.ui.here import Here, here
from governance.ui.workspace import workspace


def wanted(view: Findings, config: Config) -> Record | None:
    """The record the URL names: by its key, or by one of its findings.

    Raises PermissionRefused for a record outside the reader's departments.
    """
    entities = {entity.name: entity for entity in config.entities}
    name, pair, key = (st.query_params.get(f"r.{part}") for part in ("entity", "pair", "key"))
    if name in entities and pair and key:
        found = reading.record(view, entities[name], pair, key, config.time_zone)
        if found is not None:
            return found
    finding = named(view)
    if finding is None or finding.entity not in entities:
        return None
    return reading.record_of(view, entities[finding.entity], finding, config.time_zone)


def named(view: Findings) -> Finding | None:
    code = st.query_params.get("r.finding")
    return view.finding(code) if code else None


def absent(reader: Here, asked: bool) -> None:
    """Nothing chosen yet, or nothing there any more."""
    picture = "missing" if asked else "choose"
    states.empty(
        reader.t(f"record.{picture}.title"),
        reader.t(f"record.{picture}.body"),
        lambda: parts.back(reader),
    )


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.record", "record.defined")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    view = open_.desk.view(reader.actor, [check.name for check in config.checks])
    found = wanted(view, config)
    if found is None:
        absent(reader, asked=any(key.startswith("r.") for key in st.query_params))
        return
    parts.header(reader, config, found)
    parts.sides(reader, config, found)
    parts.todo(reader, config, found)
    lag_parts.until(reader, config, view, found.findings)
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        parts.changes(reader, config, found)
        case_parts.of_record(reader, config, view, found.findings)
    with right:
        parts.talk(reader, config, view, found, st.query_params.get("r.finding"))


draw(here())
