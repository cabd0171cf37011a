"""What a run seals of backups: two systems, a folder of copies each, night by night."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from checks.backups.model import Mark
from checks.outcome import Outcome
from governance.ledger.rows import RunRow
from tests.backups.company import Saved, saved
from tests.runs.conftest import settled
from tests.worlds import CUSTOMERS

ADDED = """INSERT INTO base_customer
SELECT 'C9' || ?, khmc, lxdh, sxed, khjb, ssfb FROM base_customer LIMIT 1"""


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Saved, list[RunRow]]:
    """Six nights. In the first two all is well. Then the OA has a new customer each day, and its
    copies are made of a replica that stands still. The fifth night's copy of the CRM is cut short;
    in the sixth night the folder of its copies is away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DUIQI_SECRET", raising=False)
        made = saved(settled(tmp_path_factory.mktemp("backups"), tmp_path_factory, (CUSTOMERS,)))
        runs = [made.night("crm", "oa"), made.night("crm", "oa")]
        made.stuck["oa"] = made.folder / "replica.sqlite"
        shutil.copy(made.folder / "oa.sqlite", made.stuck["oa"])
        for day in range(2):
            made.company.change("oa", ADDED, str(day))
            runs.append(made.night("crm", "oa"))
        cut_short(made.copied("crm"))
        runs.append(made.night("oa"))
        (made.folder / "copies" / "crm").rename(made.folder / "copies" / "away")
        runs.append(made.night("oa"))
        return made, runs


def cut_short(path: Path) -> None:
    """Half of a file, with the time that it had."""
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    os.utime(path, ns=times)


Lived = tuple[Saved, list[RunRow]]


def verdicts(nights: Lived, night: int, name: str) -> dict[str, bool | None]:
    """The four answers on a system after a night, counted from 0."""
    made, runs = nights
    marks = [mark.value for mark in Mark]
    query = f"SELECT {', '.join(marks)} FROM backup_systems WHERE system = ?"
    (row,) = made.company.query(runs[night], query, name)
    return dict(zip(marks, row, strict=True))


def faults(nights: Lived, night: int) -> dict[tuple[str, str], str]:
    """Fault and system of each finding but those of copies, with its state."""
    made, runs = nights
    query = """
    SELECT field, split_part(record_key, '/', 1), state FROM findings
    WHERE kind = 'backup' AND field <> 'copies' AND state <> 'gone'
    """
    return {
        (field, system): state for field, system, state in made.company.query(runs[night], query)
    }


def reasons(nights: Lived, night: int, fault: str) -> list[tuple[str, dict[str, str]]]:
    made, runs = nights
    query = """
    SELECT p.code, p.params FROM backup_problems AS p JOIN findings USING (finding_id)
    WHERE field = ? AND state = 'open' ORDER BY p.code
    """
    return [
        (code, json.loads(told)) for code, told in made.company.query(runs[night], query, fault)
    ]


def test_copies_of_last_night_are_fresh_and_complete_and_no_more_is_known(nights: Lived) -> None:
    for system in ("crm", "oa"):
        answers = verdicts(nights, 1, system)
        assert answers == {"fresh": True, "complete": True, "intact": None, "restorable": None}
    assert faults(nights, 1) == {}


def test_before_there_is_a_snapshot_the_inside_is_not_known(nights: Lived) -> None:
    assert verdicts(nights, 0, "crm")["complete"] is None


def test_old_data_in_a_new_file_is_one_finding_with_its_age_and_the_rows_it_lacks(
    nights: Lived,
) -> None:
    assert ("fresh", "oa") in faults(nights, 4)
    assert ("complete", "oa") not in faults(nights, 4)
    told = dict(reasons(nights, 4, "fresh"))
    stale = told["backups.why.fresh.stale"]
    assert stale["finished_at"] == "2026-03-06T17:35:00+00:00"
    assert stale["data_at"] == "2026-03-04T18:05:00+00:00"  # when we first saw what it lacks
    assert told["backups.why.tables.missing_rows"]["missing"] == "2"


def test_a_cut_copy_is_a_finding_and_the_one_before_would_be_restored(nights: Lived) -> None:
    made, runs = nights
    assert faults(nights, 4)[("complete", "crm")] == "open"
    told = "SELECT last_good, today, newest, passed_over FROM backup_systems WHERE system = 'crm'"
    before, cut = "crm_20260306_013500.sqlite", "crm_20260307_013500.sqlite"
    assert made.company.query(runs[4], told) == [(before, before, cut, 1)]


def test_a_folder_that_is_away_closes_nothing_and_proves_nothing(nights: Lived) -> None:
    assert verdicts(nights, 5, "crm") == dict.fromkeys([mark.value for mark in Mark])
    found = faults(nights, 5)
    assert found[("complete", "crm")] == "unchecked"
    assert found[("unread", "crm")] == "open"
    assert ("overdue", "crm") not in found
    made, runs = nights
    days = "SELECT count(*) FROM backup_days WHERE system = 'crm' AND state = 'unknown'"
    assert made.company.query(runs[5], days) == [(5,)]


def test_an_inside_that_was_read_once_is_carried_on(nights: Lived) -> None:
    made, runs = nights
    read = "SELECT read_at FROM backup_contents WHERE backup = 'oa_20260304_013500.sqlite'"
    first = made.company.query(runs[1], read)
    assert len(first) == 1
    assert made.company.query(runs[5], read) == first


def test_the_last_point_at_which_both_fit_is_told(nights: Lived) -> None:
    made, runs = nights
    last = "SELECT backups_json FROM backup_together WHERE is_last_good"
    ((told,),) = made.company.query(runs[4], last)
    assert {name: part["backup"] for name, part in json.loads(told).items()} == {
        "crm": "crm_20260305_013500.sqlite",
        "oa": "oa_20260305_013500.sqlite",
    }


def test_answers_stand_in_the_ledger_for_the_trend(nights: Lived) -> None:
    made, runs = nights
    found = made.company.ledger.results.series("backups", "data_age")
    ages = {(p.run_id, p.metric.left_source): p.metric.value for p in found}
    assert ages[(runs[1].id, "crm")] == 1800.0
    (result,) = [
        r for r in made.company.ledger.results.of_run(runs[4].id) if r.check_name == "backups"
    ]
    assert result.outcome is Outcome.FAILED
