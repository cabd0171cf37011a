"""The demo's days follow from a seed, a size and the day they end on, and from nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from governance.config import load
from governance.demo.backlog import SPOILT
from governance.demo.drops import LEDGER, LEGACY
from governance.demo.faults import Fault, Outage, read_truth
from governance.demo.life import SYNC_BREAKS, SYNC_RETURNS
from governance.demo.schema import KEYS
from governance.demo.stores import FileStores
from governance.demo.world import Plan, World, plan
from tests.plain import compare_all, told

TODAY = date(2026, 11, 21)
SHIPPED = Path(__file__).parents[2] / "data" / "demo" / "governance.yaml"
# One day of every kind: the first, both weekly drops, each program's harm, the standstill.
LOOKED_AT = (0, 1, 3, 6, 7, 9, 12, 14, 16, 18, 19, 21, 23, 28, 30)


@pytest.fixture(scope="module")
def small() -> Plan:
    return plan(TODAY, size=300)


def test_the_same_arguments_give_the_same_plan(small: Plan) -> None:
    assert plan(TODAY, size=300) == small


def test_another_seed_gives_another_company(small: Plan) -> None:
    other = plan(TODAY, size=300, seed=1)
    assert other.first_rows["crm", "customer"][1] != small.first_rows["crm", "customer"][1]


def test_a_last_day_whole_weeks_later_moves_the_dates_and_nothing_else(small: Plan) -> None:
    later = plan(TODAY + timedelta(weeks=2), size=300)
    ours, theirs = (p.first_rows["crm", "customer"][1] for p in (small, later))
    assert {name for name in ours if ours[name] != theirs[name]} == {"opened_on", "updated_at"}
    assert [replace(f, key=()) for f in later.truth.faults if f.entity == "customer"] == [
        replace(f, key=()) for f in small.truth.faults if f.entity == "customer"
    ]


def test_the_same_plan_writes_the_same_bytes(small: Plan, tmp_path: Path) -> None:
    for name in ("one", "two"):
        world = World(small, FileStores(tmp_path / name))
        world.build()
        for day in range(1, 8):
            world.advance(day)
        small.truth.write(tmp_path / name / "truth.json")
    files = [p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()]
    assert len(files) == 7
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("seed", [20260301, 5])
def test_the_stores_differ_exactly_as_the_truth_says(seed: int, tmp_path: Path) -> None:
    """Every planted fault is in the data, every difference in the data was planted."""
    (tmp_path / "governance.yaml").write_bytes(SHIPPED.read_bytes())
    config = load(tmp_path / "governance.yaml", environ={})
    keys = {entity.name: entity.key for entity in config.entities}
    world = World(plan(TODAY, size=300, seed=seed), FileStores(tmp_path / "company"))
    world.build()
    for day in range(31):
        if day:
            world.advance(day)
        if day not in LOOKED_AT:
            continue
        found, aligned = compare_all(config)
        assert found == told(world.truth_at(day)), f"day {day}"
        planted = told(f for f in world.plan.truth.aligned_at(day) if f.field not in keys[f.entity])
        assert not planted - aligned, f"day {day}"
        absorbed = {d for d in aligned if d.cell_class == "within_tolerance"}
        assert absorbed == {d for d in planted if d.cell_class == "within_tolerance"}


def test_keys_are_unique_but_where_copies_were_planted(small: Plan) -> None:
    copied = {f.key for f in small.truth.at(0) if f.kind.startswith("duplicate")}
    for (store, entity), rows in small.first_rows.items():
        if store == "crm" and entity in KEYS:
            keys = Counter(tuple(str(row[p]) for p in KEYS[entity]) for row in rows.values())
            assert {key for key, count in keys.items() if count > 1} <= copied


def test_every_cause_we_tell_of_happens() -> None:
    causes = {f.cause for f in plan(TODAY, size=1000).truth.faults}
    assert causes >= {
        "legal_form_dropped", "formatting", "key_formatting", "within_tolerance", "stale_copy",
        "edited_in_oa", "edited_on_both", "deleted_in_crm", "deleted_in_oa", "not_yet_created",
        "never_created", "not_yet_synchronised", "sync_broken", "copies_equal", "copies_unequal",
        "copies_conflict", "key_missing", "key_lost", "lost_character", "damaged_id",
        "amount_unit", "truncated", "time_zone", "value_missing", "beyond_tolerance",
        "unreadable", "stale_drop", "absent_in_drop", "unknown_in_drop",
        "one_manager", "import_batch",
        *(spoilt.cause for spoilt in SPOILT),
    }  # fmt: skip


def test_a_fault_shows_from_its_first_day_until_it_is_mended() -> None:
    fault = Fault("customer", "crm", "oa", ("C1",), "only_left", "never_created", 3, 5)
    assert [day for day in range(8) if fault.shows_on(day)] == [3, 4]
    assert [d for d in range(8) if replace(fault, healed=None).shows_on(d)] == [3, 4, 5, 6, 7]


def test_faults_are_whole(small: Plan) -> None:
    for fault in small.truth.faults:
        assert fault.healed is None or 0 <= fault.planted < fault.healed <= 30
        assert (fault.field is None) == (fault.cell_class is None) == (fault.kind != "mismatch")
        assert (fault.key == ()) == fault.kind.startswith("null_key") == (fault.row is not None)


def test_no_finding_is_told_twice(small: Plan) -> None:
    for day in range(31):
        keyed = [f for f in small.truth.at(day) if f.key]
        assert len({(f.entity, f.key, f.kind, f.field) for f in keyed}) == len(keyed)


def test_the_broken_job_is_a_dip_that_is_partly_mended() -> None:
    truth = plan(TODAY, size=2000).truth
    open_on = [sum(f.entity == "customer" for f in truth.at(day)) for day in range(31)]
    before, worst, after = open_on[SYNC_BREAKS - 1], open_on[SYNC_RETURNS - 1], open_on[30]
    assert worst > 1.5 * before
    assert open_on[SYNC_RETURNS] < 0.75 * worst
    assert before < open_on[SYNC_RETURNS]
    assert after < 1.4 * before


def test_the_score_reads_like_a_company_with_a_problem() -> None:
    truth = plan(TODAY, size=5000).truth
    wrong = {f.key for f in truth.at(30) if f.entity == "customer"}
    assert 0.96 < 1 - len(wrong) / 5150 < 0.98


def test_the_truth_file_tells_the_whole_truth(small: Plan, tmp_path: Path) -> None:
    small.truth.write(tmp_path / "truth.json")
    assert read_truth(tmp_path / "truth.json") == small.truth


def test_one_night_the_oa_cannot_be_read(small: Plan) -> None:
    assert small.truth.outages == (Outage(23, "oa"),)
    assert not small.truth.is_readable("oa", 23)
    assert small.truth.is_readable("crm", 23)
    assert small.truth.is_readable("oa", 24)


def test_drops_come_weekly_and_each_is_dated(small: Plan) -> None:
    days = {
        kind.source: [s.day for s in small.sheets if s.kind is kind] for kind in (LEGACY, LEDGER)
    }
    assert days == {"legacy": [0, 7, 14, 21, 28], "ledger": [0, 3, 10, 17, 24]}


def test_a_world_goes_one_day_at_a_time(small: Plan, tmp_path: Path) -> None:
    world = World(small, FileStores(tmp_path))
    world.build()
    for day in (0, 2, 31):
        with pytest.raises(ValueError, match=f"day {day}"):
            world.advance(day)


def test_a_store_that_is_there_is_not_written_over(small: Plan, tmp_path: Path) -> None:
    World(small, FileStores(tmp_path)).build()
    with pytest.raises(FileExistsError):
        World(small, FileStores(tmp_path)).build()


def test_a_life_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        plan(TODAY, size=300, days=0)
