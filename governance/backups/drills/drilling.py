"""One drill from its first check to its row in the ledger.

It holds no lease: it writes nothing that runs do, and a lock of its own keeps a second drill of the
same system away, on this machine. The lock goes with the process, whatever ends it.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from checks.backups.model import Mark, Problem
from checks.errors import CodedError
from governance.access import Actor
from governance.backups.commands import without
from governance.backups.drills import logs
from governance.backups.drills.checking import Checking, settled
from governance.backups.drills.choosing import Chosen, choose
from governance.backups.drills.scratch import Limits, Made, Names, Restored, Scratch, opened
from governance.config.backups import BackupSystem, DrillConfig
from governance.config.model import Config
from governance.errors import ConfigError, StoreError
from governance.ledger import Ledger
from governance.ledger.drill_rows import DrilledTable, DrillRow, Ended
from governance.store import Home

log = logging.getLogger("duiqi.drill")


@dataclass(frozen=True)
class Wish:
    """What is to be restored, and where to. None: as the configuration says."""

    system: str
    catalogue: str | None = None
    backup: str | None = None
    target: str | None = None
    keep: bool = False


@dataclass(frozen=True)
class Drilling:
    """What a drill needs. `clock` gives aware UTC."""

    ledger: Ledger
    home: Home
    config: Config
    actor: Actor
    clock: Callable[[], datetime]
    stop: Callable[[], bool]

    def drill(self, wish: Wish) -> DrillRow:
        """Restore, time, compare, record, drop. The row says what came of it.

        Raises ConfigError or another GovernanceError where it could not be tried: nothing is
        recorded then but what was begun.
        """
        system = self._system(wish.system)
        target = wish.target or (system.drill.target if system.drill else "")
        if not target:
            raise ConfigError("backups.drill.no_target", system=system.name)
        with self._alone(system), opened(target, self.config) as scratch:
            names = Names.of(system.name, self.home.secret())
            for name in scratch.leftovers(names):
                log.warning("dropped %s, left by a drill that is gone", name)
            chosen = choose(system, self.clock(), self.stop, wish.catalogue, wish.backup)
            backup = chosen.backup
            drill = self.ledger.drills.begin(
                self.actor, system.name, chosen.catalogue, backup.id, backup.series,
                now=self.clock(),
            )  # fmt: skip
            return self._recorded(drill, system, scratch, names, chosen, wish.keep)

    def _system(self, name: str) -> BackupSystem:
        systems = self.config.backups.systems if self.config.backups else ()
        found = next((s for s in systems if s.name == name), None)
        if found is None:
            allowed = ", ".join(s.name for s in systems)
            raise ConfigError("backups.drill.unknown_system", name=name, allowed=allowed)
        return found

    @contextmanager
    def _alone(self, system: BackupSystem) -> Iterator[None]:
        folder = self.home.path / logs.FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        with (folder / f"{system.name}.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConfigError("backups.drill.running", system=system.name) from None
            yield

    def _recorded(
        self,
        drill: int,
        system: BackupSystem,
        scratch: Scratch,
        names: Names,
        chosen: Chosen,
        keep: bool,
    ) -> DrillRow:
        try:
            ended = self._tried(drill, system, scratch, names, chosen, keep)
        except CodedError as error:
            # It could not be tried, which says nothing of the backup.
            ended = Ended(ok=None, code=error.code, params=error.params)
            self.ledger.drills.end(self.actor, drill, ended, now=self.clock())
            raise
        self.ledger.drills.end(self.actor, drill, ended, now=self.clock())
        row = self.ledger.drills.get(drill)
        assert row is not None
        return row

    def _tried(
        self,
        drill: int,
        system: BackupSystem,
        scratch: Scratch,
        names: Names,
        chosen: Chosen,
        keep: bool,
    ) -> Ended:
        limit = system.drill.timeout if system.drill else DrillConfig("").timeout
        began = time.monotonic()
        made = scratch.make(names.at(self.clock()), names)
        try:
            limits = Limits(limit, self.stop)
            restored = scratch.restore(made, chosen.path, limits)
            seconds = time.monotonic() - began
            if not restored.ok:
                return self._failed(drill, made, restored, seconds)
            return self._compared(system, made, chosen, seconds)
        finally:
            if not keep:
                _drop(scratch, made)

    def _failed(self, drill: int, made: Made, restored: Restored, seconds: float) -> Ended:
        """A drill that was stopped says nothing of the backup."""
        code = restored.code or "backups.drill.failed"
        ok = None if code == "backups.drill.stopped" else False
        text = without(restored.log, made.secrets)
        name = logs.keep(self.home, drill, text)
        return Ended(ok, seconds, code=code, params=dict(restored.params), log=name)

    def _compared(self, system: BackupSystem, made: Made, chosen: Chosen, seconds: float) -> Ended:
        problems = list(_too_slow(system, seconds))
        if system.source is None:
            return Ended(True, seconds, problems=tuple(problems))
        checking = Checking(self.ledger, self.home, self.config, system.source, self.stop)
        try:
            tables = checking.tables(made.source, chosen.backup)
        except StoreError:
            raise
        except CodedError as error:
            problems.append(Problem("backups.drill.not_read", {"reason": error.code}))
            return Ended(True, seconds, problems=tuple(problems))
        problems += [p for table in tables for p in _problems(table)]
        whole, differs = settled(tables)
        return Ended(
            True,
            seconds,
            compared=whole and differs is not None,
            differs=differs,
            problems=tuple(problems),
            tables=tables,
        )


def is_equal(row: DrillRow, system: BackupSystem) -> bool:
    """Whether the drill showed all that it could: restored, and equal where there is a source."""
    if row.ok is not True:
        return False
    return system.source is None or (row.compared and row.differs == 0)


def _drop(scratch: Scratch, made: Made) -> None:
    """What cannot be dropped now is found and dropped by the next drill."""
    try:
        scratch.drop(made)
    except Exception as error:  # noqa: BLE001 - the drill's own result counts
        log.warning("%s could not be dropped: %s", made.name, type(error).__name__)


def _too_slow(system: BackupSystem, seconds: float) -> Iterator[Problem]:
    if system.rto is not None and seconds > system.rto.total_seconds():
        params = {"seconds": f"{seconds:.0f}", "rto": f"{system.rto.total_seconds():.0f}"}
        yield Problem("backups.drill.too_slow", params, Mark.RESTORABLE)


def _problems(table: DrilledTable) -> Iterator[Problem]:
    name = {"entity": table.entity}
    if table.unread is not None:
        # What a drill could not compare says nothing of what a look inside may have seen.
        yield Problem(table.unread, name, Mark.RESTORABLE)
    elif table.missing or table.different:
        params = {
            **name,
            "missing": str(table.missing),
            "different": str(table.different),
        }
        code = "backups.drill.differs" if table.is_settled else "backups.drill.unsettled"
        yield Problem(code, params, Mark.COMPLETE, breaks=table.is_settled and bool(table.missing))
