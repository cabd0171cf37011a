"""What speaks for and against a pair, field by field, as bars to the right and to the left."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import Any

import streamlit as st

from checks.outcome import Severity
from governance.ui.plots import FONT, Palette, palette

ROW, ROOM = 26, 44


def bars_of_weight(fields: tuple[str, ...], weights: tuple[float, ...], *, key: str) -> None:
    """A waterfall that lies down: each bar begins where the one above it ended."""
    st.plotly_chart(
        waterfall(fields, weights, palette()),
        key=key,
        height=ROW * len(fields) + ROOM,
        theme=None,
        config={"displayModeBar": False},
    )


@lru_cache(maxsize=64)
def waterfall(fields: tuple[str, ...], weights: tuple[float, ...], colors: Palette) -> Any:
    """The chart of `bars_of_weight`, drawn nowhere."""
    import plotly.graph_objects as go

    against = colors.severity[Severity.HIGH]
    figure = go.Figure()
    figure.add_bar(
        y=list(range(len(fields))),
        x=weights,
        base=[0.0, *accumulate(weights)][: len(weights)],
        orientation="h",
        marker={"color": [colors.accent_pale if w >= 0 else against for w in weights]},
        text=[f"{weight:+.1f}" for weight in weights],
        textposition="auto",
        insidetextanchor="middle",
        textfont={"size": 11},
        hoverinfo="skip",
    )
    axis = {
        "gridcolor": colors.grid,
        "zerolinecolor": colors.text,
        "tickfont": {"size": 11, "color": colors.text},
        "fixedrange": True,
        "automargin": True,
    }
    # Names go in as text of the axis: a field's title may look like HTML, which plotly would read.
    names = [name.replace("&", "&amp;").replace("<", "&lt;") for name in fields]
    figure.update_layout(
        showlegend=False,
        bargap=0.3,
        height=ROW * len(fields) + ROOM,
        margin={"l": 4, "r": 12, "t": 4, "b": 4},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "color": colors.text},
        xaxis={**axis, "zeroline": True, "nticks": 5},
        yaxis={
            **axis,
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
            "tickmode": "array",
            "tickvals": list(range(len(fields))),
            "ticktext": names,
        },
    )
    return figure
