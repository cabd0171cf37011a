"""One person, or one account of nobody: all accounts, rights with their paths, and what became."""

from __future__ import annotations

import streamlit as st

from checks.permissions.verdict import Witness
from governance.config import Config
from governance.permissions.people import Place
from governance.ui import overreach_case, overreach_parts, states, urls
from governance.ui import person_parts as parts
from governance.ui.components import heading, opening, page_link
from governance.ui.here import Here, here
from governance.ui.verdict_words import Words, words_of
from governance.ui.workspace import Workspace, workspace
from governance.views.overreach import watched
from governance.views.person import Who, find, who


def asked() -> str | Place | None:
    """Whom the URL names: `?person=1001`, or `?account=crm~u9`."""
    system, mark, account = (st.query_params.get("account") or "").partition("~")
    if mark:
        return system, account
    return st.query_params.get("person") or None


def search(reader: Here, open_: Workspace, config: Config) -> None:
    """Another person by number or name."""
    text = urls.restore_text("p.q", 60)
    st.text_input(
        reader.t("person.search"),
        key="p.q",
        placeholder=reader.t("person.search.hint"),
        icon=":material/search:",
        width=360,
        on_change=urls.keep,
        args=("p.q",),
    )
    found = find(reader.actor, open_.desk, text)
    parts.choose(reader, words_of(reader, config, found.departments), found, text)


def absent(reader: Here, whom: str | Place | None) -> None:
    picture = "missing" if whom else "choose"
    states.empty(
        reader.t(f"person.{picture}.title"),
        reader.t(f"person.{picture}.body"),
        lambda: page_link(
            reader, "overreach", reader.t("overreach.back"), icon=":material/arrow_back:"
        ),
    )


def verdicts(reader: Here, words: Words, seen: Who) -> None:
    """What the rules say of this human."""
    heading(reader.t("person.verdicts"), help=reader.t("person.verdicts.help"))
    if not seen.verdicts:
        st.caption(reader.t("person.verdicts.none"))
        return
    key = f"p.verdicts.{seen.run.run}"
    picked = overreach_parts.listed(reader, words, seen.verdicts, key)
    if picked is not None:
        overreach_parts.open_verdict(reader, picked)


def past(reader: Here, words: Words, seen: Who) -> None:
    """What came and went, and what they did."""
    left, right = st.columns([1, 1.15], gap="small")
    with left:
        parts.changes(reader, words, seen)
    with right:
        heading(reader.t("person.documents"), help=reader.t("person.documents.help"))
        if seen.documents:
            overreach_case.events(reader, words, Witness(events=seen.documents), "p.documents")
        else:
            st.caption(reader.t("person.documents.none"))


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.person", "overreach.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    if watched(reader.actor, config) is None:
        states.not_connected(reader.t("overreach.off.title"), reader.t("overreach.off.body"))
        return
    whom, day = asked(), parts.day_of(st.query_params.get("p.on"))
    with states.loading():
        seen = who(reader.actor, open_.desk, config.time_zone, whom, day) if whom else None
    if seen is None:
        search(reader, open_, config)
        absent(reader, whom)
        return
    words = words_of(reader, config, seen.departments).knowing(seen.names)
    left, right = st.columns([3, 1], gap="small", vertical_alignment="bottom")
    with left:
        parts.header(reader, words, seen)
    with right:
        parts.as_of(reader, seen)
    if seen.human:
        page_link(reader, "reviews", reader.t("person.review"), icon=":material/fact_check:",
                  rv__humans=seen.human)  # fmt: skip
    parts.then(reader, seen)
    parts.accounts(reader, words, seen)
    parts.rights(reader, words, seen)
    verdicts(reader, words, seen)
    past(reader, words, seen)


draw(here())
