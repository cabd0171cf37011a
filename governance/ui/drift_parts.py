"""Blocks of the drift page: what stands open, a table's time line, its fields over the runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from checks.drift import Kind, Observation
from governance.config import Config
from governance.reading import Finding
from governance.ui import urls
from governance.ui.components import (
    heading,
    severity_column,
    table,
    text_column,
)
from governance.ui.drift_fields import days_of
from governance.ui.here import Here
from governance.ui.plots import Stack, palette, stacked
from governance.ui.text import plain
from governance.views.drift import DriftView, Table, TableView
from governance.views.titles import Titles

OPEN_ROWS, EVENT_ROWS = 6, 8
CHART = 220


def open_table(here: Here, config: Config, view: DriftView) -> None:
    """Every change that stands open, gravest first."""
    titles = Titles(config, here.language)
    columns: dict[str, Any] = {"severity": severity_column(here, here.t("drift.column.severity"))}
    for name, width in (
        ("table", 150), ("what", 120), ("column", 130), ("before", 100), ("after", 100),
        ("since", 84), ("remark", None),
    ):  # fmt: skip
        columns[name] = text_column(here.t(f"drift.column.{name}"), width=width)
    rows = [open_row(here, config, titles, finding) for finding in view.open]
    table(rows, columns, most=OPEN_ROWS, key="drift-open")


def open_row(here: Here, config: Config, titles: Titles, finding: Finding) -> dict[str, Any]:
    kind = Kind(finding.kind)
    share = None if finding.display is None else float(finding.display)
    seen = Observation(kind, finding.field, finding.left_value, finding.right_value, share)
    return {
        "severity": [finding.severity],
        "table": f"{titles.source(finding.left_source)} · {titles.entity(finding.entity)}",
        "remark": remark(here, finding, seen),
        "since": here.moment(finding.first_seen)[:10],
        **change_cells(here, seen),
        "column": column_name(here, config, finding.left_source, finding.entity, finding.field),
    }


def change_cells(here: Here, seen: Observation) -> dict[str, str]:
    """One change as cells: what, which column, before, after."""
    return {
        "what": here.t(f"drift.kind.{seen.kind.value}"),
        "column": seen.column or "–",
        "before": shown(here, seen.kind, seen.before),
        "after": shown(here, seen.kind, seen.after),
    }


def shown(here: Here, kind: Kind, told: str | None) -> str:
    """What an observation tells as people write it: a number, a share, or a name as it is."""
    if not told:
        return "–"
    if kind is Kind.VOLUME:
        return here.number(int(told))
    return here.share(float(told), 1) if kind is Kind.EMPTY else told


def remark(here: Here, finding: Finding, seen: Observation) -> str:
    """How it was known, and what it means."""
    said = []
    if seen.overlap is not None:
        said.append(here.t("drift.remark.overlap", share=here.share(seen.overlap, 0)))
    if finding.cls == "unmapped":
        said.append(here.t("drift.remark.unmapped"))
        if seen.kind is Kind.REMOVED:
            said.append(here.t("drift.remark.hidden"))
    elif seen.kind in (Kind.REMOVED, Kind.RENAMED):
        said.append(here.t("drift.remark.blocked"))
    return " ".join(said)


def column_name(here: Here, config: Config, source: str, entity: str, column: str | None) -> str:
    """A source's column, and the field it holds where it holds one."""
    known = next((e for e in config.tables if e.name == entity), None)
    mapping = known.mapping_of(source) if known else None
    if column is None or known is None or mapping is None:
        return column or "–"
    fields = [f for f in known.fields if mapping.columns.get(f.name) == column]
    return " · ".join(dict.fromkeys([column, *(here.title(f.title) for f in fields)]))


def choose(here: Here, config: Config, view: DriftView) -> Table:
    """The table the URL names; else that of the gravest finding, else the first."""
    titles = Titles(config, here.language)
    names = {
        t.code: f"{plain(titles.entity(t.entity))} · {plain(titles.source(t.source))}"
        for t in view.tables
    }
    drifted = (f"{f.left_source}~{f.entity}" for f in view.open)
    default = next((code for code in drifted if code in names), next(iter(names)))
    chosen = urls.restore_one("s.table", names, default=default)
    st.selectbox(
        here.t("drift.table"),
        list(names),
        key="s.table",
        format_func=names.__getitem__,
        label_visibility="collapsed",
        width=360,
        on_change=urls.keep,
        args=("s.table", "s.field"),
    )
    return next(t for t in view.tables if t.code == chosen)


def time_line(here: Here, seen: TableView) -> None:
    """What became of the table's columns, newest first."""
    heading(here.t("drift.events"), help=here.t("drift.events.help"))
    st.caption(
        here.plural("drift.columns", len(seen.newest.columns))
        + " · "
        + here.plural("drift.snapshots", seen.snapshots)
    )
    if not seen.events:
        st.caption(here.t("drift.events.none"))
        return
    rows = [
        {"day": here.moment(e.at)[:10], "run": f"#{e.run}", **change_cells(here, e.change)}
        for e in seen.events
    ]
    widths = {"day": 84, "run": 48, "what": 110, "column": 110}
    columns = {
        name: text_column(here.t(f"drift.column.{name}"), width=widths.get(name))
        for name in rows[0]
    }
    table(rows, columns, most=EVENT_ROWS, key=f"events-{seen.table.code}")


def volume(here: Here, seen: TableView) -> None:
    """How many rows the table had each day."""
    heading(here.t("drift.volume"))
    values = tuple(float(rows) for _, rows in seen.rows)
    layer = Stack(here.t("drift.rows"), values, palette().accent_pale)
    days = days_of(here, [at for at, _ in seen.rows])
    stacked(days, (layer,), (), height=CHART, key=f"volume-{seen.table.code}")
