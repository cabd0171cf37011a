"""The chart of what came and what went, with what stood."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import streamlit as st

from governance.ui.plots import DAY_MS, Line, Palette, Stack, axis_of, layout_of, palette


@lru_cache(maxsize=64)
def flow_of(
    days: tuple[str, ...], bars: tuple[Stack, ...], line: Line, colors: Palette, height: int
) -> Any:
    """Bars side by side a day, and a line of how many stood, on an axis of its own."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for layer in bars:
        figure.add_bar(
            x=days,
            y=layer.values,
            name=layer.name,
            marker={"color": layer.color, "line": {"width": 0}},
            hovertemplate="%{y:,}",
        )
    figure.add_scatter(
        x=days,
        y=line.values,
        name=line.name,
        yaxis="y2",
        mode="lines",
        line={"color": line.color, "width": 2},
        hovertemplate="%{y:,}",
    )
    figure.update_layout(layout_of(colors, height))
    figure.update_layout(
        barmode="group",
        yaxis2={
            **axis_of(colors),
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            "tickformat": ",d",
            "rangemode": "tozero",
            "nticks": 4,
        },
    )
    figure.update_xaxes(dtick=max(1, len(days) // 6) * DAY_MS)
    return figure


def flowing(
    days: tuple[str, ...], bars: tuple[Stack, ...], line: Line, *, height: int, key: str
) -> None:
    """What came and went a day, and how many stood; days are ISO dates."""
    st.plotly_chart(
        flow_of(days, bars, line, palette(), height),
        key=key,
        height=height,
        theme=None,
        config={"displayModeBar": False},
    )
