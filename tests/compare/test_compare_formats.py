"""Every kind of file and table that `duiqi compare` reads, and what it refuses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import openpyxl
import pytest

ROWS = [("1", "云帆科技", "1.10"), ("2", None, "007"), ("3", "", "1E5")]
CSV = 'id,name,code\n1,云帆科技,1.10\n2,,007\n3,"",1E5\n'


def xlsx(path: Path, sheets: dict[str, list[tuple[object, ...]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def parquet(path: Path, select: str) -> Path:
    with duckdb.connect() as con:
        con.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("quoted", [True, False])
def test_the_encoding_of_a_text_file_does_not_count(duiqi, tmp_path, encoding, quoted):
    text = "id,name\n1,云帆科技有限公司上海分公司\n2,长江实业\n"
    if quoted:
        text += '3,"a\nb,""c"""\n'
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    (tmp_path / "b.csv").write_bytes(text.encode())
    ran = duiqi(tmp_path / "a.csv", tmp_path / "b.csv", "--key", "id")
    assert (ran.code, ran.json["aligned"]) == (0, 2 + quoted)


def test_windows_line_ends_and_a_missing_last_one_do_not_count(duiqi, pair):
    assert duiqi(*pair("id,v\r\n1,a\r\n2,b\r\n", "id,v\n1,a\n2,b"), "--key", "id").code == 0


def test_a_byte_order_mark_is_no_part_of_the_first_name(duiqi, pair):
    assert duiqi(*pair("\ufeffid,v\n1,a\n", "id,v\n1,a\n"), "--key", "id").code == 0


def test_tsv(duiqi, tmp_path, pair):
    (tmp_path / "a.tsv").write_text("id\tname\tcode\n1\tx, y\t007\n")
    left, _ = pair('id,name,code\n1,"x, y",007\n', "")
    assert duiqi(left, tmp_path / "a.tsv", "--key", "id").code == 0


def test_cells_that_look_like_rows_stay_cells(duiqi, pair):
    """Quoted line ends in a file large enough to be cut among threads."""
    body = "".join(f'{n},"a\n{n},b\n{n},c"\n' for n in range(30_000))
    ran = duiqi(*pair("id,v\n" + body, "id,v\n" + body), "--key", "id")
    assert (ran.code, ran.json["left"]["rows"]) == (0, 30_000)


def test_xlsx_with_sheets(duiqi, tmp_path, pair):
    rows = [("id", "name", "code"), ("1", "云帆科技", "1.10"), ("2", None, "007")]
    book = xlsx(tmp_path / "a.xlsx", {"其他": [("x",), ("y",)], "客户": rows})
    left, _ = pair("id,name,code\n1,云帆科技,1.10\n2,,007\n", "")
    assert duiqi(left, f"{book}#客户", "--key", "id").code == 0
    assert duiqi(left, book, "--key", "id").code == 2
    missing = duiqi(left, f"{book}#客户表", "--key", "id")
    assert (missing.code, "客户" in missing.err) == (2, True)


def test_parquet_of_text_is_compared_as_text(duiqi, tmp_path, pair):
    values = (
        "SELECT * FROM (VALUES ('1', '云帆科技', '1.10'), ('2', NULL, '007'), ('3', '', '1E5'))"
    )
    file = parquet(tmp_path / "a.parquet", values + " AS t(id, name, code)")
    left, _ = pair(CSV, "")
    assert duiqi(left, file, "--key", "id").code == 0


def test_a_typed_store_gives_its_columns_types(duiqi, tmp_path, pair):
    typed = parquet(
        tmp_path / "a.parquet",
        "SELECT 7 AS id, CAST(1.10 AS DECIMAL(9,2)) AS amount, DATE '2026-03-01' AS day,"
        " TIMESTAMP '2026-03-01 12:00:00' AS at, true AS active, '1.10' AS code",
    )
    left, _ = pair(
        "id,amount,day,at,active,code\n007,1.1,2026-03-01,2026-03-01T12:00:00,TRUE,1.10\n", ""
    )
    assert duiqi(left, typed, "--key", "id").code == 0
    other, _ = pair("id,amount,day,at,active,code\n7,1.1,2026-03-01,2026-03-01 12:00,1,1.1\n", "")
    ran = duiqi(other, typed, "--key", "id")
    assert [c["name"] for c in ran.json["columns"] if c["different"]] == ["code"]
    asked = duiqi(left, typed, "--key", "id", "--type", "amount=text")
    assert asked.column("amount")["different"] == 1


def test_json_keeps_the_digits_of_numbers(duiqi, tmp_path, pair):
    (tmp_path / "a.json").write_text(
        '[{"id": 1, "v": 1.10, "w": {"b": 1.0, "a": [true, null]}}, {"id": 2, "v": null}]'
    )
    left, _ = pair('id,v,w\n1,1.10,"{""a"":[true,null],""b"":1.0}"\n2,,\n', "")
    assert duiqi(left, tmp_path / "a.json", "--key", "id").code == 0


