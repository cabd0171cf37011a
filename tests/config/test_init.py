"""`duiqi init`: from two systems to a file that validates."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from checks.dictionary import Entity
from governance.cli import main
from governance.config import load
from tests.config.test_proposal import customers


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUIQI_LANG", "en")
    monkeypatch.delenv("CRM_URL", raising=False)
    monkeypatch.delenv("OA_URL", raising=False)
    return tmp_path


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert isinstance(left.value.code, int)
    return left.value.code


def test_two_files_with_a_common_key_become_a_file_that_validates(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{n:03d},name {n},{n * 3}.5\n" for n in range(40)]
    (desk / "left.csv").write_text("ref,label,sum\n" + "".join(rows), encoding="utf-8")
    rows = [f"{n * 3}.50,{n:03d},NAME {n}\n" for n in range(10, 50)]
    (desk / "right.csv").write_text("价格,单号,品名\n" + "".join(rows), encoding="gb18030")
    assert run("init", "--crm", "left.csv", "--oa", "right.csv") == 0
    assert run("validate") == 0
    (entity,) = load(desk / "governance.yaml", environ={}).entities
    assert {m.source: m.columns for m in entity.mappings} == {
        "crm": {"ref": "ref", "label": "label", "sum": "sum"},
        "oa": {"ref": "单号", "label": "品名", "sum": "价格"},
    }
    assert entity.key == ("ref",)
    assert entity.field_named("sum").normalizer == "amount"


def test_a_file_that_is_there_is_never_overwritten(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "governance.yaml").write_text("mine")
    assert run("init", "--crm", "nothing.csv") == 2
    assert "--out" in capsys.readouterr().err
    assert (desk / "governance.yaml").read_text() == "mine"


def test_without_a_place_to_look_it_says_how(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init") == 2
    assert "--crm" in capsys.readouterr().err


def test_systems_that_share_nothing_give_no_file(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "a.csv").write_text("no\n" + "".join(f"A{n}\n" for n in range(20)))
    (desk / "b.csv").write_text("no\n" + "".join(f"B{n}\n" for n in range(20)))
    assert run("init", "--crm", "a.csv", "--oa", "b.csv") == 2
    assert "nothing was written" in capsys.readouterr().err
    assert not (desk / "governance.yaml").exists()


def test_a_missing_file_or_system_is_a_plain_message(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init", "--crm", "none.csv", "--oa", "none.csv") == 2
    assert "none.csv" in capsys.readouterr().err
    assert run("init", "--crm", "postgresql://u:hunter2@127.0.0.1:1/x") == 2
    assert "hunter2" not in capsys.readouterr().err


def test_passwords_are_not_read_nor_proposed(desk: Path) -> None:
    with sqlite3.connect(desk / "crm.sqlite") as con:
        con.execute("CREATE TABLE users (login TEXT, password TEXT, real_name TEXT)")
        rows = [(f"u{n}", f"hash{n}", f"name {n}") for n in range(30)]
        con.executemany("INSERT INTO users VALUES (?, ?, ?)", rows)
    con.close()
    (desk / "oa.csv").write_text(
        "gh,password,xm\n" + "".join(f"u{n},hash{n},name {n}\n" for n in range(30))
    )
    assert run("init", "--crm", "crm.sqlite", "--oa", "oa.csv") == 0
    text = (desk / "governance.yaml").read_text()
    assert "password" not in text
    assert "staff_no: login" in text


@pytest.mark.servers
def test_two_databases_become_a_file_that_validates_and_holds_no_address(
    desk: Path, capsys: pytest.CaptureFixture[str], postgres_url: str, mariadb_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import psycopg
    import pymysql

    one, other = customers()
    with psycopg.connect(postgres_url, autocommit=True) as con:
        con.execute(
            "CREATE TABLE customers (id int, cust_no text, cust_name text, tel text,"
            " limit_amt numeric(12, 2), created date, status text)"
        )
        with con.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO customers VALUES (%s, %s, %s, %s, %s, %s, %s)", one.rows
            )
    host, _, database = mariadb_url.rpartition("@")[2].partition("/")
    link = pymysql.connect(
        host=host.partition(":")[0], port=int(host.partition(":")[2]), user="root",
        database=database, autocommit=True,
    )  # fmt: skip
    with link.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE formtable_main_kh (id int, khmc varchar(80), khbh varchar(20),"
            " lxdh varchar(30), xyed varchar(30), cjrq varchar(10), zt varchar(10))"
        )
        cursor.executemany(
            "INSERT INTO formtable_main_kh VALUES (%s, %s, %s, %s, %s, %s, %s)", other.rows
        )
    link.close()
    monkeypatch.setenv("OA_URL", mariadb_url)
    assert run("init", "--crm", postgres_url) == 0
    told = capsys.readouterr().out
    assert "export CRM_URL=" in told
    assert postgres_url not in told
    text = (desk / "governance.yaml").read_text(encoding="utf-8")
    assert postgres_url not in text
    assert mariadb_url not in text
    assert '"${CRM_URL}"' in text
    monkeypatch.setenv("CRM_URL", postgres_url)
    assert run("validate") == 0
    config = load(
        desk / "governance.yaml", environ={"CRM_URL": postgres_url, "OA_URL": mariadb_url}
    )
    (entity,) = config.entities
    mapping = entity.mapping_of("oa")
    assert mapping is not None
    assert mapping.columns == {
        "customer_no": "khbh", "name": "khmc", "phone": "lxdh", "credit_limit": "xyed",
        "created_on": "cjrq", "status": "zt",
    }  # fmt: skip


def test_the_demo_companys_systems_are_mapped_without_a_wrong_pair(desk: Path) -> None:
    """Names differ in nearly every column (`name` and `khmc`): values must find them.

    The tables that say who may do what are left out: they go into `permissions`, not here.
    """
    from datetime import date

    from governance.demo.access.tables import ACCESS_TABLES
    from governance.demo.stores import FileStores
    from governance.demo.world import World, plan

    world = World(plan(date(2026, 11, 20), size=400, days=3), FileStores(desk))
    world.build()
    world.advance(1)
    for shape in ACCESS_TABLES:
        with sqlite3.connect(desk / f"{shape.store}.sqlite") as con:
            con.execute(f"DROP TABLE {shape.name}")
        con.close()
    assert run("init", "--crm", "crm.sqlite", "--oa", "oa.sqlite") == 0
    assert run("validate") == 0
    shipped = Path(__file__).parents[2] / "data" / "demo" / "governance.yaml"
    truth = load(shipped, environ={})
    right = {
        (entity.mappings[0].table, entity.mappings[1].table): pairs_of(entity)
        for entity in truth.entities
        if [mapping.source for mapping in entity.mappings] == ["crm", "oa"]
    }
    found = {
        (entity.mappings[0].table, entity.mappings[1].table): pairs_of(entity)
        for entity in load(desk / "governance.yaml", environ={}).entities
    }
    assert len(found) >= 4
    for tables, pairs in found.items():
        assert pairs <= right[tables], tables
        assert len(pairs) >= 0.8 * len(right[tables]), (tables, right[tables] - pairs)


def pairs_of(entity: Entity) -> set[tuple[str, str]]:
    left, right = (mapping.columns for mapping in entity.mappings)
    return {(left[field], right[field]) for field in left if field in right}
