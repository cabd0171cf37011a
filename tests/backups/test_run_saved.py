"""Whole runs over what tools printed: one that says ok and is wrong, one that refuses, one that
hangs, and a sound one beside them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.ledger.rows import RunRow
from tests.backups.asking import sample
from tests.runs.conftest import START, Company, settled
from tests.worlds import CUSTOMERS

PRINTED = datetime(2026, 11, 21, 20, tzinfo=UTC)
# The run is on the evening after: by then the data is less than a day old.
DAYS = (PRINTED - START).days + 1
REFUSED = "Fatal: wrong password or no key found\nrc=12\n"
LISTED = sample("pgbackrest-repo-ls.json")
# The segment that the newest backup was made in, which it cannot do without.
LOST = "000000010000000000000008"
FILES = {
    "info.json": sample("pgbackrest-info-walgap.json"),
    "archive.json": LISTED,
    "lost.json": json.dumps({k: v for k, v in json.loads(LISTED).items() if LOST not in k}),
    "list.json": sample("barman-list-backups.json"),
    "show.json": sample("barman-show-backup.json"),
    "snapshots.json": REFUSED,
}
YAML = """
backups:
  systems:
    cluster:
      catalogues:
        repo:
          kind: pgbackrest
          options: {stanza: crm}
          files: {info: printed/info.json, archive: printed/archive.json}
    lost:
      catalogues:
        repo:
          kind: pgbackrest
          options: {stanza: crm}
          files: {info: printed/info.json, archive: printed/lost.json}
    told:
      catalogues:
        repo: {kind: pgbackrest, options: {stanza: crm}, files: {info: printed/info.json}}
    db:
      catalogues:
        barman:
          kind: barman
          options: {server: crm}
          files: {list: printed/list.json, show: printed/show.json}
          zone: UTC
    files:
      due: "0 2 * * *"
      catalogues:
        refused: {kind: restic, files: {snapshots: printed/snapshots.json}}
    slow:
      catalogues:
        barman:
          kind: barman
          options: {server: crm}
          files: {list: printed/list.json}
          zone: UTC
        hangs: {kind: restic, commands: {snapshots: [sleep, "60"]}, timeout: 1s}
"""
# The command would take twice as long as this.
LONGEST = 30
MARKS = ("fresh", "complete", "intact", "restorable")


@dataclass
class Saved:
    """`took` is how long the run was at work, in seconds."""

    company: Company
    run: RunRow
    took: float

    def ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        return self.company.query(self.run, query, *values)

    def answers(self, system: str) -> dict[str, bool | None]:
        query = f"SELECT {', '.join(MARKS)} FROM backup_systems WHERE system = ?"
        ((*row,),) = self.ask(query, system)
        return dict(zip(MARKS, row, strict=True))

    def why(self, system: str, mark: str) -> tuple[str, dict[str, str]]:
        query = f"SELECT {mark}_code, {mark}_params FROM backup_systems WHERE system = ?"
        ((code, params),) = self.ask(query, system)
        return code, json.loads(params)

    def reasons(self, fault: str, subject: str) -> list[str]:
        query = """
        SELECT p.code FROM findings JOIN backup_problems AS p USING (finding_id)
        WHERE kind = 'backup' AND field = ? AND record_key = ? AND state = 'open' ORDER BY ALL
        """
        return [code for (code,) in self.ask(query, fault, subject)]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saved]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DUIQI_SECRET", raising=False)
        company = settled(tmp_path_factory.mktemp("saved"), tmp_path_factory, (CUSTOMERS,))
        company.looked, company.day = None, DAYS
        printed = company.folder / "printed"
        printed.mkdir()
        at = (START + timedelta(days=DAYS, hours=-1)).timestamp()
        for name, text in FILES.items():
            (printed / name).write_text(text, encoding="utf-8")
            os.utime(printed / name, (at, at))
        path = company.folder / "governance.yaml"
        path.write_text(path.read_text("utf-8") + YAML, "utf-8")
        began = time.monotonic()
        run = company.run(checks=("backups",))
        yield Saved(company, run, time.monotonic() - began)
        company.ledger.close()


def test_a_lost_segment_makes_the_backup_incomplete_though_its_tool_says_ok(saved: Saved) -> None:
    info = json.loads(FILES["info.json"])[0]
    assert info["status"]["message"] == "ok"
    newest = info["backup"][-1]["label"]
    query = "SELECT complete, complete_code FROM backup_list WHERE system = 'lost' AND backup = ?"
    assert saved.ask(query, f"repo1:{newest}") == [(False, "backups.why.logs.gone")]
    (subject,) = saved.ask("SELECT record_key FROM findings WHERE field = 'complete'")
    assert subject[0].startswith("lost/repo/")
    # What would be restored now is the one before, which is whole, and the log ends at the hole.
    whole = f"repo1:{info['backup'][1]['label']}"
    assert saved.ask("SELECT last_good FROM backup_systems WHERE system = 'lost'") == [(whole,)]
    assert saved.answers("lost")["complete"] is True


def test_a_hole_that_no_backup_needs_is_told_and_breaks_none(saved: Saved) -> None:
    query = "SELECT complete FROM backup_list WHERE system = 'cluster' ORDER BY backup"
    assert saved.ask(query) == [(True,)] * 3
    told = "SELECT params FROM backup_problems WHERE system = 'cluster' AND code LIKE '%.hole'"
    ((params,),) = saved.ask(told)
    assert json.loads(params)["first"] == "000000010000000000000004"


def test_the_word_of_the_tool_alone_does_not_make_it_complete(saved: Saved) -> None:
    assert saved.answers("told")["complete"] is None


def test_a_catalogue_that_refuses_is_unread_and_proves_nothing(saved: Saved) -> None:
    assert saved.answers("files") == dict.fromkeys(MARKS)
    assert saved.why("files", "fresh") == ("backups.why.unseen", {"catalogues": "refused"})
    assert saved.reasons("unread", "files/refused")[0] == "backups.read.code"
    assert saved.reasons("overdue", "files") == []
    catalogue = "SELECT ok, code, backups FROM backup_catalogues WHERE system = 'files'"
    assert saved.ask(catalogue) == [(False, "backups.read.code", 0)]


def test_copies_behind_a_refusal_are_unknown_and_not_counted_as_absent(saved: Saved) -> None:
    query = "SELECT score_json FROM backup_systems WHERE system = 'files'"
    digits = {digit["digit"]: digit for digit in json.loads(saved.ask(query)[0][0])}
    assert digits["copies"]["params"]["perhaps"] == "2"


def test_a_command_that_hangs_ends_at_its_limit_and_the_others_go_on(saved: Saved) -> None:
    assert saved.reasons("unread", "slow/hangs") == ["backups.store.timeout"]
    assert saved.answers("slow")["fresh"] is True
    assert saved.took < LONGEST


def test_barman_is_fresh_by_its_word_and_complete_only_with_its_log(saved: Saved) -> None:
    answers = saved.answers("db")
    assert answers == {"fresh": True, "complete": None, "intact": None, "restorable": None}
    assert saved.why("db", "complete")[0] == "backups.why.logs.only_ends"
