"""mariabackup and XtraBackup: folders of backups with the files that the tool leaves in them.

An incremental backup begins at the LSN to which its base went. That LSN may stand still while the
data changes (measured: full and incremental both ended at 44894, only `last_lsn` moved), so equal
LSNs are no sign of an empty backup, and several backups may fit as the base: the command names it.
The command may hold a password as well, so nothing else of it is kept.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from checks.backups.model import Backup, Basis, Catalogue, Mark, Method, State
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.replies import Notes
from governance.backups.readers.values import text, whole
from governance.backups.readers.walk import DEEPEST, Walk
from governance.errors import ConfigError, SourceRefused, SourceUnavailable

_CHECKPOINTS = ("xtrabackup_checkpoints", "mariadb_backup_checkpoints")
_INFOS = ("xtrabackup_info", "mariadb_backup_info")
# A folder with one of these is a backup, or was to become one.
_SIGNS = {*_CHECKPOINTS, *_INFOS, "xtrabackup_logfile", "ibdata1"}
_LOGS = ("xtrabackup.log", "mariabackup.log", "mariadb-backup.log", "backup.log")
_BEGINNING, _TAIL = 1 << 16, 1 << 12
_KINDS = {
    "full-backuped": Method.FULL,
    "incremental": Method.INCREMENTAL,
    # Prepared: MariaDB's word, and Percona's.
    "log-applied": Method.FULL,
    "full-prepared": Method.FULL,
}
_PREPARED = {"log-applied", "full-prepared"}
_BASE = re.compile(r"--incremental-basedir[= ](?:'([^']+)'|\"([^\"]+)\"|(\S+))")
_COMPLETED = "completed OK!"


@dataclass(frozen=True)
class _Folder:
    """One folder: `said` of its checkpoints and its info, names with `_`; `base` of its command.
    `ended`: whether its log ends well, None where there is no log."""

    id: str
    size: int
    said: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None
    ended: bool | None = None

    def lsn(self, name: str) -> int | None:
        return whole(self.said.get(name))


class MariaBackup:
    KIND = "mariabackup"
    # It looks for itself: every backup is a folder somewhere below `path`.
    PARTS: tuple[Part, ...] = ()
    # `log`: the name of the tool's log inside each folder, where it is none of the usual ones.
    OPTIONS: Mapping[str, bool] = {"log": False}

    def read(self, asked: Asked) -> Catalogue:
        config, notes = asked.catalogue, Notes(asked)
        if config.path is None:
            raise ConfigError("backups.store.no_path", catalogue=config.name)
        walk = Walk(config.path, asked.stop)
        try:
            sizes = {item.path: item.size or 0 for item in walk.files(DEEPEST)}
        except (FileNotFoundError, NotADirectoryError):
            raise SourceUnavailable(
                "backups.store.no_folder", catalogue=config.name, folder=config.path.name
            ) from None
        except OSError:
            raise SourceRefused(
                "backups.store.folder_denied", folder=config.path.name, catalogue=config.name
            ) from None
        if asked.stop():
            raise SourceUnavailable("backups.store.stopped", command=config.name)
        folders = _folders(config.path, sizes, config.options.get("log"))
        for unread in walk.unread:
            notes.tell("backups.store.folder_denied", Mark.COMPLETE, folder=unread)
        tools = [v for f in folders if (v := f.said.get("tool_version"))]
        return notes.catalogue(
            self.KIND,
            [_backup(notes, config.path, folder, folders) for folder in folders],
            tool=f"mariabackup {tools[-1]}" if tools else None,
            is_whole=not walk.is_cut and not walk.unread,
        )


READER = MariaBackup()


def _folders(root: Path, sizes: Mapping[str, int], log: str | None) -> list[_Folder]:
    """The folders that hold a backup, each with the size of all in it but what is of another."""
    parents = {p.parent for path in sizes if (p := PurePosixPath(path)).name in _SIGNS}
    totals = dict.fromkeys(sorted(parents), 0)
    for path, size in sizes.items():
        for parent in PurePosixPath(path).parents:
            if parent in totals:
                totals[parent] += size
                break
    return [_folder(root, folder, size, log) for folder, size in totals.items()]


def _folder(root: Path, folder: PurePosixPath, size: int, log: str | None) -> _Folder:
    said: dict[str, str] = {}
    for name in (*_INFOS, *_CHECKPOINTS):
        for line in _start(root / folder / name).splitlines():
            key, equals, value = line.partition("=")
            if equals:
                # Percona's documents print one name with a space in it.
                said[key.strip().replace(" ", "_")] = value.strip()
    base = _BASE.search(said.pop("tool_command", ""))
    logs = [root / folder / name for name in ((log,) if log else _LOGS)]
    logs.append((root / folder).with_name(f"{(root / folder).name}.log"))
    ends = [end for path in logs if (end := _end(path)) is not None]
    ended = ends[0].rstrip().endswith(_COMPLETED) if ends else None
    found = next(filter(None, base.groups()), None) if base else None
    return _Folder(str(folder), size, said, found, ended)


def _start(path: Path) -> str:
    """The beginning of a regular file; nothing of what is none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return ""
        with path.open("rb") as stream:
            return stream.read(_BEGINNING).decode("utf-8", "replace")
    except OSError:
        return ""


