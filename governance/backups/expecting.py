"""What must hold of a system, out of the configuration: tables, limits, and when one is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from checks.backups.expect import Expected, ExpectedTable, Rungs
from checks.dictionary import Mapping
from governance.config.backups import BackupSystem, DrillConfig
from governance.config.model import Config, Schedule
from governance.worker.schedule import next_fire, next_slot

# So far back a backup is asked for; the calendar shows as much.
LOOKED_BACK = timedelta(days=62)
# A schedule of every minute is asked for its last days only.
MOST_DUE = 2_000


def expected(config: Config, system: BackupSystem, now: datetime) -> Expected:
    """The limits of a system as of `now` (aware UTC)."""
    drill = system.drill or DrillConfig("")
    return Expected(
        rpo=system.rpo,
        rto=system.rto,
        databases=system.databases,
        tables=tables_of(config, system),
        rungs=Rungs(system.keep.daily, system.keep.weekly, system.keep.monthly, system.keep.yearly),
        due=due_moments(system.due, config.time_zone, now),
        grace=system.grace,
        drill_max_age=drill.max_age,
        is_dated=system.source is not None and any(c.content for c in system.catalogues),
    )


def tables_of(config: Config, system: BackupSystem) -> tuple[ExpectedTable, ...]:
    """The tables that must be inside: those we read of its source, and those that are stated.

    A table of records names its entity, and is held against snapshots; one of permissions does not,
    and many a right is nobody's. An entity that is a part of another's table is held with that.
    """
    source = system.source or ""
    mapped = []
    for entity in config.tables:
        mapping = entity.mapping_of(source)
        if mapping is None or mapping.table is None:
            continue
        if entity not in config.entities:
            mapped.append(ExpectedTable(mapping.table, may_be_empty=True))
        elif not _is_held_with_another(config, mapping):
            mapped.append(ExpectedTable(mapping.table, entity.name))
    known = {table.name for table in mapped}
    return (*mapped, *(ExpectedTable(name) for name in system.tables if name not in known))


def _is_held_with_another(config: Config, part: Mapping) -> bool:
    """Whether it is some rows of a table all of whose rows are held, with the same columns."""
    wholes = (entity.mapping_of(part.source) for entity in config.entities)
    return bool(part.filter) and any(
        whole is not None
        and whole.table == part.table
        and not whole.filter
        and whole.query is None
        and set(part.columns.values()) <= set(whole.columns.values())
        for whole in wholes
    )


def due_moments(schedule: Schedule | None, zone: ZoneInfo, now: datetime) -> tuple[datetime, ...]:
    """When backups were due lately, and when the next one is."""
    if schedule is None:
        return ()
    ahead = next_slot(schedule, zone, now)
    found = [] if ahead is None else [ahead]
    at = now - LOOKED_BACK
    if schedule.every is not None:
        at = max(at, now - schedule.every * MOST_DUE)
    past: list[datetime] = []
    while (fire := next_fire(schedule, zone, at)) is not None and fire <= now:
        past.append(fire)
        at = fire + timedelta(microseconds=1)
    return (*past[-MOST_DUE:], *found)
