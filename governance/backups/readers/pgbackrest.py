"""pgBackRest: `info`, `repo-ls` of the archive, `verify`.

`info` and `verify` both say ok where a log segment is missing (2.45, measured). Only the listing
shows the hole, so the segments are counted from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
from governance.backups.readers import segments
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.pgbackrest_logs import Stanza, logs
from governance.backups.readers.pgbackrest_verify import Verified, verified
from governance.backups.readers.replies import Notes
from governance.backups.readers.values import at, epoch, flag, listed, text, texts, whole

_METHODS = {"full": Method.FULL, "diff": Method.DIFFERENTIAL, "incr": Method.INCREMENTAL}
_LETTERS = {"full": "F", "diff": "D", "incr": "I"}
_CIPHERS = {"none": False, "aes-256-cbc": True}
# What a status means: True, there is no backup; False, there may be. 0 is well.
_STATUSES = {1: True, 2: True, 3: True, 4: False, 5: False, 6: False, 99: False}
_LIST = ("--output=json", "--recurse", "repo-ls")


class PgBackRest:
    KIND = "pgbackrest"
    PARTS = (
        Part("info", ("pgbackrest", "--stanza={stanza}", "--output=json", "info")),
        Part(
            "archive",
            ("pgbackrest", "--repo={repo}", *_LIST, "archive/{stanza}"),
            needed=False,
        ),
        # Reads every file of the repository: `pgbackrest --stanza=… --output=text --verbose
        # --log-level-console=detail verify`.
        Part("verify", (), needed=False),
    )
    OPTIONS: Mapping[str, bool] = {"stanza": True, "repo": False, segments.OPTION: False}

    def read(self, asked: Asked) -> Catalogue:
        notes = Notes(asked)
        stanza = _stanza(notes)
        if stanza is None:
            return notes.catalogue(self.KIND, (), is_whole=False)
        wanted = stanza.repos(asked.catalogue.options.get("repo"))
        backups, looks = _backups(notes, stanza, wanted)
        _statuses(notes, stanza, backups, wanted)
        reply = notes.asked.replies.get("verify")
        seen = verified(notes, reply, wanted, backups) if reply else Verified()
        if reply is None:
            notes.tell("backups.read.part", Mark.INTACT, part="verify")
        versions = [text(at(b, "backrest", "version")) for b in listed(at(stanza.said, "backup"))]
        return notes.catalogue(
            self.KIND,
            backups,
            logs=logs(notes, stanza, seen, wanted),
            verifications=(*looks, *seen.looks),
            tool=next((f"pgBackRest {v}" for v in reversed(versions) if v), None),
            is_whole="info" not in notes.cut,
        )


READER = PgBackRest()


def _stanza(notes: Notes) -> Stanza | None:
    reply = notes.printed("info", Mark.COMPLETE)
    found = notes.documents("info", reply, Mark.COMPLETE) if reply else []
    name = notes.asked.catalogue.options.get("stanza", "")
    for each in listed(found[0]) if found else ():
        if at(each, "name") == name:
            for section in ("backup", "archive", "db"):
                if not isinstance(at(each, section), list):
                    notes.cut.add("info")
                    notes.odd(section, Mark.COMPLETE)
            return Stanza(name, each)
    if found:
        notes.tell("backups.read.no_stanza", Mark.COMPLETE, stanza=name)
    return None


def _backups(
    notes: Notes, stanza: Stanza, wanted: frozenset[int]
) -> tuple[list[Backup], list[Verification]]:
    backups: list[Backup] = []
    looks: list[Verification] = []
    for said in listed(at(stanza.said, "backup")):
        label = text(at(said, "label"))
        if label is None:
            notes.odd("backup.label", Mark.COMPLETE)
            continue
        repo, series = stanza.cluster(said)
        if repo in wanted:
            backup = _backup(notes, stanza, said, f"repo{repo}:{label}", series)
            backups.append(backup)
            looks += _page_checks(notes, said, backup)
    return backups, looks


def _backup(notes: Notes, stanza: Stanza, said: object, id: str, series: str) -> Backup:
    repo, _, label = id.partition(":")
    kind = text(at(said, "type")) or ""
    stop = notes.need(epoch(at(said, "timestamp", "stop")), "timestamp.stop", Mark.FRESH, id)
    first, last = text(at(said, "archive", "start")), text(at(said, "archive", "stop"))
    if first is None or last is None:
        notes.odd("archive.start, archive.stop", Mark.COMPLETE, id)
    if kind not in _METHODS or not label.endswith(_LETTERS[kind]):
        notes.tell("backups.read.word", Mark.COMPLETE, backup=id, field="type", word=kind)
    databases = [text(at(db, "name")) for db in listed(at(said, "database-ref"))]
    return Backup(
        id=id,
        series=series,
        method=_METHODS.get(kind, Method.INCREMENTAL),
        # `info` lists what was brought to its end and nothing else.
        state=State.DONE,
        started_at=epoch(at(said, "timestamp", "start")),
        finished_at=stop,
        data_at=stop,
        basis=Basis.STOP if stop else None,
        size=whole(at(said, "info", "repository", "delta")),
        data_size=whole(at(said, "info", "size")),
        needs=tuple(f"{repo}:{each}" for each in _needs(notes, said, id, kind)),
        log_from=first,
        log_to=last,
        encrypted=_encrypted(notes, stanza, repo),
        databases=tuple(filter(None, databases)) or None,
    )


def _needs(notes: Notes, said: object, id: str, kind: str) -> list[str]:
    """Labels without which it cannot be restored: what it was made after, what it refers to."""
    prior, reference = at(said, "prior"), at(said, "reference")
    names = texts(reference)
    stands_alone = kind == "full"
    if (text(prior) is None and not (stands_alone and prior is None)) or (
        names is None and not (stands_alone and reference is None)
    ):
        notes.odd("prior, reference", Mark.COMPLETE, id)
    every = [*(names or ()), *filter(None, (text(prior),))]
    return [each for each in dict.fromkeys(every) if each != id.partition(":")[2]]


def _encrypted(notes: Notes, stanza: Stanza, repo: str) -> bool | None:
    ciphers = [
        at(each, "cipher")
        for each in listed(at(stanza.said, "repo"))
        if f"repo{whole(at(each, 'key')) or 1}" == repo
    ] or [at(stanza.said, "cipher")]
    word = text(ciphers[0]) or ""
    if word not in _CIPHERS:
        notes.tell("backups.read.word", field="cipher", word=word)
    return _CIPHERS.get(word)


def _page_checks(notes: Notes, said: object, backup: Backup) -> Iterator[Verification]:
    """Checksums of pages, which were looked at while they were copied and not since."""
    failed = flag(at(said, "error"))
    if failed is None:
        notes.tell("backups.read.no_checksums", Mark.INTACT, backup=backup.id)
        return
    if failed:
        pages = ", ".join(texts(at(said, "error-list")) or ("?",))
        notes.tell("backups.read.pages", Mark.INTACT, breaks=True, backup=backup.id, files=pages)
    yield Verification(Depth.AT_BACKUP, not failed, backup.finished_at, backup.id)


def _statuses(notes: Notes, stanza: Stanza, backups: list[Backup], wanted: frozenset[int]) -> None:
    """The status of the stanza, and of each repository. One repository's trouble is told of its own
    backups, so that another's are not doubted for it."""
    repos = listed(at(stanza.said, "repo"))
    if not (len(repos) > 1 and whole(at(stanza.said, "status", "code")) == 4):
        _status(notes, stanza.name, at(stanza.said, "status"), len(repos) > 1, None)
    for repo in repos:
        key = whole(at(repo, "key")) or 1
        if key in wanted:
            own = [b.id for b in backups if b.id.startswith(f"repo{key}:")]
            name = f"{stanza.name}/repo{key}"
            for id in (*own,) or (None,):
                _status(notes, name, at(repo, "status"), len(repos) > 1 and not own, id)


def _status(notes: Notes, name: str, status: object, told: bool, backup: str | None) -> None:
    """`told`: others may be well, so no backup is doubted."""
    code = whole(at(status, "code"))
    if code == 0:
        return
    known = code in _STATUSES
    notes.tell(
        "backups.read.stanza" if known else "backups.read.stanza_unknown",
        None if told and known else Mark.COMPLETE,
        breaks=bool(code is not None and _STATUSES.get(code)) and not told and backup is None,
        backup=backup,
        stanza=name,
        status="–" if code is None else code,
        message=at(status, "message") or "–",
    )
