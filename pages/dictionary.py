"""What is compared, how, and where each value comes from."""

from __future__ import annotations

import streamlit as st

from checks.errors import CodedError
from governance import reading
from governance.ui import dictionary_parts as parts
from governance.ui import states, urls, whatif_parts
from governance.ui.components import heading, opening
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views.dictionary import EntityView, entity_view


def choose(reader: Here, names: dict[str, str]) -> str:
    """The entity in the URL, or the first."""
    chosen = urls.restore_one("d.entity", names, default=next(iter(names)))
    st.segmented_control(
        reader.t("dictionary.entity"),
        list(names),
        key="d.entity",
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=urls.keep,
        args=("d.entity", *whatif_parts.KEYS),
    )
    return str(chosen)


def differences(reader: Here, view: EntityView) -> None:
    """Mapped columns that vanished, and source columns nobody maps."""
    left, right = st.columns(2, gap="medium")
    with left:
        heading(reader.t("dictionary.vanished"), help=reader.t("dictionary.vanished.help"))
        if view.vanished:
            parts.vanished_table(reader, view)
        else:
            st.caption(reader.t("dictionary.vanished.none"))
    with right:
        heading(reader.t("dictionary.unmapped"), help=reader.t("dictionary.unmapped.help"))
        if view.unmapped:
            parts.unmapped_table(reader, view)
        else:
            st.caption(reader.t("dictionary.unmapped.none"))


def unreadable(reader: Here, view: EntityView, open_: Workspace) -> None:
    """Below the fields: which cells could not be read, and in which records."""
    if not any(line.unread for line in view.fields):
        return
    heading(reader.t("dictionary.unread"), help=reader.t("dictionary.unread.help"))
    try:
        cells = reading.unread(open_.desk.view(reader.actor), view.entity)
    except CodedError as error:
        st.caption(f":orange[{states.told(reader, error.code, error.params)}]")
        return
    if cells:
        parts.unread_table(reader, view, cells)
    else:
        st.caption(reader.t("dictionary.unread.none"))


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.dictionary", "dictionary.where")
    open_ = workspace()
    config = open_.config
    if config is None or not config.entities:
        states.empty(reader.t("dictionary.empty.title"), reader.t("dictionary.empty.body"))
        return
    name = choose(reader, parts.entity_names(reader, config))
    view = entity_view(reader.actor, config, open_.ledger, name)
    st.caption(parts.summary(reader, view))
    labels = [reader.t(f"dictionary.tab.{tab}") for tab in ("fields", "mapping", "terms")]
    trial = reader.t("whatif.tab")
    asked = "d.field" in st.query_params or "d.value" in st.query_params
    fields, mapping, terms, whatif = st.tabs([*labels, trial], default=trial if asked else None)
    with fields:
        parts.fields_table(reader, view)
        unreadable(reader, view, open_)
    with mapping:
        parts.mapping_table(reader, view)
        differences(reader, view)
    with terms:
        parts.definitions(reader, view)
    with whatif:
        whatif_parts.whatif(reader, open_, config, view.entity)


draw(here())
