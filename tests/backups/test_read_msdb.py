"""SQL Server's history of backups, out of tables of the same names and columns.

There is no SQL Server here: what is asked of one is held against its dialect, what it answers is
made by hand from Microsoft's documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mssql

from checks.backups.model import Basis, Catalogue, Depth, Mark, Method, State
from governance.backups.readers.database import statement
from governance.backups.readers.msdb import _queries
from governance.errors import ConfigError, GovernanceError, SourceRefused
from tests.backups.stores import NOW, codes, problem, read

# 02:00 on the 22nd in Shanghai.
NIGHT = datetime(2026, 11, 22, 2)  # noqa: DTZ001 - as the server writes it
UTC_NIGHT = datetime(2026, 11, 21, 18, tzinfo=UTC)
LSN = 32000000012800001  # of 25 digits in a real server
SHANGHAI = 32

META = sa.MetaData()
SETS = sa.Table(
    "backupset",
    META,
    *(sa.Column(name, sa.Integer) for name in ("backup_set_id", "media_set_id", "time_zone")),
    *(
        sa.Column(name, sa.Text)
        for name in (
            "backup_set_uuid", "type", "database_name", "server_name", "recovery_model",
            "differential_base_guid", "key_algorithm", "first_lsn", "last_lsn", "checkpoint_lsn",
            "database_backup_lsn",
        )
    ),
    *(
        sa.Column(name, sa.Integer)
        for name in (
            "software_major_version", "software_minor_version", "software_build_version",
            "has_backup_checksums", "is_damaged", "has_incomplete_metadata",
            "has_bulk_logged_data", "backup_size", "compressed_backup_size",
        )
    ),
    *(
        sa.Column(name, sa.DateTime)
        for name in ("backup_start_date", "backup_finish_date", "expiration_date")
    ),
)  # fmt: skip
MEDIA = sa.Table(
    "backupmediafamily",
    META,
    sa.Column("media_set_id", sa.Integer),
    sa.Column("device_type", sa.Integer),
    sa.Column("physical_device_name", sa.Text),
)
RESTORES = sa.Table(
    "restorehistory",
    META,
    sa.Column("restore_history_id", sa.Integer),
    sa.Column("restore_date", sa.DateTime),
    sa.Column("destination_database_name", sa.Text),
    sa.Column("backup_set_id", sa.Integer),
    sa.Column("restore_type", sa.Text),
    sa.Column("recovery", sa.Integer),
)
Rows = dict[str, list[dict[str, Any]]]
Looked = Callable[..., Catalogue]


def row(number: int, letter: str = "D", hours: float = 0, **more: Any) -> dict[str, Any]:
    """A backup of CRM, `hours` after the night's full one."""
    start = NIGHT + timedelta(hours=hours)
    return {
        "backup_set_id": number,
        "media_set_id": number,
        "backup_set_uuid": f"{number:08X}-0000-0000-0000-00000000ABCD",
        "type": letter,
        "database_name": "CRM",
        "server_name": "SQL01",
        "recovery_model": "FULL",
        "time_zone": SHANGHAI,
        "backup_start_date": start,
        "backup_finish_date": start + timedelta(minutes=20),
        "first_lsn": str(LSN + number * 100),
        "last_lsn": str(LSN + number * 100 + 100),
        "checkpoint_lsn": str(LSN + number * 100 + 10),
        "database_backup_lsn": str(LSN + 110),
        "backup_size": 5000,
        "compressed_backup_size": 1000,
        "is_damaged": 0,
        "has_backup_checksums": 1,
        "software_major_version": 16,
        "software_minor_version": 0,
        "software_build_version": 4175,
    } | more


def id_of(number: int) -> str:
    return f"{number:08x}-0000-0000-0000-00000000abcd"


