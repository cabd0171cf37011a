"""Blocks of the overview about the work: what came and went, what is late, what money hangs on."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from governance.config import Config
from governance.i18n import formats
from governance.ui.components import Kpi, heading, kpi, number_column, page_link, table, text_column
from governance.ui.flow_plot import flowing
from governance.ui.here import Here
from governance.ui.plots import Line, Stack, palette
from governance.ui.run_parts import entity_name
from governance.ui.text import plain
from governance.views.flow import Flow, Share
from governance.views.overview import Overview

CARD = 116
NARROW = "\u00a0"
CHART = 190


def cards(here: Here, config: Config, seen: Flow) -> None:
    """Came, went, how long a fix takes, what is late, what hangs on it."""
    places = st.columns(5, gap="xsmall")
    plain_cards = (
        ("opened", here.number(seen.opened), here.t("flow.period.week")),
        ("closed", here.number(seen.closed), here.t("flow.period.week")),
        (
            "fix",
            "–" if seen.fix is None else formats.span(seen.fix, here.language),
            here.t("flow.period.fixed", n=here.number(seen.fixed)),
        ),
        ("overdue", here.number(seen.overdue), here.t("flow.of", n=here.number(seen.todo))),
    )
    for place, (name, value, period) in zip(places, plain_cards, strict=False):
        with place:
            kpi(Kpi(here.t(f"flow.{name}"), value, here.t(f"flow.{name}.help"), None, period), CARD)
    with places[4]:
        kpi(_money_card(here, config, seen), CARD)


def _money_card(here: Here, config: Config, seen: Flow) -> Kpi:
    """The entity with most; others may hang on the same contracts and are told beside it."""
    label, help_ = here.t("flow.money"), here.t("flow.money.help")
    if seen.risk is None:
        return Kpi(label, "–", help_, None, here.t("flow.money.none"))
    entity, amount = seen.risk
    others = [f"{entity_name(here, config, name)} {money(here, value)}"
              for name, value in sorted(seen.money.items(), key=lambda p: -p[1])
              if name != entity][:1]  # fmt: skip
    words = plain(" · ".join([entity_name(here, config, entity), *others]))
    return Kpi(label, money(here, amount), help_, None, words)


def money(here: Here, amount: Decimal | None) -> str:
    """An amount as people say it: 1,234万, 5.6亿; 12.3 M, 4.5 k."""
    if amount is None:
        return "–"
    steps = here.t("flow.money.steps").split(" ")
    for step in steps:
        size, _, unit = step.partition(":")
        if abs(amount) >= int(size):
            value = amount / int(size)
            digits = 0 if abs(value) >= 100 else 1
            shown = formats.number(round(float(value), digits), here.language)
            return shown + unit.replace("_", NARROW)
    return formats.number(round(float(amount)), here.language)


def chart(here: Here, seen: Overview) -> None:
    """New and settled findings a day, and how many were open at its end."""
    heading(here.t("flow.chart"), help=here.t("flow.chart.help"))
    flow = seen.flow
    standing = {day.day: sum(day.open.values()) for day in seen.history}
    by_day = {day.day: day for day in (flow.days if flow else ())}
    days = sorted({*standing, *by_day})
    if len(days) < 2:
        st.caption(here.t("overview.trend.none"))
        return
    colors = palette()
    opened = tuple(float(by_day[d].opened) if d in by_day else 0.0 for d in days)
    closed = tuple(float(by_day[d].closed) if d in by_day else 0.0 for d in days)
    bars = (
        Stack(here.t("flow.new"), opened, colors.pill["high"]),
        Stack(here.t("flow.settled"), closed, colors.accent_pale),
    )
    stood = tuple(float(standing[d]) if d in standing else None for d in days)
    line = Line(here.t("flow.open"), stood, colors.accent)
    flowing(tuple(d.isoformat() for d in days), bars, line, height=CHART, key="flow")


def shares(here: Here, seen: Flow) -> None:
    """Who has most money at risk, and how much of their work is late."""
    head = here.t("flow.shares")
    by = st.segmented_control(
        head,
        ["owner", "department"],
        key="overview_by",
        default="owner",
        required=True,
        format_func=lambda code: here.t(f"flow.by.{code}"),
        help=here.t("flow.shares.help"),
    )
    rows = seen.departments if by == "department" else seen.owners
    if not rows:
        st.caption(here.t("flow.shares.none"))
        return
    _share_table(here, rows, str(by))
    page_link(
        here, "findings", f":blue[{here.t('flow.shares.link')}]", icon=":material/arrow_forward:"
    )


def _share_table(here: Here, rows: tuple[Share, ...], by: str) -> None:
    lines = [
        {
            "name": share.name or here.t(f"flow.nobody.{by}"),
            "findings": share.findings,
            "overdue": share.overdue or None,
            "money": money(here, share.money),
        }
        for share in rows
    ]
    columns = {
        "name": text_column(here.t(f"flow.by.{by}")),
        "findings": number_column(here.t("flow.column.findings"), width=80),
        "overdue": number_column(here.t("flow.column.overdue"), width=70),
        "money": text_column(here.t("flow.column.money"), width=110, alignment="right"),
    }
    table(lines, columns, key=f"shares {by}")
