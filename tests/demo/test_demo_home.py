"""The demo's folder: built once with its history, found again, never mixed with anything else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from checks.outcome import Outcome
from governance.cli import call
from governance.config import load
from governance.demo import home as folder
from governance.demo.faults import read_truth
from governance.demo.home import Wish, ensure, home_of, nights, told, wish_of
from governance.demo.replay import NightClock, last_night, moment_of, replay
from governance.demo.stores import FileStores
from governance.demo.world import World, plan
from governance.errors import ConfigError, StoreError
from governance.ledger import open_ledger
from governance.ledger.rows import RunRow, RunStatus, Trigger
from tests.demo.small import lighten

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
SMALL = Wish(size=200, days=2, today=TODAY)


def quiet(_done: int, _days: int) -> None:
    """Tell nobody."""


@pytest.fixture
def light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nights that look at little; what is built without it looks at all there is."""
    monkeypatch.setattr(folder, "SHIPPED_CONFIG", lighten(tmp_path / "light.yaml"))
    return folder.SHIPPED_CONFIG


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo") / "home"
    assert ensure(home, SMALL, NOW, fresh=False, tell=quiet)
    return home


def runs_of(home: Path) -> list[RunRow]:
    ledger = open_ledger(home)
    try:
        return sorted(ledger.runs.recent(), key=lambda run: run.id)
    finally:
        ledger.close()


def test_every_day_has_its_nightly_run(built: Path) -> None:
    _, *nightly = runs_of(built)
    assert [run.trigger for run in nightly] == [Trigger.SCHEDULE] * 2
    assert [run.status for run in nightly] == [RunStatus.SUCCEEDED] * 2
    at_five_past_two = [last_night(NOW) - timedelta(days=1), last_night(NOW)]
    for run, night in zip(nightly, at_five_past_two, strict=True):
        assert run.started_at is not None
        assert timedelta() <= run.started_at - night < timedelta(hours=1)


def test_what_was_wrong_from_the_start_is_not_pending_on_the_first_day(built: Path) -> None:
    first_look, first_night, _ = runs_of(built)
    assert first_look.trigger is Trigger.MANUAL
    assert first_night.file is not None
    with duckdb.connect(str(built / first_night.file), read_only=True) as con:
        states = con.execute("SELECT DISTINCT state FROM findings WHERE first_run = 1").fetchall()
    assert ("pending",) not in states
    assert ("open",) in states


def test_the_last_run_found_what_the_truth_beside_it_tells(built: Path) -> None:
    truth = read_truth(built / "truth.json")
    run = runs_of(built)[-1]
    assert run.file is not None
    with duckdb.connect(str(built / run.file), read_only=True) as con:
        rows = con.execute(
            "SELECT entity, kind, field, sum(copies) FROM findings"
            " WHERE state IN ('open', 'pending')"
            " AND check_name NOT IN ('drift', 'permissions') GROUP BY ALL"
        ).fetchall()
    planted: Counter[tuple[str, str, str | None]] = Counter()
    for fault in truth.at(2):
        planted[fault.entity, fault.kind, fault.field] += fault.copies
    for lapse in truth.backups_at(2):
        planted["backups", "backup", lapse.fault] += 1
    assert {(e, k, f): int(count) for e, k, f, count in rows} == dict(planted)


def test_a_finished_demo_is_found_again(built: Path) -> None:
    before = (built / "ledger.sqlite").stat().st_ino
    assert not ensure(built, SMALL, NOW, fresh=False, tell=quiet)
    assert (built / "ledger.sqlite").stat().st_ino == before


def test_what_was_not_said_stays_as_it_is(built: Path) -> None:
    assert wish_of(built, None, None, NOW) == SMALL
    assert wish_of(built, 500, None, NOW).size == 500
    assert wish_of(built / "none", None, None, NOW) == Wish(5000, 30, TODAY)


def test_tomorrow_the_days_no_longer_end_today(built: Path) -> None:
    assert wish_of(built, None, None, NOW + timedelta(days=1)) != told(built)[0]


