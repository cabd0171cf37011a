"""The same drift in real servers, and what an account may no longer see."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from governance.demo.servers import mariadb, postgresql
from governance.ledger.rows import RunRow
from tests.runs.conftest import Company, founded
from tests.runs.test_drifts import drift, look
from tests.sources import test_source_mysql as mysql
from tests.sources import test_source_postgresql as postgres
from tests.worlds import settle_in_servers

pytestmark = pytest.mark.servers


@pytest.fixture
def servers(
    postgres_url: str, mariadb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Company:
    """The tiny worlds, the CRM in PostgreSQL, the OA in MariaDB."""
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    folder = tmp_path / "company"
    folder.mkdir()
    settle_in_servers(postgres_url, mariadb_url, folder)
    return founded(folder, tmp_path / "home")


def change(url: str, *statements: str) -> None:
    server = postgresql if urlsplit(url).scheme == "postgresql" else mariadb
    with server(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def as_account(company: Company, monkeypatch: pytest.MonkeyPatch, url: str, other: str) -> None:
    """Let the source of `url` be read through another account from now on."""
    path = company.folder / "governance.yaml"
    path.write_text(path.read_text("utf-8").replace(url, '"${THE_URL}"'), "utf-8")
    monkeypatch.setenv("THE_URL", other)


def told(company: Company, run: RunRow) -> set[tuple[Any, ...]]:
    return {row[:4] for row in drift(company, run) if row[4] == "open"}


def failures(company: Company, run: RunRow) -> list[tuple[str | None, str | None]]:
    return [(s.entity, s.code) for s in company.ledger.steps.of_run(run.id) if s.code]


def test_columns_of_postgresql(servers: Company, postgres_url: str) -> None:
    change(postgres_url, "ALTER TABLE customers ADD COLUMN old int")
    look(servers)
    change(
        postgres_url,
        "ALTER TABLE customers DROP COLUMN old",
        "ALTER TABLE customers ADD COLUMN new date",
        "ALTER TABLE customers ALTER COLUMN branch TYPE text",
        "ALTER TABLE payments RENAME COLUMN serial TO serial_no",
        "ALTER TABLE payments ADD COLUMN remark text DEFAULT 'S01'",
    )
    run = look(servers)
    assert told(servers, run) == {
        ("column_added", "new", None, "date"),
        ("column_removed", "old", "integer", None),
        ("column_retyped", "branch", "character varying(200)", "text"),
        ("column_renamed", "serial", "serial", "serial_no"),
        ("column_added", "remark", None, "text"),
    }
    assert failures(servers, run) == [("payment", "source.columns_renamed")]


def test_columns_of_mariadb(servers: Company, mariadb_url: str) -> None:
    change(mariadb_url, "ALTER TABLE base_customer ADD COLUMN old int")
    look(servers, "oa")
    change(
        mariadb_url,
        "ALTER TABLE base_customer DROP COLUMN old, ADD COLUMN new date, MODIFY ssfb text",
        "ALTER TABLE form_payment CHANGE lsh liushui varchar(200), ADD COLUMN beizhu text",
    )
    run = look(servers, "oa")
    assert told(servers, run) == {
        ("column_added", "new", None, "date"),
        ("column_removed", "old", "int(11)", None),
        ("column_retyped", "ssfb", "varchar(200)", "text"),
        ("column_renamed", "lsh", "lsh", "liushui"),
        ("column_added", "beizhu", None, "text"),
    }
    assert failures(servers, run) == [("payment", "source.columns_renamed")]


def test_a_name_that_changes_its_case_alone_is_still_read(
    servers: Company, mariadb_url: str
) -> None:
    look(servers, "oa")
    change(mariadb_url, "ALTER TABLE base_customer CHANGE ssfb SSFB varchar(200)")
    run = look(servers, "oa")
    assert failures(servers, run) == []
    assert told(servers, run) == set()


def test_what_the_account_may_no_longer_see_is_no_drop_of_a_mapped_column(
    servers: Company, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = urlsplit(mariadb_url).path[1:]
    change(mariadb_url, "ALTER TABLE base_customer ADD COLUMN extra int")
    look(servers, "oa")
    mapped = "khbh, khmc, lxdh, sxed, khjb"
    grants = (
        f"GRANT SELECT ({mapped}, ssfb) ON `{base}`.base_customer TO {{}}",
        f"GRANT SELECT ON `{base}`.form_payment TO {{}}",
    )
    narrower = (f"GRANT SELECT ({mapped}) ON `{base}`.base_customer TO {{}}", grants[1])
    with mysql.account(mariadb_url, *grants) as url:
        as_account(servers, monkeypatch, mariadb_url, url)
        run = look(servers, "oa")
        assert failures(servers, run) == []
        assert told(servers, run) == {("column_removed", "extra", "int(11)", None)}
    with mysql.account(mariadb_url, *narrower) as url:
        as_account(servers, monkeypatch, mariadb_url, url)
        run = look(servers, "oa")
        assert failures(servers, run) == [("customer", "source.no_select_column")]
        assert told(servers, run) == {("column_removed", "extra", "int(11)", None)}


def test_a_refused_column_of_postgresql_is_no_drift(
    servers: Company, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(servers)
    grants = ("GRANT SELECT (code, name, phone) ON customers TO {}",)
    with postgres.account(postgres_url, *grants, "GRANT SELECT ON payments TO {}") as url:
        as_account(servers, monkeypatch, postgres_url, url)
        run = look(servers)
        assert failures(servers, run) == [("customer", "source.no_select_column")]
        assert told(servers, run) == set()