def test_json_lines_with_names_that_come_late(duiqi, tmp_path):
    lines = [f'{{"id": {n}}}' for n in range(1500)]
    (tmp_path / "a.jsonl").write_text("\n".join([*lines, '{"id": 9999, "late": "x"}']))
    (tmp_path / "b.jsonl").write_text("\n".join([*lines, '{"late": "y", "id": 9999}']))
    ran = duiqi(tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--key", "id")
    assert ran.column("late")["different"] == 1
    assert ran.json["matched"] == 1501


def test_sqlite_by_address_and_table(duiqi, tmp_path, pair):
    file = tmp_path / "crm.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE customer (id INTEGER, name TEXT, paid NUMERIC)")
        db.executemany("INSERT INTO customer VALUES (?, ?, ?)", [(1, "Ann", 1.1), (2, None, 2)])
    db.close()
    left, _ = pair("id,name,paid\n1,Ann,1.10\n2,,2.00\n", "")
    assert duiqi(left, f"sqlite:///{file}#customer", "--key", "id").code == 0
    unnamed = duiqi(left, f"sqlite:///{file}", "--key", "id")
    assert (unnamed.code, "#table" in unnamed.err) == (2, True)
    missing = duiqi(left, f"sqlite:///{file}#customers", "--key", "id")
    assert (missing.code, "customer" in missing.err) == (2, True)


@pytest.mark.servers
def test_postgresql_and_mariadb(duiqi, postgres_url, mariadb_url, pair):
    import psycopg
    import pymysql

    with psycopg.connect(postgres_url, autocommit=True) as pg:
        columns = "id int, name text, paid numeric(9,2), seen timestamptz"
        pg.execute(f"CREATE TABLE customer ({columns})")
        pg.execute(
            "INSERT INTO customer VALUES (1, '云帆科技', 1.10, '2026-03-01 12:00+00'),"
            " (2, NULL, 2, NULL)"
        )
    host, _, rest = mariadb_url.removeprefix("mysql://root@").partition(":")
    port, _, name = rest.partition("/")
    my = pymysql.connect(host=host, port=int(port), user="root", database=name, autocommit=True)
    with my.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE kunde (id int, name varchar(40), paid decimal(9,3), seen datetime)"
        )
        cursor.execute(
            "INSERT INTO kunde VALUES (1, '云帆科技', 1.1, '2026-03-01 20:00:00'),"
            " (2, NULL, 2, NULL)"
        )
    my.close()
    ran = duiqi(f"{postgres_url}#customer", f"{mariadb_url}#kunde", "--key", "id")
    assert ran.code == 0, ran
    assert ran.column("paid")["normalized"] == 2
    left, _ = pair("id,name,paid,seen\n1,云帆科技,1.10,2026-03-01T20:00:00+08:00\n2,,2,\n", "")
    assert duiqi(left, f"{postgres_url}#customer", "--key", "id").code == 0


def test_a_password_is_never_told(duiqi, pair):
    left, _ = pair("id\n1\n", "")
    ran = duiqi(left, "postgresql://boss:hunter2@127.0.0.1:1/crm#t", "--key", "id")
    assert ran.code == 2
    assert "hunter2" not in ran.err + ran.out


BAD = [
    ("id,v,v\n1,a,b\n", "v"),
    ("id,v\n1,a\n2\n3,c\n", "3"),
    ("id,v\n1,a\n2,b,c\n", "3"),
    ('id,v\n1,a\n2,"b\n', "right.csv"),
    ("", "right.csv"),
]


@pytest.mark.parametrize(("text", "told"), BAD)
def test_broken_text_files_are_refused_in_one_plain_line(duiqi, pair, text, told):
    ran = duiqi(*pair("id,v\n1,a\n", text), "--key", "id")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err


def test_a_missing_file_a_strange_one_and_a_broken_one_are_refused(duiqi, tmp_path, pair):
    left, _ = pair("id,v\n1,a\n", "")
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    (tmp_path / "a.json").write_text('[{"id": 1}, 2]')
    (tmp_path / "a.jsonl").write_text('{"id": 1}\n{"id": \n')
    (tmp_path / "bad.csv").write_bytes(b"id,v\n1,\x81\xff\xff\n")
    for name in ("gone.csv", "a.parquet", "a.xlsx", "a.json", "a.jsonl", "a.pdf", "bad.csv"):
        ran = duiqi(left, tmp_path / name, "--key", "id")
        assert (ran.code, ran.out) == (2, ""), name
        assert ran.err.strip(), name
        assert "Traceback" not in ran.err


def test_headers_alone_are_aligned(duiqi, pair):
    ran = duiqi(*pair("id,v\n", "id,v\n"), "--key", "id")
    assert (ran.code, ran.json["matched"]) == (0, 0)


def test_a_path_may_hold_what_others_take_for_a_pattern_or_a_quotation(duiqi, tmp_path):
    folder = tmp_path / "it's [a] *folder?*"
    folder.mkdir()
    for name in ("l {1}.csv", "r'2'.csv"):
        (folder / name).write_text("id,v\n1,a\n")
    ran = duiqi(folder / "l {1}.csv", folder / "r'2'.csv", "--key", "id")
    assert ran.code == 0


def test_column_names_may_hold_anything(duiqi, pair):
    header = '客户编号,a b,select,c__n,class,"x\'y",_key,c0\n'
    row = "1,2,3,4,5,6,7,8\n"
    names = ("客户编号", "a b", "select", "c__n", "class", "x'y", "_key", "c0")
    ran = duiqi(*pair(header + row, header + row.replace("6", "9")), "--key", "客户编号")
    assert [c["name"] for c in ran.json["columns"]] == list(names[1:])
    assert ran.column("x'y")["different"] == 1


def test_nothing_is_left_in_the_temporary_folder(duiqi, pair, tmp_path, monkeypatch):
    import tempfile

    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    left, right = pair("id,v\n1,a\n", 'id,v\n1,"b\n')
    duiqi(left, right, "--key", "id")
    right.write_bytes("id,v\n1,云帆科技\n".encode("gb18030"))
    duiqi(left, right, "--key", "id", "--findings", tmp_path / "f.xlsx")
    assert list(place.iterdir()) == []
