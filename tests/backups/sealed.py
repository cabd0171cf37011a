"""A home whose newest run sealed made-up backups: two systems, thirty days, every verdict.

The CRM is dumped each night from a replica that stopped nine days ago; a restic copy of it could
not be read. The OA has a physical backup with its increments and archived logs, and is late. Rows
are what a run seals, so that pages and exports need no tool, no dump and no runner.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from checks.backups import BACKUP, CODE
from checks.backups.faults import Fault, Sureness
from checks.backups.model import Mark
from checks.outcome import Outcome
from governance.access import WORKER
from governance.backups.drills.logs import keep
from governance.backups.tables import AGE, ALL, TABLES
from governance.config import load
from governance.ledger import Ledger, open_ledger
from governance.ledger.drill_rows import Ended
from governance.ledger.rows import CheckResult, Metric, RunStatus, Trigger
from governance.runs import lags
from governance.runs.evaluate import SHARED, Evaluator
from governance.runs.findings import FINDINGS
from governance.runs.kinds import RUNNERS
from governance.store import open_home
from governance.store import seal as seal_file
from governance.worker.holder import holding
from tests.ui.world import LAST, Built
from tests.worlds import settle

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS = 30
STUCK = timedelta(days=9)
ZONE = ZoneInfo("Asia/Shanghai")
FINDING = "b" * 32
LOG = "ERROR 1114 (HY000) at line 4112: The table 'customers' is full"
# What a configuration says of the same two systems.
YAML = """
backups:
  together: [crm, oa]
  systems:
    crm:
      title: {zh: 客户系统, en: CRM}
      rpo: 26h
      rto: 4h
      due: "0 2 * * *"
      keep: {daily: 7, weekly: 4}
      catalogues:
        dumps: {kind: directory, path: backups, options: {pattern: "crm-*.sql.gz"}}
        copies: {kind: directory, path: copies, options: {pattern: "crm-*.sql.gz"}}
    oa:
      title: {zh: 办公系统, en: OA}
      rpo: 26h
      rto: 2h
      due: "0 1 * * *"
      catalogues:
        repo: {kind: directory, path: repo, options: {pattern: "*"}}
