"""How long does a change on one side take to arrive on the other, and how much never arrives?"""

from __future__ import annotations

import streamlit as st

from governance.config import Config
from governance.ui import lag_parts as parts
from governance.ui import states, urls
from governance.ui.components import heading, opening, page_link
from governance.ui.here import Here, here
from governance.ui.text import plain
from governance.ui.workspace import Workspace, workspace
from governance.views.lag import FieldLag, PairLag, field_past, lag_view

LOADING = 420


def choose_field(reader: Here, config: Config, pair: PairLag) -> FieldLag:
    """The field that the URL or the reader names."""
    codes = {field.code: field for field in pair.fields}
    chosen = codes[next(iter(urls.codes("l.field", codes)), pair.fields[0].code)]
    heading(reader.t("lag.fields"), help=reader.t("lag.fields.help"))
    picked = parts.fields_table(reader, config, pair, chosen)
    if picked is not None and picked.code != chosen.code:
        urls.put("l.field", [picked.code])
        st.rerun()
    return chosen


def one_field(
    reader: Here, open_: Workspace, config: Config, pair: PairLag, field: FieldLag
) -> None:
    """Everything about one field of one pair."""
    with states.loading(LOADING):
        past = field_past(reader.actor, open_.desk, open_.ledger, config, pair, field)
    heading(plain(parts.title_of(reader, config, pair, field)))
    parts.cards(reader, field, past)
    parts.why(reader, pair, field)
    left, right = st.columns([1.2, 1], gap="small")
    with left, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.curve(reader, pair, field, past)
    with right, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.sides(reader, config, pair, field)
        parts.trend(reader, pair, field, past)


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.lag", "lag.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    pairs = lag_view(reader.actor, open_.desk, config)
    if not pairs:
        states.empty(
            reader.t("lag.empty.title"),
            reader.t("lag.empty.body"),
            lambda: page_link(
                reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"
            ),
        )
        return
    pair = parts.choose(reader, config, pairs)
    field = choose_field(reader, config, pair)
    one_field(reader, open_, config, pair, field)


draw(here())
