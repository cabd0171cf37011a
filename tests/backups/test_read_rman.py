"""RMAN's jobs, out of tables of the same names and columns; there is no Oracle here, so what is
asked of one is held against its dialect only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import oracle

from checks.backups.model import Catalogue, Mark, Method, State
from governance.backups.readers.database import Query, statement
from governance.backups.readers.rman import CORRUPTION, VIEWS
from tests.backups.stores import codes, only, problem, read

NIGHT = datetime(2026, 11, 22, 2)  # noqa: DTZ001 - as the server writes it
UTC_NIGHT = datetime(2026, 11, 21, 18, tzinfo=UTC)
META = sa.MetaData()
COLUMNS = (
    *((name, sa.Integer) for name in ("session_key", "session_recid", "session_stamp")),
    *((name, sa.BigInteger) for name in ("input_bytes", "output_bytes")),
    *((name, sa.Text) for name in ("status", "input_type", "output_device_type")),
    *((name, sa.DateTime) for name in ("start_time", "end_time")),
)
JOBS = sa.Table(VIEWS["controlfile"], META, *(sa.Column(n, kind) for n, kind in COLUMNS))
CATALOG = sa.Table(
    VIEWS["catalog"],
    META,
    *(sa.Column(n, kind) for n, kind in COLUMNS),
    sa.Column("db_key", sa.Integer),
    sa.Column("db_name", sa.Text),
)
BAD = sa.Table(CORRUPTION, META, sa.Column("file#", sa.Integer), sa.Column("blocks", sa.Integer))
Looked = Callable[..., Catalogue]


def job(
    number: int, kind: str = "DB FULL", hours: float = 0, status: str = "COMPLETED", **more: Any
) -> dict[str, Any]:
    start = NIGHT + timedelta(hours=hours)
    return {
        "session_key": number,
        "session_recid": number,
        "session_stamp": 7,
        "input_type": kind,
        "status": status,
        "start_time": start,
        "end_time": start + timedelta(minutes=30),
        "input_bytes": 5000,
        "output_bytes": 1000,
        "output_device_type": "DISK",
    } | more


@pytest.fixture
def looked(tmp_path: Path) -> Looked:
    url = f"sqlite:///{tmp_path / 'rman.db'}"

    def look(
        *jobs: dict[str, Any], view: str = "controlfile", bad: int = 0, **options: str
    ) -> Catalogue:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as con:
            META.drop_all(con)
            META.create_all(con)
            for values in jobs:
                con.execute((JOBS if view == "controlfile" else CATALOG).insert().values(values))
            for number in range(bad):
                con.execute(BAD.insert().values({"file#": number, "blocks": 1}))
        engine.dispose()
        return read("rman", {"view": view, "database": "CRM", **options}, url=url)

    return look


def test_a_backup_of_the_database_with_its_logs_is_read(looked: Looked) -> None:
    found = looked(job(1), job(2, "ARCHIVELOG", 1))
    full, log = found.backups
    assert (full.series, log.series) == ("CRM", "CRM")
    assert (full.method, log.method) == (Method.FULL, Method.LOG)
    assert (full.state, full.data_at, full.size) == (State.DONE, UTC_NIGHT, 1000)
    assert (found.problems, found.zone) == ((), "Asia/Shanghai")


@pytest.mark.parametrize(
    "logs",
    [
        [],
        [job(2, "ARCHIVELOG", -1)],
        [job(2, "ARCHIVELOG", 1, "FAILED")],
        [job(2, "ARCHIVELOG", 1, end_time=None)],
        [job(2, "SPFILE", 1)],
    ],
)
def test_a_completed_database_without_its_log_is_not_complete(
    looked: Looked, logs: list[dict[str, Any]]
) -> None:
    found = looked(job(1), *logs)
    missing = problem(found, "no_archived")
    assert (missing.backup, missing.mark, missing.breaks) == ("1.7", Mark.COMPLETE, False)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("COMPLETED", State.DONE),
        ("COMPLETED WITH WARNINGS", State.PARTIAL),
        ("COMPLETED WITH ERRORS", State.PARTIAL),
        ("FAILED", State.FAILED),
        ("RUNNING WITH ERRORS", State.RUNNING),
        ("RUNNING", State.RUNNING),
        ("COMPLETED SOMEHOW", State.UNKNOWN),
        ("", State.UNKNOWN),
    ],
)
def test_only_completed_is_done(looked: Looked, status: str, state: State) -> None:
    assert only(looked(job(1, status=status))).state is state


def test_what_holds_no_data_is_another_series(looked: Looked) -> None:
    found = looked(job(1, "CONTROLFILE"), job(2, "DATAFILE FULL"))
    assert [b.series for b in found.backups] == ["CRM/CONTROLFILE", "CRM/DATAFILE FULL"]
    assert codes(found, "2.7") == {"in_part"}


def test_a_kind_that_is_not_known_is_told(looked: Looked) -> None:
    assert "backups.read.word" in codes(looked(job(1, "DB ODD")), "1.7")


def test_an_incremental_job_names_nothing_that_it_builds_on(looked: Looked) -> None:
    assert only(looked(job(1, "DB INCR"))).needs == ()


def test_corrupt_blocks_break_what_is_saved(looked: Looked) -> None:
    found = looked(job(1), bad=2)
    assert (problem(found, "corrupt").breaks, problem(found, "corrupt").mark) == (True, Mark.INTACT)
    assert problem(found, "corrupt").params["files"] == "0, 1"


def test_a_catalog_of_several_databases_keeps_them_apart(looked: Looked) -> None:
    found = looked(job(1, db_key=1, db_name="CRM"), job(1, db_key=2, db_name="OA"), view="catalog")
    assert [(b.id, b.series) for b in found.backups] == [("1.1.7", "CRM"), ("2.1.7", "OA")]
    assert found.is_whole


def test_a_control_file_forgets_so_it_proves_no_absence(looked: Looked) -> None:
    assert not looked(job(1)).is_whole
    assert not looked().is_whole


def test_oracle_is_asked_in_its_own_words() -> None:
    for view, order in ((VIEWS["controlfile"], "session_key"), (CORRUPTION, "blocks")):
        text = str(statement(Query(view, order), "").compile(dialect=oracle.dialect()))
        assert " ".join(text.split()) == (
            f"SELECT * FROM {view} ORDER BY {order} DESC FETCH FIRST"
            " __[POSTCOMPILE_param_1] ROWS ONLY"
        )
