"""The charts of backups: age against its limit, a calendar, and numbers with their usual band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import streamlit as st

from checks.outcome import Severity
from governance.ui.plots import DAY_MS, FONT, Palette, axis_of, faint, layout_of, palette

# Bars are cut here, in multiples of what is allowed: the words beside them tell the rest.
MOST = 4.0
LABEL = 18
_QUIET = {"displayModeBar": False, "scrollZoom": False}


@dataclass(frozen=True)
class Bar:
    """A value as a multiple of its limit (None: nobody knows), what is said of it, and whether it
    is good."""

    name: str
    share: float | None
    said: str
    is_good: bool | None


@dataclass(frozen=True)
class Cell:
    """One day of one row. `sign` says its state to whoever cannot tell colours."""

    row: str
    day: str
    state: str
    sign: str
    said: str


@dataclass(frozen=True)
class Series:
    """Numbers over time, with the limit or the band they should keep to; `named` are the legend's
    words of the numbers, the limit and the band."""

    at: tuple[str, ...]
    values: tuple[float, ...]
    named: tuple[str, str]
    limit: float | None = None
    band: tuple[float, float] | None = None


def label(words: str, at: int = 0) -> str:
    """Plotly reads a little HTML, so what could start some is taken out; equal labels would fall
    together, so each ends in its own number of invisible signs."""
    words = " ".join(words.split()).replace("<", "‹").replace(">", "›")
    return (words if len(words) <= LABEL else words[: LABEL - 1] + "…") + "\u200b" * at


def strip(bars: tuple[Bar, ...], limit: str, *, key: str) -> None:
    """A lying bar for each, and a line where it may reach to."""
    height = 40 + 34 * len(bars)
    st.plotly_chart(
        strip_of(bars, limit, palette(), height), key=key, height=height, theme=None, config=_QUIET
    )


@lru_cache(maxsize=64)
def strip_of(bars: tuple[Bar, ...], limit: str, colors: Palette, height: int) -> Any:
    """The chart of `strip`, drawn nowhere."""
    import plotly.graph_objects as go

    names = [label(bar.name, place) for place, bar in enumerate(bars)]
    shown = [min(bar.share or 0.0, MOST) for bar in bars]
    reach = max([*shown, 1.2])
    figure = go.Figure()
    figure.add_bar(
        y=names,
        x=shown,
        orientation="h",
        marker={
            "color": [
                colors.severity[Severity.CRITICAL]
                if bar.is_good is False
                else colors.severity[Severity.MEDIUM]
                if bar.is_good is None
                else colors.accent_pale
                for bar in bars
            ]
        },
        hoverinfo="skip",
    )
    figure.add_scatter(
        y=names,
        x=[max(value, 1.0) + reach * 0.012 for value in shown],  # behind the line, never across it
        mode="text",
        text=[bar.said for bar in bars],
        textposition="middle right",
        textfont={"size": 12, "color": colors.strong},
        cliponaxis=False,
        hoverinfo="skip",
    )
    axis = axis_of(colors)
    figure.add_vline(x=1, line={"color": colors.strong, "width": 2})
    figure.add_annotation(
        x=1, y=1, yref="paper", text=limit, showarrow=False, yanchor="bottom",
        font={"size": 11, "color": colors.text},
    )  # fmt: skip
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 8, "t": 22, "b": 4},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT},
        showlegend=False,
        bargap=0.5,
        # Room for the words behind the longest bar.
        xaxis={**axis, "visible": False, "range": [0, reach * 1.75]},
        yaxis={**axis, "autorange": "reversed", "showgrid": False, "ticklabelstandoff": 6},
    )
    return figure


def calendar(cells: tuple[Cell, ...], rows: tuple[str, ...], *, key: str) -> int | None:
    """A square a day and row; the place of the one that was clicked."""
    height = 40 + 32 * len(rows)
    state: Any = st.plotly_chart(
        calendar_of(cells, rows, palette(), height),
        key=key,
        height=height,
        theme=None,
        config=_QUIET,
        on_select="rerun",
        selection_mode="points",
    )
    points = state["selection"]["points"] if state else []
    picked = points[0].get("point_index") if points else None
    return picked if isinstance(picked, int) and 0 <= picked < len(cells) else None


@lru_cache(maxsize=64)
def calendar_of(
    cells: tuple[Cell, ...], rows: tuple[str, ...], colors: Palette, height: int
) -> Any:
    """The chart of `calendar`, drawn nowhere."""
    import plotly.graph_objects as go

    tones = {"good": "good", "poor": "bad", "unknown": "watch", "hole": "quiet"}
    edges = {"hole": colors.severity[Severity.CRITICAL]}
    names = {row: label(row, place) for place, row in enumerate(rows)}
    figure = go.Figure()
    figure.add_scatter(
        x=[cell.day for cell in cells],
        y=[names.get(cell.row, cell.row) for cell in cells],
        mode="markers+text",
        text=[cell.sign for cell in cells],
        textfont={"size": 12, "color": colors.strong},
        customdata=[cell.said for cell in cells],
        hovertemplate="%{y} %{x|%Y-%m-%d}<br>%{customdata}<extra></extra>",
        marker={
            "symbol": "square",
            "size": 22,
            "color": [colors.pill[tones[cell.state]] for cell in cells],
            "line": {"width": 1, "color": [edges.get(c.state, "rgba(0,0,0,0)") for c in cells]},
        },
        unselected={"marker": {"opacity": 1}, "textfont": {"color": colors.strong}},
        showlegend=False,
    )
    figure.update_layout(layout_of(colors, height))
    axis = axis_of(colors)
    figure.update_layout(
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        hovermode="closest",
        dragmode=False,
        yaxis={**axis, "type": "category", "categoryorder": "array", "showgrid": False,
               "categoryarray": list(names.values())[::-1], "tickformat": None,
               "range": [-0.6, len(rows) - 0.4]},
    )  # fmt: skip
    figure.update_xaxes(dtick=3 * DAY_MS, range=_ends([cell.day for cell in cells]))
    return figure


def numbers(series: Series, unit: str, *, height: int, key: str) -> None:
    """One number over time in `unit`, with its limit or its band."""
    st.plotly_chart(
        numbers_of(series, unit, palette(), height),
        key=key,
        height=height,
        theme=None,
        config=_QUIET,
    )


@lru_cache(maxsize=64)
def numbers_of(series: Series, unit: str, colors: Palette, height: int) -> Any:
    """The chart of `numbers`, drawn nowhere."""
    import plotly.graph_objects as go

    figure = go.Figure()
    value, other = series.named
    ends = _ends(series.at)
    if series.band is not None:
        low, high = series.band
        flat = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        figure.add_scatter(x=ends, y=[high, high], showlegend=False, **flat)
        figure.add_scatter(
            x=ends, y=[low, low], name=other, fill="tonexty", fillcolor=faint(colors.accent_pale),
            **flat,
        )  # fmt: skip
    figure.add_scatter(
        x=series.at,
        y=series.values,
        name=value,
        mode="lines+markers",
        line={"color": colors.accent, "width": 2},
        marker={"size": 5},
        hovertemplate=f"%{{y:,.1f}} {unit}",
    )
    if series.limit is not None:
        figure.add_scatter(
            x=ends,
            y=[series.limit, series.limit],
            name=other,
            mode="lines",
            line={"color": colors.severity[Severity.CRITICAL], "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
        )
    figure.update_layout(layout_of(colors, height))
    figure.update_layout(yaxis={"tickformat": None, "ticksuffix": f" {unit}"})
    days = date.fromisoformat(ends[1]) - date.fromisoformat(ends[0])
    figure.update_xaxes(range=ends, dtick=max(1, days.days // 6) * DAY_MS)
    return figure


def _ends(times: Sequence[str]) -> list[str]:
    """The day before the first and the day after the last, so that lines have room."""
    day = timedelta(days=1)
    first, last = (date.fromisoformat(text[:10]) for text in (min(times), max(times)))
    return [(first - day).isoformat(), (last + day).isoformat()]
