"""What goes wrong with the demo's backups is found on its nights, and nothing else is."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from governance.demo.faults import BackupFault, read_truth
from governance.demo.lapses import CUT, HALF, STUCK
from governance.demo.stores import FileStores
from governance.demo.world import lacking, plan
from tests.demo.backups import TODAY, Lived, live

# Healthy nights between those of each lapse; what a replica lacks shows in the nights before.
LOOKED_AT = (3, 5, 6, 9, 11, 15, 18, 19, 20, 21, 22, 28)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return live(tmp_path_factory.mktemp("demo") / "home", LOOKED_AT)


def planted(truth: tuple[BackupFault, ...]) -> set[tuple[str, str]]:
    """Permissions are not looked at here, so nobody knows who keeps the backups."""
    return {(b.system, b.fault) for b in truth if b.fault != "keepers"}


def found(lived: Lived, day: int) -> set[tuple[object, ...]]:
    query = (
        "SELECT split_part(record_key, '/', 1), field FROM findings"
        " WHERE kind = 'backup' AND state = 'open'"
    )
    return set(lived.query(day, query))


@pytest.mark.parametrize("day", LOOKED_AT)
def test_every_lapse_is_found_on_its_nights_and_nothing_else_is(lived: Lived, day: int) -> None:
    assert found(lived, day) == planted(lived.truth.backups_at(day))


def test_each_kind_of_lapse_is_looked_at(lived: Lived) -> None:
    seen = {pair for day in LOOKED_AT for pair in planted(lived.truth.backups_at(day))}
    assert seen == planted(lived.truth.backups)


def restorable(lived: Lived, day: int) -> object:
    return lived.query(day, "SELECT restorable FROM backup_systems WHERE system = 'crm'")[0][0]


def test_a_restore_is_not_known_then_proved_then_too_slow(lived: Lived) -> None:
    assert [restorable(lived, day) for day in (3, 5, 18, 19, 28)] == [
        None,
        True,
        True,
        False,
        False,
    ]


def test_a_table_that_is_left_out_is_named(lived: Lived) -> None:
    ((params,),) = lived.query(
        HALF[0],
        "SELECT p.params FROM backup_problems AS p JOIN findings USING (finding_id)"
        " WHERE field = 'complete' AND code = 'backups.why.tables.gone'",
    )
    assert json.loads(str(params))["tables"] == "contract"


def test_a_replica_that_stands_still_is_as_old_as_its_data(lived: Lived) -> None:
    ((params,),) = lived.query(
        22,
        "SELECT p.params FROM backup_problems AS p JOIN findings USING (finding_id)"
        " WHERE field = 'fresh' AND code = 'backups.why.fresh.stale'",
    )
    told = json.loads(str(params))
    late = date.fromisoformat(told["finished_at"][:10]) - date.fromisoformat(told["data_at"][:10])
    assert 22 - STUCK[0] - 1 <= late.days <= 22 - STUCK[0] + 1


def test_the_newest_copy_holds_what_the_system_holds(lived: Lived, tmp_path: Path) -> None:
    newest = max((lived.home / "company" / "backups" / "crm").glob("*.gz"))
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(gzip.decompress(newest.read_bytes()))
    count = "SELECT count(*), max(code) FROM customers"
    counts = []
    for path in (copy, FileStores(lived.home / "company").databases["crm"]):
        with closing(sqlite3.connect(path)) as con:
            counts.append(con.execute(count).fetchall())
    assert counts[0] == counts[1]


def test_two_weeks_are_kept_but_for_what_somebody_deleted(lived: Lived) -> None:
    folders = lived.home / "company" / "backups"
    kept = {name: len(list((folders / name).glob("*.gz"))) for name in ("crm", "oa")}
    # Of fifteen nights; two of the CRM's were not made, and two more were deleted.
    assert kept == {"crm": 15 - 4, "oa": 15}


def test_the_truth_file_tells_of_backups(lived: Lived, tmp_path: Path) -> None:
    lived.truth.write(tmp_path / "truth.json")
    assert read_truth(tmp_path / "truth.json") == lived.truth


def test_a_short_life_does_not_tell_of_later_nights() -> None:
    short = plan(TODAY, 200, days=CUT).truth.backups
    assert max(b.planted for b in short) == CUT
    assert all(b.healed is None or b.healed <= CUT for b in short)


def test_a_lapse_shows_from_its_first_night_until_it_is_mended() -> None:
    (one,) = lacking([BackupFault("crm", "complete", "cut", 3, 5)], 10)
    assert [day for day in range(8) if one.shows_on(day)] == [3, 4]
    assert lacking([one], 2) == ()
    assert lacking([one], 4)[0].healed is None
