"""The demo company in real servers: every planted fault is found, and nothing else.

CRM in PostgreSQL, OA in MariaDB, the branches' files in folders; a few runs with days of life
between them.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from checks.outcome import Outcome
from governance.config import Config, load
from governance.demo.home import SHIPPED_CONFIG
from governance.demo.schema import ALTERATIONS
from governance.demo.servers import ServerStores
from governance.demo.world import World, plan
from governance.ledger import Ledger, open_ledger
from governance.ledger.rows import RunRow, RunStatus, Trigger
from governance.runs import execute
from governance.store import Home, open_home
from governance.worker.run_now import Watch, run_now
from governance.worker.workbench import Bench
from tests.browser.harness import working
from tests.cast import STEWARD
from tests.conftest import mariadb_database, postgres_database
from tests.plain import Difference, told

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

TODAY = date(2026, 11, 21)
FIRST, NEXT, LATER, LAST = 0, 1, 17, 20
OPEN = ("open", "pending")


@dataclass
class Clock:
    """Stands still until it is set."""

    now: datetime = datetime(2026, 10, 21, 18, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Duty:
    """A home with its ledger and configuration, ready for runs."""

    bench: Bench
    config: Config
    clock: Clock

    def run(self) -> RunRow:
        watch = Watch(lambda _run: None, threading.Event())
        return run_now(self.bench, self.config, (), STEWARD, watch)

    def sealed(self, run: RunRow, query: str) -> list[tuple[Any, ...]]:
        assert run.file is not None
        with duckdb.connect(str(self.bench.home.file(run.file)), read_only=True) as con:
            return con.execute(query).fetchall()


def configuration(crm_url: str, oa_url: str) -> str:
    """The demo's own configuration with servers in the place of the two files."""
    text = SHIPPED_CONFIG.read_text(encoding="utf-8")
    for file, kind, url in (("crm", "postgresql", crm_url), ("oa", "mariadb", oa_url)):
        before = f"kind: sqlite\n    path: company/{file}.sqlite"
        assert text.count(before) == 1
        text = text.replace(before, f"kind: {kind}\n    url: {url}")
    return text


@dataclass(frozen=True)
class Story:
    """What four runs found: the company as it was connected, the morning after, weeks later, and
    the night on which the branches' files were away. The world has stood still since the third."""

    duty: Duty
    world: World
    first: RunRow
    next: RunRow
    later: RunRow
    blind: RunRow


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("story")
    with postgres_database() as crm, mariadb_database() as oa:
        path = folder / "governance.yaml"
        path.write_text(configuration(crm, oa), encoding="utf-8")
        home: Home = open_home(folder / "home")
        ledger: Ledger = open_ledger(home.path)
        clock = Clock()
        bench = Bench(ledger, home, clock, execute, clean_up=lambda _fence: None)
        duty = Duty(bench, load(path, environ={}), clock)
        world = World(plan(TODAY, size=300), ServerStores(crm, oa, folder / "company"))
        world.build()
        yield lived(duty, world, folder / "company" / "legacy")
        ledger.close()


def lived(duty: Duty, world: World, files: Path) -> Story:
    """The four runs, with the days between them."""
    runs, passed = [], FIRST
    for day in (FIRST, NEXT, LATER):
        for further in range(passed + 1, day + 1):
            world.advance(further)
        duty.clock.now += timedelta(days=day - passed)
        passed = day
        runs.append(duty.run())
    away = files.rename(files.with_name("away"))
    duty.clock.now += timedelta(days=1)
    runs.append(duty.run())
    away.rename(files)
    return Story(duty, world, *runs)


def findings(duty: Duty, run: RunRow, states: tuple[str, ...] = OPEN) -> Counter[Difference]:
    """The sealed findings of a run in the words of the truth."""
    found: Counter[Difference] = Counter()
    for entity, left, right, shown, kind, name, how, copies, state in duty.sealed(
        run,
        "SELECT entity, left_source, right_source, key_shown, kind, field, class, copies, state"
        " FROM findings WHERE check_name NOT IN ('drift', 'permissions', 'backups')",
    ):
        if state in states:
            key = () if kind.startswith("null_key") else normalised(shown)
            found[Difference(entity, left, right, key, kind, name, how)] += copies
    return found


def overreach(duty: Duty, run: RunRow) -> set[tuple[str, str]]:
    """What the rules about permissions failed: rule and subject."""
    query = "SELECT rule, subject FROM perm_verdicts WHERE ruling = 'failed'"
    return set(duty.sealed(run, query))


def planted_overreach(world: World, day: int) -> set[tuple[str, str]]:
    return {(o.rule, o.subject) for o in world.plan.truth.overreach_at(day)}


def drifted(duty: Duty, run: RunRow) -> set[tuple[str, ...]]:
    """What the run saw of changed columns: source, column, kind. Logs and lists of rights grow in
    leaps between nights that lie so far apart, which is told too and is not the matter here."""
    query = (
        "SELECT left_source, field, kind FROM findings"
        " WHERE check_name = 'drift' AND kind LIKE 'column_%'"
    )
    return set(duty.sealed(run, query))


