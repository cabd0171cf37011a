"""Opening a ledger: made once, brought up to date once, refused where it is too new."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from governance.access import Actor, Right, local_operator
from governance.errors import ConfigError, PermissionRefused, StoreError
from governance.ledger import Ledger, LedgerRefused, open_ledger
from governance.ledger.migrations import HEAD, KNOWN
from governance.ledger.rows import Trigger
from governance.ledger.tables import metadata
from tests.ledger.processes import NOW, open_once, together


def test_migrations_make_exactly_the_tables_the_program_uses(ledger: Ledger) -> None:
    with ledger.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_every_known_revision_has_a_file_and_the_last_is_the_head() -> None:
    folder = Path(open_ledger.__code__.co_filename).parent / "migrations" / "versions"
    assert [path.name[:4] for path in sorted(folder.glob("[0-9]*.py"))] == list(KNOWN)
    assert KNOWN[-1] == HEAD


def test_opening_again_keeps_what_is_there(tmp_path: Path, url: str | None) -> None:
    first = open_ledger(tmp_path, url)
    run = first.runs.enqueue(local_operator(), trigger=Trigger.PAGE, now=NOW)
    first.close()
    second = open_ledger(tmp_path, url)
    waiting = second.runs.next_queued()
    second.close()
    assert waiting is not None
    assert (waiting.id, waiting.requested_at) == (run, NOW)


def test_processes_that_open_a_new_ledger_at_once_all_get_it(
    tmp_path: Path, url: str | None
) -> None:
    assert together(open_once, [(tmp_path, url)] * 3) == [True] * 3


def test_a_ledger_of_a_newer_program_is_refused_and_left_alone(
    tmp_path: Path, url: str | None
) -> None:
    ledger = open_ledger(tmp_path, url)
    with ledger.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ledger.close()
    with pytest.raises(LedgerRefused) as refused:
        open_ledger(tmp_path, url)
    assert refused.value.code == "ledger.newer"
    assert not refused.value.retryable
    assert refused.value.params == {"found": "9999", "known": HEAD}


@pytest.mark.parametrize(
    "address", ["nonsense", "oracle://u:hunter2@h/x", "postgresql+nothing://u:hunter2@h/x"]
)
def test_an_address_that_cannot_be_used_is_not_repeated(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        open_ledger(tmp_path, address)
    assert refused.value.code == "ledger.bad_url"
    assert refused.value.params == {}


def test_a_server_that_does_not_answer_is_a_store_error_without_the_password(
    tmp_path: Path,
) -> None:
    with pytest.raises(StoreError) as failed:
        open_ledger(tmp_path, "postgresql://u:hunter2@127.0.0.1:1/x")
    assert failed.value.retryable
    assert "hunter2" not in str(failed.value)


def test_a_damaged_ledger_file_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"this is no database, whatever its name" * 100)
    with pytest.raises(StoreError) as failed:
        open_ledger(tmp_path)
    assert failed.value.code == "ledger.unavailable"


def test_the_file_syncs_each_commit_and_writes_ahead(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    with ledger.database.read() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    ledger.close()
    assert pragmas == ["wal", 2, 1]


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    with ledger.database.write() as connection:
        connection.execute(text("DELETE FROM metrics"))
        other = sqlite3.connect(tmp_path / "ledger.sqlite", timeout=0)
        with pytest.raises(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
        assert ledger.runs.recent() == ()
        other.close()
    ledger.close()


def test_a_time_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        ledger.audit.record(
            local_operator(),
            "export",
            "all",
            now=datetime(2026, 3, 1),  # noqa: DTZ001
        )
    assert ledger.audit.recent() == ()


def test_who_may_only_look_can_neither_run_nor_decide(ledger: Ledger) -> None:
    outsider = Actor("visitor", rights=frozenset({Right.VIEW}))
    with pytest.raises(PermissionRefused):
        ledger.runs.enqueue(outsider, trigger=Trigger.PAGE, now=NOW)
    with pytest.raises(PermissionRefused):
        ledger.decisions.add(outsider, "f", "waiver", {}, now=NOW)
    assert ledger.runs.recent() == ()
    assert ledger.decisions.after() == ()
    assert ledger.audit.recent() == ()


def test_a_decision_and_its_audit_event_come_together(ledger: Ledger) -> None:
    before = ledger.decisions.counter()
    made = ledger.decisions.add(local_operator(), "f1", "comment", {"text": "问过财务了"}, now=NOW)
    assert [d.payload for d in ledger.decisions.after(before)] == [{"text": "问过财务了"}]
    assert ledger.decisions.counter() == made
    event = ledger.audit.recent(action="decision.comment")[0]
    assert (event.object, event.at, event.actor) == ("f1", NOW, local_operator().name)
