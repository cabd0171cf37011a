"""A record's history out of chains of snapshots, and the room that keeps them open."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from governance.reading import Desk, Record, record
from governance.reading.archive import Archive
from governance.reading.history import What
from governance.store import Proofs
from tests.reading.build import ALICE
from tests.runs.conftest import Company, company

__all__ = ["company"]
PAIR = "crm~oa"


def customer(company: Company, desk: Desk, key: str) -> Record:
    config = company.config
    found = record(
        desk.view(ALICE), config.entity("customer"), PAIR, key, ZoneInfo("Asia/Shanghai")
    )
    assert found is not None
    return found


def told(company: Company, key: str) -> list[tuple[object, ...]]:
    """The record's changes in the OA, oldest first."""
    desk = Desk(company.home, company.ledger.database)
    changes = customer(company, desk, key).changes
    desk.close()
    return [
        (c.run, c.what, c.field, c.before, c.after) for c in reversed(changes) if c.source == "oa"
    ]


def days(company: Company, *statements: str) -> None:
    """One run, then a day for each statement and a run after it."""
    company.run()
    for statement in statements:
        if statement:
            company.change("oa", statement)
        company.run()


def test_a_chain_tells_every_change_in_order(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.runs.snapshots.MOST", 50)
    monkeypatch.setattr("checks.changes.MOST", 50)
    days(
        company,
        "UPDATE base_customer SET khjb = 'X' WHERE khbh = 'C001'",
        "",
        "UPDATE base_customer SET khjb = 'Y', khmc = '改名' WHERE khbh = 'C001'",
        "INSERT INTO base_customer SELECT * FROM base_customer WHERE khbh = 'C001'",
        "DELETE FROM base_customer WHERE khbh = 'C001'",
        "INSERT INTO base_customer (khbh, khmc, khjb) VALUES ('C001', '又来', 'Y')",
    )
    kinds = {s.kind.value for s in company.ledger.snapshots.history("oa", "customer")}
    assert kinds == {"base", "delta", "same"}
    name = "无锡恒泰机床有限公司"
    assert told(company, "C001") == [
        (1, What.FIRST, None, None, None),
        (2, What.CHANGED, "level", "A", "X"),
        (4, What.CHANGED, "name", name, "改名"),
        (4, What.CHANGED, "level", "X", "Y"),
        (5, What.COPIES, None, "1", "2"),
        (6, What.VANISHED, None, "2", None),
        (7, What.APPEARED, None, None, "1"),
    ]


def test_a_personal_value_is_not_held_against_one_of_another_secret(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUIQI_SECRET", "one" * 20)
    company.run()
    monkeypatch.setenv("DUIQI_SECRET", "another" * 20)
    company.change("oa", "UPDATE base_customer SET khjb = 'X' WHERE khbh = 'C001'")
    company.run()
    assert told(company, "C001") == [
        (1, What.FIRST, None, None, None),
        (2, What.VOID, None, None, None),
        (2, What.CHANGED, "level", "A", "X"),
    ]


def test_a_full_room_is_left_for_a_new_one_and_closed_by_its_last_reader(company: Company) -> None:
    days(company, "UPDATE base_customer SET khjb = 'X' WHERE khbh = 'C001'")
    archive = Archive(company.home, Proofs(), most=1)
    newest = company.ledger.snapshots.newest("oa", "customer")
    assert newest is not None
    with archive.open() as first:
        opened = first.open(company.ledger.snapshots.chain(newest))
        with archive.open() as second:
            assert second is not first
        assert first.con.execute(f"SELECT count(*) > 0 FROM {opened.rows}").fetchall() == [(True,)]
    with pytest.raises(Exception, match="closed"):
        first.con.execute("SELECT 1")
    archive.close()


def test_more_copies_than_are_shown_vanish_all_the_same(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.runs.snapshots.MOST", 50)
    monkeypatch.setattr("checks.changes.MOST", 50)
    company.run()
    for number in range(25):
        company.change(
            "oa", "INSERT INTO base_customer (khbh, khmc) VALUES ('C900', ?)", str(number)
        )
    company.run()
    company.change("oa", "DELETE FROM base_customer WHERE khbh = 'C900'")
    company.change("crm", "INSERT INTO customers (code, name) VALUES ('C900', 'a')")
    company.run()
    assert [what for _, what, *_ in told(company, "C900")] == [What.APPEARED, What.VANISHED]
