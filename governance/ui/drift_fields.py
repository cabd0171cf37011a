"""Blocks of the drift page: each field of a table now, and one field over the days."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from checks.profile import Profile
from governance.ui.components import heading, number_column, share_column, table, text_column
from governance.ui.here import Here
from governance.ui.plots import Line, Stack, measured, palette, stacked
from governance.ui.text import plain
from governance.views.drift import FieldPast, TableView

FIELD_ROWS = 14
CHART = 190
TOP_WIDTH = 560


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
