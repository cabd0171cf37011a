"""Would the backups bring the data back: how old, how complete, checked by what, restored when."""

from __future__ import annotations

import streamlit as st

from governance.ui import backup_detail, backup_export, states
from governance.ui import backup_parts as parts
from governance.ui.components import heading, opening, page_link
from governance.ui.here import Here, here
from governance.ui.workspace import Workspace, workspace
from governance.views import backups as views
from governance.views.backup_words import BackupWords
from governance.views.backups import Backups

LOADING = 420


def whole(reader: Here, words: BackupWords, seen: Backups) -> None:
    """All systems side by side, then whether they fit together."""
    left, right = st.columns([1.5, 1], gap="xsmall")
    with left, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.ages(words, seen)
    with right, st.container(border=True, height="stretch", gap="xxsmall"):
        parts.together(reader, words, seen.points)
    for system in seen.systems:
        parts.card(reader, words, system)
    with st.container(border=True, gap="xxsmall"):
        parts.days(reader, words, seen)


def one(reader: Here, words: BackupWords, seen: Backups) -> None:
    """The system that was chosen: how it went, and each of its backups."""
    heading(words.page("one"), help=words.page("one.help"))
    parts.choose(words, seen)
    system = parts.chosen(seen)
    key = f"{system.name}.{seen.run.run if seen.run else 0}"
    backup_detail.trends(reader, words, system)
    backup_detail.copies(words, system.row.digits, f"k.digits.{key}")
    backup_detail.catalogues(reader, words, system.catalogues, f"k.catalogues.{key}")
    picked = backup_detail.listed(reader, words, system.backups, f"k.list.{key}")
    if picked is not None:
        parts.open_backup(reader, picked.at)


def nothing(reader: Here, words: BackupWords) -> None:
    states.empty(
        words.page("empty.title"),
        words.page("empty.body"),
        lambda: page_link(reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"),
    )


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.backups", "backups.page.where")
    open_: Workspace = workspace()
    config = open_.config
    if config is None:
        return
    words = BackupWords(config, reader.language)
    if views.watched(reader.actor, config) is None:
        states.not_connected(words.page("off.title"), words.page("off.body"))
        return
    with states.loading(LOADING):
        seen = views.backups(reader.actor, open_.desk, open_.ledger)
    if seen.error is not None:
        states.failed(reader, seen.error)
        return
    if not seen.systems:
        nothing(reader, words)
        return
    parts.unseen(reader, words, seen)
    with st.container(gap="xxsmall"):
        parts.sentences(words, seen)
    whole(reader, words, seen)
    one(reader, words, seen)
    backup_export.downloads(reader, open_, config)


draw(here())
