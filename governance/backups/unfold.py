"""Rows of the sealed tables of backups as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from checks.backups.model import Mark, Problem, Verdict
from governance.backups.seen import (
    BackupRow,
    CatalogueRow,
    ContentRow,
    DayRow,
    Digit,
    KeeperRow,
    LogRow,
    Place,
    PointRow,
    ProblemRow,
    RestoreRow,
    SystemRow,
    TableRow,
)

Row = dict[str, Any]


def _verdicts(row: Row) -> dict[str, Verdict]:
    return {
        mark.value: Verdict(
            row[mark.value],
            row[f"{mark.value}_code"] or "",
            row[f"{mark.value}_params"] or {},
            row[f"{mark.value}_at"],
        )
        for mark in Mark
    }


def _place(system: str, catalogue: str | None, backup: str | None) -> Place | None:
    return (system, catalogue, backup) if catalogue and backup else None


def system(row: Row) -> SystemRow:
    return SystemRow(
        system=row["system"],
        source=row["source"],
        rpo=row["rpo"],
        rto=row["rto"],
        newest=_place(row["system"], row["newest_catalogue"], row["newest"]),
        today=_place(row["system"], row.get("today_catalogue"), row.get("today")),
        passed_over=row.get("passed_over") or 0,
        last_good=_place(row["system"], row["last_good_catalogue"], row["last_good"]),
        last_good_at=row["last_good_at"],
        data_at=row["data_at"],
        basis=row["basis"],
        restore_seconds=row["restore_seconds"],
        due_state=row["due_state"] or "unknown",
        due_at=row["due_at"],
        score=row["score"],
        digits=tuple(_digit(told) for told in row["score_json"] or ()),
        baseline=row["baseline_json"] or {},
        verdicts=_verdicts(row),
    )


def _digit(told: Row) -> Digit:
    return Digit(
        str(told["digit"]),
        told.get("value"),
        told.get("proof"),
        told.get("code") or "",
        told.get("params") or {},
    )


def catalogue(row: Row) -> CatalogueRow:
    told = {field.name: row[field.name] for field in fields(CatalogueRow)}
    return CatalogueRow(
        **{**told, "params": row["params"] or {}, "ok": bool(row["ok"]),
           "is_whole": bool(row["is_whole"]), "backups": row["backups"] or 0}
    )  # fmt: skip


_LISTED = (
    "system", "catalogue", "backup", "series", "kind", "place", "method", "state", "said",
    "started_at", "finished_at", "data_at", "basis", "size", "data_size", "log_from", "log_to",
    "encrypted", "path", "digest", "locked_until", "expires_at", "first_seen", "first_run",
)  # fmt: skip


def backup(row: Row) -> BackupRow:
    return BackupRow(
        **{name: row[name] for name in _LISTED},
        needs=tuple(row["needs_json"] or ()),
        is_newest=bool(row["is_newest"]),
        is_vanished=bool(row["is_vanished"]),
        problems=tuple(
            Problem(
                told["code"],
                told.get("params") or {},
                Mark(told["mark"]) if told.get("mark") else None,
                bool(told.get("breaks")),
                row["backup"],
            )
            for told in row["problems_json"] or ()
        ),
        verdicts=_verdicts(row),
    )


def content(row: Row) -> ContentRow:
    names = ("kind", "read_at", "bytes_read", "seconds", "ended", "tool", "server", "newest",
             "stamp")  # fmt: skip
    return ContentRow(**{name: row[name] for name in names})


def table(row: Row, examples: list[str] | None) -> TableRow:
    return TableRow(
        place=(row["system"], row["catalogue"], row["backup"]),
        table=row["table_name"],
        lost_columns=tuple(row["lost_columns_json"] or ()),
        examples=tuple(examples or ()),
        **{
            name: row[name]
            for name in ("entity", "rows", "newest", "unread", "snapshot", "snapshot_at",
                         "snapshot_rows", "missing", "extra", "different", "not_before", "before")
        },
    )  # fmt: skip


def log(row: Row) -> LogRow:
    return LogRow(**{field.name: row[field.name] for field in fields(LogRow)})


def problem(row: Row) -> ProblemRow:
    told = {field.name: row[field.name] for field in fields(ProblemRow)}
    return ProblemRow(**{**told, "params": row["params"] or {}, "breaks": bool(row["breaks"])})


def day(row: Row) -> DayRow:
    place = _place(row["system"], row["catalogue"], row["backup"])
    return DayRow(
        row["system"], row["day"], row["state"], place, row["size"], row["rungs_json"] or {}
    )


def point(row: Row) -> PointRow:
    return PointRow(
        group=row["group_name"],
        at=row["at"],
        spread=row["spread"],
        consistent=row["consistent"],
        code=row["code"] or "",
        params=row["params"] or {},
        is_newest=bool(row["is_newest"]),
        is_last_good=bool(row["is_last_good"]),
        backups=_joined(row["backups_json"] or {}),
        torn=row["torn"],
    )


def _joined(told: Mapping[str, Row]) -> dict[str, Place]:
    return {
        system: (system, one["catalogue"], one["backup"])
        for system, one in told.items()
        if one.get("catalogue") and one.get("backup")
    }


def keeper(row: Row) -> KeeperRow:
    return KeeperRow(
        row["system"],
        row["human"],
        row["name"],
        bool(row["can_delete"]),
        bool(row["can_restore"]),
        tuple(row["also_json"] or ()),
    )


def restore(row: Row) -> RestoreRow:
    return RestoreRow(
        system=row["system"],
        drill=row["drill"],
        by=row["by_whom"] or "",
        compared=bool(row["compared"]),
        params=row["params"] or {},
        **{name: row[name]
           for name in ("at", "ok", "seconds", "catalogue", "backup", "differs", "code")},
    )  # fmt: skip
