"""`duiqi validate`: what is wrong with the file, then what each account can read."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from governance.cli import main
from tests.config.worlds import written

CONFIG = """\
version: 1
company: 云帆
sources:
  crm: {kind: sqlite, path: crm.sqlite}
  oa: {kind: csv, path: oa.csv}
entities:
  customer:
    key: no
    authority: crm
    fields: {no: {type: code}, name: {normalize: text}}
    sources:
      crm: {table: customers, columns: {no: cust_no, name: cust_name}}
      oa: {columns: {no: 编号, name: 名称}}
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CRM with a table that nobody maps, and an OA that is a file."""
    with sqlite3.connect(tmp_path / "crm.sqlite") as con:
        con.execute("CREATE TABLE customers (cust_no TEXT, cust_name TEXT, fax TEXT)")
        con.execute("INSERT INTO customers VALUES ('C1', 'n', 'secret-cell')")
        con.execute("CREATE TABLE salaries (who TEXT)")
    con.close()
    (tmp_path / "oa.csv").write_text("编号,名称,备注\nC1,n,secret-cell\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUIQI_LANG", "en")
    return tmp_path


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert isinstance(left.value.code, int)
    return left.value.code


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    code = run("validate", "--format", "json", *words)
    answer = json.loads(capsys.readouterr().out)
    assert isinstance(answer, dict)
    return code, answer


def test_all_well_is_exit_0_and_names_what_nothing_uses(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(company, CONFIG)
    code, answer = asked(capsys)
    assert (code, answer["valid"], answer["problems"]) == (0, True, [])
    crm, oa = answer["sources"]
    assert (crm["state"], crm["spare"]) == ("readable", ["salaries"])
    assert crm["tables"] == [
        {"entity": "customer", "table": "customers", "state": "readable", "missing": [],
         "hidden": [], "unmapped": ["fax"], "reason": None}
    ]  # fmt: skip
    assert oa["tables"][0]["unmapped"] == ["备注"]
    assert run("validate") == 0
    shown = capsys.readouterr()
    assert "customers -> customer: readable" in shown.out
    assert "secret-cell" not in shown.out
    assert shown.err == ""


def test_a_missing_column_and_a_missing_table_are_told_apart(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CONFIG.replace("name: cust_name", "name: cust_nam").replace("名称}", "名字}")
    written(company, text)
    code, answer = asked(capsys)
    assert (code, answer["valid"]) == (2, False)
    crm, oa = answer["sources"]
    assert (crm["tables"][0]["state"], crm["tables"][0]["missing"]) == ("lacking", ["cust_nam"])
    assert oa["tables"][0]["missing"] == ["名字"]
    assert run("validate") == 2
    assert "cust_nam (cust_name?)" in capsys.readouterr().out
    written(company, CONFIG.replace("table: customers", "table: custommers"))
    code, answer = asked(capsys)
    assert code == 2
    assert answer["sources"][0]["tables"][0]["state"] == "missing"
    assert "customers" in answer["sources"][0]["tables"][0]["reason"]


def test_a_source_that_is_away_does_not_hide_the_others(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(company, CONFIG)
    (company / "oa.csv").unlink()
    code, answer = asked(capsys)
    assert code == 2
    crm, oa = answer["sources"]
    assert crm["state"] == "readable"
    assert oa["state"] == "unavailable"
    assert "oa.csv" in oa["reason"]
    assert run("validate") == 2
    assert "oa" in capsys.readouterr().err


def test_problems_come_before_any_connection(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(company, CONFIG.replace("normalize: text", "normalize: txt"))
    code, answer = asked(capsys)
    assert (code, answer["valid"], answer["sources"]) == (2, False, None)
    (problem,) = answer["problems"]
    assert (problem["line"], problem["code"]) == (10, "config.unknown_normalizer_near")
    assert run("validate") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "governance.yaml:10: entities.customer.fields.name.normalize:" in shown.err


def test_offline_asks_no_source(company: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(company, CONFIG)
    (company / "crm.sqlite").unlink()
    (company / "oa.csv").unlink()
    code, answer = asked(capsys, "--offline")
    assert (code, answer["valid"], answer["sources"]) == (0, True, None)
    assert run("validate", "--offline") == 0


def test_a_missing_file_or_a_wrong_format_is_plain(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("validate") == 2
    assert "duiqi init" in capsys.readouterr().err
    assert run("validate", "--format", "xml") == 2
    assert "text, json" in capsys.readouterr().err


@pytest.mark.servers
def test_what_postgresql_refuses_is_said_by_table_and_column(
    company: Path, capsys: pytest.CaptureFixture[str], postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import psycopg

    role = "r_" + postgres_url.rpartition("_")[2]
    with psycopg.connect(postgres_url, autocommit=True) as con:
        con.execute("CREATE TABLE customers (cust_no text, cust_name text, id_card text)")
        con.execute("CREATE TABLE contracts (no text)")
        con.execute(f"CREATE ROLE {role} LOGIN")
        con.execute(f"GRANT SELECT (cust_no, cust_name) ON customers TO {role}")
    text = CONFIG.replace("{kind: sqlite, path: crm.sqlite}", '{kind: postgresql, url: "${PG}"}')
    text = text.replace("name: {normalize: text}}", "name: {normalize: text}, card: {}}")
    text = text.replace("card: {}", "card: {sensitivity: sensitive}")
    text = text.replace("name: cust_name}", "name: cust_name, card: id_card}")
    text += "  contract: {key: no, fields: {no: {type: code}}, "
    text += "sources: {crm: {table: contracts, columns: {no: no}}}}\n"
    written(company, text)
    monkeypatch.setenv("PG", postgres_url.replace("postgres@", f"{role}@"))
    try:
        code, answer = asked(capsys)
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as con:
            con.execute(f"DROP OWNED BY {role}")
            con.execute(f"DROP ROLE {role}")
    assert code == 2
    customers, contracts = answer["sources"][0]["tables"]
    assert (customers["state"], customers["hidden"]) == ("lacking", ["id_card"])
    assert contracts["state"] == "refused"
