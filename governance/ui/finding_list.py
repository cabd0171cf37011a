"""The list of findings: its rows, order and pages, its downloads, and the pictures when empty."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from checks.outcome import Severity
from governance.access import Right
from governance.config import Config
from governance.exports.exporter import Exporter, problem
from governance.reading import Filters, Finding, Findings, Order, State
from governance.reading.model import Status
from governance.ui import states, urls
from governance.ui.components import (
    PAGES,
    page_link,
    pill_column,
    severity_column,
    table,
    text_column,
)
from governance.ui.finding_filters import KEYS, state_words
from governance.ui.here import Here
from governance.ui.plots import palette
from governance.ui.text import bare
from governance.views.titles import Titles

PER_PAGE = 50
SHOWN_ROWS = 17
SHOWN_TEXT = 300


def finding_rows(here: Here, config: Config, rows: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """Findings as table rows: words of ours as pills, words of the sources as plain text."""
    titles = Titles(config, here.language)
    return [
        {
            "severity": [row.severity],
            "entity": titles.entity(row.entity),
            "key": short(row.key_shown) or "–",
            "name": short(row.display),
            "field": titles.field(row.entity, row.field) if row.field else "–",
            "problem": problem(row, titles),
            "pair": titles.pair(row.left_source, row.right_source),
            "left": short(row.left_value),
            "right": short(row.right_value),
            "department": short(row.department),
            "state": [Status.WAIVED.value if row.status == Status.WAIVED else row.state],
            "first_seen": here.moment(row.first_seen)[:10],
            "comments": row.comments or None,
        }
        for row in rows
    ]


def state_column(here: Here, width: int = 72) -> Any:
    """The state as a pill: blue needs somebody, orange was not looked at again, grey can wait.

    A waived finding says that it is: it stands, and may.
    """
    colors = palette()
    tones = {
        State.OPEN: colors.accent_pale,
        State.UNCHECKED: colors.severity[Severity.HIGH],
        State.PENDING: colors.severity[Severity.LOW],
        State.GONE: colors.severity[Severity.LOW],
    }
    words = state_words(here) | {Status.WAIVED.value: here.t("findings.status.waived")}
    shades = [*(tones[state] for state in State), palette().pill["quiet"]]
    return pill_column(here.t("consistency.state"), words, shades, width=width)


def short(text: str | None) -> str | None:
    """A source's value as a table shows it; the record page and the files have it whole."""
    if text is None or len(text) <= SHOWN_TEXT:
        return text
    return text[:SHOWN_TEXT] + "…"


def finding_table(
    here: Here, config: Config, rows: tuple[Finding, ...], filters: Filters, page: int
) -> Finding | None:
    """The list; returns the finding whose row was picked."""
    titles = Titles(config, here.language)
    pairs = {row.pair for row in rows}
    sides = ("left", "right")
    if len(pairs) == 1:
        names = dict(zip(sides, next(iter(pairs)).split("~"), strict=True))
        heads = {side: bare(titles.source(names[side])) for side in sides}
    else:
        heads = {side: here.t(f"consistency.{side}") for side in sides}
    columns: dict[str, Any] = {
        "severity": severity_column(here, here.t("consistency.severity"), 64),
        "state": state_column(here),
    }
    if not filters.entity:
        columns["entity"] = text_column(here.t("consistency.entity"), width=80)
    columns |= {
        "key": text_column(here.t("consistency.key"), width=94),
        "name": text_column(here.t("consistency.name"), width=124),
        "field": text_column(here.t("consistency.field"), width=88),
        "problem": text_column(here.t("consistency.class"), width=84),
        "left": text_column(heads["left"], width=112),
        "right": text_column(heads["right"], width=112),
        "department": text_column(here.t("consistency.department"), width=78),
        "first_seen": text_column(here.t("consistency.first_seen"), width=84),
    }
    if len(pairs) > 1:
        columns["pair"] = text_column(here.t("consistency.pair"), width=200)
    picked = table(
        finding_rows(here, config, rows),
        columns,
        most=SHOWN_ROWS,
        key=f"c.rows.{page}",
        on_select="rerun",
        selection_mode="single-row",
    )
    places = picked.selection.rows
    return rows[places[0]] if places and places[0] < len(rows) else None


def open_record(here: Here, finding: Finding) -> None:
    """Go to the record of a finding; the way back remembers the list's filters."""
    kept = (key for key in (*KEYS, "c.sort", "c.page") if key in st.query_params)
    st.session_state["_c_back"] = {key: st.query_params.get_all(key) for key in kept}
    st.switch_page(PAGES / "record.py", query_params=record_query(here, finding))


def come_back() -> None:
    """Put the filters back for a reader who came here by the browser's Back.

    On its way to a record the browser notes the record's address under this page as well; there
    the filters that the list was left with take its place.
    """
    if "r.finding" in st.query_params:
        urls.drop("r.finding", "r.entity", "r.pair", "r.key")
        for key, values in (st.session_state.get("_c_back") or {}).items():
            urls.put(key, values)


