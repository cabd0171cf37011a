"""Review campaigns: people look at grants again, and later runs prove what came of it."""

from __future__ import annotations

import streamlit as st

from governance.access import Right
from governance.config import Config
from governance.reviews.opening import Opener
from governance.ui import review_lines as lines
from governance.ui import review_list, review_open, review_sent, states, urls
from governance.ui import review_parts as parts
from governance.ui.components import opening, page_link
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views.reviews import campaigns_view, choices, one_view


def everything(reader: Here, open_: Workspace, config: Config, opener: Opener) -> None:
    """All campaigns, and the form for a new one."""
    campaigns = campaigns_view(reader.actor, open_.ledger)
    if campaigns:
        review_list.figures(reader, campaigns)
        picked = review_list.listed(reader, campaigns)
        if picked is not None:
            urls.put("review", [picked])
            st.rerun()
    else:
        states.empty(reader.t("reviews.none.title"), reader.t("reviews.none.body"))
    if Right.DECIDE not in reader.actor.rights or reader.actor.departments is not None:
        st.caption(f":material/lock: {reader.t('reviews.may_not_open')}")
        return
    named = choices(opener.population(), config, reader.language)
    with st.container(border=True):
        review_open.section(reader, opener, open_, named)


def one(reader: Here, open_: Workspace, config: Config, opener: Opener, number: int) -> None:
    """One campaign, a block at a time."""
    review_sent.carry_out(reader, open_, opener, number)
    view = one_view(reader.actor, open_.ledger, number)
    if view is None:
        urls.drop("review")
        st.rerun()
    named = choices(opener.population(), config, reader.language)
    parts.head(reader, open_, config, view)
    tab = parts.tab(reader)
    if tab == "lines":
        shown = lines.chosen(reader, view, named.systems)
        clicked, ticked = lines.listed(reader, config, view, shown, named.systems)
        if view.row.status.value == "open" and Right.DECIDE in reader.actor.rights:
            lines.decide(reader, view, shown, ticked)
        if clicked is not None:
            with st.container(border=True, gap="xxsmall"):
                lines.detail(reader, view, clicked)
    elif tab == "progress":
        parts.progress(reader, view, named.humans)
    elif tab == "difference":
        parts.difference(reader, config, open_, view, named.systems)
    else:
        parts.ending(reader, config, open_, view)


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.reviews", "reviews.where")
    reader.actor.require(Right.VIEW)
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    if config.permissions is None:
        states.not_connected(reader.t("reviews.off.title"), reader.t("reviews.off.body"))
        return
    opener = Opener(open_.ledger, open_.home, config, open_.desk.shelf.proofs)
    if not opener.is_ready():
        states.empty(
            reader.t("reviews.empty.title"),
            reader.t("reviews.empty.body"),
            lambda: page_link(
                reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"
            ),
        )
        return
    asked = st.query_params.get("review", "")
    if asked.isascii() and asked.isdecimal() and len(asked) < 10:
        one(reader, open_, config, opener, int(asked))
    else:
        everything(reader, open_, config, opener)


draw(here())
