"""Findings that are not of records: what a whole check found wrong, as cases with a past.

A fault is the same finding as long as what it is about stays the same. It is fixed when a run that
could look no longer sees it, withdrawn when nobody asks any more, and unchecked when the run could
not look. Back again within the time it is remembered, it is the same finding reopened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from checks.outcome import Severity
from governance.config.model import Config
from governance.runs.findings import FINDINGS, naive

# As for records: a closed finding is known again for so long.
REMEMBERED = timedelta(days=90)
WEIGHTS = {Severity.CRITICAL: 10, Severity.HIGH: 7, Severity.MEDIUM: 4, Severity.LOW: 1}

Row = dict[str, Any]


class End(StrEnum):
    """What became of a finding that stood before and is not stated now."""

    FIXED = "fixed"
    WITHDRAWN = "withdrawn"
    UNCHECKED = "unchecked"


@dataclass(frozen=True)
class Stated:
    """One fault that stands. `subject` is what it is about, `shown` the same for people; `proof` is
    what a waiver is bound to. `source` is the watched source to be mended, empty where none is."""

    subject: str
    shown: str
    field: str
    kind: str
    cls: str
    severity: Severity
    source: str
    proof: object
    value: str | None = None
    department: str | None = None
    display: str | None = None


def fault_id(*parts: str) -> str:
    return hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Faults:
    """Makes this run's findings of one check out of what it states and of those before."""

    config: Config
    check: str
    run: int
    as_of: datetime
    waivers: Mapping[str, tuple[int, str, datetime]]

    def settled(
        self,
        stated: Mapping[str, Stated],
        past: Mapping[str, Row],
        end: Callable[[str, Row], End],
    ) -> list[Row]:
        """Every finding of the check by id, also those closed lately. `end` is asked what became of
        those that stood and are not stated."""
        rows = [self._standing(name, fault, past.get(name)) for name, fault in stated.items()]
        for name, old in past.items():
            if name in stated:
                continue
            if old["state"] == "gone":
                if self._now - old["closed_at"] < REMEMBERED:
                    rows.append(old)
                continue
            turn = end(name, old)
            if turn is End.UNCHECKED:
                rows.append({**old, "state": "unchecked"})
            else:
                closed = {"closed_at": self._now, "closed_run": self.run}
                rows.append({**old, "state": "gone", "turn": turn.value, **closed})
        return rows

    @property
    def _now(self) -> datetime:
        return naive(self.as_of)

    def _standing(self, name: str, fault: Stated, old: Row | None) -> Row:
        back = old is not None and old["state"] == "gone"
        began = self._now if old is None or back else old["since"]
        first = (self._now, self.run) if old is None else (old["first_seen"], old["first_run"])
        said = hashlib.sha256(repr(fault.proof).encode()).hexdigest()[:16]
        told = {
            "finding_id": name,
            "check_name": self.check,
            "entity": self.check,
            "left_source": fault.source,
            "right_source": fault.source,
            "key_shown": fault.shown,
            "record_key": fault.subject,
            "field": fault.field,
            "kind": fault.kind,
            "class": fault.cls,
            "left_value": fault.value,
            "authority": fault.source,
            "severity": fault.severity.value,
            "weight": WEIGHTS[fault.severity],
            "department": fault.department,
            "display": fault.display,
            "state": "open",
            "first_seen": first[0],
            "first_run": first[1],
            "last_seen": self._now,
            "last_run": self.run,
            "copies": 1,
            "personal": False,
            "left_hash": said,
            "since": began,
            "opened_at": began,
            "turn": "reopened" if back else (old["turn"] if old else None),
            "waiver": self._waiver(name, said),
            "owner": self._owner(fault),
            "due_at": began + self.config.due.of(fault.severity),
        }
        return {column: told.get(column) for column in FINDINGS}

    def _waiver(self, name: str, said: str) -> int | None:
        granted = self.waivers.get(name)
        if granted is None or granted[1] != said or granted[2] <= self._now:
            return None
        return granted[0]

    def _owner(self, fault: Stated) -> str | None:
        """By the first rule that speaks of the check, or of everything."""
        for rule in self.config.owners:
            entity = not rule.entities or self.check in rule.entities
            field = not rule.fields or fault.field in rule.fields
            department = not rule.departments or fault.department in rule.departments
            source = not rule.systems or fault.source in rule.systems
            if entity and field and department and source:
                return rule.owner
        return None


def earlier_findings(con: Any, check: str) -> dict[str, Row]:
    """The check's findings by id in the run file attached as `before`."""
    found = con.execute("SELECT * FROM before.main.findings WHERE check_name = $1", [check])
    rows = named_rows(found)
    return {r["finding_id"]: {name: r.get(name) for name in FINDINGS} for r in rows}


def named_rows(found: Any) -> Iterable[Row]:
    """The rows of a statement, by the names of its columns."""
    names = [column[0] for column in found.description]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]


def waivers(con: Any) -> dict[str, tuple[int, str, datetime]]:
    """Decision, proof and end of each granted waiver, by finding."""
    query = "SELECT finding_id, decision, left_hash, expires_at FROM waivers"
    return {name: (n, said, ends) for name, n, said, ends in con.execute(query).fetchall()}
