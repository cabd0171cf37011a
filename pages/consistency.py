"""Where do the systems disagree: entity, then field, then record."""

from __future__ import annotations

import streamlit as st

from governance import reading
from governance.config import Config
from governance.reading import Filters, Findings
from governance.ui import cause_parts, finding_filters, finding_list, finding_scores
from governance.ui.components import heading, opening
from governance.ui.here import Here, here
from governance.ui.workspace import workspace

CHART = 236


def scores(reader: Here, view: Findings, config: Config, filters: Filters) -> None:
    """Where people should look: all pairs, or the fields of one entity beside their scores."""
    pairs = [p for p in reading.pairs(view) if not filters.entity or p.entity in filters.entity]
    if filters.pair:
        pairs = [p for p in pairs if f"{p.left_source}~{p.right_source}" in filters.pair]
    finding_scores.unseen(reader, config, tuple(pairs))
    lines = view.per_field(filters.without(reading.Facet.FIELD))
    left, right = st.columns([1, 1.05], gap="small")
    with left, st.container(border=True, height="stretch", gap="xxsmall"):
        heading(reader.t("consistency.where"))
        if lines:
            finding_scores.field_chart(reader, config, lines, filters, CHART)
        else:
            st.caption(reader.t("consistency.where.none"))
    with right, st.container(border=True, height="stretch", gap="xxsmall"):
        if not filters.entity:
            heading(reader.t("consistency.pairs"), help=reader.t("consistency.pairs.help"))
            finding_scores.pair_scores(reader, config, tuple(pairs), "c.pairs")
            return
        heading(reader.t("consistency.fields"), help=reader.t("consistency.fields.help"))
        checks = {p.check: f"{p.left_source}~{p.right_source}" for p in pairs}
        shown = {(p.check, p.left_source, p.right_source) for p in pairs}
        fields = [
            f for f in reading.fields(view) if (f.check, f.left_source, f.right_source) in shown
        ]
        if checks and fields:
            finding_scores.field_scores(reader, config, filters.entity[0], tuple(fields), lines)
        else:
            st.caption(reader.t("consistency.fields.none"))


def listed(reader: Here, view: Findings, config: Config, filters: Filters) -> None:
    """The findings themselves, fifty a page."""
    total = view.count(filters)
    if total == 0:
        blind = any(p.outcome in ("not_evaluable", "error") for p in reading.pairs(view))
        finding_list.nothing(reader, view, blind, filters)
        return
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        place = st.container(width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            door = st.container(width="content")
            sort = finding_list.order(reader)
            finding_list.downloads(reader, view, config, filters, sort, total)
    table = st.container()
    with st.container(horizontal_alignment="right"):
        page = finding_list.pages(total)
    with place:
        st.markdown(
            f"**{reader.t('consistency.list')}** :gray[{finding_list.span(reader, total, page)}]",
            width="content",
            help=reader.t("consistency.list.help"),
        )
    found = view.page(filters, order=sort, offset=(page - 1) * finding_list.PER_PAGE)
    with door:
        finding_list.first_link(reader, found.rows[0])
    with table:
        picked = finding_list.finding_table(reader, config, found.rows, filters, page)
    if picked is not None:
        finding_list.open_record(reader, picked)


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.consistency", "consistency.defined")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    view = open_.desk.view(reader.actor, [check.name for check in config.checks])
    if view.reading.newest is None:
        finding_list.nothing_yet(reader)
        return
    finding_list.come_back()
    filters = finding_filters.chosen(view, config)
    finding_filters.filter_bar(reader, view, config, filters)
    scores(reader, view, config, filters)
    cause_parts.by_cause(reader, view, config, filters, height=CHART)
    listed(reader, view, config, filters)


draw(here())
