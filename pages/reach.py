"""Can who see what: pick a person and a customer, or a customer and get everybody."""

from __future__ import annotations

import streamlit as st

from governance.ui import matrix_parts, states
from governance.ui import reach_parts as parts
from governance.ui.components import opening, page_link
from governance.ui.here import Here, here
from governance.ui.verdict_words import words_of
from governance.ui.workspace import workspace
from governance.views.overreach import watched
from governance.views.reach import choices, reach


def nothing_yet(reader: Here) -> None:
    states.empty(
        reader.t("overreach.empty.title"),
        reader.t("overreach.empty.body"),
        lambda: page_link(reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"),
    )


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.reach", "overreach.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    access = watched(reader.actor, config)
    if access is None:
        states.not_connected(reader.t("overreach.off.title"), reader.t("overreach.off.body"))
        return
    asked = st.query_params
    texts = (asked.get("w.p") or "")[:60], (asked.get("w.r") or "")[:60]
    with states.loading():
        person, record = asked.get("person"), asked.get("record")
        seen = reach(reader.actor, open_.desk, access, person, record)
        found = choices(reader.actor, open_.desk, access, *texts)
    if seen is None:
        nothing_yet(reader)
        return
    words = words_of(reader, config, seen.departments).knowing(seen.names)
    parts.question(reader, words, seen, found)
    if seen.record is not None and not seen.functions:
        states.not_connected(reader.t("reach.unbound.title"), reader.t("reach.unbound.body"))
    elif seen.person is not None and seen.record is not None:
        parts.answer(reader, words, seen)
    elif seen.record is not None:
        human = parts.everybody(reader, words, seen)
        if human is not None:
            matrix_parts.open_person(reader, human)
    elif seen.person is not None:
        st.caption(reader.t("reach.choose.record"))
        page_link(reader, "person", reader.t("overreach.to_person"),
                  icon=":material/person_search:", person=seen.person.human)  # fmt: skip
    else:
        states.empty(reader.t("reach.choose.title"), reader.t("reach.choose.body"))


draw(here())
