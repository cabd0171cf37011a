"""An entity without a shared key, from run to run: the cross-walk is its key."""

from __future__ import annotations

import csv
import os
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import update

from checks.crosswalk import joint, own_keys
from governance.access import WORKER, Actor, Right
from governance.config import load
from governance.demo import leads
from governance.demo.company import Maker
from governance.ledger import Ledger, open_ledger
from governance.ledger.rows import RunRow, RunStatus, Trigger
from governance.ledger.tables import crosswalk_models
from governance.ledger.walks import Between, Event, Status
from governance.runs import execute
from governance.store import open_home
from tests.homes import fresh_ledger

START = datetime(2026, 3, 2, 18, 5, tzinfo=UTC)
TTL = timedelta(days=1000)
BETWEEN = Between("customer", "crm", "fair")
STEWARD = Actor("lin", frozenset({Right.VIEW, Right.DECIDE}))

CONFIG = """
version: 1
company: {zh: 云帆, en: Yunfan}
sources:
  crm: {kind: csv, path: customers.csv}
  fair: {kind: csv, path: leads.csv}
entities:
  customer:
    key: [number]
    authority: crm
    display: name
    match: {accept: 0.9, review: 0.1}
    fields:
      number: {type: code}
      name: {normalize: company_name}
      phone: {normalize: phone, sensitivity: personal}
      address: {}
      contact: {normalize: person_name, sensitivity: personal}
    sources:
      crm:
        columns: {number: 客户编号, name: 客户名称, phone: 联系电话, address: 地址, contact: 联系人}
      fair:
        columns: {number: 展商序号, name: 单位, phone: 手机, address: 办公地址, contact: 姓名}
"""


@dataclass
class Fair:
    """The customers and the fair's list as files; runs happen a day apart."""

    folder: Path
    ledger: Ledger
    made: leads.Lists
    fence: int
    day: int = 0

    def run(self) -> RunRow:
        now = START + timedelta(days=self.day)
        self.day += 1
        home = open_home(self.folder / "home")
        asked = self.ledger.runs.enqueue(WORKER, trigger=Trigger.MANUAL, now=now)
        config = load(self.folder / "governance.yaml", environ=os.environ)
        done = execute(
            self.ledger,
            home,
            config,
            asked,
            fence=self.fence,
            clock=lambda: now,
            stop=lambda: False,
        )
        assert done.status is RunStatus.SUCCEEDED, done
        return done

    def write(self, name: str, rows: Any) -> None:
        header = leads.CUSTOMER_COLUMNS if name == "customers.csv" else leads.LEAD_COLUMNS
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])

    def findings(self, run: RunRow) -> list[tuple[Any, ...]]:
        assert run.file is not None
        with duckdb.connect(str(self.folder / "home" / run.file), read_only=True) as con:
            return con.execute(
                "SELECT record_key, kind, field FROM findings WHERE state <> 'gone' ORDER BY ALL"
            ).fetchall()

    @property
    def accepted(self) -> set[tuple[str, str]]:
        return set(self.ledger.crosswalk.accepted(BETWEEN))


@pytest.fixture(scope="module")
def made() -> leads.Lists:
    maker = Maker(7, date(2026, 3, 1))
    return leads.lists(maker.customers(300, maker.staff(40)), seed=2)


@pytest.fixture
def fair(tmp_path: Path, made: leads.Lists) -> Fair:
    return begun(tmp_path, made)


def begun(folder: Path, made: leads.Lists) -> Fair:
    leads.write(made, folder)
    (folder / "governance.yaml").write_text(CONFIG, encoding="utf-8")
    ledger = fresh_ledger(folder / "home")
    fence = ledger.leases.acquire("w", now=START, ttl=TTL)
    assert fence is not None
    return Fair(folder, ledger, made, fence)


@pytest.fixture(scope="module")
def first_look(tmp_path_factory: pytest.TempPathFactory, made: leads.Lists) -> tuple[Fair, RunRow]:
    """The fair after its first run, to be copied."""
    fair = begun(tmp_path_factory.mktemp("first look"), made)
    run = fair.run()
    fair.ledger.close()
    return fair, run


@pytest.fixture
def met(tmp_path: Path, first_look: tuple[Fair, RunRow]) -> tuple[Fair, RunRow]:
    """The fair after its first run, and that run."""
    fair, run = first_look
    folder = tmp_path / "met"
    shutil.copytree(fair.folder, folder)
    return replace(fair, folder=folder, ledger=open_ledger(folder / "home")), run


