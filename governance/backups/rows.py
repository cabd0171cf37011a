"""Backups and contents as rows of a run's sealed file, and back again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from checks.backups.model import (
    Backup,
    Basis,
    Compared,
    Content,
    Depth,
    Mark,
    Method,
    Problem,
    State,
    TableContent,
    Verdict,
    Verification,
)
from governance.runs.findings import naive

Row = dict[str, Any]


def told(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def utc(moment: datetime | None) -> datetime | None:
    """What a sealed file holds, as an aware moment."""
    return None if moment is None else moment.replace(tzinfo=UTC)


def bare(moment: datetime | None) -> datetime | None:
    return None if moment is None else naive(moment)


def verdict_cells(verdicts: Mapping[Mark, Verdict]) -> Row:
    """The columns of four verdicts; one that nobody asked for is NULL."""
    cells: Row = {}
    for mark in Mark:
        found = verdicts.get(mark)
        cells[mark.value] = found.value if found else None
        cells[f"{mark.value}_code"] = found.code if found else None
        cells[f"{mark.value}_params"] = told(dict(found.params)) if found else None
        cells[f"{mark.value}_at"] = bare(found.at) if found else None
    return cells


def problems_text(problems: Iterable[Problem]) -> str:
    return told(
        [
            {
                "code": p.code,
                "params": dict(p.params),
                "mark": p.mark.value if p.mark else None,
                "breaks": p.breaks,
            }
            for p in problems
        ]
    )


def read_problems(text: str | None, backup: str | None = None) -> tuple[Problem, ...]:
    return tuple(
        Problem(p["code"], p["params"], Mark(p["mark"]) if p["mark"] else None, p["breaks"], backup)
        for p in json.loads(text or "[]")
    )


def backup_row(backup: Backup) -> Row:
    """What the catalogue says of a backup."""
    return {
        "backup": backup.id,
        "series": backup.series,
        "method": backup.method.value,
        "state": backup.state.value,
        "said": backup.said,
        "started_at": bare(backup.started_at),
        "finished_at": bare(backup.finished_at),
        "data_at": bare(backup.data_at),
        "basis": backup.basis.value if backup.basis else None,
        "size": backup.size,
        "data_size": backup.data_size,
        "needs_json": told(backup.needs),
        "log_from": backup.log_from,
        "log_to": backup.log_to,
        "encrypted": backup.encrypted,
        "path": backup.path,
        "digest": backup.digest,
        "locked_until": bare(backup.locked_until),
        "expires_at": bare(backup.expires_at),
        "kept": backup.kept,
    }


def read_backup(row: Row) -> Backup:
    return Backup(
        id=row["backup"],
        series=row["series"],
        method=Method(row["method"]),
        state=State(row["state"]),
        said=row["said"] or "",
        started_at=utc(row["started_at"]),
        finished_at=utc(row["finished_at"]),
        data_at=utc(row["data_at"]),
        basis=Basis(row["basis"]) if row["basis"] else None,
        size=row["size"],
        data_size=row["data_size"],
        needs=tuple(json.loads(row["needs_json"] or "[]")),
        log_from=row["log_from"],
        log_to=row["log_to"],
        encrypted=row["encrypted"],
        path=row["path"],
        digest=row["digest"],
        locked_until=utc(row["locked_until"]),
        expires_at=utc(row["expires_at"]),
        kept=bool(row["kept"]),
    )


def content_row(content: Content, stamp: str) -> Row:
    times = [t.newest for t in content.tables if t.newest is not None]
    return {
        "backup": content.backup,
        "kind": content.kind,
        "read_at": bare(content.read_at),
        "bytes_read": content.bytes_read,
        "seconds": content.seconds,
        "ended": content.ended,
        "tool": content.tool,
        "server": content.server,
        "newest": bare(max(times, default=None)),
        "started_at": bare(content.started_at),
        "finished_at": bare(content.finished_at),
        "databases_json": told(content.databases),
        "problems_json": problems_text(content.problems),
        "verified": content.verified.ok if content.verified else None,
        "verified_said": content.verified.said if content.verified else None,
        "stamp": stamp,
    }


def table_row(table: TableContent) -> Row:
    held = table.compared
    return {
        "table_name": table.table,
        "entity": table.entity,
        "rows": table.rows,
        "columns_json": told(table.columns),
        "newest": bare(table.newest),
        "lost_columns_json": told(table.lost_columns),
        "unread": table.unread,
        "snapshot": held.snapshot if held else None,
        "snapshot_at": bare(held.snapshot_at) if held else None,
        "snapshot_rows": held.rows if held else None,
        "missing": held.missing if held else None,
        "extra": held.extra if held else None,
        "different": held.different if held else None,
        "examples_json": told(held.examples if held else ()),
        "not_before": bare(held.not_before) if held else None,
        "before": bare(held.before) if held else None,
        "next_at": bare(held.next_at) if held else None,
    }


def read_table(row: Row) -> TableContent:
    return TableContent(
        table=row["table_name"],
        rows=row["rows"],
        entity=row["entity"],
        columns=tuple(json.loads(row["columns_json"] or "[]")),
        newest=utc(row["newest"]),
        lost_columns=tuple(json.loads(row["lost_columns_json"] or "[]")),
        compared=_compared(row),
        unread=row["unread"],
    )


def _compared(row: Row) -> Compared | None:
    taken = utc(row["snapshot_at"])
    if row["snapshot"] is None or taken is None:
        return None
    return Compared(
        snapshot=row["snapshot"],
        snapshot_at=taken,
        rows=row["snapshot_rows"],
        missing=row["missing"],
        extra=row["extra"],
        different=row["different"],
        examples=tuple(json.loads(row["examples_json"] or "[]")),
        not_before=utc(row["not_before"]),
        before=utc(row["before"]),
        next_at=utc(row["next_at"]),
    )


def _verified(row: Row, at: datetime) -> Verification | None:
    if row["verified"] is None:
        return None
    return Verification(Depth.FULL, row["verified"], at, row["backup"], said=row["verified_said"])


def read_content(row: Row, tables: Iterable[Row]) -> Content:
    read_at = utc(row["read_at"])
    assert read_at is not None
    return Content(
        backup=row["backup"],
        kind=row["kind"],
        read_at=read_at,
        bytes_read=row["bytes_read"],
        seconds=row["seconds"],
        ended=row["ended"],
        tables=tuple(read_table(table) for table in tables),
        problems=read_problems(row["problems_json"], row["backup"]),
        verified=_verified(row, read_at),
        tool=row["tool"],
        server=row["server"],
        started_at=utc(row["started_at"]),
        finished_at=utc(row["finished_at"]),
        databases=tuple(json.loads(row["databases_json"] or "[]")),
    )
