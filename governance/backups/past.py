"""What the run before sealed of backups: what was listed, what was found inside, what stood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from checks.backups.model import Content
from checks.backups.series import Known
from checks.sql import quoted
from governance.backups.rows import Row, read_backup, read_content, utc
from governance.backups.tables import ALL
from governance.runs.faults import earlier_findings, named_rows
from governance.store import attached

NEEDED = ("backup_list", "backup_contents", "backup_tables")

Address = tuple[str, str, str]  # system, catalogue, backup
First = tuple[datetime, int]  # when first seen (UTC without a zone), and by which run


@dataclass(frozen=True)
class Past:
    """The last results. `seen` are the backups that were listed, gone ones too; `contents` what was
    found inside, with the stamp of what was read."""

    findings: Mapping[str, Row] = field(default_factory=dict)
    seen: Mapping[Address, Known] = field(default_factory=dict)
    first: Mapping[Address, First] = field(default_factory=dict)
    contents: Mapping[Address, tuple[Content, str]] = field(default_factory=dict)

    broken: frozenset[Address] = frozenset()

    def known(self, system: str, catalogue: str) -> list[Known]:
        """What was seen in one catalogue, and was not known to be of no use."""
        return [
            known
            for place, known in self.seen.items()
            if place[:2] == (system, catalogue) and place not in self.broken
        ]


def past_of(con: Any, check: str, file: Path | None) -> Past:
    """The past out of a run's sealed file; an empty one where there is none, or one of a form that
    knew other columns of backups."""
    if file is None:
        return Past()
    with attached(con, file, "before"):
        if not _has_form(con):
            return Past(findings=earlier_findings(con, check))
        listed = list(_rows(con, "backup_list"))
        inside: dict[Address, list[Row]] = {}
        for row in _rows(con, "backup_tables"):
            inside.setdefault(_address(row), []).append(row)
        return Past(
            findings=earlier_findings(con, check),
            seen={_address(r): Known(read_backup(r), _moment(r["last_seen"])) for r in listed},
            first={_address(r): (r["first_seen"], r["first_run"]) for r in listed},
            broken=frozenset(_address(r) for r in listed if False in (r["complete"], r["intact"])),
            contents={
                _address(r): (read_content(r, inside.get(_address(r), [])), r["stamp"])
                for r in _rows(con, "backup_contents")
            },
        )


def _has_form(con: Any) -> bool:
    """Whether the file has every column that is read here."""
    found = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'before'"
    ).fetchall()
    known = set(found)
    return all((table, column) in known for table in NEEDED for column in ALL[table])


def _rows(con: Any, table: str) -> Iterable[Row]:
    return named_rows(con.execute(f"SELECT * FROM before.main.{quoted(table)}"))


def _address(row: Row) -> Address:
    return row["system"], row["catalogue"], row["backup"]


def _moment(found: datetime) -> datetime:
    moment = utc(found)
    assert moment is not None
    return moment
