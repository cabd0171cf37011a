"""From a finding to its proof in real servers: the CRM in PostgreSQL, the OA in MariaDB."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest
from pymysql.constants import CLIENT

from governance.demo.servers import mariadb, postgresql
from governance.ledger.rows import Verdict
from governance.reading import Filters
from tests.batches.conftest import Office
from tests.runs.conftest import founded
from tests.worlds import settle_in_servers

pytestmark = pytest.mark.servers
EVERYTHING = Filters(state=())


@pytest.fixture
def servers(
    postgres_url: str, mariadb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Office:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    folder, out = tmp_path / "company", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    settle_in_servers(postgres_url, mariadb_url, folder)
    return Office(founded(folder, tmp_path / "home"), out)


def apply(url: str, text: str) -> None:
    """The whole file at once, switched on, in the scratch database of this test."""
    parts = urlsplit(url)
    if parts.scheme == "postgresql":
        with psycopg.connect(url, autocommit=True) as con:
            con.execute(text.replace("\nROLLBACK;", "\nCOMMIT;").encode())
        return
    con = pymysql.connect(
        host=str(parts.hostname), port=parts.port or 3306, user="root",
        database=parts.path.lstrip("/"), client_flag=CLIENT.MULTI_STATEMENTS,
    )  # fmt: skip
    with con, con.cursor() as cursor:
        cursor.execute(text.replace("@duiqi_apply = 'no'", "@duiqi_apply = 'yes'"))
        while cursor.nextset():
            pass


def change(url: str, statement: str) -> None:
    server = postgresql if urlsplit(url).scheme == "postgresql" else mariadb
    with server(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def test_patches_of_both_systems_are_proven_bounced_and_overtaken(
    servers: Office, postgres_url: str, mariadb_url: str
) -> None:
    company = servers.company
    company.run()
    made = {}
    for system, url in (("crm", postgres_url), ("oa", mariadb_url)):
        batch, path = servers.make("sql", "sql", system=system, filters=EVERYTHING, reveal=True)
        assert batch.left_out.keys() <= {"for_person"}
        made[system] = batch
        apply(url, path.read_text("utf-8"))
    assert (made["crm"].lines, made["oa"].lines) == (4, 4)
    company.run()
    for batch in made.values():
        assert set(servers.verdicts(batch.number).values()) == {Verdict.FIXED}
    change(mariadb_url, "UPDATE base_customer SET khjb = 'B' WHERE khbh = 'C005'")
    change(postgres_url, "UPDATE payments SET serial = '999' WHERE contract = 'HT3' AND part = '1'")
    company.run()
    assert servers.verdicts(made["oa"].number)["C005", "level"] is Verdict.BOUNCED
    assert servers.verdicts(made["crm"].number)["HT3 · 1", "serial"] is Verdict.OVERTAKEN
    change(mariadb_url, "UPDATE base_customer SET khjb = 'Q' WHERE khbh = 'C005'")
    company.run()
    assert servers.verdicts(made["oa"].number)["C005", "level"] is Verdict.OVERTAKEN


def test_a_value_that_moves_after_the_export_stops_the_whole_patch(
    servers: Office, mariadb_url: str
) -> None:
    company = servers.company
    company.run()
    batch, path = servers.make("sql", "sql", system="oa", filters=EVERYTHING)
    change(mariadb_url, "UPDATE base_customer SET khmc = '又改了' WHERE khbh = 'C011'")
    apply(mariadb_url, path.read_text("utf-8"))
    company.run()
    verdicts = servers.verdicts(batch.number)
    assert verdicts.pop(("C011", "name")) is Verdict.OVERTAKEN
    assert set(verdicts.values()) == {Verdict.OPEN}


def test_what_moved_in_a_server_since_the_run_is_left_out(
    servers: Office, postgres_url: str, mariadb_url: str
) -> None:
    servers.company.run()
    change(postgres_url, "UPDATE customers SET level = 'B' WHERE code = 'C005'")
    change(mariadb_url, "DELETE FROM base_customer WHERE khbh = ' c010'")
    made, _ = servers.make("checklist", "json", filters=Filters(entity=("customer",), state=()))
    assert made.left_out == {"moved": 2}
    assert set(made.missed) == {"customer · C005 · level", "customer ·  c010 · credit_limit"}
