"""Is the company aligned, is it getting better, and who is needed where."""

from __future__ import annotations

import streamlit as st

from governance.config import Config
from governance.ui import backup_tile, flow_parts, states
from governance.ui import overview_parts as parts
from governance.ui.components import heading, opening, page_link
from governance.ui.here import Here, here
from governance.ui.workspace import workspace
from governance.views import backups
from governance.views.overreach import Glance, glance
from governance.views.overview import Overview, overview
from governance.views.runs import NextSlot, SourceHealth, schedule, source_health


def nothing_yet(
    reader: Here, config: Config, access: Glance | None, saved: backups.Glance | None
) -> None:
    """The picture before the first run, with the way to start one. A company of which permissions
    or backups alone are watched has their tiles."""
    seen = [one for one in (access, saved) if one is not None and one.run is not None]
    if seen:
        columns = st.columns(2, gap="xsmall")
        if access is not None:
            with columns[0]:
                parts.permissions(reader, access)
        if saved is not None:
            with columns[1]:
                backup_tile.tile(reader, config, saved, parts.TILES)
        return
    states.empty(
        reader.t("ui.empty.title"),
        reader.t("ui.empty.body"),
        lambda: page_link(reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"),
    )


def blocks(
    reader: Here,
    config: Config,
    seen: Overview,
    health: tuple[SourceHealth, ...],
    slots: tuple[NextSlot, ...],
    access: Glance | None,
    saved: backups.Glance | None,
) -> None:
    """The whole company, above the fold of a laptop."""
    with st.container(gap="xxsmall"):
        parts.sentence(reader, config, seen)
    parts.tiles(reader, config, seen, access, saved)
    if seen.flow is not None:
        flow_parts.cards(reader, config, seen.flow)
    left, right = st.columns([1.4, 1], gap="xsmall")
    with left, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.trend(reader, seen)
    with right, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.pair_table(reader, config, seen.pairs)
    if seen.flow is not None:
        left, right = st.columns([1.4, 1], gap="xsmall")
        with left, st.container(border=True, height="stretch", gap="xxsmall"):
            flow_parts.chart(reader, seen)
        with right, st.container(border=True, height="stretch", gap="xxsmall"):
            flow_parts.shares(reader, seen.flow)
    columns = st.columns([1.35, 1, 1, 1], gap="xsmall")
    with columns[0], st.container(border=True, height="stretch", gap="xxsmall"):
        heading(reader.t("overview.sources"))
        parts.run_times(reader, slots)
        parts.sources(reader, config, health)
    parts.doors(reader, config, seen, columns[1:])


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.overview", "overview.where", follow=True)
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    with states.loading(360):
        seen = overview(reader.actor, open_.desk, open_.ledger, config, reader.now)
        health = source_health(reader.actor, open_.ledger, config)
        slots = schedule(config, reader.now)
        access = glance(reader.actor, open_.desk, config)
        saved = backups.glance(reader.actor, open_.desk, config)
    if seen is None:
        nothing_yet(reader, config, access, saved)
        return
    if config.demo:
        parts.demo_banner(reader, seen)
    with st.container(gap="xsmall"):
        blocks(reader, config, seen, health, slots, access, saved)


draw(here())