@pytest.fixture
def looked(tmp_path: Path) -> Looked:
    url = f"sqlite:///{tmp_path / 'msdb.db'}"

    def look(
        *sets: dict[str, Any],
        media: list[dict[str, Any]] | None = None,
        restores: list[dict[str, Any]] | None = None,
        **options: str,
    ) -> Catalogue:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as con:
            META.drop_all(con)
            META.create_all(con)
            # One by one: rows may lack columns.
            for table, rows in ((SETS, sets), (MEDIA, media), (RESTORES, restores)):
                for values in rows or ():
                    con.execute(table.insert().values(values))
        engine.dispose()
        return read("msdb", {"schema": "", **options}, url=url)

    return look


def test_a_full_backup_a_difference_and_logs_are_one_series(looked: Looked) -> None:
    found = looked(
        row(1),
        row(2, "L", 1),
        row(3, "I", 2, differential_base_guid=id_of(1).upper()),
        row(4, "L", 3),
    )
    full, log, difference, later = found.backups
    assert {b.series for b in found.backups} == {"SQL01/CRM"}
    assert [b.method for b in found.backups] == [
        Method.FULL,
        Method.LOG,
        Method.DIFFERENTIAL,
        Method.LOG,
    ]
    assert (full.data_at, full.basis) == (UTC_NIGHT + timedelta(minutes=20), Basis.STOP)
    assert (log.data_at, log.basis) == (UTC_NIGHT + timedelta(hours=1), Basis.START)
    assert difference.needs == log.needs == later.needs == (full.id,)
    assert (full.log_to, log.log_from) == (str(LSN + 200), str(LSN + 200))
    assert (full.size, full.data_size, full.databases) == (1000, 5000, ("CRM",))
    assert found.tool == "SQL Server 16.0.4175"
    assert found.problems == ()


def test_a_history_proves_no_absence(looked: Looked) -> None:
    found = looked()
    assert not found.is_whole
    assert codes(found) == {"backups.read.nothing"}


def test_the_zone_of_the_row_counts_and_an_unknown_one_is_told(looked: Looked) -> None:
    known = looked(row(1, time_zone=-20, recovery_model="SIMPLE"))
    assert known.backups[0].started_at == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert codes(known) == {"zone_differs"}
    unknown = looked(row(1, time_zone=127, recovery_model="SIMPLE"))
    assert unknown.backups[0].started_at == UTC_NIGHT
    assert codes(unknown, id_of(1)) == {"no_zone"}
    assert unknown.zone == "Asia/Shanghai"


def test_checksums_at_the_backup_are_no_more_than_that(looked: Looked) -> None:
    found = looked(row(1), row(2, has_backup_checksums=0), row(3, is_damaged=1))
    assert [(v.backup, v.depth, v.ok) for v in found.verifications] == [
        (id_of(1), Depth.AT_BACKUP, True),
        (id_of(3), Depth.AT_BACKUP, False),
    ]
    damaged = problem(found, "damaged")
    assert (damaged.backup, damaged.mark, damaged.breaks) == (id_of(3), Mark.INTACT, True)


def test_a_type_that_is_not_known_is_never_done(looked: Looked) -> None:
    found = looked(row(1, "Z"))
    assert found.backups[0].state is State.UNKNOWN
    assert codes(found, id_of(1)) >= {"backups.read.word", "backups.read.state"}


@pytest.mark.parametrize("letter", ["F", "G", "P", "Q"])
def test_a_part_of_a_database_is_not_complete(looked: Looked, letter: str) -> None:
    found = looked(row(1, letter, differential_base_guid=id_of(9)))
    assert problem(found, "in_part").mark is Mark.COMPLETE


def test_a_log_that_is_kept_for_nobody_is_told(looked: Looked) -> None:
    assert problem(looked(row(1)), "no_logs").params["series"] == "SQL01/CRM"
    assert codes(looked(row(1, recovery_model="SIMPLE"))) == set()
    assert codes(looked(row(1), row(2, "L", 1))) == set()


