"""Blocks of the drift page: what stands open, a table's time line, its fields over the runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import streamlit as st

from checks.drift import Kind, Observation
from checks.profile import Profile
from governance.config import Config
from governance.reading import Finding
from governance.ui import urls
from governance.ui.components import (
    heading,
    number_column,
    severity_column,
    share_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.plots import Line, Stack, measured, palette, stacked
from governance.ui.text import plain
from governance.views.drift import DriftView, FieldPast, Table, TableView
from governance.views.titles import Titles

OPEN_ROWS, EVENT_ROWS, FIELD_ROWS = 6, 8, 14
CHART = 190
TOP_WIDTH = 560


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
    show: Callable[[str], str] = str
    if seen.kind is Kind.VOLUME:
        show = lambda text: here.number(int(text))  # noqa: E731 - one of three ways to show
    elif seen.kind is Kind.EMPTY:
        show = lambda text: here.share(float(text), 1)  # noqa: E731
    return {
        "what": here.t(f"drift.kind.{seen.kind.value}"),
        "column": seen.column or "–",
        "before": "–" if seen.before is None else show(seen.before) or "–",
        "after": "–" if seen.after is None else show(seen.after) or "–",
    }


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
    known = next((e for e in config.entities if e.name == entity), None)
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
    stacked(days, (layer,), (), height=CHART + 30, key=f"volume-{seen.table.code}")


def fields_table(here: Here, seen: TableView, chosen: str, *, values: bool) -> str | None:
    """Every field as it is now and how it came there; the field whose row was picked, or None."""
    rows = [field_row(here, past) for past in seen.fields]
    head = {name: here.t(f"drift.column.{name}") for name in rows[0]}
    columns: dict[str, Any] = {
        "field": text_column(head["field"], width=110),
        "column": text_column(head["column"], width=100),
        "empty": share_column(head["empty"], width=64, help=here.t("drift.empty.help")),
        "empty_past": spark(head["empty_past"], 1.0),
        "distinct": number_column(head["distinct"], width=66, help=here.t("drift.distinct.help")),
        "distinct_past": spark(head["distinct_past"], None),
        "length": text_column(head["length"], width=66, help=here.t("drift.length.help")),
    }
    if values:
        columns |= {name: text_column(head[name], width=104) for name in ("low", "high")}
        columns["top"] = text_column(head["top"])
    names = [past.name for past in seen.fields]
    state = table(
        rows,
        columns,
        most=FIELD_ROWS,
        key=f"fields-{seen.table.code}-{chosen}",
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [names.index(chosen)]}},
    )
    picked = state["selection"]["rows"]
    return names[picked[0]] if picked else None


def field_row(here: Here, past: FieldPast) -> dict[str, Any]:
    now = past.newest
    return {
        "field": title_of(here, past),
        "column": now.column,
        "empty": here.share(share_of(now)),
        "empty_past": [share_of(profile) or 0.0 for _, profile in past.points],
        "distinct": now.distinct,
        "distinct_past": [profile.distinct for _, profile in past.points],
        "length": lengths(now),
        "low": now.low,
        "high": now.high,
        "top": here.t("ui.list").join(f"{value} ×{count}" for value, count in now.top),
    }


def field_detail(here: Here, seen: TableView, past: FieldPast, *, values: bool) -> None:
    """One field: how much of it is empty, how many values, how long, and the frequent ones."""
    heading(plain(title_of(here, past)))
    if past.newest.is_sampled:
        looked, rows = here.number(past.newest.looked), here.number(past.newest.rows)
        st.caption(here.t("drift.sampled", looked=looked, rows=rows))
    charts = {"cells": cells_chart, "distinct": distinct_chart, "length": length_chart}
    for column, (name, chart) in zip(st.columns(3, gap="small"), charts.items(), strict=True):
        with column, st.container(border=True, gap="xxsmall"):
            heading(here.t(f"drift.chart.{name}"))
            chart(here, past, f"{seen.table.code}-{past.name}")
    if not values:
        st.caption(f":material/lock: {here.t('drift.values.scope')}")
    elif past.newest.top:
        top_table(here, past.newest)


def cells_chart(here: Here, past: FieldPast, key: str) -> None:
    colors = palette()
    profiles = [profile for _, profile in past.points]
    layers = (
        Stack(
            here.t("drift.filled"),
            tuple(p.rows - p.empty for p in profiles),
            colors.accent_pale,
        ),
        Stack(here.t("drift.blank"), tuple(p.blank for p in profiles), colors.pill["watch"]),
        Stack(here.t("drift.null"), tuple(p.nulls for p in profiles), colors.pill["quiet"]),
    )
    shown = tuple(layer for layer in layers if any(layer.values))
    line = Line(here.t("drift.empty"), tuple(map(share_of, profiles)), colors.accent)
    stacked(days_of(here, moments(past)), shown, (line,), height=CHART, key=f"cells-{key}")


def distinct_chart(here: Here, past: FieldPast, key: str) -> None:
    counts = tuple(float(profile.distinct) for _, profile in past.points)
    layer = Stack(here.t("drift.distinct"), counts, palette().accent_pale)
    stacked(days_of(here, moments(past)), (layer,), (), height=CHART, key=f"distinct-{key}")


def length_chart(here: Here, past: FieldPast, key: str) -> None:
    colors = palette()
    profiles = [profile for _, profile in past.points]
    lines = (
        Line(here.t("drift.longest"), tuple(p.longest for p in profiles), colors.accent_pale),
        Line(here.t("drift.average"), tuple(p.average for p in profiles), colors.accent),
        Line(here.t("drift.shortest"), tuple(p.shortest for p in profiles), colors.text, "dot"),
    )
    measured(days_of(here, moments(past)), lines, height=CHART, key=f"length-{key}")


def top_table(here: Here, profile: Profile) -> None:
    """The values that occur most, as text and nothing else."""
    rows = [
        {"value": value, "count": count, "share": here.share(count / profile.looked, 1)}
        for value, count in profile.top
    ]
    columns = {
        "value": text_column(here.t("drift.column.value")),
        "count": number_column(here.t("drift.column.count"), width=90),
        "share": share_column(here.t("drift.column.share"), width=90),
    }
    heading(here.t("drift.top"), help=here.t("drift.top.help"))
    table(rows, columns, width=TOP_WIDTH, key=f"top-{profile.field}")


def spark(label: str, highest: float | None) -> Any:
    """The days as a small line."""
    return st.column_config.LineChartColumn(label, width=80, y_min=0, y_max=highest)


def title_of(here: Here, past: FieldPast) -> str:
    return here.title(past.field.title) if past.field else past.name


def share_of(profile: Profile) -> float | None:
    return profile.empty / profile.rows if profile.rows else None


def lengths(profile: Profile) -> str:
    if profile.shortest is None or profile.longest is None:
        return "–"
    if profile.shortest == profile.longest:
        return str(profile.longest)
    return f"{profile.shortest}–{profile.longest}"


def moments(past: FieldPast) -> list[datetime]:
    return [at for at, _ in past.points]


def days_of(here: Here, when: list[datetime]) -> tuple[str, ...]:
    """Days of the business calendar, as charts want them."""
    return tuple(at.astimezone(here.zone).date().isoformat() for at in when)
