"""Backups as plain values: what a tool's catalogue says, what a look inside says, what drills say.

Times are aware UTC. Sizes are bytes. What is not known is None, and None is never taken for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Mark(StrEnum):
    """The four questions, never mixed.

    `fresh`: how old is the data. `complete`: is anything missing. `intact`: were the bits verified.
    `restorable`: has a restore really run.
    """

    FRESH = "fresh"
    COMPLETE = "complete"
    INTACT = "intact"
    RESTORABLE = "restorable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with its reason. `value` None: not known, and `code` says why.

    `code` is a message id, filled in by `params`. `at` is when it was proved or seen.
    """

    value: bool | None
    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person should know. `code` is a message id below `backups.problem`.

    `mark` is the question it bears on (None: on none, it is only told). `breaks`: it makes the
    answer False; otherwise it leaves the answer unknown. `backup` names one backup of the
    catalogue, None: all of it.
    """

    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    mark: Mark | None = None
    breaks: bool = False
    backup: str | None = None


class Method(StrEnum):
    """How a backup was made, which says what else it needs."""

    FULL = "full"  # physical, stands alone (with its log)
    DIFFERENTIAL = "differential"
    INCREMENTAL = "incremental"
    LOG = "log"  # WAL, binlog or transaction log
    DUMP = "dump"  # logical
    COPY = "copy"  # a plain copy of files
    ARCHIVE = "archive"  # a deduplicated snapshot (restic, borg): what is in it, its series says


class State(StrEnum):
    """What the tool says became of a backup. A word we do not know is UNKNOWN, never DONE."""

    DONE = "done"
    RUNNING = "running"
    PARTIAL = "partial"  # ran, but part of the source was not readable or warnings were given
    FAILED = "failed"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What the moment of the data rests on, from the strongest to the weakest."""

    CONTENT = "content"  # the newest business row inside
    STOP = "stop"  # the stop point of a physical backup
    START = "start"  # the start of a consistent snapshot
    FINISH = "finish"  # only the end is known: overstates freshness by the time it took
    NAME = "name"  # the time in the file's name
    FILE = "file"  # the time of the file: when it was written or copied


class Depth(StrEnum):
    """How deep a verification looked. Only FULL and RESTORE show that the bits are right."""

    STRUCTURE = "structure"  # indexes and headers; a corrupted pack passes
    AT_BACKUP = "at_backup"  # checksums of pages while they were copied
    SUBSET = "subset"  # a part of the data was read
    FULL = "full"  # all data was read and held against checksums
    RESTORE = "restore"  # it was brought back


@dataclass(frozen=True, slots=True)
class Verification:
    """One look at the bits. `backup` None: the whole repository. `ok` None: it ran, nobody knows
    how it ended. `share` is the part that was read, 0 to 1, where the tool says so."""

    depth: Depth
    ok: bool | None
    at: datetime | None
    backup: str | None = None
    share: float | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup as its catalogue tells of it.

    `id` is unique within the catalogue. `series` says which backups follow one another: what is
    saved from where, stable over tool upgrades; alerts look at the newest of a series only. `said`
    is the tool's own word for `state`. `data_at` is the moment of the data, resting on `basis`.
    `needs` are ids without which it cannot be restored. `log_from` and `log_to` are the first and
    the last log segment it needs itself. `path` is the file or folder if we can read it. `digest`
    is a hash of the content as the tool gives it (`sha256:…`, `md5:…`). `locked_until` is proved by
    the store, not claimed.
    """

    id: str
    series: str
    method: Method
    state: State
    said: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    data_at: datetime | None = None
    basis: Basis | None = None
    size: int | None = None
    data_size: int | None = None
    needs: tuple[str, ...] = ()
    log_from: str | None = None
    log_to: str | None = None
    encrypted: bool | None = None
    databases: tuple[str, ...] | None = None
    path: str | None = None
    digest: str | None = None
    locked_until: datetime | None = None
    expires_at: datetime | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class LogRun:
    """Segments without a hole between them, first and last included. `count` is how many there
    are by listing; None where only the ends are told, which proves nothing of the middle."""

    first: str
    last: str
    count: int | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogArchive:
    """Archived logs of one cluster. `runs` in their order; two runs of one timeline mean a hole.

    `id` is the series of the backups that need it, where the catalogue tells.
    `listed`: every segment was seen by name, so that holes can be told. `segment_size` in bytes.
    """

    id: str
    runs: tuple[LogRun, ...]
    segment_size: int | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one catalogue holds. `kind` is the reader's name. `is_whole` False: the listing broke
    off, so an absence proves nothing. `zone` is the zone assumed for times that came without one.
    `covers` tells of copies: the catalogue's own tool says that it is encrypted, off-site, locked.
    """

    kind: str
    read_at: datetime
    backups: tuple[Backup, ...] = ()
    logs: tuple[LogArchive, ...] = ()
    verifications: tuple[Verification, ...] = ()
    restores: tuple[Restore, ...] = ()
    problems: tuple[Problem, ...] = ()
    zone: str | None = None
    tool: str | None = None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that really ran: a drill of ours, or one that was told to us.

    `seconds` is how long it took until the data could be used. `compared`: its data was held
    against a snapshot; `differs` how many keys were missing or different then. `by` says who told.
    """

    id: str
    at: datetime
    ok: bool | None
    seconds: float | None = None
    backup: str | None = None
    series: str | None = None
    compared: bool = False
    differs: int | None = None
    by: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """One table of a backup held against sealed snapshots of ours.

    `snapshot` is the last one before the moment of the backup, `next_at` the time of the first one
    after it; None: there is none yet, so what is `extra` or `different` may only be newer, and what
    is `missing` may have been deleted since. `missing` are keys that all snapshots around the
    moment have and the backup lacks, `extra` the other way round. `different` counts keys whose
    normalised values are those of none of them, None: only keys were compared. `examples` are keys
    as the snapshot stores them: tokens where they are personal.

    `not_before` and `before` bound the moment of the table's content by our own history: it holds
    something that was not there yet at `not_before`, and lacks something that was seen by `before`.
    None: the history says nothing. Where the first is the later one, the rows are of several
    moments.
    """

    snapshot: int
    snapshot_at: datetime
    rows: int
    missing: int
    extra: int
    different: int | None = None
    examples: tuple[str, ...] = ()
    not_before: datetime | None = None
    before: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TableContent:
    """A table inside a backup. `table` as the dump names it, `entity` what it is mapped to.

    `newest` is the latest value of the declared time column. `unread` says why it could not be
    counted or compared (a message id).
    """

    table: str
    rows: int | None
    entity: str | None = None
    columns: tuple[str, ...] = ()
    newest: datetime | None = None
    lost_columns: tuple[str, ...] = ()
    compared: Compared | None = None
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What was found inside one backup by reading all of it, without a server.

    `ended`: the proof that the dump reached its end (footer, trailer, archive end); None where the
    format has none. `verified` is what reading all of it showed of its bits, None: nothing.
    `bytes_read` before decompression.
    """

    backup: str
    kind: str
    read_at: datetime
    bytes_read: int
    seconds: float
    ended: bool | None
    tables: tuple[TableContent, ...] = ()
    problems: tuple[Problem, ...] = ()
    verified: Verification | None = None
    tool: str | None = None
    server: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    databases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A property of a place, and how we know. `proof`: what was seen (a message id); None: claimed
    by the configuration only. `value` None: nobody says."""

    value: bool | None = None
    proof: str | None = None
    at: datetime | None = None
