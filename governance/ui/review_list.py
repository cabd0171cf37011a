"""All review campaigns: how far they are, and what came of what they took away."""

from __future__ import annotations

import streamlit as st

from governance.ui.components import (
    Kpi,
    heading,
    kpi,
    number_column,
    share_column,
    table,
    text_column,
)
from governance.ui.here import Here
from governance.ui.review_words import STATUS_TONES, pills
from governance.views.reviews import Campaign

ROWS = 10


def figures(here: Here, campaigns: tuple[Campaign, ...]) -> None:
    """Four cards over all campaigns that count."""
    counted = [c for c in campaigns if c.row.status.value != "cancelled"]
    open_ = [c for c in counted if c.row.status.value == "open"]
    to_do, done = sum(c.to_do for c in counted), sum(c.done for c in counted)
    cards = (
        ("open", here.number(len(open_))),
        ("undecided", here.number(sum(c.lines - c.decided for c in open_))),
        ("proven", here.share(done / to_do if to_do else None, 1)),
        ("still", here.number(sum(c.still for c in counted))),
    )
    for column, (name, value) in zip(st.columns(4, gap="small"), cards, strict=True):
        with column:
            words = here.t(f"reviews.kpi.{name}")
            kpi(Kpi(words, value, here.t(f"reviews.kpi.{name}.help")))


def listed(here: Here, campaigns: tuple[Campaign, ...]) -> int | None:
    """The campaigns; returns the one whose row was picked."""
    heading(here.t("reviews.list"), help=here.t("reviews.list.help"))
    rows = [
        {
            "status": [c.row.status.value],
            "number": f"#{c.row.id}",
            "name": c.row.name,
            "opened": here.moment(c.row.opened_at),
            "by": c.row.opened_by,
            "due": here.t("reviews.overdue", day=here.day(c.row.due_at))
            if c.is_overdue(here.now)
            else here.day(c.row.due_at),
            "lines": c.lines,
            "decided": here.share(c.share, 1),
            "todo": c.to_do or None,
            "done": c.done if c.to_do else None,
            "still": c.still if c.to_do else None,
            "gaps": here.plural("reviews.gaps", len(c.row.gaps)) if c.row.gaps else None,
        }
        for c in campaigns
    ]
    columns = {
        "status": pills(here, "status", STATUS_TONES, here.t("reviews.about.status"), 96),
        "number": text_column(here.t("reviews.column.line"), width=50),
        "name": text_column(here.t("reviews.about.name"), width=170),
        "opened": text_column(here.t("reviews.about.opened"), width=122),
        "by": text_column(here.t("reviews.by"), width=70),
        "due": text_column(here.t("reviews.about.due"), width=92),
        "lines": number_column(here.t("reviews.lines"), width=62),
        "decided": share_column(here.t("reviews.decided"), width=76),
        "todo": number_column(here.t("reviews.to_do"), width=72),
        "done": number_column(here.t("reviews.done"), width=76),
        "still": number_column(here.t("reviews.outcome.still"), width=76),
        "gaps": text_column(here.t("reviews.gap"), width=76),
    }
    picked = table(
        rows,
        columns,
        most=ROWS,
        key=f"rv.list.{len(rows)}",
        on_select="rerun",
        selection_mode="single-row",
    )
    places = picked.selection.rows
    return campaigns[places[0]].row.id if places and places[0] < len(campaigns) else None
