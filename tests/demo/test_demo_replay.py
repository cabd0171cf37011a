"""Days follow one another, each with its run; a source that is out is really out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from governance.demo.replay import last_night, moment_of, replay
from governance.demo.stores import FileStores
from governance.demo.world import Plan, World, plan

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def small() -> Plan:
    return plan(TODAY, size=200, days=24)


@pytest.fixture
def world(small: Plan, tmp_path: Path) -> World:
    made = World(small, FileStores(tmp_path))
    made.build()
    return made


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (datetime(2026, 11, 20, 18, 4, 59, tzinfo=UTC), datetime(2026, 11, 19, 18, 5, tzinfo=UTC)),
        (datetime(2026, 11, 20, 18, 5, tzinfo=UTC), datetime(2026, 11, 20, 18, 5, tzinfo=UTC)),
        (datetime(2026, 11, 21, 9, 0, tzinfo=UTC), datetime(2026, 11, 20, 18, 5, tzinfo=UTC)),
    ],
)
def test_the_last_night_is_the_newest_at_five_past_two_in_china(
    now: datetime, night: datetime
) -> None:
    assert last_night(now) == night


def test_every_day_is_lived_and_run_in_order(world: World) -> None:
    seen: list[tuple[int, datetime, int]] = []
    replay(world, range(1, 4), lambda day, moment: seen.append((day, moment, world.day)))
    assert [day for day, _, _ in seen] == [1, 2, 3] == [lived for _, _, lived in seen]
    assert {b[1] - a[1] for a, b in pairwise(seen)} == {timedelta(days=1)}


def test_the_last_day_ends_today(world: World) -> None:
    assert moment_of(world, 24) == datetime(2026, 11, 20, 18, 5, tzinfo=UTC)


def test_the_oa_is_away_on_the_night_of_its_outage_and_back_afterwards(
    world: World, tmp_path: Path
) -> None:
    there: dict[int, bool] = {}

    def look(day: int, _moment: datetime) -> None:
        there[day] = (tmp_path / "oa.sqlite").exists()

    replay(world, range(1, 25), look)
    assert [day for day, is_there in there.items() if not is_there] == [23]
    assert (tmp_path / "oa.sqlite").exists()
    assert sorted(p.name for p in tmp_path.glob("*.restoring")) == []


def test_the_oa_comes_back_even_when_the_run_breaks(world: World, tmp_path: Path) -> None:
    def fail(day: int, _moment: datetime) -> None:
        if day == 23:
            raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError, match="out of luck"):
        replay(world, range(1, 25), fail)
    assert (tmp_path / "oa.sqlite").exists()
