"""What the run before sealed of permissions: since when each thing stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from checks.permissions.model import Move
from governance.runs.faults import Row, earlier_findings, named_rows
from governance.store import attached

NEEDED = {"perm_people", "perm_grants", "perm_verdicts", "perm_moves"}
# Moves are asked about for weeks, not for years.
REMEMBERED = timedelta(days=180)

First = tuple[datetime, int]  # when first seen (UTC without a zone), and by which run


@dataclass(frozen=True)
class Past:
    """The last results. `findings` are the check's by id, gone ones too; `grants` and `verdicts`
    say since when they stand; `departments` is where each person was."""

    findings: dict[str, Row] = field(default_factory=dict)
    grants: dict[tuple[str, str, str, str], First] = field(default_factory=dict)
    verdicts: dict[tuple[str, str, str], First] = field(default_factory=dict)
    departments: dict[str, str] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()

    def moved(self, person: str, department: str | None, now: datetime) -> Move | None:
        """The change of department since then, if there was one."""
        before = self.departments.get(person)
        if before is None or department is None or before == department:
            return None
        return Move(person, before, department, now)


def past_of(con: Any, check: str, file: Path | None, now: datetime) -> Past:
    """The past out of a run's sealed file; an empty one where there is none, or one of a form that
    knew no permissions."""
    if file is None:
        return Past()
    with attached(con, file, "before"):
        known = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'before'"
        ).fetchall()
        names = {name for (name,) in known}
        if NEEDED - names:
            return Past()
        return Past(
            findings=earlier_findings(con, check),
            grants={
                (r["system"], r["account"], r["into_node"], r["into"]): _first(r)
                for r in _rows(con, "perm_grants")
            },
            verdicts={
                (r["rule"], r["subject"], r["facet"]): _first(r)
                for r in _rows(con, "perm_verdicts")
            },
            departments={
                r["human"]: r["department"] for r in _rows(con, "perm_people") if r["department"]
            },
            moves=tuple(
                Move(r["person"], r["before"], r["after"], r["at"].replace(tzinfo=UTC))
                for r in _rows(con, "perm_moves")
                if now - r["at"].replace(tzinfo=UTC) < REMEMBERED
            ),
        )


def _rows(con: Any, table: str) -> Iterable[Row]:
    return named_rows(con.execute(f"SELECT * FROM before.main.{table}"))


def _first(row: Row) -> First:
    return row["first_seen"], row["first_run"]
