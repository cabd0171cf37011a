"""Are the tables still what they were: their columns, how much they hold, and each field."""

from __future__ import annotations

import streamlit as st

from governance.config import Config
from governance.ui import drift_fields, states, urls
from governance.ui import drift_parts as parts
from governance.ui.components import heading, opening, page_link
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views.drift import DriftView, TableView, drift_view, table_view

LOADING = 420


def standing(reader: Here, config: Config, view: DriftView) -> None:
    """What stands open in the whole company."""
    heading(reader.t("drift.open"), help=reader.t("drift.open.help"))
    if view.open:
        parts.open_table(reader, config, view)
    else:
        st.caption(f":green[:material/check:] {reader.t('drift.open.none')}")


def fields(reader: Here, view: DriftView, seen: TableView) -> None:
    """Each field of the table, and the one that the URL or the reader names."""
    heading(reader.t("drift.fields"), help=reader.t("drift.fields.help"))
    if not view.shows_values:
        st.caption(f":material/lock: {reader.t('drift.values.scope')}")
    if not seen.fields:
        st.caption(reader.t("drift.fields.none"))
        return
    names = [past.name for past in seen.fields]
    chosen = next(iter(urls.codes("s.field", names)), names[0])
    picked = drift_fields.fields_table(reader, seen, chosen, values=view.shows_values)
    if picked is not None and picked != chosen:
        urls.put("s.field", [picked])
        st.rerun()
    past = next(p for p in seen.fields if p.name == chosen)
    drift_fields.field_detail(reader, seen, past, values=view.shows_values)


def one_table(reader: Here, open_: Workspace, config: Config, view: DriftView) -> None:
    """The time line and the fields of one table."""
    chosen = parts.choose(reader, config, view)
    with states.loading(LOADING):
        seen = table_view(reader.actor, open_.desk, open_.ledger, config, chosen)
    if seen is None:
        return
    left, right = st.columns([1.5, 1], gap="small")
    with left, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.time_line(reader, seen)
    with right, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.volume(reader, seen)
    fields(reader, view, seen)


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.drift", "drift.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    view = drift_view(reader.actor, open_.desk, open_.ledger, config)
    if not view.tables:
        states.empty(
            reader.t("drift.empty.title"),
            reader.t("drift.empty.body"),
            lambda: page_link(
                reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"
            ),
        )
        return
    standing(reader, config, view)
    one_table(reader, open_, config, view)


draw(here())
