"""Restores that really ran: how long they took, which failed, and which systems have none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from checks.errors import CodedError
from governance.access import Actor
from governance.backups.reading import Reader
from governance.backups.restores import restores
from governance.backups.seen import KeeperRow, RestoreRow, SystemRow
from governance.config.backups import BackupsConfig, DrillConfig
from governance.reading import Desk
from governance.reading.model import Sealed

# How old the last good drill may be where the configuration does not plan any.
MAX_AGE = DrillConfig("").max_age


@dataclass(frozen=True)
class Drilled:
    """One system: its newest restore that went well, the newest of all, and how old a good one may
    be. `is_hole`: none is young enough; `is_planned`: the configuration says where a drill restores
    to."""

    row: SystemRow
    good: RestoreRow | None
    tried: RestoreRow | None
    max_age: timedelta
    is_hole: bool
    is_planned: bool

    @property
    def is_broken(self) -> bool:
        """Whether the newest restore failed, whatever came back before."""
        return self.tried is not None and self.tried.ok is False


@dataclass(frozen=True)
class Drills:
    """All systems, those without a good drill first; all restores, the newest first."""

    run: Sealed | None
    is_whole: bool
    error: CodedError | None
    systems: tuple[Drilled, ...]
    restores: tuple[RestoreRow, ...]
    keepers: tuple[KeeperRow, ...]

    @property
    def holes(self) -> tuple[Drilled, ...]:
        return tuple(system for system in self.systems if system.is_hole)

    def of(self, system: str | None) -> tuple[RestoreRow, ...]:
        return tuple(r for r in self.restores if system in (None, r.system))

    def alone(self) -> tuple[str, ...]:
        """Systems that one human alone can restore."""
        hands = [keeper.system for keeper in self.keepers if keeper.can_restore]
        return tuple(sorted({system for system in hands if hands.count(system) == 1}))


def drills(actor: Actor, desk: Desk, config: BackupsConfig) -> Drills:
    """Raises PermissionRefused without the right to view."""
    reader = Reader(desk, actor)
    known = restores(reader)
    found = [_drilled(reader, row, known, config) for row in reader.systems()]
    return Drills(
        run=reader.run,
        is_whole=reader.is_whole,
        error=reader.error,
        systems=tuple(
            sorted(found, key=lambda one: (not (one.is_hole or one.is_broken), one.row.system))
        ),
        restores=known,
        keepers=reader.keepers(),
    )


def _drilled(
    reader: Reader, row: SystemRow, known: Iterable[RestoreRow], config: BackupsConfig
) -> Drilled:
    assert reader.run is not None
    system = next((s for s in config.systems if s.name == row.system), None)
    drill = system.drill if system else None
    age = drill.max_age if drill else MAX_AGE
    mine = [r for r in known if r.system == row.system]
    good = next((r for r in mine if r.ok), None)
    is_hole = good is None or reader.run.at - good.at > age
    return Drilled(row, good, next(iter(mine), None), age, is_hole, drill is not None)
