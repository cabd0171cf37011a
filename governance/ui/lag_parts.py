"""Blocks of the lag page: which pair, its fields, and how one field's changes arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import streamlit as st

from checks.lag import ENOUGH
from governance.config import Config
from governance.i18n import formats
from governance.reading import Finding, Findings
from governance.ui import urls
from governance.ui.components import (
    Kpi,
    heading,
    kpi,
    number_column,
    page_link,
    share_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.plots import Fall, Line, falling, measured, palette
from governance.ui.text import bare, plain
from governance.views.lag import ROWS, FieldLag, FieldPast, PairLag, pending_until
from governance.views.titles import Titles

FIELD_ROWS = 8
CHART = 260
LINES = ("p50", "p95", "patience")
SIDES = ("left_moved", "right_moved")
# Above how many seconds a chart counts in the next larger unit.
DAY, HOUR, MINUTE = 86400.0, 3600.0, 60.0
UNITS = ((3 * DAY, DAY, "days"), (3 * HOUR, HOUR, "hours"), (0.0, MINUTE, "minutes"))


def span(here: Here, seconds: float | None) -> str:
    """A length of time as people say it; a dash for one that is not known."""
    return "–" if seconds is None else formats.span(timedelta(seconds=seconds), here.language)


def choose(here: Here, config: Config, pairs: Sequence[PairLag]) -> PairLag:
    """The pair the URL names; else the one most is known of."""
    titles = Titles(config, here.language)
    names = {p.code: f"{titles.entity(p.entity)} · {titles.pair(p.left, p.right)}" for p in pairs}
    most = max(pairs, key=lambda pair: pair.arrived)
    chosen = urls.restore_one("l.pair", names, default=most.code)
    st.selectbox(
        here.t("lag.pair"),
        list(names),
        key="l.pair",
        format_func=lambda code: bare(names[code]),
        label_visibility="collapsed",
        width=360,
        on_change=urls.keep,
        args=("l.pair", "l.field"),
    )
    return next(pair for pair in pairs if pair.code == chosen)


def title_of(here: Here, config: Config, pair: PairLag, field: FieldLag) -> str:
    if field.name is None:
        return here.t("lag.rows")
    if not field.name:
        return here.t("lag.all")
    return Titles(config, here.language).field(pair.entity, field.name)


def fields_table(here: Here, config: Config, pair: PairLag, chosen: FieldLag) -> FieldLag | None:
    """Every field with its numbers; the one whose row was picked, or None."""
    rows = [field_row(here, title_of(here, config, pair, f), f) for f in pair.fields]
    head = {name: here.t(f"lag.column.{name}") for name in rows[0]}
    helps = {n: here.t(f"lag.column.{n}.help") for n in ("arrived", "p99", "seconds", "stuck")}
    columns: dict[str, Any] = {
        "field": text_column(head["field"], width=150),
        "arrived": number_column(head["arrived"], width=84, help=helps["arrived"]),
        **{n: share_column(head[n], width=84, help=helps.get(n)) for n in ("p50", "p95", "p99")},
        "seconds": share_column(head["seconds"], width=110, help=helps["seconds"]),
        "how": text_column(head["how"], width=None),
        "pending": number_column(head["pending"], width=84),
        "stuck": share_column(head["stuck"], width=100, help=helps["stuck"]),
    }
    state = table(
        rows,
        columns,
        most=FIELD_ROWS,
        key=f"lags-{pair.code}-{chosen.code}",
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [pair.fields.index(chosen)]}},
    )
    picked = state["selection"]["rows"]
    return pair.fields[picked[0]] if picked else None


def field_row(here: Here, title: str, field: FieldLag) -> dict[str, Any]:
    row = field.all
    return {
        "field": title,
        "arrived": round(row.arrived),
        "p50": span(here, row.p50),
        "p95": span(here, row.p95),
        "p99": span(here, row.p99),
        "seconds": span(here, row.seconds),
        "how": how(here, field),
        "pending": row.pending or 0,
        "stuck": here.share(row.stuck, 1),
    }


def how(here: Here, field: FieldLag) -> str:
    """What says how long a difference is pending, in few words."""
    told = here.t(f"lag.how.{field.all.how}")
    return here.t("ui.list").join([told, here.t("lag.how.capped")]) if field.capped else told


def cards(here: Here, field: FieldLag, past: FieldPast) -> None:
    """The field's four numbers, each with its last weeks."""
    row = field.all
    pending = here.t("lag.of", n=here.number(row.pending or 0), all=here.number(row.standing or 0))
    told = {
        "patience": span(here, row.seconds),
        "p95": span(here, row.p95),
        "pending": pending,
        "stuck": here.share(row.stuck, 1),
    }
    for column, (name, value) in zip(st.columns(len(told), gap="small"), told.items(), strict=True):
        with column:
            kpi(
                Kpi(
                    here.t(f"lag.card.{name}"),
                    value,
                    help=here.t(f"lag.card.{name}.help"),
                    history=history(past, name),
                )
            )


def history(past: FieldPast, name: str) -> tuple[float, ...]:
    """One number on the days on which it was known."""
    return tuple(v for day in past.days if (v := day.values.get(name)) is not None)


