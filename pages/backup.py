"""One backup: its four verdicts, what was checked and how, what is inside, and what it needs."""

from __future__ import annotations

import streamlit as st

from checks.errors import CodedError
from governance.ui import backup_one as parts
from governance.ui import drill_parts, states
from governance.ui.components import opening, page_link
from governance.ui.here import Here, here
from governance.ui.workspace import workspace
from governance.views.backup import backup_view
from governance.views.backup_words import BackupWords
from governance.views.backups import watched


def absent(reader: Here, words: BackupWords, asked: bool) -> None:
    picture = "missing" if asked else "choose"
    states.empty(
        words.page(f"{picture}.title"),
        words.page(f"{picture}.body"),
        lambda: page_link(reader, "backups", words.page("back"), icon=":material/arrow_back:"),
    )


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.backup", "backups.page.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    words = BackupWords(config, reader.language)
    if watched(reader.actor, config) is None:
        states.not_connected(words.page("off.title"), words.page("off.body"))
        return
    system, catalogue, name = (
        st.query_params.get(key) or "" for key in ("system", "catalogue", "backup")
    )
    with states.loading():
        view = backup_view(reader.actor, open_.desk, (system, catalogue, name))
    if isinstance(view, CodedError):
        states.failed(reader, view)
        return
    if view is None:
        absent(reader, words, asked=bool(name))
        return
    parts.header(reader, words, view)
    parts.verdicts(words, view.row)
    parts.tables(reader, words, view)
    picked = parts.problems(reader, words, view.problems, f"bk.problems.{view.run.run}")
    if picked is not None:
        parts.open_case(reader, picked)
    parts.checked(reader, words, view)
    if view.restores:
        drill_parts.listed(reader, words, view.restores, "bk.restores")
    parts.chain(reader, words, view)
    parts.logs(reader, words, view)
    parts.facts(reader, words, view.row)
    page_link(
        reader, "drills", words.page("to_drills"), icon=":material/restore:", d__system=system
    )


draw(here())
