"""The `permissions` section as frozen values: what is read of whom, and what should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from checks.dictionary import Entity, Title
from checks.permissions import CODE
from checks.permissions.model import RefersTo
from checks.permissions.policy import Policy
from governance.config.model import CheckConfig, Schedule

TITLE = Title(zh="权限越权", en="Permission overreach")


@dataclass(frozen=True)
class AccessTable:
    """One table that feeds a kind of `checks.permissions.kinds`.

    `entity` is how it is read and sealed. `values` translates by field the source's codes into our
    words, `constants` stand for fields that no column holds, `refers` says what a field that names
    somebody holds.
    """

    system: str
    kind: str
    source: str
    entity: Entity
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    refers: Mapping[str, RefersTo] = field(default_factory=dict)


@dataclass(frozen=True)
class SystemAccess:
    """One system whose permissions are watched. `functions` and `actions` bind the policy's words
    to its permission codes and to the actions of its log."""

    name: str
    title: Title
    semantics: str
    tables: tuple[AccessTable, ...]
    functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(table.source for table in self.tables))


@dataclass(frozen=True)
class OwnedRole:
    """Who answers for a role (its id or name) of a system; without a role, for the system."""

    system: str
    owner: str
    role: str | None = None


@dataclass(frozen=True)
class ReviewSettings:
    """How review campaigns find their reviewers: `rules` in their order, then the fall-back. Tables
    older than `fresh` at the opening are stale."""

    rules: tuple[str, ...] = ("manager", "leader", "owner")
    owners: tuple[OwnedRole, ...] = ()
    fallback: str | None = None
    fresh: timedelta = timedelta(days=2)


@dataclass(frozen=True)
class PermissionsConfig:
    """All of it; `policy` has the systems' bindings already, and stands in `policy_path`."""

    systems: tuple[SystemAccess, ...]
    policy: Policy
    policy_path: Path
    schedule: Schedule | None = None
    reviews: ReviewSettings = field(default_factory=ReviewSettings)

    @property
    def check(self) -> CheckConfig:
        """The one check that looks at permissions."""
        sources = tuple(dict.fromkeys(s for system in self.systems for s in system.sources))
        return CheckConfig(CODE, CODE, CODE, sources, TITLE, schedule=self.schedule)

    @property
    def tables(self) -> tuple[AccessTable, ...]:
        return tuple(table for system in self.systems for table in system.tables)

    def system(self, name: str) -> SystemAccess:
        return next(s for s in self.systems if s.name == name)
