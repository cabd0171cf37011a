"""What reads the systems and when, what is under way, what was, and why it failed."""

from __future__ import annotations

import streamlit as st

from governance.ui import run_parts as parts
from governance.ui import states, urls
from governance.ui.components import heading, opening
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views.runs import active_run, history, run_now, run_view, schedule

TICK_SECONDS = 1.0


def start(reader: Here, open_: Workspace) -> None:
    """Ask for a run, and show it."""
    with states.guarded(reader):
        urls.put("n.run", [run_now(reader.actor, open_.ledger, reader.now)])


def follow(reader: Here, open_: Workspace, run_id: int) -> None:
    """Show the run under way until it ends, then draw the page anew."""
    view = run_view(reader.actor, open_.ledger, run_id)
    if view is None or view.run.status.is_over:
        st.rerun()
    elif open_.config is not None:
        parts.progress(reader.later(), open_.config, view)


def top(reader: Here, open_: Workspace, busy: bool) -> None:
    """What comes next, and the button."""
    if open_.config is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container():
            parts.next_slots(reader, open_.config, schedule(open_.config, reader.now))
        with st.container(width="content"):
            st.button(
                reader.t("runs.now"),
                key="run-now",
                icon=":material/play_arrow:",
                type="primary",
                disabled=busy,
                on_click=start,
                args=(reader, open_),
                help=reader.t("runs.now.help"),
            )


def past(reader: Here, open_: Workspace) -> None:
    """The history, and the run that the URL or the reader names."""
    lines = history(reader.actor, open_.ledger)
    if not lines or open_.config is None:
        states.empty(reader.t("runs.empty.title"), reader.t("runs.empty.body"))
        return
    ids = {str(line.run.id) for line in lines}
    ended = next((line.run.id for line in lines if line.run.status.is_over), lines[0].run.id)
    chosen = int(next(iter(urls.codes("n.run", ids)), ended))
    heading(reader.t("runs.history"), help=reader.t("runs.history.help"))
    picked = parts.history_table(reader, open_.config, lines, chosen)
    if picked is not None and picked != chosen:
        urls.put("n.run", [picked])
        st.rerun()
    view = run_view(reader.actor, open_.ledger, chosen)
    if view is not None:
        parts.detail(reader, open_.config, view)


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.runs", "runs.where", follow=True)
    open_ = workspace()
    active = active_run(open_.ledger)
    top(reader, open_, busy=active is not None)
    if active is not None:
        st.fragment(follow, run_every=TICK_SECONDS)(reader, open_, active.id)
    past(reader, open_)


draw(here())
