"""borg: `list`, `info`, the output of `create`, `check`.

Its times are local and carry no zone (1.x). The repository's `last_modified` moves on pruning too,
so it tells nothing of freshness. `list` has neither end nor size, and shows archives alike whether
all of the source could be read or not.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from checks.backups.model import (
    Backup,
    Basis,
    Catalogue,
    Depth,
    Mark,
    Method,
    State,
    Verification,
)
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.replies import Notes, json_documents
from governance.backups.readers.values import at, listed, text, whole

_ENCRYPTED = re.compile(r"(repokey|keyfile)(-blake2)?(-aes-ocb|-chacha20-poly1305)?")
_OPEN = {"none", "authenticated", "authenticated-blake2"}
# Left behind by a run that was interrupted or failed.
_UNFINISHED = re.compile(r"\.(checkpoint(\.\d+)?|failed)$")
_DATE = re.compile(
    r"(?<!\d)20\d\d-?\d\d-?\d\d([T_ .-]?\d\d[:h.-]?\d\d([:m.-]?\d\d(\.\d{1,9})?)?)?"
    r"(Z|[+-]\d\d:?\d\d)?|(?<!\d)1\d{9}(?!\d)"
)
_DATA = "cryptographic data integrity verification"


class Borg:
    KIND = "borg"
    PARTS = (
        Part("list", ("borg", "list", "--json", "{repository}")),
        Part("info", ("borg", "info", "--json", "--last=10", "{repository}"), needed=False),
        # The output of `borg create --json`, kept by what runs it, with a last line `rc=$?`.
        Part("create", (), needed=False),
        # `borg check --verify-data -v`: reads the data of the repository.
        Part("check", (), needed=False),
    )
    # Without it BORG_REPO of the environment says where to look.
    OPTIONS: Mapping[str, bool] = {"repository": False}

    def read(self, asked: Asked) -> Catalogue:
        notes = Notes(asked)
        reply = notes.printed("list", Mark.COMPLETE)
        found = notes.documents("list", reply, Mark.COMPLETE) if reply else []
        said = found[0] if found else None
        if found and not isinstance(at(said, "archives"), list):
            notes.cut.add("list")
            notes.odd("archives", Mark.COMPLETE)
        repository = text(at(said, "repository", "id"))
        if found and repository is None:
            notes.odd("repository.id", None)
        details = _details(notes)
        encrypted = _encrypted(notes, said) if found else None
        backups = [
            replace(backup, encrypted=encrypted)
            for backup in (
                _backup(notes, entry, repository or "?", details)
                for entry in listed(at(said, "archives"))
            )
            if backup is not None
        ]
        return notes.catalogue(
            self.KIND,
            _after(notes, backups),
            verifications=_checked(notes),
            is_whole="list" not in notes.cut,
        )


READER = Borg()


def _details(notes: Notes) -> dict[str, Any]:
    """What `info` tells of the newest archives, by their ids."""
    reply = notes.printed("info", None)
    found = notes.documents("info", reply, None) if reply else []
    entries = listed(at(found[0], "archives")) if found else []
    return {id: entry for entry in entries if (id := text(at(entry, "id")))}


def _encrypted(notes: Notes, said: object) -> bool | None:
    word = text(at(said, "encryption", "mode")) or text(at(said, "encryption", "encryption")) or ""
    if word in _OPEN:
        return False
    if _ENCRYPTED.fullmatch(word):
        return True
    notes.tell("backups.read.word", field="encryption", word=word)
    return None


def _backup(
    notes: Notes, said: object, repository: str, details: Mapping[str, Any]
) -> Backup | None:
    id, name = text(at(said, "id")), text(at(said, "name")) or text(at(said, "archive"))
    if id is None or name is None:
        notes.odd("id, name", Mark.COMPLETE)
        return None
    more = details.get(id)
    unfinished = _UNFINISHED.search(name)
    if whole(at(more, "stats", "nfiles")) == 0:
        notes.tell("backups.read.no_files", Mark.COMPLETE, breaks=True, backup=id)
    start = notes.moment(at(said, "start")) or notes.moment(at(said, "time"))
    return Backup(
        id=id,
        series=f"{repository[:16]}:{_stem(name)}",
        method=Method.ARCHIVE,
        state=State.PARTIAL if unfinished else State.DONE,
        said=unfinished[1] if unfinished else "",
        started_at=start,
        finished_at=notes.moment(at(more, "end")),
        data_at=start,
        basis=Basis.START if start else None,
        size=whole(at(more, "stats", "deduplicated_size")),
        data_size=whole(at(more, "stats", "original_size")),
    )


def _stem(name: str) -> str:
    """A name without its date: archives of one series differ in nothing else."""
    return _DATE.sub("", _UNFINISHED.sub("", name)).strip("-_. :@") or "*"


def _after(notes: Notes, backups: list[Backup]) -> list[Backup]:
    """Backups in the light of what `create` said of them."""
    reply = notes.printed("create", Mark.COMPLETE, good=(0, 1, *range(100, 128)))
    if reply is None:
        return backups
    made = [
        id
        for said in json_documents(reply.text)
        if (id := text(at(said, "archive", "id")) or text(at(said, "archive", "name")))
    ]
    after = []
    for backup in backups:
        if backup.id not in made:
            notes.tell("backups.read.no_log", Mark.COMPLETE, backup=backup.id)
        elif backup.id != made[-1] or reply.code is None:
            notes.tell("backups.read.no_exit", Mark.COMPLETE, backup=backup.id, part="create")
        elif reply.code != 0:
            notes.tell(
                "backups.read.warned", Mark.COMPLETE, breaks=True, backup=backup.id, exit=reply.code
            )
            said = f"exit code {reply.code}"
            backup = replace(backup, state=State.PARTIAL, said=said)  # noqa: PLW2901
        after.append(backup)
    return after


def _checked(notes: Notes) -> tuple[Verification, ...]:
    """What `check` proves of the repository. It prints nothing where all is well, so without its
    exit code nothing is known; 1 is what it ends with where something is wrong. Without
    `--verify-data` it looks at no more than segments' own checksums and metadata."""
    reply = notes.printed("check", Mark.INTACT, good=(0, 1), may_be_empty=True)
    if reply is None:
        return ()
    command = shlex.join(notes.asked.catalogue.commands.get("check", ()))
    words = f"{reply.text}\n{reply.errors}".strip()
    deep = "--verify-data" in command or f"Finished {_DATA}" in words
    well = {0: True, 1: False}.get(-1 if reply.code is None else reply.code)
    if well is None:
        notes.tell("backups.read.verify_unclear", Mark.INTACT, said=words[-200:])
    elif not well:
        notes.tell("backups.read.check_failed", Mark.INTACT, said=words[-200:])
    depth = Depth.FULL if deep else Depth.STRUCTURE
    return (Verification(depth, well, reply.at, share=1.0 if deep else None, said=depth.value),)