"""

Row = dict[str, Any]


def verdict(
    mark: Mark, value: bool | None, why: str, at: datetime | None = None, **params: str
) -> Row:
    name = mark.value
    return {
        name: value,
        f"{name}_code": f"backups.why.{why}",
        f"{name}_params": json.dumps(params),
        f"{name}_at": at,
    }


def text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


class Rows:
    """What the run at `now` seals. `bait` stands before every word that a tool or a source could
    have written."""

    def __init__(self, now: datetime, bait: str = "") -> None:
        self.now, self.bait = now, bait
        self.midnight = now.replace(hour=16, minute=0)  # in Shanghai
        self.stuck = self.midnight - STUCK

    def tables(self) -> dict[str, list[Row]]:
        return {
            "backup_systems": [self._crm(), self._oa()],
            "backup_catalogues": self._catalogues(),
            "backup_list": [*self._dumps(), *self._physical()],
            "backup_contents": self._contents(),
            "backup_tables": self._inside(),
            "backup_logs": self._logs(),
            "backup_problems": self._problems(),
            "backup_days": self._days(),
            "backup_together": self._together(),
            "backup_keepers": self._keepers(),
            "backup_restores": self._restores(),
        }

    def bad(self, words: str) -> str:
        return f"{self.bait}{words}"

    def dump(self, back: int) -> str:
        """The name of the CRM's dump so many days back."""
        day = (self.midnight - back * DAY).astimezone(ZONE).date()
        return self.bad(f"crm-{day.isoformat()}.sql.gz")

    def physical(self, back: int) -> str:
        """The label of the OA's backup so many days back: a full one each week."""
        at = self.midnight - back * DAY
        full = self.midnight - (back + (6 - back) % 7) * DAY
        name = f"{full:%Y%m%d}-010000F"
        return self.bad(name if (6 - back) % 7 == 0 else f"{name}_{at:%Y%m%d}-010000I")

    def _crm(self) -> Row:
        said = {"age_span": str(int((self.now - self.stuck).total_seconds())), "rpo_span": "93600"}
        return {
            "system": "crm", "source": "crm", "rpo": 26 * 3600.0, "rto": 4 * 3600.0,
            "newest": self.dump(0), "newest_catalogue": "dumps", "last_good": self.dump(10),
            "last_good_catalogue": "dumps", "last_good_at": self.midnight - 10 * DAY,
            "data_at": self.stuck, "basis": "content", "restore_seconds": 5 * 3600.0,
            "due_state": "up", "due_at": self.midnight + DAY, "score": 2,
            "score_json": json.dumps(self._digits(False)),
            "baseline_json": json.dumps({"size": {"low": 4.3e8, "high": 5.6e8}}),
            **verdict(Mark.FRESH, False, "fresh.stale", self.stuck, table=self.bad("customers"),
                      missing="312",
                      data_at=text(self.stuck), finished_at=text(self.midnight + 2 * HOUR), **said),
            **verdict(Mark.COMPLETE, False, "tables.missing_rows", self.now, count="1",
                      tables=self.bad("customers"), missing="312"),
            **verdict(Mark.INTACT, None, "intact.never", backup=self.dump(0)),
            **verdict(Mark.RESTORABLE, False, "restore.failed", self.midnight - 3 * DAY,
                      restored_at=text(self.midnight - 3 * DAY)),
        }  # fmt: skip

    def _oa(self) -> Row:
        at = self.midnight - DAY + 2 * HOUR
        return {
            "system": "oa", "source": "oa", "rpo": 26 * 3600.0, "rto": 2 * 3600.0,
            "newest": self.physical(1), "newest_catalogue": "repo", "last_good": self.physical(1),
            "last_good_catalogue": "repo", "last_good_at": at, "data_at": at, "basis": "stop",
            "restore_seconds": 42 * 60.0, "due_state": "late", "due_at": self.midnight + HOUR,
            "score": 5, "score_json": json.dumps(self._digits(True)),
            "baseline_json": json.dumps({}),
            **verdict(Mark.FRESH, True, "fresh.claimed", at, data_at=text(at), age_span="86700",
                      rpo_span="93600", finished_at=text(at)),
            **verdict(Mark.COMPLETE, True, "databases.there", at),
            **verdict(Mark.INTACT, True, "intact.verified", at, backup=self.physical(1),
                      depth="full", verified_at=text(at), age_span="90000", share="", said=""),
            **verdict(Mark.RESTORABLE, None, "restore.old", self.midnight - 20 * DAY,
                      restored_at=text(self.midnight - 20 * DAY), age_span="1728000"),
        }  # fmt: skip

    def _digits(self, is_good: bool) -> list[Row]:
        told = (
            ("copies", is_good, "proved"), ("media", is_good, "claimed"),
            ("off_site", True, "claimed"), ("immutable", None, None),
            ("errors", is_good, "proved"),
        )  # fmt: skip
        return [
            {"digit": d, "value": v, "proof": p, "code": None, "params": {}} for d, v, p in told
        ]

    def _catalogues(self) -> list[Row]:
        return [
            {"system": "crm", "catalogue": "dumps", "kind": "directory", "place": "disk",
             "tool": self.bad("mysqldump"), "read_at": self.now, "ok": True, "zone": ZONE.key,
             "is_whole": True, "backups": DAYS},
            {"system": "crm", "catalogue": "copies", "kind": "restic", "place": self.bad("vault"),
             "read_at": self.now, "ok": False, "code": "source.unreachable",
             "params": json.dumps({"source": "copies"}), "is_whole": False, "backups": 0},
            {"system": "oa", "catalogue": "repo", "kind": "pgbackrest", "place": "disk",
             "tool": self.bad("pgBackRest 2.54"), "read_at": self.now, "ok": True, "zone": None,
             "is_whole": True, "backups": DAYS - 1},
        ]  # fmt: skip

    def _listed(self, system: str, catalogue: str, name: str, at: datetime) -> Row:
        return {
            "system": system, "catalogue": catalogue, "backup": name, "place": "disk",
            "started_at": at, "finished_at": at + 2 * HOUR, "needs_json": "[]",
            "first_seen": at + 3 * HOUR, "first_run": 1, "is_newest": False, "is_vanished": False,
            "problems_json": "[]", "state": "done", "said": self.bad("ok"),
        }  # fmt: skip

    def _dumps(self) -> Iterable[Row]:
        newest = {k: v for k, v in self._crm().items() if k.split("_")[0] in set(Mark)}
        for back in range(DAYS):
            if back == 12:  # nothing was made that night
                continue
            at = self.midnight - back * DAY
            is_stuck = back < STUCK.days
            yield {
                **self._listed("crm", "dumps", self.dump(back), at),
                "series": self.bad("crm"), "kind": "mysqldump", "method": "dump",
                "data_at": self.stuck if is_stuck else at, "basis": "content",
                "size": 480_000_000 + (DAYS - back) * 1_100_000 - 70_000_000 * is_stuck,
                "path": self.bad(f"/backups/{back}.sql.gz"), "digest": self.bad("sha256:ab"),
                "is_newest": back == 0, "is_vanished": back == 20, "encrypted": False,
                "expires_at": at + 60 * DAY,
                **verdict(Mark.FRESH, not is_stuck, "fresh.claimed", at),
                **verdict(Mark.COMPLETE, None, "content.not_read"),
                **verdict(Mark.INTACT, None, "intact.never", backup=self.dump(back)),
                **verdict(Mark.RESTORABLE, None, "restore.never"),
                **(newest if back == 0 else {}),
            }  # fmt: skip

    def _physical(self) -> Iterable[Row]:
        newest = {k: v for k, v in self._oa().items() if k.split("_")[0] in set(Mark)}
        for back in range(1, DAYS):
            at, since = self.midnight - back * DAY, (6 - back) % 7
            needs = [self.physical(back + since), self.physical(back + 1)] if since else []
            yield {
                **self._listed("oa", "repo", self.physical(back), at),
                "series": self.bad("oa"), "kind": "pgbackrest",
                "method": "incremental" if since else "full", "data_at": at, "basis": "stop",
                "size": 40_000_000 if since else 2_100_000_000, "data_size": 2_300_000_000,
                "needs_json": json.dumps(list(dict.fromkeys(needs))), "encrypted": True,
                "log_from": "0000000100000002000000A1", "log_to": "0000000100000002000000A3",
                "is_newest": back == 1, "locked_until": at + 14 * DAY,
                **verdict(Mark.FRESH, True, "fresh.claimed", at),
                **verdict(Mark.COMPLETE, True, "databases.there", at),
                **verdict(Mark.INTACT, None, "intact.never", backup=self.physical(back)),
                **verdict(Mark.RESTORABLE, None, "restore.never"),
                **(newest if back == 1 else {}),
            }  # fmt: skip

    def _contents(self) -> list[Row]:
        return [
            {"system": "crm", "catalogue": "dumps", "backup": self.dump(0), "kind": "mysqldump",
             "read_at": self.now, "bytes_read": 446_000_000, "seconds": 3.9, "ended": True,
             "tool": self.bad("MariaDB dump 10.19"), "server": self.bad("10.11.6-MariaDB"),
             "newest": self.stuck, "stamp": "446000000-1"},
        ]  # fmt: skip

    def _inside(self) -> list[Row]:
        place = {"system": "crm", "catalogue": "dumps", "backup": self.dump(0)}
        held = {"snapshot": 1, "snapshot_at": self.now, "extra": 0, "lost_columns_json": "[]"}
        return [
            {**place, "table_name": self.bad("customers"), "entity": "customer", "rows": 118_204,
             "newest": self.stuck, **held, "snapshot_rows": 118_516, "missing": 312,
             "different": 41, "lost_columns_json": json.dumps([self.bad("level")]),
             "examples_json": json.dumps([self.bad("C118205"), self.bad("C118206")]),
             "not_before": self.stuck - DAY, "before": self.stuck},
            {**place, "table_name": self.bad("payments"), "entity": "payment", "rows": 902_113,
             "newest": self.stuck, **held, "snapshot_rows": 902_113, "missing": 0, "different": 0,
             "examples_json": "[]"},
            {**place, "table_name": self.bad("sessions"), "rows": 0, "lost_columns_json": "[]",
             "examples_json": "[]"},
        ]  # fmt: skip

    def _logs(self) -> list[Row]:
        told = {"system": "oa", "catalogue": "repo", "archive": self.bad("15-1"), "listed": True,
                "segment_size": 16 << 20}  # fmt: skip
        return [
            {**told, "first": "000000010000000200000040", "last": "0000000100000002000000A3",
             "segments": 100, "last_at": self.midnight - DAY},
            {**told, "first": "0000000100000002000000A6", "last": "0000000100000002000000B0",
             "segments": 11, "last_at": self.now},
        ]  # fmt: skip

    def _problems(self) -> list[Row]:
        newest = {"system": "crm", "catalogue": "dumps", "backup": self.dump(0), "breaks": True}
        crm = self._crm()
        return [
            {**newest, "code": crm["fresh_code"], "params": crm["fresh_params"], "mark": "fresh",
             "severity": "critical", "finding_id": FINDING},
            {**newest, "code": crm["complete_code"], "params": crm["complete_params"],
             "mark": "complete", "severity": "critical", "finding_id": "c" * 32},
            {"system": "crm", "catalogue": "copies", "code": "source.unreachable",
             "params": json.dumps({"source": "copies"}), "breaks": False, "severity": "medium",
             "finding_id": "d" * 32},
        ]  # fmt: skip

    def _days(self) -> Iterable[Row]:
        for back in range(DAYS):
            day = (self.midnight - back * DAY).astimezone(ZONE).date()
            stuck, hole = back < STUCK.days, back == 12
            yield {"system": "crm", "day": day, "rungs_json": "{}",
                   "state": "hole" if hole else "poor" if stuck else "unknown",
                   "backup": None if hole else self.dump(back),
                   "catalogue": None if hole else "dumps"}  # fmt: skip
            is_due = back > 0
            yield {"system": "oa", "day": day, "rungs_json": "{}",
                   "state": "good" if is_due else "none",
                   "backup": self.physical(back) if is_due else None,
                   "catalogue": "repo" if is_due else None}  # fmt: skip

    def _together(self) -> list[Row]:
        def point(crm: int, oa: int) -> str:
            return json.dumps({
                "crm": {"catalogue": "dumps", "backup": self.dump(crm), "at": text(self.stuck)},
                "oa": {"catalogue": "repo", "backup": self.physical(oa), "at": text(self.midnight)},
            })  # fmt: skip

        return [
            {"group_name": "crm+oa", "at": self.stuck, "spread": STUCK.total_seconds(),
             "consistent": False, "code": None, "params": "{}",
             "is_newest": True, "is_last_good": False, "backups_json": point(0, 1), "torn": 7,
             "torn_json": json.dumps([self.bad("H1")])},
            {"group_name": "crm+oa", "at": self.midnight - 10 * DAY, "spread": 3600.0,
             "consistent": True, "code": None, "params": "{}",
             "is_newest": False, "is_last_good": True, "backups_json": point(10, 10), "torn": 0,
             "torn_json": "[]"},
        ]  # fmt: skip

    def _keepers(self) -> list[Row]:
        return [
            {"system": "crm", "human": "1001", "name": self.bad("林静"), "can_delete": True,
             "can_restore": True, "also_json": json.dumps(["crm"])},
            {"system": "crm", "human": "1004", "name": self.bad("陈晨"), "can_delete": True,
             "can_restore": False, "also_json": "[]"},
            {"system": "oa", "human": "1004", "name": self.bad("陈晨"), "can_delete": False,
             "can_restore": True, "also_json": "[]"},
        ]  # fmt: skip

    def _restores(self) -> list[Row]:
        told = {"params": "{}", "compared": False}
        return [
            {**told, "system": "crm", "drill": "2", "by_whom": "worker", "ok": False,
             "seconds": 18_000.0, "at": self.midnight - 3 * DAY, "catalogue": "dumps",
             "backup": self.dump(3),
             "code": "backups.why.restore.failed",
             "params": json.dumps({"restored_at": text(self.midnight - 3 * DAY)})},
            {**told, "system": "crm", "drill": "1", "by_whom": "worker", "ok": True,
             "seconds": 9_000.0, "at": self.midnight - 17 * DAY, "catalogue": "dumps",
             "backup": self.dump(17), "compared": True, "differs": 0},
            {**told, "system": "oa", "drill": "told-1", "by_whom": self.bad("IT department"),
             "ok": True, "seconds": 42 * 60.0, "at": self.midnight - 20 * DAY},
        ]  # fmt: skip