def first_link(here: Here, finding: Finding) -> None:
    """A link to the first record, for readers who come by keyboard: a table's rows need a mouse."""
    st.page_link(
        PAGES / "record.py",
        label=here.t("consistency.first"),
        icon=":material/arrow_forward:",
        query_params=record_query(here, finding),
        width="content",
    )


def record_query(here: Here, finding: Finding) -> dict[str, str]:
    """What leads to a record: its key where it has one, and the finding in any case."""
    query = {"lang": here.language, "r.finding": finding.finding_id}
    if finding.key is not None:
        query |= {"r.entity": finding.entity, "r.pair": finding.pair, "r.key": finding.key}
    return query


ORDERS = (
    Order.SEVERITY,
    Order.KEY,
    Order.FIELD,
    Order.NEWEST,
    Order.OLDEST,
    Order.DUE,
    Order.MONEY,
)


def order(here: Here, page: str = "c", orders: Sequence[Order] = ORDERS) -> Order:
    """The order in the URL, or the first of `orders`; a small choice above the list."""
    key, known = f"{page}.sort", [order.value for order in orders]
    code = urls.restore_one(key, known, default=known[0])
    st.selectbox(
        here.t("consistency.sort"),
        known,
        key=key,
        format_func=lambda value: here.t(f"consistency.sort.{value}"),
        label_visibility="collapsed",
        on_change=urls.keep,
        args=(key, f"{page}.page"),
        width=170,
    )
    return Order(code or known[0])


def pages(total: int, page: str = "c") -> int:
    """The pagination below the list; returns the page the URL names."""
    last = max(-(-total // PER_PAGE), 1)
    at = urls.restore_page(f"{page}.page", last)
    if last > 1:
        # Named after its page: a widget with a default may not have its state set beforehand.
        key = f"{page}.pager.{last}.{at}"
        st.pagination(last, default=at, key=key, on_change=_turn, args=(key, f"{page}.page"))
    return at


def _turn(key: str, place: str) -> None:
    page = st.session_state[key]
    urls.put(place, [page] if page > 1 else [])


def span(here: Here, total: int, page: int) -> str:
    """`1-50 of 1,234`."""
    first = (page - 1) * PER_PAGE + 1
    last = min(page * PER_PAGE, total)
    return here.t(
        "consistency.span",
        first=here.number(first),
        last=here.number(last),
        total=here.number(total),
    )


def downloads(
    here: Here, view: Findings, config: Config, filters: Filters, sort: Order, total: int
) -> None:
    """The list as it is filtered, as CSV and XLSX; and the way to what has to change."""
    if Right.EXPORT not in here.actor.rights:
        return
    exporter = Exporter(view, config, here.language)
    stamp = here.now.astimezone(here.zone).strftime("%Y%m%d-%H%M")

    def listed(path: Path) -> int:
        return exporter.findings(path, now=here.now, filters=filters, order=sort)

    with st.popover(here.t("consistency.export"), icon=":material/download:"):
        st.caption(here.plural("consistency.export.list", total))
        with st.container(horizontal=True):
            _download("findings", stamp, "csv", listed)
            _download("findings", stamp, "xlsx", listed)
        st.caption(here.t("consistency.export.work"))
        page_link(here, "remediation", here.t("ui.nav.remediation"), icon=":material/build:")


MIME = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _download(
    name: str, stamp: str, form: Literal["csv", "xlsx"], write: Callable[[Path], int]
) -> None:
    def made() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.{form}"
            write(path)
            return path.read_bytes()

    st.download_button(
        form.upper(),
        made,
        file_name=f"duiqi-{name}-{stamp}.{form}",
        mime=MIME[form],
        key=f"c.export.{name}.{form}",
        on_click="ignore",
    )


def nothing(here: Here, view: Findings, blind: bool, filters: Filters) -> None:
    """The picture for an empty list: all clear, not seen, or filtered away."""
    if filters != Filters():
        states.empty(
            here.t("consistency.none.title"),
            here.t("consistency.none.body"),
            lambda: st.button(
                here.t("consistency.clear"),
                key="c.clear2",
                on_click=urls.drop,
                args=(*KEYS, "c.page"),
            ),
        )
    elif blind:
        states.not_connected(here.t("consistency.blind.title"), here.t("consistency.blind.body"))
    else:
        run = view.reading.newest.run if view.reading.newest else 0
        states.clear(here.t("consistency.clear.title"), here.t("consistency.clear.body", run=run))


def nothing_yet(here: Here) -> None:
    """Before the first sealed run."""
    states.empty(
        here.t("ui.empty.title"),
        here.t("consistency.empty.body"),
        lambda: page_link(here, "runs", here.t("ui.empty.link"), icon=":material/play_arrow:"),
    )
