"""A month in two worlds whose changes travel with planted lags: what is learned of them, when a
difference is pending, and when it becomes a finding."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from checks.lag import ENOUGH, Times
from governance.ledger.rows import RunRow, RunStatus
from governance.runs import lags
from tests.runs.conftest import START, Company, founded

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Three days lie between two looks.
EVERY, LOOKS, DARK = 3, 7, 4
ROWS, CHANGES = 2500, 60
SLOW, FAST = 96 * HOUR, 6 * HOUR
TABLES = {
    "crm": {"customers": ("code", "level"), "payments": ("code", "note")},
    "oa": {"base_customer": ("khbh", "khjb"), "form_payment": ("hkbh", "bz")},
}
CONFIGURATION = """\
version: 1
company: {zh: 小世界, en: Tiny world}
sources:
  crm: {kind: sqlite, path: crm.sqlite}
  oa: {kind: sqlite, path: oa.sqlite}
entities:
  customer:
    key: code
    authority: crm
    fields: {code: {type: code}, level: {type: code}}
    sources:
      crm: {table: customers, columns: {code: code, level: level}}
      oa: {table: base_customer, columns: {code: khbh, level: khjb}}
  payment:
    key: code
    authority: oa
    fields: {code: {type: code}, note: {type: code}}
    sources:
      crm: {table: payments, columns: {code: code, note: note}}
      oa: {table: form_payment, columns: {code: hkbh, note: bz}}
