"""What is inside the newest dumps: each read once, and held against our own snapshots."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from checks.backups.model import (
    Backup,
    Compared,
    Content,
    Depth,
    Mark,
    Problem,
    TableContent,
    Verification,
)
from checks.errors import CodedError
from checks.sql import quoted
from governance.backups.comparing import Comparing, Plan, plan
from governance.backups.content import open_reader
from governance.backups.content.model import Dump, Found, Wanted
from governance.backups.content.names import Asked as Name
from governance.backups.inspect.looking import look
from governance.backups.inspect.model import Asked
from governance.backups.moments import moment_of
from governance.config.backups import BackupSystem, CatalogueConfig
from governance.config.model import Config
from governance.errors import SourceUnavailable
from governance.sources.landing import scratch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LOG = logging.getLogger(__name__)
# Endings that only dumps and databases bear.
PROMISED = {"sql", "dump", "sqlite", "sqlite3", "db"}
NOTHING = Plan((), {}, {})


@dataclass(frozen=True)
class Contents:
    """Reads dumps on `con`, where tables land and are dropped again, as of `now`."""

    con: DuckDBPyConnection
    config: Config
    comparing: Comparing
    now: datetime
    stop: Callable[[], bool]

    def stamp(self, system: BackupSystem, backup: Backup) -> str | None:
        """What a reading rests on: the file, and what is asked of it. None: we cannot reach it."""
        if backup.path is None:
            return None
        try:
            files = _files(Path(backup.path))
        except OSError:
            return None
        asked = repr((self._plan(system).wanted, system.source))
        return hashlib.sha256(repr((files, asked)).encode()).hexdigest()[:32]

    def read(
        self, system: BackupSystem, catalogue: CatalogueConfig, backup: Backup
    ) -> Content | None:
        """What a backup holds; None where it is no dump that we know how to read.

        Raises SourceUnavailable once asked to stop. Whatever else is wrong is a problem inside.
        """
        assert backup.path is not None
        path, wanted = Path(backup.path), self._plan(system)
        began = time.monotonic()
        try:
            reader = open_reader(path)
            if reader is None:
                return self._unknown(backup, path)
            dump = reader.read(path, wanted.wanted, self.con, lambda _: None, self.stop)
            found = self._content(system, catalogue, backup, dump, wanted)
            return replace(found, verified=self._verified(catalogue, backup, path))
        except CodedError as error:
            if self.stop():
                raise SourceUnavailable("run.stopped") from error
            return self._nothing(backup, began, error.code, error.params)
        except Exception as error:  # one odd dump is told, and all the others are judged
            LOG.exception("the content of %s could not be read", path.name)
            told = {"file": path.name, "error": type(error).__name__}
            return self._nothing(backup, began, "backups.inside.broke", told)
        finally:
            for table in wanted.wanted:
                self.con.execute(f"DROP TABLE IF EXISTS {quoted(table.into)}")

    def _nothing(
        self, backup: Backup, began: float, code: str, params: Mapping[str, str]
    ) -> Content:
        """What is known of a dump that could not be read: only why."""
        problem = Problem(code, params, Mark.COMPLETE, backup=backup.id)
        seconds = time.monotonic() - began
        return Content(backup.id, "", self.now, 0, seconds, None, problems=(problem,))

    def _unknown(self, backup: Backup, path: Path) -> Content | None:
        """A file that is called like a dump and is none; None where its name promises nothing."""
        if not PROMISED & set(path.name.lower().split(".")[1:]):
            return None
        problem = Problem("backups.no_dump", {"file": path.name}, Mark.COMPLETE, True, backup.id)
        return Content(backup.id, "", self.now, 0, 0.0, None, problems=(problem,))

    def _verified(
        self, catalogue: CatalogueConfig, backup: Backup, path: Path
    ) -> Verification | None:
        """What the checksums of the file itself say, where its form bears any and nothing stands
        in the way of reading them."""
        asked = Asked(
            path, catalogue.zone, self.now, content=False, stop=self.stop, scratch=scratch(self.con)
        )
        try:
            intact = look(asked).intact
        except CodedError:
            if self.stop():
                raise
            return None
        if intact.value is None:
            return None
        return Verification(Depth.FULL, intact.value, self.now, backup.id)

    def _plan(self, system: BackupSystem) -> Plan:
        if system.source is None:
            return NOTHING
        return plan(self.config, system.source, system.timestamps)

    def _content(
        self,
        system: BackupSystem,
        catalogue: CatalogueConfig,
        backup: Backup,
        dump: Dump,
        wanted: Plan,
    ) -> Content:
        started = moment_of(dump.started, catalogue.zone)
        finished = moment_of(dump.finished, catalogue.zone)
        since, until = _span(backup, started, finished)
        landings = _landings(dump, wanted.wanted)
        tables = []
        for found, into in (
            (t, into) for t in dump.tables for into in landings.get(t.table, (None,))
        ):
            entity = wanted.entities[into].name if into else None
            held = None
            if into and since is not None and system.source is not None:
                held = self.comparing.compare(
                    wanted.entities[into], system.source, into, since, until,
                    is_narrow=bool(found.missing),
                )  # fmt: skip
            tables.append(self._table(found, entity, held))
        return Content(
            backup=backup.id,
            kind=dump.kind,
            read_at=self.now,
            bytes_read=dump.bytes_read,
            seconds=dump.seconds,
            ended=dump.ended,
            tables=tuple(tables),
            problems=tuple(_about(p, backup.id) for p in dump.problems),
            tool=dump.tool,
            server=dump.server,
            started_at=started,
            finished_at=finished,
            databases=dump.databases,
        )

    def _table(self, found: Found, entity: str | None, held: Compared | str | None) -> TableContent:
        compared = held if isinstance(held, Compared) else None
        return TableContent(
            table=found.table,
            rows=found.rows,
            entity=entity,
            columns=found.columns or (),
            # A server prints times in the company's zone, unless they say their own.
            newest=moment_of(found.newest, self.config.time_zone),
            lost_columns=found.missing,
            compared=compared,
            unread=None if compared or held is None else str(held),
        )


def _files(path: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of the file, or of everything in the folder."""
    every = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = [(p.relative_to(path).as_posix(), p.stat()) for p in every if p.is_file()]
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]


def _span(
    backup: Backup, started: datetime | None, finished: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """Between which moments the data was read, as far as is known."""
    early = [m for m in (started, backup.started_at, backup.data_at) if m is not None]
    late = [m for m in (finished, backup.finished_at) if m is not None]
    since = min(early or late, default=None)
    return since, max(late or early, default=None)


def _landings(dump: Dump, wanted: Iterable[Wanted]) -> dict[str, list[str | None]]:
    """By table of the dump where it landed: the best fit for each table that was wanted. Several
    entities may be mapped to one table, and each landed on its own."""
    found: dict[str, list[str | None]] = {}
    for asked in wanted:
        name = Name.of(asked.table)
        ranked = [
            (rank, table.table)
            for table in dump.tables
            if table.landed and (rank := name.rank(Name.of(table.table).parts, True)) is not None
        ]
        if ranked:
            found.setdefault(min(ranked)[1], []).append(asked.into)
    return found


def _about(problem: Problem, backup: str) -> Problem:
    return Problem(problem.code, problem.params, problem.mark, problem.breaks, backup)