def _end(path: Path) -> str | None:
    """The end of a regular file; None where there is none."""
    try:
        if not stat.S_ISREG((found := path.lstat()).st_mode):
            return None
        with path.open("rb") as stream:
            stream.seek(max(0, found.st_size - _TAIL))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return None


def _backup(notes: Notes, root: Path, folder: _Folder, every: Iterable[_Folder]) -> Backup:
    said, id = folder.said, folder.id
    word = text(said.get("backup_type")) or ""
    state = State.DONE if word in _KINDS else State.UNKNOWN
    if state is State.DONE:
        state = _look(notes, folder)
    end = notes.moment(said.get("end_time"))
    is_incremental = word == "incremental" or said.get("incremental") == "Y"
    backup = Backup(
        id=id,
        # Its tool names no server: those of one folder follow one another.
        series=str(PurePosixPath(root.name, id).parent if id != "." else root.name),
        method=Method.INCREMENTAL if is_incremental else _KINDS.get(word, Method.INCREMENTAL),
        state=state,
        said=word or "–",
        started_at=notes.moment(said.get("start_time")),
        finished_at=end,
        data_at=end,
        basis=Basis.STOP if end else None,
        size=folder.size,
        encrypted={"N": False, "Y": True}.get(said.get("encrypted", "")),
        path=str(root / id),
    )
    if is_incremental:
        return replace(backup, needs=_base(notes, folder, every))
    return backup


def _look(notes: Notes, folder: _Folder) -> State:
    """What must be known of a backup, and what of it is bad."""
    said, id = folder.said, folder.id
    for name in ("from_lsn", "to_lsn", "last_lsn"):
        notes.need(folder.lsn(name), name, Mark.COMPLETE, id)
    told = folder.lsn("innodb_to_lsn")
    if said.get("backup_type") not in _PREPARED and told != folder.lsn("to_lsn"):
        notes.odd("innodb_to_lsn, to_lsn", Mark.COMPLETE, id)
    if (said.get("incremental") == "Y") is not (said.get("backup_type") == "incremental") and (
        said.get("backup_type") not in _PREPARED
    ):
        notes.odd("incremental, backup_type", Mark.COMPLETE, id)
    if folder.ended is None:
        notes.tell("backups.read.no_end", Mark.COMPLETE, backup=id, words=_COMPLETED)
    elif not folder.ended:
        notes.tell(
            "backups.read.broke_off", Mark.COMPLETE, breaks=True, backup=id, words=_COMPLETED
        )
    partial = said.get("partial")
    if partial not in ("Y", "N"):
        notes.odd("partial", Mark.COMPLETE, id)
    if partial == "Y":
        notes.tell("backups.read.partial", Mark.COMPLETE, breaks=True, backup=id)
    if folder.ended is False:
        return State.FAILED
    return State.PARTIAL if partial == "Y" else State.DONE


def _base(notes: Notes, folder: _Folder, every: Iterable[_Folder]) -> tuple[str, ...]:
    """The backup that an incremental one was made after."""
    start, others = folder.lsn("from_lsn"), [f for f in every if f.id != folder.id]
    if folder.base is not None:
        name = PurePosixPath(folder.base).name
        sibling = str(PurePosixPath(folder.id).with_name(name)) if name else ""
        named = [f for f in others if PurePosixPath(f.id).name == name]
        base = next((f for f in named if f.id == sibling), named[0] if len(named) == 1 else None)
        if base is None:
            return (sibling or name or folder.base,)
        if base.said.get("backup_type") in _PREPARED:
            notes.tell("backups.read.base_prepared", Mark.COMPLETE, backup=folder.id, base=base.id)
        elif base.lsn("to_lsn") != start:
            notes.tell(
                "backups.read.base_other",
                Mark.COMPLETE,
                breaks=True,
                backup=folder.id,
                base=base.id,
            )
        return (base.id,)
    fit = [f for f in others if start is not None and f.lsn("to_lsn") == start]
    if len(fit) != 1:
        lsn = "?" if start is None else start
        notes.tell(
            "backups.read.base_unclear", Mark.COMPLETE, backup=folder.id, n=len(fit), lsn=lsn
        )
    return tuple(f.id for f in fit[:1]) or (f"LSN {start}",)