def test_matched_records_are_compared_and_a_second_run_changes_nothing(
    met: tuple[Fair, RunRow],
) -> None:
    fair, first = met
    accepted, truth = fair.accepted, set(fair.made.pairs)
    assert len(accepted & truth) >= 0.99 * len(accepted)
    assert len(accepted & truth) >= 0.85 * len(truth)
    found = fair.findings(first)
    mismatched = {own_keys(key) for key, kind, _ in found if kind == "mismatch"}
    assert mismatched
    assert mismatched <= accepted
    lone = {own_keys(key) for key, kind, _ in found if kind == "only_left"}
    assert lone == {(row[0], None) for row in fair.made.customers if row[0] not in dict(accepted)}
    before = fair.ledger.crosswalk.page(STEWARD, BETWEEN, Status.PROPOSED, limit=500)
    assert before
    assert fair.findings(fair.run()) == found
    assert fair.accepted == accepted
    assert fair.ledger.crosswalk.page(STEWARD, BETWEEN, Status.PROPOSED, limit=500) == before
    # Nor does one that must look again, having forgotten what it saw.
    with fair.ledger.database.write() as connection:
        connection.execute(update(crosswalk_models).values(seen="another"))
    assert fair.findings(fair.run()) == found
    assert fair.accepted == accepted


def test_what_comes_later_is_matched_and_what_goes_keeps_its_partner(fair: Fair) -> None:
    late = fair.made.pairs[0][1]
    fair.write("leads.csv", [row for row in fair.made.leads if row[0] != late])
    fair.run()
    early = fair.accepted
    fair.write("leads.csv", fair.made.leads)
    fair.run()
    assert early <= fair.accepted
    gone = sorted(fair.accepted)[0]
    fair.write("customers.csv", [row for row in fair.made.customers if row[0] != gone[0]])
    after = fair.run()
    assert gone in fair.accepted
    lone = {own_keys(key) for key, kind, _ in fair.findings(after) if kind == "only_right"}
    assert gone in lone


def test_a_split_pair_is_two_records_until_it_is_merged_again(met: tuple[Fair, RunRow]) -> None:
    fair, first = met
    before = fair.findings(first)
    walk = fair.ledger.crosswalk
    pair = walk.page(STEWARD, BETWEEN, Status.ACCEPTED, limit=1)[0]
    walk.decide(STEWARD, pair.id, Event.SPLIT, now=START)
    apart = {own_keys(key) for key, kind, _ in fair.findings(fair.run()) if "only" in kind}
    assert {(pair.left_key, None), (None, pair.right_key)} <= apart
    assert (pair.left_key, pair.right_key) not in fair.accepted
    walk.decide(STEWARD, pair.id, Event.MERGED, now=START)
    assert fair.findings(fair.run()) == before
    told = [event.event for event in walk.history(STEWARD, pair.id)]
    assert told == [Event.ACCEPTED, Event.SPLIT, Event.MERGED]
    audited = [fair.ledger.audit.recent(1, f"matching.{name}") for name in ("split", "merged")]
    assert [event.object for (event,) in audited] == [str(pair.id)] * 2


def test_history_goes_on_under_the_pairs_key_and_an_emptied_list_undoes_nothing(
    met: tuple[Fair, RunRow],
) -> None:
    fair, _ = met
    accepted = fair.accepted
    waiting = fair.ledger.crosswalk.count(STEWARD, BETWEEN, Status.PROPOSED)
    address = {row[0]: row[4] for row in fair.made.customers}
    there = {row[0]: row[3] for row in fair.made.leads}
    pair = next(p for p in sorted(accepted) if address[p[0]] == there[p[1]])
    moved = [
        (*row[:4], "北京市新址1号", *row[5:]) if row[0] == pair[0] else row
        for row in fair.made.customers
    ]
    fair.write("customers.csv", moved)
    run = fair.run()
    assert run.file is not None
    with duckdb.connect(str(fair.folder / "home" / run.file), read_only=True) as con:
        told = con.execute(
            "SELECT kind, direction FROM findings WHERE record_key = ? AND field = 'address'",
            [joint(*pair)],
        ).fetchall()
    assert told == [("mismatch", "left_moved")]
    fair.write("leads.csv", [])
    fair.run()
    assert fair.accepted == accepted
    assert fair.ledger.crosswalk.count(STEWARD, BETWEEN, Status.PROPOSED) == 0
    fair.write("leads.csv", fair.made.leads)
    fair.run()
    assert fair.accepted >= accepted
    assert fair.ledger.crosswalk.count(STEWARD, BETWEEN, Status.PROPOSED) >= waiting - 1
