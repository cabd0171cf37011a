"""A finding of backups as a case: what is wrong, of which backup, and the ways on."""

from __future__ import annotations

import streamlit as st

from checks.backups import BACKUP
from checks.backups.faults import Fault
from checks.errors import CodedError
from governance.config import Config
from governance.reading import Desk, Finding
from governance.reading.model import CLOSED
from governance.ui import states
from governance.ui.backup_one import verdicts
from governance.ui.backup_parts import backup_link
from governance.ui.components import heading, page_link
from governance.ui.here import Here
from governance.ui.text import plain
from governance.views.backup import Case, case_of
from governance.views.backup_words import BackupWords

MOST = 12
# Where each fault is looked at; the others are on the backup's own page.
PAGES = {Fault.RESTORABLE: "drills", Fault.KEEPERS: "drills"}


def is_backup(finding: Finding) -> bool:
    return finding.kind == BACKUP


def proof(here: Here, config: Config, desk: Desk, finding: Finding) -> None:
    """Everything the newest run says of it; or that it says nothing any more."""
    words = BackupWords(config, here.language)
    with states.loading():
        case = case_of(here.actor, desk, finding.finding_id)
    if isinstance(case, CodedError):
        states.failed(here, case)
        return
    _reasons(words, finding, case)
    _links(here, words, finding, case)
    if case.row is not None:
        heading(words.page("case.verdicts"), help=words.page("case.verdicts.help"))
        verdicts(words, case.row)
    if finding.status not in CLOSED:
        todo = words.known("todo", finding.field)
        st.markdown(f":material/build: {plain(todo, 400)}")
        st.caption(words.page("case.no_batch"))


def _reasons(words: BackupWords, finding: Finding, case: Case) -> None:
    if not case.problems:
        if finding.status not in CLOSED:
            st.markdown(f":orange[:material/visibility_off: {words.page('case.unseen')}]")
        return
    said = dict.fromkeys(words.say(p.code, p.params) for p in case.problems)
    for place, line in enumerate(list(said)[:MOST]):
        text = plain(line, 600)
        st.markdown(f"**{text}**" if place == 0 else f":gray[{text}]")
    if len(said) > MOST:
        st.caption(words.page("case.more", n=len(said) - MOST))


def _links(here: Here, words: BackupWords, finding: Finding, case: Case) -> None:
    with st.container(horizontal=True):
        if case.row is not None:
            backup_link(here, case.row.at, words.page("to_backup"), ":material/database:")
        system = case.system.system if case.system else None
        page_link(
            here, "backups", words.page("to_system"), icon=":material/backup:", k__system=system
        )
        if PAGES.get(Fault(finding.field) if finding.field in set(Fault) else Fault.FRESH):
            page_link(here, "drills", words.page("to_drills"), icon=":material/restore:",
                      d__system=system)  # fmt: skip