def findings(rows: Rows) -> list[Row]:
    """The two cases of the newest dump, and the catalogue that could not be read."""
    now = naive(rows.now)
    told = {
        "check_name": CODE, "entity": CODE, "left_source": "crm", "right_source": "crm",
        "key_shown": "CRM", "record_key": "crm", "kind": BACKUP, "authority": "crm", "weight": 10,
        "state": "open", "first_seen": now, "first_run": 1, "last_seen": now, "last_run": 1,
        "copies": 1, "personal": False, "since": now, "opened_at": now, "turn": "new",
        "due_at": now + timedelta(days=2), "left_hash": "1", "right_hash": None,
    }  # fmt: skip
    return [
        {**told, "finding_id": FINDING, "field": Fault.FRESH.value, "severity": "critical",
         "class": Sureness.BROKEN.value},
        {**told, "finding_id": "c" * 32, "field": Fault.COMPLETE.value, "severity": "critical",
         "class": Sureness.BROKEN.value},
        {**told, "finding_id": "d" * 32, "field": Fault.UNREAD.value, "severity": "medium",
         "class": Sureness.UNKNOWN.value},
    ]  # fmt: skip


def naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def cells(columns: Mapping[str, str], rows: Iterable[Row]) -> list[list[object]]:
    """Rows in the order of the columns. Raises KeyError for a column that there is not."""
    found = []
    for row in rows:
        assert set(row) <= set(columns), set(row) - set(columns)
        told = (row.get(name) for name in columns)
        found.append([naive(v) if isinstance(v, datetime) else v for v in told])
    return found


