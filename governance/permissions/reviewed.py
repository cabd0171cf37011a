"""What a run's look at grants means for review campaigns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from checks.permissions.model import Facts
from governance.config.permissions import PermissionsConfig
from governance.ledger.rows import SnapshotRow
from governance.permissions.tables import GRANTS
from governance.reviews.outcome import NEEDED, Grants, Sight
from governance.reviews.population import Key, Row, granted, key_of


def grants_seen(
    access: PermissionsConfig,
    facts: Facts,
    used: Mapping[str, SnapshotRow],
    rows: Iterable[Sequence[object]],
) -> Grants:
    """The grants of a run as reviews hold them. `rows` are those of `perm_grants`, `used` the
    snapshots it looked at, by entity."""
    found: dict[Key, list[Row]] = {}
    for values in rows:
        row = dict(zip(GRANTS, values, strict=True))
        found.setdefault(key_of(row), []).append(row)
    sights = {}
    for system in access.systems:
        tables = [table for table in system.tables if table.kind in NEEDED]
        taken: list[datetime] = [
            used[table.entity.name].taken_at for table in tables if table.entity.name in used
        ]
        whole = bool(taken) and len(taken) == len(tables)
        whole = whole and not set(NEEDED) & facts.systems[system.name].blind.keys()
        sights[system.name] = Sight(min(taken) if taken else None, whole)
    return Grants(facts.as_of, {key: granted(key, same) for key, same in found.items()}, sights)
