"""Permissions as they stood at one moment, out of sealed snapshots: no source is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from checks.permissions.company import Company
from checks.permissions.evaluate import company_of
from checks.prepare import Side
from governance.config.model import Config
from governance.config.permissions import AccessTable, PermissionsConfig
from governance.errors import ConfigError, GovernanceError
from governance.ledger import Ledger
from governance.ledger.rows import SnapshotRow, StepKind, StepStatus
from governance.permissions.facts import load_facts
from governance.runs.sides import Sides
from governance.store import Home, Proofs

# What effective rights are made of, and who is who.
RIGHTS = (
    "persons", "posts", "accounts", "departments", "roles", "memberships", "permissions", "grants",
    "scope_departments", "field_rights",
)  # fmt: skip

Reason = tuple[str, Mapping[str, str]]  # a message code and what fills it


@dataclass(frozen=True)
class Standing:
    """`run` is the newest run that sealed any of it, `read_at` by system when the oldest of its
    tables was read. `stale` says by source why its last reading failed: what is told of it is older
    than it should be."""

    company: Company
    run: int
    read_at: Mapping[str, datetime]
    stale: Mapping[str, Reason]


def standing(
    con: Any,
    ledger: Ledger,
    home: Home,
    config: Config,
    *,
    at: datetime | None = None,
) -> Standing:
    """Who could do what at `at` (aware UTC), or by the newest snapshots. A table that was not read
    by then, or cannot be trusted, is named in `System.blind`.

    Raises ConfigError where the configuration watches no permissions, or none were read by then.
    """
    if config.permissions is None:
        raise ConfigError("permissions.not_configured")
    access = _only_rights(config.permissions)
    opener = _Opener(ledger, Sides(con, ledger, home, config, Proofs()), at)
    opener.find(access)
    if not opener.found:
        told = at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
        raise ConfigError("permissions.nothing_sealed_by" if at else "permissions.nothing_sealed",
                          at=told)  # fmt: skip
    moment = at or max(s.taken_at for s in opener.found.values())
    facts = load_facts(con, access, opener.open, as_of=moment, zone=config.time_zone.key)
    return Standing(
        company=company_of(facts, access.policy),
        run=max(s.run_id for s in opener.found.values()),
        read_at=opener.read_at(access),
        stale={} if at is not None else _stale(ledger, access),
    )


def _only_rights(access: PermissionsConfig) -> PermissionsConfig:
    systems = (
        replace(system, tables=tuple(t for t in system.tables if t.kind in RIGHTS))
        for system in access.systems
    )
    return replace(access, systems=tuple(systems))


class _Opener:
    """Opens the snapshot of each table that counted at the moment."""

    def __init__(self, ledger: Ledger, sides: Sides, at: datetime | None) -> None:
        self.ledger, self.sides, self.at = ledger, sides, at
        self.found: dict[str, SnapshotRow] = {}

    def find(self, access: PermissionsConfig) -> None:
        for table in access.tables:
            snapshot = self._snapshot(table.source, table.entity.name)
            if snapshot is not None:
                self.found[table.entity.name] = snapshot

    def open(self, table: AccessTable) -> Side:
        snapshot = self.found.get(table.entity.name)
        if snapshot is None:
            raise GovernanceError("store.never_read", source=table.source)
        return self.sides.own(table.entity, snapshot)

    def read_at(self, access: PermissionsConfig) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for table in access.tables:
            snapshot = self.found.get(table.entity.name)
            if snapshot is not None:
                taken = snapshot.taken_at
                found[table.system] = min(found.get(table.system, taken), taken)
        return found

    def _snapshot(self, source: str, entity: str) -> SnapshotRow | None:
        if self.at is None:
            return self.ledger.snapshots.newest(source, entity)
        history = self.ledger.snapshots.history(source, entity)
        return next((s for s in reversed(history) if s.taken_at <= self.at), None)


def _stale(ledger: Ledger, access: PermissionsConfig) -> dict[str, Reason]:
    """Sources of which the last reading of one of these tables failed."""
    found: dict[str, Reason] = {}
    for table in access.tables:
        for steps in ledger.steps.last_reads(table.source, limit=1):
            for step in steps:
                mine = step.entity in (table.entity.name, None) or step.retryable
                if step.kind is StepKind.READ and step.status is StepStatus.FAILED and mine:
                    found[table.source] = (step.code or "store.never_read", step.params)
    return found