def why(here: Here, pair: PairLag, field: FieldLag) -> None:
    """In one line where the number comes from, and what is missing to learn it."""
    row = field.all
    words = [here.t(f"lag.why.{row.how}", span=span(here, row.seconds))]
    if row.how != "learned":
        arrived = here.number(round(row.arrived))
        words.append(here.t("lag.why.enough", n=arrived, most=ENOUGH))
    elif row.p99_limit is not None:
        words.append(here.t("lag.why.limit", p99=span(here, row.p99),
                            limit=span(here, row.p99_limit)))  # fmt: skip
    if field.capped:
        declared = span(here, pair.declared.total_seconds()) if pair.declared else "–"
        words.append(here.t("lag.why.capped", span=span(here, row.seconds), declared=declared))
    if row.stuck is not None:
        low, high = here.share(row.stuck_low, 1), here.share(row.stuck_high, 1)
        words.append(here.t("lag.why.stuck", low=low, high=high))
    st.caption(" ".join(words))


def curve(here: Here, pair: PairLag, field: FieldLag, past: FieldPast) -> None:
    """How many have not arrived after which time, with the band, and where pending ends."""
    heading(here.t("lag.curve"), help=here.t("lag.curve.help"))
    if not past.curve.steps:
        st.caption(here.t("lag.curve.none"))
        return
    patience = field.all.seconds or 0.0
    until = max(past.curve.steps[-1].end, patience) * 1.12 + 1
    _, size, unit = next(u for u in UNITS if until >= u[0])
    steps = tuple(
        (s.start / size, s.end / size, s.survival, s.low, s.high) for s in past.curve.steps
    )
    fall = Fall(here.t("lag.curve.line"), here.t("lag.curve.band"), steps)
    mark = patience / size, here.t("lag.curve.mark")
    unit_words = here.t(f"lag.unit.{unit}")
    key = f"curve-{pair.code}-{field.code}"
    falling(fall, mark, unit_words, until=until / size, height=CHART, key=key)


def sides(here: Here, config: Config, pair: PairLag, field: FieldLag) -> None:
    """The same numbers by which side moved first."""
    heading(here.t("lag.sides"), help=here.t("lag.sides.help"))
    if not field.sides:
        st.caption(here.t("lag.sides.none"))
        return
    titles = Titles(config, here.language)
    names = {"left_moved": (pair.left, pair.right), "right_moved": (pair.right, pair.left)}
    rows = []
    for side in SIDES:
        if side in field.sides:
            row, (first, second) = field.sides[side], names[side]
            way = here.t("lag.way", first=titles.source(first), second=titles.source(second))
            rows.append(
                {
                    "way": way,
                    "arrived": round(row.arrived),
                    "waiting": round(row.waiting),
                    "p50": span(here, row.p50),
                    "p95": span(here, row.p95),
                    "stuck": here.share(row.stuck, 1),
                }
            )
    columns = {
        "way": text_column(here.t("lag.column.way"), width=120),
        "arrived": number_column(here.t("lag.column.arrived"), width=58),
        "waiting": number_column(here.t("lag.column.waiting"), width=58),
        **{n: share_column(here.t(f"lag.column.{n}"), width=74) for n in ("p50", "p95")},
        "stuck": share_column(here.t("lag.column.stuck"), width=74),
    }
    table(rows, columns, key=f"sides-{pair.code}-{field.code}")


def trend(here: Here, pair: PairLag, field: FieldLag, past: FieldPast) -> None:
    """The numbers as they stood each day."""
    heading(here.t("lag.trend"))
    longest = max((v or 0.0 for d in past.days for n, v in d.values.items() if n in LINES),
                  default=0.0)  # fmt: skip
    if not longest:
        st.caption(here.t("lag.trend.none"))
        return
    _, size, unit = next(u for u in UNITS if longest >= u[0])
    colors = palette()
    looks = {"p50": (colors.accent_pale, "solid"), "p95": (colors.accent, "solid"),
             "patience": (colors.text, "dot")}  # fmt: skip
    lines = tuple(
        Line(trend_name(here, name, unit), values_of(past, name, size), *looks[name])
        for name in LINES
        if any(day.values.get(name) is not None for day in past.days)
    )
    days = tuple(day.day for day in past.days)
    measured(days, lines, height=CHART - 70, key=f"trend-{pair.code}-{field.code}")


def trend_name(here: Here, line: str, unit: str) -> str:
    return here.t(
        "lag.trend.line", line=here.t(f"lag.trend.{line}"), unit=here.t(f"lag.unit.{unit}")
    )


def values_of(past: FieldPast, line: str, size: float) -> tuple[float | None, ...]:
    known = (day.values.get(line) for day in past.days)
    return tuple(None if value is None else value / size for value in known)


def until(here: Here, config: Config, view: Findings, findings: Sequence[Finding]) -> None:
    """Of each pending finding from when on it counts, and where the pace of its field is shown."""
    titles = Titles(config, here.language)
    for finding, moment in pending_until(view, findings):
        name = titles.field(finding.entity, finding.field) if finding.field else here.t("lag.rows")
        pair = f"{finding.check}~{finding.left_source}~{finding.right_source}"
        page_link(
            here,
            "lag",
            here.t("lag.until", field=plain(name), when=here.moment(moment)),
            icon=":material/hourglass_top:",
            l__pair=pair,
            l__field=finding.field or ROWS,
        )
