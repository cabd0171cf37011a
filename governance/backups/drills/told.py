"""Drills that were done elsewhere, told in a file, beside our own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.backups.model import Restore
from governance.backups.moments import moment_of
from governance.config.backups import BackupSystem
from governance.errors import ConfigError, SourceRefused, SourceUnavailable
from governance.ledger import Ledger

FIELDS = ("at", "ok", "seconds", "backup", "differs", "by", "note")
YES, NO = ("true", "yes", "1", "ok"), ("false", "no", "0", "failed")
LARGEST = 16 * 2**20


def restores_of(ledger: Ledger, system: BackupSystem, zone: ZoneInfo) -> tuple[Restore, ...]:
    """Every restore known of a system, newest first: our drills, and those of its file.

    Raises as `read`.
    """
    told = read(system.drills, zone) if system.drills is not None else ()
    every = (*ledger.drills.restores(system.name), *told)
    return tuple(sorted(every, key=lambda restore: restore.at, reverse=True))


def read(path: Path, zone: ZoneInfo) -> tuple[Restore, ...]:
    """The drills of a JSON file (a list of objects) or a CSV file (with a header), whose fields are
    `FIELDS`; `at` is needed, times without a zone are in `zone`. An `ok` that is left empty is not
    known, and with `differs` left empty nobody held the data against anything.

    Raises ConfigError that names the line (or the place in the list) and what is wrong with it,
    SourceUnavailable or SourceRefused for a file that cannot be read.
    """
    text = _text(path)
    rows = _json(path, text) if path.suffix.lower() == ".json" else _csv(text)
    return tuple(_restore(path.name, place, row, zone) for place, row in rows)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise SourceRefused("backups.drill.told_large", file=path.name)
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SourceUnavailable(
            "source.file_missing", source=path.parent.name, file=path.name
        ) from None
    except (OSError, UnicodeDecodeError):
        raise SourceRefused("source.file_denied", source=path.parent.name, file=path.name) from None


def _json(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError("backups.drill.told_json", file=path.name) from None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ConfigError("backups.drill.told_json", file=path.name)
    for place, item in enumerate(found, 1):
        yield place, {str(k): "" if v is None else str(v) for k, v in item.items()}


def _csv(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    reader = csv.DictReader(io.StringIO(text))
    for row in reader:
        yield reader.line_num, {k or "": v if isinstance(v, str) else "" for k, v in row.items()}


def _restore(file: str, place: int, row: Mapping[str, str], zone: ZoneInfo) -> Restore:
    def wrong(name: str) -> ConfigError:
        return ConfigError("backups.drill.told_value", file=file, line=place, name=name)

    strange = next((name for name in row if name not in FIELDS), None)
    if strange is not None:
        allowed = ", ".join(FIELDS)
        raise ConfigError(
            "backups.drill.told_field", file=file, line=place, name=strange, allowed=allowed
        )
    at = moment_of(row.get("at"), zone)
    if at is None:
        raise wrong("at")
    said = row.get("ok", "").strip().lower()
    if said not in (*YES, *NO, ""):
        raise wrong("ok")
    seconds = _number(row, "seconds", 1e9, wrong)
    differs = _number(row, "differs", 1e15, wrong)
    if differs is not None and differs != int(differs):
        raise wrong("differs")
    return Restore(
        _id(file, place, at),
        at,
        None if not said else said in YES,
        seconds,
        row.get("backup") or None,
        compared=differs is not None,
        differs=None if differs is None else int(differs),
        by=_by(row),
    )


def _number(
    row: Mapping[str, str], name: str, below: float, wrong: Callable[[str], ConfigError]
) -> float | None:
    text = row.get(name, "").strip()
    try:
        number = float(text) if text else None
    except ValueError:
        raise wrong(name) from None
    if number is not None and not 0 <= number < below:
        raise wrong(name)
    return number


def _id(file: str, place: int, at: datetime) -> str:
    return f"told:{file}:{place}:{at:%Y%m%dT%H%M%SZ}"


def _by(row: Mapping[str, str]) -> str:
    """Who told it, and in which words."""
    return ": ".join(
        part for part in (row.get("by", "").strip(), row.get("note", "").strip()) if part
    )
