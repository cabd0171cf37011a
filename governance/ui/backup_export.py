"""The evidence of backups as files, made by what `duiqi export backups` uses."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from governance.access import Right
from governance.config import Config
from governance.exports.backups import FORMS, BackupsFile
from governance.ui.components import heading
from governance.ui.finding_list import MIME
from governance.ui.here import Here
from governance.ui.workspace import Workspace
from governance.views.backup_words import BackupWords


def downloads(here: Here, open_: Workspace, config: Config) -> None:
    """A button a form; none for whoever may not export, or sees a part only."""
    if Right.EXPORT not in here.actor.rights or here.actor.departments is not None:
        return
    words = BackupWords(config, here.language)
    heading(words.page("export"), help=words.page("export.help"))

    def made(form: str) -> Callable[[], bytes]:
        def content() -> bytes:
            now = here.later().now
            file = BackupsFile(open_.desk, open_.ledger, config, here.actor, here.language, now)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"backups.{form}"
                file.write(path)
                return path.read_bytes()

        return content

    stamp = here.moment(here.now)[:10]
    with st.container(horizontal=True, gap="xsmall"):
        for form in FORMS:
            st.download_button(
                form.upper(), made(form), mime=MIME.get(form, "application/json"),
                on_click="ignore", file_name=f"duiqi-backups-{stamp}.{form}",
                icon=":material/download:", key=f"k.file.{form}",
            )  # fmt: skip
