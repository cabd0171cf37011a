"""The charts: one idiom, stacked bars with the legend above left, in the colours of the theme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import streamlit as st

from checks.outcome import Severity

FONT = "Source Sans, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"


@dataclass(frozen=True, eq=False)
class Palette:
    """Colours of one theme. Plotly and the tables' pills need hex where widgets take names.

    Equal to itself alone, so that what is drawn with it can be remembered by it.
    """

    text: str
    strong: str
    grid: str
    accent: str
    accent_pale: str
    severity: dict[Severity, str]
    pill: dict[str, str]

    @property
    def severity_pills(self) -> list[str]:
        """Worst first, quieter than the bars: a page may show fifty of them."""
        return [self.pill[tone] for tone in ("bad", "high", "watch", "quiet")]


LIGHT = Palette(
    text="#5b6675",
    strong="#1d2733",
    grid="#e8ecf1",
    accent="#1f4e8c",
    accent_pale="#4c8dd6",
    severity={
        Severity.CRITICAL: "#b42318",
        Severity.HIGH: "#dd8a3c",
        Severity.MEDIUM: "#e2c877",
        Severity.LOW: "#c4cad4",
    },
    pill={
        "good": "#cfe8da",
        "busy": "#cbdff6",
        "watch": "#f3e4b8",
        "high": "#f7d8b9",
        "bad": "#f6cdc8",
        "quiet": "#e7eaee",
    },
)
DARK = Palette(
    text="#98a4b3",
    strong="#e4e9ef",
    grid="#26303c",
    accent="#7fb0ee",
    accent_pale="#a9cdf7",
    severity={
        Severity.CRITICAL: "#e5736a",
        Severity.HIGH: "#d98f4f",
        Severity.MEDIUM: "#a8924a",
        Severity.LOW: "#55606e",
    },
    pill={
        "good": "#1d4836",
        "busy": "#1f3f66",
        "watch": "#4f441d",
        "high": "#60401f",
        "bad": "#632b28",
        "quiet": "#2b3440",
    },
)


def palette() -> Palette:
    """The colours of the theme the reader's browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


DAY_MS = 86_400_000


@dataclass(frozen=True)
class Stack:
    """One layer of a stacked bar chart, and the word the legend shows."""

    name: str
    values: tuple[float, ...]
    color: str


@dataclass(frozen=True)
class Line:
    """A line: over bars it holds shares and has an axis of its own, in per cent."""

    name: str
    values: tuple[float | None, ...]
    color: str
    dash: str = "solid"


def stacked(
    days: tuple[str, ...],
    stacks: tuple[Stack, ...],
    lines: tuple[Line, ...],
    *,
    height: int,
    key: str,
) -> None:
    """Stacked bars by day and lines in per cent on the right; days are ISO dates."""
    st.plotly_chart(
        figure_of(days, stacks, lines, palette(), height),
        key=key,
        height=height,
        theme=None,
        config={"displayModeBar": False, "scrollZoom": False, "staticPlot": False},
    )


