"""One rule of permissions: what it asks, how it is set, and everything that it found."""

from __future__ import annotations

import streamlit as st

from checks.permissions.verdict import Ruling
from governance.ui import overreach_parts, states
from governance.ui import rule_parts as parts
from governance.ui.components import opening, page_link
from governance.ui.here import Here, here
from governance.ui.verdict_words import words_of
from governance.ui.workspace import workspace
from governance.views.overreach import watched
from governance.views.rule import LISTS, rule_view


def absent(reader: Here) -> None:
    states.empty(
        reader.t("overreach.rule.missing.title"),
        reader.t("overreach.rule.missing.body"),
        lambda: page_link(
            reader, "overreach", reader.t("overreach.back"), icon=":material/arrow_back:"
        ),
    )


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.rule", "overreach.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    access = watched(reader.actor, config)
    if access is None:
        states.not_connected(reader.t("overreach.off.title"), reader.t("overreach.off.body"))
        return
    with states.loading():
        code = st.query_params.get("rule") or ""
        view = rule_view(reader.actor, open_.desk, access, code)
    if view is None:
        absent(reader)
        return
    words = words_of(reader, config, view.departments).knowing(view.names)
    parts.header(reader, words, view)
    parts.numbers(reader, view)
    left, right = st.columns([1, 1.3], gap="small")
    with left:
        parts.settings(reader, words, view)
    with right:
        parts.functions(reader, words, view)
    for ruling in LISTS:
        picked = parts.verdicts(reader, words, view, ruling)
        if picked is not None and ruling is Ruling.FAILED:
            overreach_parts.open_verdict(reader, picked)
    parts.exemptions_without(reader, words, view)
    parts.clauses(reader, view)


draw(here())