def watched(folder: Path, *, bait: str = "", last: datetime = LAST, more: str = YAML) -> Built:
    """The tiny worlds with backups, and one run that looked at backups alone."""
    path = settle(folder)
    path.write_text(path.read_text("utf-8") + more, encoding="utf-8")
    built = Built(folder / "home", path, last)
    open_home(built.home)
    rows = Rows(last, bait)
    seal(built, rows)
    drill(built, rows)
    return built


def drill(built: Built, rows: Rows) -> None:
    """The two drills of ours that the run knew of; the second failed and kept its log."""
    ledger, home = open_ledger(built.home), open_home(built.home)
    for back, ok, seconds in ((17, True, 9_000.0), (3, False, 18_000.0)):
        at = rows.midnight - back * DAY
        number = ledger.drills.begin(
            WORKER, system="crm", catalogue="dumps", backup=rows.dump(back),
            series=rows.bad("crm"), now=at,
        )  # fmt: skip
        log = None if ok else keep(home, number, rows.bad(LOG))
        code = None if ok else "backups.why.restore.failed"
        ended = Ended(ok, seconds, compared=ok, differs=0 if ok else None, code=code,
                      params={} if ok else {"restored_at": text(at)}, log=log)  # fmt: skip
        ledger.drills.end(WORKER, number, ended, now=at + timedelta(seconds=seconds))
    ledger.close()