def measured(days: tuple[str, ...], lines: tuple[Line, ...], *, height: int, key: str) -> None:
    """Lines by day in their own unit, from nothing up; days are ISO dates."""
    import plotly.graph_objects as go

    colors = palette()
    figure = go.Figure()
    for line in lines:
        figure.add_scatter(
            x=days,
            y=line.values,
            name=line.name,
            mode="lines" if len(days) > 1 else "markers",
            line={"color": line.color, "width": 2, "dash": line.dash},
            hovertemplate="%{y:,.1f}",
        )
    figure.update_layout(layout_of(colors, height))
    figure.update_layout(yaxis={"tickformat": None})
    figure.update_xaxes(dtick=max(1, len(days) // 6) * DAY_MS)
    st.plotly_chart(
        figure,
        key=key,
        height=height,
        theme=None,
        config={"displayModeBar": False, "scrollZoom": False, "staticPlot": False},
    )


# Plotly checks every property it is given, 8-12 ms a figure: as much as the rest of a page. Equal
# figures are drawn once and then only read.
@lru_cache(maxsize=64)
def figure_of(
    days: tuple[str, ...],
    stacks: tuple[Stack, ...],
    lines: tuple[Line, ...],
    colors: Palette,
    height: int,
) -> Any:
    """The chart of `stacked`, drawn nowhere."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for layer in stacks:
        figure.add_bar(
            x=days,
            y=layer.values,
            name=layer.name,
            marker={"color": layer.color, "line": {"width": 0}},
            hovertemplate="%{y:,}",
        )
    for line in lines:
        figure.add_scatter(
            x=days,
            y=[None if value is None else value * 100 for value in line.values],
            name=line.name,
            yaxis="y2",
            mode="lines",
            line={"color": line.color, "width": 2, "dash": line.dash},
            hovertemplate="%{y:.2f}%",
        )
    figure.update_layout(layout_of(colors, height))
    # Left alone, Plotly puts ticks at noon where days are few, and each date stands there twice.
    figure.update_xaxes(dtick=max(1, len(days) // 6) * DAY_MS)
    _apart(figure, stacks, lines, axis_of(colors))
    return figure


def across(
    labels: tuple[str, ...],
    stacks: tuple[Stack, ...],
    *,
    height: int,
    key: str,
    legend: bool = True,
) -> None:
    """A stacked bar per label, lying down; the first label at the top. Where a chart beside it has
    the same legend it may go without."""
    st.plotly_chart(
        bars_of(labels, stacks, palette(), height, legend),
        key=key,
        height=height,
        theme=None,
        config={"displayModeBar": False},
    )


@lru_cache(maxsize=64)
def bars_of(
    labels: tuple[str, ...],
    stacks: tuple[Stack, ...],
    colors: Palette,
    height: int,
    legend: bool = True,
) -> Any:
    """The chart of `across`, drawn nowhere."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for layer in stacks:
        figure.add_bar(
            y=labels,
            x=layer.values,
            name=layer.name,
            orientation="h",
            marker={"color": layer.color, "line": {"width": 0}},
            hovertemplate="%{x:,}",
        )
    axis = {**axis_of(colors), "automargin": True}
    longest = max((sum(bar) for bar in zip(*(s.values for s in stacks), strict=True)), default=0)
    figure.update_layout(
        barmode="stack",
        showlegend=legend,
        # A bar is never thicker than about 22 pixels, however few there are.
        bargap=max(0.32, 1 - 22 * len(labels) / (height - 60)),
        height=height,
        margin={"l": 4, "r": 12, "t": 24 if legend else 4, "b": 4},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT},
        hovermode="y unified",
        legend={**_legend(colors), "entrywidth": 0},
        # Of so few each tick would be told twice.
        xaxis={**axis, "tickformat": ",d", "nticks": 5} | ({"dtick": 1} if longest < 5 else {}),
        yaxis={**axis, "autorange": "reversed", "showgrid": False},
    )
    return figure


def _step(tallest: float) -> int:
    """A round distance of ticks that leaves two to five of them."""
    step = 1
    while tallest / step > 5:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


def axis_of(colors: Palette) -> dict[str, Any]:
    return {
        "gridcolor": colors.grid,
        "zeroline": False,
        "tickfont": {"size": 11, "color": colors.text},
        "fixedrange": True,
        "automargin": True,
    }


def _legend(colors: Palette) -> dict[str, Any]:
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
        "traceorder": "normal",
        "font": {"size": 11, "color": colors.text},
        "itemclick": False,
        "itemdoubleclick": False,
    }


def layout_of(colors: Palette, height: int) -> dict[str, Any]:
    axis = axis_of(colors)
    layout: dict[str, Any] = {
        "barmode": "stack",
        "bargap": 0.28,
        "height": height,
        "margin": {"l": 4, "r": 4, "t": 24, "b": 4},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT},
        "hovermode": "x unified",
        "legend": _legend(colors),
        # Plotly writes English month names in every language; digits need no translation.
        "xaxis": {**axis, "showgrid": False, "type": "date", "tickformat": "%m-%d"},
        "yaxis": {**axis, "tickformat": ",d", "rangemode": "tozero", "nticks": 5},
    }
    return layout


