"""Restores that really ran: which systems have none, how long they took, and which failed."""

from __future__ import annotations

from governance.ui import drill_parts as parts
from governance.ui import states
from governance.ui.components import opening, page_link
from governance.ui.here import Here, here
from governance.ui.workspace import workspace
from governance.views.backup_words import BackupWords
from governance.views.backups import watched
from governance.views.drills import drills


def draw(reader: Here) -> None:
    opening(reader, "ui.nav.drills", "backups.page.where")
    open_ = workspace()
    config = open_.config
    if config is None:
        return
    words = BackupWords(config, reader.language)
    section = watched(reader.actor, config)
    if section is None:
        states.not_connected(words.page("off.title"), words.page("off.body"))
        return
    with states.loading():
        seen = drills(reader.actor, open_.desk, section)
    if seen.error is not None:
        states.failed(reader, seen.error)
        return
    if not seen.systems:
        states.empty(
            words.page("empty.title"),
            words.page("empty.body"),
            lambda: page_link(
                reader, "runs", reader.t("ui.empty.link"), icon=":material/play_arrow:"
            ),
        )
        return
    parts.sentence(reader, words, seen)
    parts.systems(reader, words, seen)
    system = parts.choose(words, seen)
    parts.times(reader, words, seen, system)
    picked = parts.listed(reader, words, seen.of(system), f"d.list.{system}")
    shown = parts.chosen(seen, picked)
    if shown is not None:
        parts.one(reader, words, open_.desk, shown)
    parts.keepers(words, seen)
    page_link(reader, "backups", words.page("back"), icon=":material/arrow_back:")


draw(here())
