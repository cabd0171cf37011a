"""Files that are called like dumps, and what of a listing is missed once it is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from checks.backups.model import Backup, Mark, Method, State
from checks.backups.series import Known
from checks.dictionary import Title
from governance.backups.contents import Contents
from governance.backups.past import Past
from governance.config.backups import BackupSystem, CatalogueConfig, Place

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SYSTEM = BackupSystem("crm", Title("CRM", "CRM"), ())
NIGHTLY = CatalogueConfig("nightly", "directory", Place("nightly"), ZoneInfo("Asia/Shanghai"))


def looked_into(path: Path, unused: Any = None) -> Any:
    contents = Contents(duckdb.connect(), unused, unused, NOW, lambda: False)
    saved = Backup(path.name, "crm", Method.DUMP, State.DONE, path=str(path))
    return contents.read(SYSTEM, NIGHTLY, saved)


@pytest.mark.parametrize("name", ["crm.sql", "crm_20260302.sql.gz", "crm.dump", "crm.sqlite"])
def test_a_page_of_a_proxy_that_is_called_a_dump_is_not_complete(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("<html><body>502 Bad Gateway</body></html>", encoding="utf-8")
    (problem,) = looked_into(path).problems
    assert (problem.code, problem.mark, problem.breaks) == ("backups.no_dump", Mark.COMPLETE, True)


def test_of_a_file_whose_name_promises_no_dump_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "crm.bak"
    path.write_text("<html><body>502 Bad Gateway</body></html>", encoding="utf-8")
    assert looked_into(path) is None


def test_what_was_known_to_be_no_use_is_not_missed() -> None:
    good, cut = (
        Known(Backup(name, "crm", Method.DUMP, State.DONE), NOW) for name in ("good", "cut")
    )
    places = {("crm", "nightly", known.backup.id): known for known in (good, cut)}
    past = Past(seen=places, broken=frozenset({("crm", "nightly", "cut")}))
    assert past.known("crm", "nightly") == [good]
    assert past.known("oa", "nightly") == []