def altered() -> set[tuple[str, ...]]:
    """What the systems' vendors changed between the morning after and weeks later."""
    return {
        (change.store, change.column, "column_added" if change.is_new else "column_retyped")
        for change in ALTERATIONS
        if NEXT < change.day <= LATER
    }


def normalised(shown: str) -> tuple[str, ...]:
    """A key is shown as its record writes it."""
    parts = unicodedata.normalize("NFKC", shown).split(" · ")
    return tuple(part.strip().upper() for part in parts)


def outcomes(duty: Duty, run: RunRow) -> set[Outcome]:
    return {result.outcome for result in duty.bench.ledger.results.of_run(run.id)}


def test_every_planted_fault_is_found_and_nothing_else(story: Story) -> None:
    duty, world = story.duty, story.world
    for day, run in ((FIRST, story.first), (NEXT, story.next), (LATER, story.later)):
        assert run.status is RunStatus.SUCCEEDED
        assert findings(duty, run) == told(world.truth_at(day))
        assert overreach(duty, run) == planted_overreach(world, day)
    assert drifted(duty, story.first) == drifted(duty, story.next) == set()
    assert outcomes(duty, story.later) <= {Outcome.PASSED, Outcome.FAILED}
    assert drifted(duty, story.later) == altered()
    assert altered()

    healed = set(told(world.truth_at(NEXT))) - set(told(world.truth_at(LATER)))
    assert healed
    gone = findings(duty, story.later, ("gone",))
    assert {d for d in gone if d.key} == {d for d in healed if d.key}


def test_the_worker_itself_finds_it_run_after_run(story: Story, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    ledger = open_ledger(home.path)
    duty = replace(story.duty, bench=replace(story.duty.bench, ledger=ledger, home=home))
    try:
        with working(home.path, duty.config.path, tmp_path / "worker.log"):
            assert findings(duty, asked_for(duty)) == told(story.world.truth_at(LATER))
            for day in range(LATER + 1, LAST + 1):
                story.world.advance(day)
            assert findings(duty, asked_for(duty)) == told(story.world.truth_at(LAST))
    finally:
        ledger.close()


def asked_for(duty: Duty) -> RunRow:
    """A run that a person asks for on the page and the worker carries out."""
    runs = duty.bench.ledger.runs
    wanted = runs.enqueue(STEWARD, trigger=Trigger.PAGE, now=datetime.now(UTC))
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        run = runs.get(wanted)
        if run is not None and run.status.is_over:
            assert run.status is RunStatus.SUCCEEDED
            return run
        time.sleep(0.2)
    raise AssertionError(f"run {wanted} is not over")


def test_what_is_aligned_by_rule_is_counted_and_not_found(story: Story) -> None:
    planted = told(story.world.plan.truth.aligned_at(FIRST))
    assert not set(planted) & set(findings(story.duty, story.first))
    expected: Counter[tuple[str, str]] = Counter()
    for difference, count in planted.items():
        if difference.cell_class == "within_tolerance":
            expected[difference.entity, str(difference.field)] += count
    absorbed = story.duty.sealed(
        story.first,
        "SELECT check_name, field, within_tolerance FROM fields WHERE within_tolerance > 0",
    )
    assert {(check, name): count for check, name, count in absorbed} == dict(expected)


def test_what_no_normaliser_can_read_is_reported(story: Story) -> None:
    unreadable = Counter(
        (f.right, f.entity, f.field)
        for f in story.world.truth_at(FIRST)
        if f.cause == "unreadable" or (f.cause == "damaged_id" and f.field == "credit_code")
    )
    told_of = story.duty.sealed(
        story.first, "SELECT source, entity, field, cells FROM unread WHERE cells > 0"
    )
    assert {(s, e, f): cells for s, e, f, cells in told_of} == dict(unreadable)


def test_a_finding_stays_the_same_finding_from_run_to_run(story: Story) -> None:
    duty, first, second = story.duty, story.first, story.next
    query = (
        "SELECT finding_id, first_run, last_run FROM findings"
        " WHERE state IN ('open', 'pending') AND check_name <> 'drift'"
    )
    then = {identity: first_run for identity, first_run, _ in duty.sealed(first, query)}
    now = {identity: (born, last) for identity, born, last in duty.sealed(second, query)}
    lasting = then.keys() & now.keys()
    assert len(lasting) > len(then) / 2
    assert all(now[identity] == (first.id, second.id) for identity in lasting)
    assert all(born == second.id for identity, (born, _) in now.items() if identity not in then)


def test_a_source_that_is_away_closes_nothing(story: Story) -> None:
    duty, before, blind = story.duty, story.later, story.blind
    assert blind.status is RunStatus.PARTIAL
    unable = {
        result.check_name
        for result in duty.bench.ledger.results.of_run(blind.id)
        if result.outcome is Outcome.NOT_EVALUABLE
    }
    assert unable == {"branch_customer"}
    unchecked = findings(duty, blind, ("unchecked",))
    truth = story.world.truth_at(LATER)
    assert unchecked == told(f for f in truth if f.entity == "branch_customer")
    assert findings(duty, blind) + unchecked == findings(duty, before)