def test_the_demo_never_writes_into_a_real_ledger(
    tmp_path: Path, light: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real.sqlite"
    monkeypatch.setenv("DUIQI_LEDGER_URL", f"sqlite:///{real}")
    ensure(tmp_path / "home", Wish(200, 1, TODAY), NOW, fresh=False, tell=quiet)
    assert not real.exists()
    assert (tmp_path / "home" / "ledger.sqlite").exists()


def test_a_build_that_was_cut_short_starts_over(tmp_path: Path, light: Path) -> None:
    home, wish = tmp_path / "home", Wish(200, 1, TODAY)

    def cut(done: int, _days: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure(home, wish, NOW, fresh=False, tell=cut)
    assert told(home) == (wish, False)
    (home / "notes.txt").write_text("mine")
    assert ensure(home, wish, NOW, fresh=False, tell=quiet)
    assert told(home) == (wish, True)
    assert (home / "notes.txt").read_text() == "mine"


def test_a_demo_whose_run_breaks_is_not_called_ready(
    tmp_path: Path, light: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = light.read_text(encoding="utf-8")
    blind = tmp_path / "blind.yaml"
    blind.write_text(shipped.replace("path: company/", "path: nowhere/"), encoding="utf-8")
    monkeypatch.setattr(folder, "SHIPPED_CONFIG", blind)
    monkeypatch.setattr("governance.runs.evaluate.seal", full_disk)
    with pytest.raises(StoreError) as broken:
        ensure(tmp_path / "home", Wish(200, 1, TODAY), NOW, fresh=False, tell=quiet)
    assert broken.value.code == "demo.run_broke"
    assert told(tmp_path / "home")[1] is False


def full_disk(*_arguments: object, **_options: object) -> None:
    raise StoreError("store.write", file="runs/1.duckdb", reason="No space left on device")


def test_a_folder_that_is_not_a_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("real")
    with pytest.raises(ConfigError) as refused:
        ensure(tmp_path, SMALL, NOW, fresh=True, tell=quiet)
    assert refused.value.code == "demo.home_taken"
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.sqlite"]


def test_a_build_that_died_before_it_began_leaves_no_stranger(tmp_path: Path) -> None:
    with folder.alone(tmp_path / "home"):
        pass
    assert not folder.is_strange(tmp_path / "home")
    assert not folder.is_strange(tmp_path / "none")
    (tmp_path / "file").write_text("mine")
    assert folder.is_strange(tmp_path / "file")


@pytest.fixture
def worker_at_work(built: Path) -> Iterator[Path]:
    ledger = open_ledger(built)
    fence = ledger.leases.acquire("worker@here:1:abc", now=datetime.now(UTC))
    assert fence is not None
    yield built
    ledger.leases.release(fence, now=datetime.now(UTC))
    ledger.close()


def test_a_demo_at_work_is_not_rebuilt(worker_at_work: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        ensure(worker_at_work, SMALL, datetime.now(UTC), fresh=True, tell=quiet)
    assert refused.value.code == "demo.in_use"
    assert told(worker_at_work) == (SMALL, True)


def test_two_builds_do_not_meet(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with folder.alone(home):
        folder.mark(home, SMALL, ready=False)
        with pytest.raises(ConfigError) as refused:
            ensure(home, SMALL, NOW, fresh=False, tell=quiet)
    assert refused.value.code == "demo.in_use"


def test_the_home_is_never_a_plain_var(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DUIQI_HOME", raising=False)
    assert home_of(None) == tmp_path / "var" / "demo"
    monkeypatch.setenv("DUIQI_HOME", str(tmp_path / "named"))
    assert home_of(None) == tmp_path / "named"
    assert home_of(tmp_path / "told") == tmp_path / "told"


def test_the_command_says_where_the_demo_is(
    built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUIQI_LANG", "zh")
    mark = json.loads((built / folder.MARK).read_text())
    mark["wish"]["today"] = last_night(datetime.now(UTC)).astimezone(folder.BUSINESS_ZONE)
    mark["wish"]["today"] = mark["wish"]["today"].date().isoformat()
    before = (built / folder.MARK).read_text()
    (built / folder.MARK).write_text(json.dumps(mark))
    try:
        assert call("demo", ["--no-serve", "--home", str(built)]) == 0
    finally:
        (built / folder.MARK).write_text(before)
    said = capsys.readouterr()
    assert f"沿用已有的演示企业：{built}" in said.out
    assert "truth.json" in said.out
    assert said.err == ""


def test_on_the_night_without_the_oa_nothing_is_judged_that_needs_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    world = World(plan(TODAY, size=200, days=24), FileStores(home / folder.COMPANY))
    world.build()
    (home / folder.CONFIG).write_bytes(folder.SHIPPED_CONFIG.read_bytes())
    config = load(home / folder.CONFIG, environ={})
    outcomes: dict[int, dict[str, Outcome]] = {}
    with nights(home, config, NightClock(moment_of(world, 0))) as night:
        night.promise(moment_of(world, 0))

        def run_day(day: int, moment: datetime) -> None:
            if day < 23:
                return
            night.run(day, moment)
            newest = night.bench.ledger.runs.recent(1)[0]
            results = night.bench.ledger.results.of_run(newest.id)
            outcomes[day] = {result.check_name: result.outcome for result in results}

        replay(world, range(1, 25), run_day)
    blind = {name for name, outcome in outcomes[23].items() if outcome is Outcome.NOT_EVALUABLE}
    assert blind == {"customer", "contact", "contract", "payment", "staff"}
    assert Outcome.NOT_EVALUABLE not in outcomes[24].values()
