"""The parts every page is made of, so that the same thing looks the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from checks.errors import CodedError
from checks.outcome import Severity
from governance.ui import workspace
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.worker.standing import WorkerState

PAGES = Path(__file__).parents[2] / "pages"

FOLLOW_SECONDS = 3.0

ROW_HEIGHT = 30
HEADER_HEIGHT = 32


def opening(here: Here, title: str, definition: str, *, follow: bool = False) -> None:
    """A page's title and its one caption line; then what the reader must know of the worker.

    `title` and `definition` are message ids; the definition says where the page's terms are
    defined. `follow` draws the page anew with each night that a demo lives.
    """
    standing = here.standing
    parts = []
    if standing.run is not None:
        parts.append(here.t("ui.caption.as_of", when=here.moment(standing.as_of)))
        parts.append(here.t("ui.caption.run", run=standing.run))
    else:
        parts.append(here.t("ui.caption.no_run"))
    parts.append(here.t("ui.caption.zone", zone=standing.zone.key))
    parts.append(here.t(definition))
    with st.container(gap="xxsmall"):
        st.title(here.t(title), anchor=False)
        st.caption(" · ".join(parts))
        if here.standing.living is None:
            worker_line(here)
        else:
            st.fragment(demo_line, run_every=FOLLOW_SECONDS)(here, follow)


def demo_line(here: Here, follow: bool) -> None:
    """How far the demo is with its days. The page is drawn anew when they are over, and with
    `follow` after each night; between those this line alone looks at the ledger."""
    try:
        lived, run = workspace.glance()
    except CodedError:  # the next look may do better, and a click on the page says what is wrong
        lived, run = here.standing.living, here.standing.run
    if lived is None or (follow and run != here.standing.run):
        st.rerun()
    words = here.t("ui.demo.living", day=lived.day, days=lived.days)
    st.caption(f":material/fast_forward: {words}")


def worker_line(here: Here) -> None:
    """One quiet line when nobody reads the sources at the moment; nothing when all is well."""
    standing = here.standing
    if standing.worker is WorkerState.ALIVE:
        return
    if standing.worker is WorkerState.LATE and standing.due is not None:
        words = here.t("ui.worker.late", due=here.moment(standing.due))
    elif standing.beat is not None:
        words = here.t("ui.worker.stopped", since=here.moment(standing.beat))
    else:
        words = here.t("ui.worker.absent")
    st.caption(f":orange[:material/schedule: {words}]")


def page_link(
    here: Here,
    page: str,
    label: str,
    *,
    icon: str = "",
    width: Literal["content", "stretch"] = "content",
    help: str | None = None,
    **query: str | Sequence[str] | None,
) -> None:
    """A link to `pages/<page>.py` that keeps the language. A `__` in a key stands for the dot.

    `label` is markdown: words that are not our own must be `plain`.

    `page_link(here, "consistency", words, c__entity="customer")` leads to `?c.entity=customer`.
    """
    params: dict[str, str | list[str]] = {"lang": here.language}
    for key, value in query.items():
        if value is not None:
            params[key.replace("__", ".")] = value if isinstance(value, str) else list(value)
    st.page_link(
        PAGES / f"{page}.py", label=label, icon=icon, query_params=params, width=width, help=help
    )


@dataclass(frozen=True)
class Kpi:
    """One card. Every card has the same parts; `history` is drawn as the 30-day sparkline.

    `value` carries its unit. `delta` is already signed text and `period` names what it is compared
    with. `better` says which way is good; None is neither.
    """

    label: str
    value: str
    help: str
    delta: str | None = None
    period: str | None = None
    better: Literal["up", "down"] | None = None
    history: tuple[float, ...] = ()


def kpi(card: Kpi, height: int | Literal["content", "stretch"] = "stretch") -> None:
    """Draw one card. A delta of nothing is grey, and so is one that is neither good nor bad."""
    color: Literal["normal", "inverse", "off"] = "off"
    if card.better is not None:
        color = "normal" if card.better == "up" else "inverse"
    flat = card.delta is not None and not card.delta.strip("+-0.,% ")
    delta: str | int | None = 0 if flat else card.delta
    st.metric(
        card.label,
        card.value,
        delta,
        delta_color=color,
        delta_description=card.period,
        help=card.help,
        border=True,
        height=height,
        chart_data=list(card.history) if len(card.history) > 1 else None,
        chart_type="area",
    )


def heading(words: str, help: str | None = None) -> None:
    """A block's heading inside a page."""
    st.markdown(f"**{words}**", help=help)


def text_column(label: str, *, width: Any = None, help: str | None = None, **more: Any) -> Any:
    """A column that shows a source's value as it is: no markdown, no link, no HTML."""
    return st.column_config.TextColumn(label, width=width, help=help, **more)


def number_column(label: str, *, width: Any = None, help: str | None = None) -> Any:
    """Whole numbers with thousands separators, right aligned."""
    return st.column_config.NumberColumn(label, width=width, help=help, format="localized")


def share_column(label: str, *, width: Any = None, help: str | None = None) -> Any:
    """Shares already written out by `Here.share`, right aligned, so that none is rounded up."""
    return st.column_config.TextColumn(label, width=width, help=help, alignment="right")


def pill_column(
    label: str,
    words: dict[str, str],
    colors: list[str],
    *,
    width: Any = None,
    help: str | None = None,
) -> Any:
    """Coloured pills. Cells are lists of codes; `words` maps each code to what is shown."""
    return st.column_config.MultiselectColumn(
        label,
        width=width,
        help=help,
        options=list(words),
        color=colors,
        format_func=lambda code: words.get(code, code),
    )


def severity_words(here: Here) -> dict[str, str]:
    """Severity code to the word shown, worst first."""
    return {severity.value: here.t(f"ui.severity.{severity.value}") for severity in Severity}


def severity_column(here: Here, label: str, width: Any = 76) -> Any:
    """The severity as a pill; cells are lists of one code."""
    return pill_column(label, severity_words(here), palette().severity_pills, width=width)


def table(rows: Any, columns: dict[str, Any], *, most: int | None = None, **more: Any) -> Any:
    """A dense table in the order of `columns`, tall enough for its rows or for `most` of them."""
    count = len(rows)
    shown = count if most is None else min(count, most)
    return st.dataframe(
        rows,
        hide_index=True,
        column_config=columns,
        column_order=list(columns),
        row_height=ROW_HEIGHT,
        height=max(shown, 1) * ROW_HEIGHT + HEADER_HEIGHT + 4,
        placeholder="–",
        **more,
    )