def _apart(figure: Any, stacks: tuple[Stack, ...], lines: tuple[Line, ...], axis: Any) -> None:
    """Bars in the lower part and lines in the upper, so that neither hides the other."""
    tallest = max((sum(day) for day in zip(*(s.values for s in stacks), strict=True)), default=0)
    values = [value * 100 for line in lines for value in line.values if value is not None]
    step = _step(tallest)
    ticks = [step * n for n in range(int(tallest // step) + 1)]
    share = 1.75 if values else 1.05
    figure.update_layout(
        yaxis={"range": [0, max(tallest, 1) * share], "tickmode": "array", "tickvals": ticks}
    )
    if not values:
        return
    low, high = min(values), max(values)
    room = max(high - low, 0.2)
    figure.update_layout(
        yaxis2={
            **axis,
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            "tickmode": "array",
            "tickvals": (marks := [low, high] if high - low >= 0.2 else [high]),
            "ticktext": [f"{mark:.1f}%" for mark in marks],
            "range": [low - room * 1.9, high + room * 0.12],
        }
    )


@dataclass(frozen=True)
class Fall:
    """A curve that falls from 100 % in steps, each somewhere between `start` and `end`, with its
    band; `name` and `band` are the legend's words."""

    name: str
    band: str
    steps: tuple[tuple[float, float, float, float, float], ...]  # start, end, level, low, high


def falling(
    fall: Fall, mark: tuple[float, str], unit: str, *, until: float, height: int, key: str
) -> None:
    """A survival curve over time in `unit` up to `until`, and a line with a word at `mark`."""
    st.plotly_chart(
        fall_of(fall, mark, unit, until, palette(), height),
        key=key,
        height=height,
        theme=None,
        config={"displayModeBar": False, "scrollZoom": False, "staticPlot": False},
    )


@lru_cache(maxsize=64)
def fall_of(
    fall: Fall, mark: tuple[float, str], unit: str, until: float, colors: Palette, height: int
) -> Any:
    """The chart of `falling`, drawn nowhere. The band is as early as the looks allow below, and as
    late as they allow above."""
    import plotly.graph_objects as go

    starts, ends = ([0.0, *(s[at] for s in fall.steps), until] for at in (0, 1))
    level, low, high = ([1.0, *(s[at] for s in fall.steps)] for at in (2, 3, 4))
    figure = go.Figure()
    flat = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip"}
    per_cent = [[100 * y for y in (*values, values[-1])] for values in (high, low, level)]
    figure.add_scatter(x=ends, y=per_cent[0], showlegend=False, **flat)
    shade = {"fill": "tonexty", "fillcolor": faint(colors.accent_pale), "name": fall.band}
    figure.add_scatter(x=starts, y=per_cent[1], **flat, **shade)
    figure.add_scatter(
        x=ends,
        y=per_cent[2],
        name=fall.name,
        mode="lines",
        line={"color": colors.accent, "width": 2, "shape": "hv"},
        hovertemplate="%{y:.1f}%",
    )
    figure.update_layout(layout_of(colors, height))
    axis = {"type": "linear", "tickformat": None, "ticksuffix": f" {unit}", "range": [0, until]}
    figure.update_layout(
        xaxis={**axis, "nticks": 8},
        yaxis={"tickformat": None, "ticksuffix": "%", "range": [0, 102], "nticks": 6},
    )
    figure.add_vline(x=mark[0], line={"color": colors.text, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=mark[0], y=1, yref="paper", text=mark[1], showarrow=False, xanchor="left", yanchor="top",
        xshift=4, font={"size": 11, "color": colors.text},
    )  # fmt: skip
    return figure


def faint(color: str) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.28)"