"""
CRM_LEVEL = "UPDATE customers SET level = ? WHERE code = ?"
OA_LEVEL = "UPDATE base_customer SET khjb = ? WHERE khbh = ?"
CRM_NOTE = "UPDATE payments SET note = ? WHERE code = ?"
OA_NOTE = "UPDATE form_payment SET bz = ? WHERE hkbh = ?"


@dataclass
class Month:
    """Changes on one side that the other follows after their lag, or never."""

    company: Company
    agenda: list[tuple[datetime, str, str, tuple[str, ...]]] = field(default_factory=list)
    runs: list[RunRow] = field(default_factory=list)
    planted: dict[str, list[tuple[datetime, timedelta | None]]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return START + timedelta(days=self.company.day)

    def customer(self, at: datetime, code: str, value: str, lag: timedelta | None) -> None:
        """A level that changes in the CRM first."""
        self.agenda.append((at, "crm", CRM_LEVEL, (value, code)))
        if lag is not None:
            self.agenda.append((at + lag, "oa", OA_LEVEL, (value, code)))
        self.planted.setdefault("level", []).append((at, lag))

    def payment(self, at: datetime, contract: str, value: str, lag: timedelta | None) -> None:
        """A note that changes in the OA first."""
        self.agenda.append((at, "oa", OA_NOTE, (value, contract)))
        if lag is not None:
            self.agenda.append((at + lag, "crm", CRM_NOTE, (value, contract)))
        self.planted.setdefault("note", []).append((at, lag))

    def look(self, *, happens: bool = True) -> None:
        """Everything up to now happens, then a run; three days pass.

        What does not happen in time for one look has happened by the next.
        """
        due = sorted(event for event in self.agenda if event[0] <= self.now and happens)
        self.agenda = [event for event in self.agenda if event not in due]
        for source in ("crm", "oa"):
            path = self.company.folder / f"{source}.sqlite"
            with closing(sqlite3.connect(path)) as connection, connection:
                for _, where, statement, values in due:
                    if where == source:
                        connection.execute(statement, values)
        run = self.company.run()
        self.company.day += EVERY - 1
        self.runs.append(run)

    def told(self, run: RunRow, name: str, columns: str) -> tuple[Any, ...]:
        sql = f"SELECT {columns} FROM lag_learned WHERE field IS NOT DISTINCT FROM ?"
        (row,) = self.company.query(run, f"{sql} AND direction IS NULL", name)
        return row


def two_worlds(folder: Path) -> None:
    """The customers' levels, which the CRM moves, and the payments' notes, which the OA moves."""
    for name, tables in TABLES.items():
        with closing(sqlite3.connect(folder / f"{name}.sqlite")) as con, con:
            for table, columns in tables.items():
                con.execute(f"CREATE TABLE {table} ({', '.join(f'{c} TEXT' for c in columns)})")
                rows = [(f"K{n:04}", "A") for n in range(ROWS)]
                con.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
    (folder / "governance.yaml").write_text(CONFIGURATION, "utf-8")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """Seven looks, the fifth in the dark; then two changes that never arrive, four looks more, and
    one when they are too old for anybody to wait for."""
    folder = tmp_path_factory.mktemp("month")
    two_worlds(folder)
    made = Month(founded(folder, folder / "home"))
    made.look()
    random = Random(7)
    for look in range(1, LOOKS):
        for n in range(CHANGES):
            at = made.now - EVERY * DAY + random.uniform(0.01, 0.99) * EVERY * DAY
            code = f"K{look * CHANGES + n:04}"
            made.customer(at, code, f"L{look}", SLOW if n % 4 == 0 else FAST)
            made.payment(at, code, f"N{look}", FAST)
        if look == DARK:
            away = (folder / "oa.sqlite").rename(folder / "away")
            made.look(happens=False)
            away.rename(folder / "oa.sqlite")
        else:
            made.look()
    made.customer(made.now - HOUR, "K2490", "X", None)
    made.payment(made.now - HOUR, "K2490", "X", None)
    for _ in range(4):
        made.look()
    made.company.day += 8 * EVERY
    made.look()
    return made


def test_every_change_is_counted_once_seen_or_unseen(month: Month) -> None:
    run = month.runs[-1]
    for name in ("level", "note"):
        arrived, waiting = month.told(run, name, "arrived, waiting")
        gone = [at for at, lag in month.planted[name] if lag is not None]
        assert (arrived, waiting) == (len(gone), 1)
    assert len(month.planted["level"]) > ENOUGH


def test_the_learned_p99_covers_the_planted_lags(month: Month) -> None:
    p50, p99, limit = month.told(month.runs[-1], "level", "p50, p99, p99_limit")
    assert SLOW.total_seconds() <= p99 <= limit
    assert FAST.total_seconds() <= p50 <= EVERY * DAY.total_seconds()
    p50, p99, limit = month.told(month.runs[-1], "note", "p50, p99, p99_limit")
    # Nothing of it was ever seen standing at two looks.
    assert FAST.total_seconds() <= p50 <= limit <= EVERY * DAY.total_seconds()


def test_what_never_arrives_is_the_stuck_share(month: Month) -> None:
    arrived, stuck, low, high = month.told(
        month.runs[-1], "level", "arrived, stuck, stuck_low, stuck_high"
    )
    assert stuck == pytest.approx(1 / (arrived + 1), rel=0.05)
    assert low < stuck < high


def test_nothing_is_pending_before_enough_is_known_where_no_lag_is_declared(month: Month) -> None:
    early = month.runs[2]
    assert month.told(early, "level", "seconds, how") == (0, "declared")
    sql = "SELECT DISTINCT state FROM findings WHERE state <> 'gone'"
    assert month.company.query(early, sql) == [("open",)]


def test_a_difference_is_pending_until_the_learned_p99_and_then_a_finding(month: Month) -> None:
    seconds, how, _ = month.told(month.runs[LOOKS - 1], "level", "seconds, how, arrived")
    assert how == "learned"
    assert seconds == 6 * DAY.total_seconds()
    sql = "SELECT state FROM findings WHERE record_key = 'K2490' AND field = 'level'"
    states = [month.company.query(run, sql) for run in month.runs[LOOKS:-1]]
    assert states == [[("pending",)], [("pending",)], [("open",)], [("open",)]]


def test_a_side_that_is_quicker_has_less_patience(month: Month) -> None:
    seconds, how, _ = month.told(month.runs[LOOKS - 1], "note", "seconds, how, arrived")
    assert (seconds, how) == (3 * DAY.total_seconds(), "learned")
    sql = "SELECT state FROM findings WHERE record_key = 'K2490' AND field = 'note'"
    states = [month.company.query(run, sql) for run in month.runs[LOOKS:-1]]
    assert states == [[("pending",)], [("open",)], [("open",)], [("open",)]]


def test_a_dark_day_adds_no_arrival_and_forgets_none(month: Month) -> None:
    before, dark = month.runs[DARK - 1], month.runs[DARK]
    assert dark.status is RunStatus.PARTIAL
    sql = "SELECT * FROM lag_times ORDER BY ALL"
    assert month.company.query(dark, sql) == month.company.query(before, sql) != []
    sql = "SELECT * FROM lag_looks ORDER BY ALL"
    assert month.company.query(dark, sql) == month.company.query(before, sql) != []


def test_the_numbers_are_kept_over_time(month: Month) -> None:
    ledger, check = month.company.ledger, month.company.config.checks[0].name
    series = {
        name: [p.metric.value for p in ledger.results.series(check, name, field="level")]
        for name in ("lag_p50", "lag_p95", "lag_stuck", "lag_pending", "lag_patience")
    }
    p95 = month.told(month.runs[-1], "level", "p95")[0]
    assert series["lag_p95"][-1] == p95
    assert series["lag_patience"][-1] == 6 * DAY.total_seconds()
    assert all(0 <= share <= 1 for share in series["lag_pending"] + series["lag_stuck"])
    assert max(series["lag_pending"]) > 0


def test_a_record_that_both_get_between_two_looks_is_an_arrival_of_a_row(company: Company) -> None:
    settle_new = "INSERT INTO {} VALUES ('C900', '新客户有限公司', NULL, '1.00', 'A', '无')"
    company.run()
    for source, table in (("crm", "customers"), ("oa", "base_customer")):
        company.change(source, settle_new.format(table))
    run = company.run()
    sql = "SELECT field, direction, lower, upper, n FROM lag_times WHERE upper IS NOT NULL"
    assert company.query(run, sql) == [(None, None, 0, DAY.total_seconds(), 1)]


def test_what_one_outage_teaches_excuses_no_more_than_a_few_days() -> None:
    late = timedelta(days=30).total_seconds()
    assert lags.patience(late, None, timedelta()) == lags.Patience(7 * 86400, "learned", True)
    assert lags.patience(late, None, 2 * HOUR) == lags.Patience(3 * 86400, "learned", True)
    assert lags.patience(late, None, 5 * DAY) == lags.Patience(10 * 86400, "learned", True)


def test_the_field_itself_counts_before_the_pair_and_both_before_what_is_declared() -> None:
    assert lags.patience(60.0, 90.0, 2 * HOUR) == lags.Patience(60, "learned")
    assert lags.patience(None, 90.0, 2 * HOUR) == lags.Patience(90, "pair")
    assert lags.patience(None, None, 2 * HOUR) == lags.Patience(7200, "declared")


def test_what_nobody_knows_the_side_of_is_shared_out_as_the_rest_is() -> None:
    made = lags.directed(
        {
            "left_moved": [Times(0, 9, 30), Times(50, None, 2)],
            "right_moved": [Times(0, 9, 10)],
            None: [Times(0, 5, 40), Times(70, None, 7)],
        }
    )
    assert (made[None].arrived, made[None].waiting) == (80, 9)
    assert (made["left_moved"].arrived, made["left_moved"].waiting) == (60, 2)
    assert (made["right_moved"].arrived, made["right_moved"].waiting) == (20, 0)


def test_a_way_on_which_nothing_arrives_is_told_too() -> None:
    made = lags.directed({"right_moved": [Times(50, None, 3)], None: [Times(0, 5, 40)]})
    assert made["right_moved"].waiting == 3
    assert made["right_moved"].stuck is None
