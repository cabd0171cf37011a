"""What a run seals of backups: two systems, a folder of copies each, night by night."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from governance.ledger.rows import RunRow
from tests.backups.company import Saved, saved
from tests.runs.conftest import Company, settled
from tests.worlds import CUSTOMERS


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Saved, list[RunRow]]:
    """Four nights: both are copied; a customer is new and the OA's copy is still the old one; one
    copy is cut short; the folder of the CRM is away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DUIQI_SECRET", raising=False)
        made = saved(settled(tmp_path_factory.mktemp("backups"), tmp_path_factory, (CUSTOMERS,)))
        runs = [made.night("crm", "oa")]
        old = made.folder / "replica.sqlite"
        shutil.copy(made.folder / "oa.sqlite", old)
        made.stuck["oa"] = old
        runs.append(made.night("crm", "oa"))
        made.company.change("oa", "DELETE FROM kh WHERE khbh = 'C1'")
        runs.append(made.night("crm", "oa"))
        cut = made.copied("crm")
        cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
        runs.append(made.night("oa"))
        (made.folder / "copies" / "crm").rename(made.folder / "copies" / "away")
        runs.append(made.night("oa"))
        return made, runs


def system(company: Company, run: RunRow, name: str) -> dict[str, Any]:
    columns = "fresh, fresh_code, complete, complete_code, intact, intact_code, restorable"
    (row,) = company.query(run, f"SELECT {columns} FROM backup_systems WHERE system = ?", name)
    return dict(zip(columns.split(", "), row, strict=True))


def test_a_copy_of_last_night_is_fresh_and_complete(nights: tuple[Saved, list[RunRow]]) -> None:
    made, runs = nights
    found = system(made.company, runs[1], "crm")
    assert (found["fresh"], found["complete"]) == (True, True), found