def seal(built: Built, rows: Rows | None) -> int:
    """One run at `built.last` that sealed these rows, None: none at all; thirty days of metrics
    before the first. Its id."""
    ledger = open_ledger(built.home)
    try:
        with holding(ledger, "test", clock=lambda: built.last) as held:
            assert held is not None
            if ledger.runs.last_over() is None and rows is not None:
                past(ledger, held.fence, rows)
            return one(built, ledger, held.fence, rows)
    finally:
        ledger.close()


def past(ledger: Ledger, fence: int, rows: Rows) -> None:
    """The numbers of the runs before, whose files are gone."""
    for back in range(DAYS - 1, 0, -1):
        at = rows.now - back * DAY
        started = ledger.runs.enqueue(WORKER, trigger=Trigger.DEMO, now=at)
        ledger.runs.start(started, fence=fence, now=at, config_digest="x")
        age = max((at - rows.stuck).total_seconds(), 7_200.0)
        ledger.runs.finish(
            started, fence=fence, now=at, status=RunStatus.SUCCEEDED, as_of=at,
            measured=numbers({"crm": (age, 4.8e8), "oa": (7_200.0, 4e7 if back % 7 else 2.1e9)}),
        )  # fmt: skip


def numbers(told: Mapping[str, tuple[float, float]]) -> list[Metric]:
    return [
        Metric(CODE, system, "", name, value)
        for system, pair in told.items()
        for name, value in zip((AGE, "newest_size"), pair, strict=True)
    ]


def one(built: Built, ledger: Ledger, fence: int, rows: Rows | None) -> int:
    now, home = built.last, open_home(built.home)
    config = load(built.config, environ={}, secrets=False)
    started = ledger.runs.enqueue(WORKER, trigger=Trigger.DEMO, now=now)
    ledger.runs.start(started, fence=fence, now=now, config_digest=config.digest)
    with Evaluator(ledger, home, config, started, now) as evaluator:
        made = {name for runner in RUNNERS.values() for name in runner.TABLES}
        for name in TABLES.keys() - made:
            evaluator.con.execute(TABLES[name])
        if rows is not None:
            for name, lines in rows.tables().items():
                evaluator.work.insert(name, *cells(ALL[name], lines))
            evaluator.work.insert("findings", *cells(FINDINGS, findings(rows)))
        names = ("findings", *SHARED, *lags.TABLES, *sorted(made | TABLES.keys()))
        file = seal_file(
            evaluator.con,
            home,
            f"runs/{started}.duckdb",
            [(name, f"SELECT * FROM {name}") for name in names],
            fence=fence,
            rows=100,
        )
    age = 0.0 if rows is None else (now - rows.stuck).total_seconds()
    ledger.runs.finish(
        started, fence=fence, now=now, status=RunStatus.SUCCEEDED, as_of=now, sealed=file,
        results=[CheckResult(CODE, Outcome.FAILED if rows else Outcome.NOT_EVALUABLE,
                             open_findings=3 if rows else 0)],
        measured=numbers({"crm": (age, 4.4e8), "oa": (86_700.0, 4e7)}) if rows else (),
    )  # fmt: skip
    return started
