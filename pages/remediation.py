"""What has to change, handed out in batches, and what became of each line."""

from __future__ import annotations

import streamlit as st

from governance.access import Right
from governance.config import Config
from governance.ui import batch_parts as parts
from governance.ui import states, urls
from governance.ui.components import heading, opening, page_link
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views.remediation import (
    WAITING,
    BatchesView,
    batches_view,
    lines_view,
    preview,
)

TICK_SECONDS = 1.5
LOADING = 240


def hand_out(reader: Here, open_: Workspace, config: Config) -> None:
    """Choose what to hand out, see what that would be, ask for it."""
    if Right.EXPORT not in reader.actor.rights:
        st.caption(f":material/lock: {reader.t('rem.may_not')}")
        return
    with st.container(border=True):
        heading(reader.t("rem.new_batch"), help=reader.t("rem.new_batch.help"))
        new = parts.chosen(config, reader)
        left, right = st.columns([1.3, 1], gap="medium")
        with left:
            parts.form(reader, config, new)
        with right, states.loading(LOADING):
            seen = preview(reader.actor, open_.desk, open_.ledger, config, new, reader.now)
            parts.preview(reader, config, seen)
        with left:
            parts.ask(reader, open_, new, seen)


def follow(reader: Here, open_: Workspace, waiting: tuple[int, ...]) -> None:
    """Draw the page anew once a batch that waits is made or refused."""
    view = batches_view(reader.actor, open_.ledger)
    left = tuple(b.row.id for b in view.batches if b.row.status in WAITING)
    if left != waiting:
        st.rerun()
    st.caption(f":material/hourglass_top: {reader.plural('rem.wait', len(left))}")


def past(reader: Here, open_: Workspace, config: Config, view: BatchesView) -> None:
    """The batches, and the one that the URL or the reader names."""
    heading(reader.t("rem.batches"), help=reader.t("rem.batches.help"))
    ids = [str(batch.row.id) for batch in view.batches]
    number = int(next(iter(urls.codes("b.batch", ids)), ids[0]))
    picked = parts.batch_table(reader, config, view, number)
    if picked is not None and picked != number:
        urls.put("b.batch", [picked])
        st.rerun()
    seen = lines_view(reader.actor, open_.ledger, number)
    if seen is None:
        return
    left, right = st.columns([1, 1.3], gap="small")
    with left:
        parts.head(reader, open_, seen)
    with right, st.container(border=True, gap="xxsmall"):
        heading(reader.t("rem.chart"), help=reader.t("rem.chart.help"))
        parts.chart(reader, view)
    parts.lines_table(reader, config, seen)


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.remediation", "rem.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    view = batches_view(reader.actor, open_.ledger)
    if reader.standing.run is None:
        states.empty(
            reader.t("rem.empty.title"),
            reader.t("rem.empty.body"),
            lambda: page_link(
                reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"
            ),
        )
        return
    if config.permissions is not None:
        st.caption(f":material/key_off: {reader.t('rem.no_overreach')}")
    if view.batches:
        parts.success(reader, view)
    hand_out(reader, open_, config)
    waiting = tuple(b.row.id for b in view.batches if b.row.status in WAITING)
    if waiting:
        st.fragment(follow, run_every=TICK_SECONDS)(reader, open_, waiting)
    if view.batches:
        past(reader, open_, config, view)
    else:
        states.empty(reader.t("rem.none.title"), reader.t("rem.none.body"))


draw(here())