def test_a_log_without_its_full_backup_is_not_complete(looked: Looked) -> None:
    found = looked(row(2, "L", 1))
    assert problem(found, "no_base").backup == id_of(2)
    assert found.backups[0].needs == ()


def test_old_log_backups_are_left_out_and_old_full_ones_are_not(looked: Looked) -> None:
    found = looked(row(1, hours=-2000), row(2, "L", -1990), row(3, "L", -1))
    assert {b.id for b in found.backups} == {id_of(1), id_of(3)}


def test_only_the_databases_that_are_named_are_read(looked: Looked) -> None:
    found = looked(row(1), row(2, database_name="OA"), databases="OA, HR")
    assert [b.series for b in found.backups] == ["SQL01/OA"]


def test_a_backup_on_another_programs_device_is_told(looked: Looked) -> None:
    media = [
        {"media_set_id": 1, "device_type": 107, "physical_device_name": "{GUID}"},
        {"media_set_id": 2, "device_type": 2, "physical_device_name": "D:\\b.bak"},
    ]
    found = looked(row(1), row(2), media=media)
    assert problem(found, "virtual").backup == id_of(1)


def test_restores_that_brought_a_database_up_are_evidence(looked: Looked) -> None:
    at = NIGHT + timedelta(hours=5)
    restores = [
        {"restore_history_id": n, "restore_date": at, "backup_set_id": n,
         "destination_database_name": "CRM_TEST", "restore_type": kind, "recovery": recovery}
        for n, kind, recovery in ((1, "D", 0), (2, "L", 1), (3, "V", 0))
    ]  # fmt: skip
    found = looked(row(1), row(2, "L", 1), row(3), restores=restores)
    (restore,) = found.restores
    assert (restore.backup, restore.series, restore.ok) == (id_of(2), "SQL01/CRM", True)
    assert restore.at == UTC_NIGHT + timedelta(hours=5)
    assert restore.seconds is None
    (look,) = (v for v in found.verifications if v.said == "VERIFYONLY")
    assert (look.depth, look.backup) == (Depth.STRUCTURE, id_of(3))


def test_tables_that_may_not_be_read_are_told_and_the_rest_is_read(
    looked: Looked, tmp_path: Path
) -> None:
    looked(row(1))
    url = f"sqlite:///{tmp_path / 'msdb.db'}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as con:
        RESTORES.drop(con)
    found = read("msdb", {"schema": ""}, url=url)
    assert problem(found, "table").params["table"] == "restorehistory"
    assert len(found.backups) == 1
    with engine.begin() as con:
        SETS.drop(con)
    engine.dispose()
    with pytest.raises(GovernanceError):
        read("msdb", {"schema": ""}, url=url)


@pytest.mark.parametrize("url", [None, "no address", "nodatabase://host/x"])
def test_an_address_that_is_none_is_refused(url: str | None) -> None:
    with pytest.raises((ConfigError, SourceRefused)):
        read("msdb", url=url)


def test_sql_server_is_asked_in_its_own_words() -> None:
    asked = _queries(NOW, ["CRM"])
    text = str(statement(asked["backupset"], "msdb.dbo").compile(dialect=mssql.dialect()))
    assert " ".join(text.split()) == (
        "SELECT TOP __[POSTCOMPILE_param_1] * FROM msdb.dbo.backupset WHERE (type != :type_1 OR"
        " backup_finish_date >= :backup_finish_date_1) AND database_name IN"
        " (__[POSTCOMPILE_database_name_1]) ORDER BY backup_set_id DESC"
    )


@given(st.permutations(range(6)))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None
)
def test_the_order_of_rows_changes_nothing(looked: Looked, order: list[int]) -> None:
    rows = [row(1), row(2, "L", 1), row(3, "Z"), row(4, "L", 2), row(5, "F"), row(6, is_damaged=1)]
    assert looked(*(rows[n] for n in order)) == looked(*rows)
