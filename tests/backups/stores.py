"""What tests of readers share: a configuration, a moment, an obvious file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from checks.backups.model import Backup, Catalogue, Problem
from governance.backups.readers.model import Asked, Reply
from governance.backups.readers.registry import reader_of
from governance.config.backups import CatalogueConfig, Place
from governance.i18n import t

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def config(kind: str, options: Mapping[str, str] | None = None, **more: Any) -> CatalogueConfig:
    """Zone Shanghai: eight hours ahead of UTC, all year."""
    return CatalogueConfig("nightly", kind, Place("here"), SHANGHAI, options=options or {}, **more)


def read(
    kind: str,
    options: Mapping[str, str] | None = None,
    replies: Mapping[str, str] | None = None,
    *,
    code: int | None = 0,
    memory: Path | None = None,
    now: datetime = NOW,
    **more: Any,
) -> Catalogue:
    """What the reader makes of it; every problem has words in both languages."""
    given = {name: Reply(text, now, code) for name, text in (replies or {}).items()}
    asked = Asked(config(kind, options, **more), now, given, memory=memory)
    catalogue = reader_of(kind).read(asked)
    for problem in catalogue.problems:
        assert t(problem.code, "zh", **problem.params)
        assert t(problem.code, "en", **problem.params)
    assert catalogue.kind == kind
    assert len({backup.id for backup in catalogue.backups}) == len(catalogue.backups)
    return catalogue


def codes(catalogue: Catalogue, backup: str | None = None) -> set[str]:
    """The problems of one backup, or those of the whole, without their prefix."""
    return {
        problem.code.removeprefix("backups.store.")
        for problem in catalogue.problems
        if problem.backup == backup
    }


def problem(catalogue: Catalogue, code: str) -> Problem:
    (found,) = (p for p in catalogue.problems if p.code == f"backups.store.{code}")
    return found


def only(catalogue: Catalogue) -> Backup:
    (found,) = catalogue.backups
    return found


def put(path: Path, at: datetime, content: bytes = b"x" * 1000) -> Path:
    """A file as of a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path
