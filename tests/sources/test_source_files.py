"""Excel, Parquet, JSON and folders of dated drops."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import xlsxwriter

from checks.dictionary import Condition, Title
from governance.config.model import SourceConfig
from governance.errors import ConfigError, SchemaDrift, SourceRefused, SourceUnavailable
from governance.sources import open_source


def sheet(path: Path, rows: list[list[Any]], name: str = "台账") -> Path:
    """A workbook: numbers as numbers, texts as texts, dates as dates."""
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_numbers": False}
    )
    page = book.add_worksheet(name)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for at, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, dt.date):
                page.write_datetime(at, place, value, day)
            elif value == "#N/A":
                page.write_formula(at, place, "=NA()", None, "#N/A")
            elif value is not None:
                page.write(at, place, value)
    book.close()
    return path


def test_excel_cells_land_as_text(desk: Any, tmp_path: Path) -> None:
    file = sheet(
        tmp_path / "a.xlsx",
        [
            ["编号", "金额", "日期", "名称", "完成"],
            ["007", 1.1, dt.date(2026, 3, 1), "=HYPERLINK(1)<b>", True],
            [" 8 ", 1234567.89, None, "张三㈱\n😀", False],
            [None] * 5,
            ["9", None, None, None, None],
        ],
    )
    assert desk.read(file) == [
        ("007", "1.1", "2026-03-01 00:00:00", "=HYPERLINK(1)<b>", "true"),
        (" 8 ", "1234567.89", None, "张三㈱\n😀", "false"),
        ("9", None, None, None, None),
    ]


def test_a_sheet_is_chosen_and_a_missing_one_named(desk: Any, tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.xlsx", [["id"], ["1"]], "客户台账")
    assert desk.read(file, table="客户台账") == [("1",)]
    with pytest.raises(SchemaDrift) as caught:
        desk.read(file, "id", table="客户台帐")
    assert (caught.value.code, caught.value.params["nearest"]) == (
        "source.sheet_missing",
        "客户台账",
    )


def test_titles_above_the_header_are_skipped_and_said(desk: Any, tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.xlsx", [["2026 年客户台账"], [], ["id", "name"], ["1", "云帆"]])
    with desk.open(file) as reader:
        landed = desk.take(reader, "id", "name")
    assert desk.rows() == [("1", "云帆")]
    assert [(n.code, n.params["row"]) for n in landed.notes] == [("source.header_row", "3")]


def test_damaged_identifiers_are_counted_without_showing_one(desk: Any, tmp_path: Path) -> None:
    good = "91350100M000100Y43"
    rows: list[list[Any]] = [["idno", "credit", "code", "err", "other"]]
    rows += [["11010519491231002X", good, f"{n:06d}", "x", 1e20] for n in range(100000, 100098)]
    rows += [
        [110105194912310021, good[:-1] + "4", 42, "#N/A", 1e20],
        ["1.10105E+17", good, 7, "x", 1],
    ]
    file = sheet(tmp_path / "a.xlsx", rows)
    with desk.open(file) as reader:
        landed = desk.take(reader, "idno", "credit", "code", "err")
    found = {(n.code, n.params["column"]): n.params["cells"] for n in landed.notes}
    assert found == {
        ("source.damaged_long", "idno"): "1",
        ("source.damaged_power", "idno"): "1",
        ("source.damaged_check", "idno"): "1",
        ("source.damaged_check", "credit"): "1",
        ("source.damaged_width", "code"): "2",
        ("source.damaged_errors", "err"): "1",
    }
    assert "1101051949" not in str(landed.notes)
    assert desk.con.execute("SELECT count(*) FROM landed WHERE err = '#N/A'").fetchone() == (1,)


def test_long_digits_kept_as_text_are_no_damage(desk: Any, tmp_path: Path) -> None:
    file = sheet(tmp_path / "a.xlsx", [["card"], ["6222021234567890123"], ["6222021234567890124"]])
    with desk.open(file) as reader:
        assert desk.take(reader).notes == ()
    assert desk.rows() == [("6222021234567890123",), ("6222021234567890124",)]


def test_what_is_no_workbook_is_refused(desk: Any, tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.parquet"):
        file = tmp_path / name
        file.write_text("id\n1\n")
        with pytest.raises(SourceRefused, match="unreadable"):
            desk.read(file, "id")
    assert desk.tables() == []


def test_parquet_prints_values_and_keeps_null_apart(desk: Any, tmp_path: Path) -> None:
    file = tmp_path / "客户[1].parquet"
    duckdb.execute(
        "COPY (SELECT 1.10::DECIMAL(9,2) AS d, '' AS e, NULL::VARCHAR AS n, true AS b,"
        " 'ab'::BLOB AS x, DATE '2026-03-01' AS day) TO '" + str(file) + "' (FORMAT parquet)"
    )
    assert desk.read(file) == [("1.10", "", None, "true", "6162", "2026-03-01")]
    with desk.open(file) as reader:
        assert dict(reader.columns())["d"] == "DECIMAL(9,2)"


def test_json_numbers_keep_their_digits(desk: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(
        '{"id":"007","n":1.10,"x":{"b":1e5,"a":[1.0,"é",null]},"t":true}\n\n'
        '{"id":7,"n":null,"t":"","extra":12345678901234567890}\n',
        "utf-8",
    )
    assert desk.read(file, "id", "n", "x", "t", "extra") == [
        ("007", "1.10", '{"a":[1.0,"é",null],"b":1e5}', "true", None),
        ("7", None, None, "", "12345678901234567890"),
    ]


def test_a_json_array_reads_like_lines(desk: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps([{"id": 1, "n": "云"}, {"id": 2}], indent=2, ensure_ascii=False))
    assert desk.read(file) == [("1", "云"), ("2", None)]
    assert desk.read(file, "id", filter=(Condition("n", (None,)),)) == [("2",)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"id":1', "source.json_broken"),
        ('{"id":1,"id":2}', "source.json_repeated"),
        ('"id"', "source.json_not_objects"),
        ('{"id":"\\ud800"}', "source.not_text"),
    ],
)
def test_a_broken_json_line_is_refused(desk: Any, tmp_path: Path, line: str, code: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"id":0}\n' + line + "\n")
    with pytest.raises(SourceRefused) as caught:
        desk.read(file, "id")
    assert caught.value.code == code
    assert caught.value.params.get("line", "2") == "2"
    assert desk.tables() == []


def test_a_name_that_no_line_has_is_drift_but_an_empty_file_is_not(
    desk: Any, tmp_path: Path
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"id":0}\n')
    with pytest.raises(SchemaDrift, match="columns_missing"):
        desk.read(file, "id", "name")
    file.write_text("")
    with desk.open(file) as reader:
        landed = desk.take(reader, "id")
    assert (landed.rows, [n.code for n in landed.notes]) == (0, ["source.empty"])


def folder(path: Path, pattern: str) -> Any:
    config = SourceConfig("oa", "folder", Title("OA", "OA"), path=path, pattern=pattern)
    return open_source(config, zone=ZoneInfo("Asia/Shanghai")).snapshot()


def test_the_newest_drop_is_read_and_named(desk: Any, tmp_path: Path) -> None:
    for name in ("ledger-20260228", "ledger-2026-03-01", "ledger-20260231", "~$ledger-20270101"):
        sheet(tmp_path / f"{name}.xlsx", [["id"], [name]])
    (tmp_path / "ledger-20270102.xlsx.tmp").write_text("half")
    with folder(tmp_path, "ledger-{date}.xlsx") as reader:
        landed = desk.take(reader)
    assert desk.rows() == [("ledger-2026-03-01",)]
    assert [(n.code, n.params["date"]) for n in landed.notes] == [
        ("source.drop_read", "2026-03-01")
    ]


def test_a_folder_without_a_drop_or_a_known_ending(desk: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no_drop"), folder(tmp_path, "a-{date}.csv"):
        pass
    with (
        pytest.raises(SourceUnavailable, match="file_missing"),
        folder(tmp_path / "x", "a-{date}.csv"),
    ):
        pass
    with pytest.raises(ConfigError, match="pattern"), folder(tmp_path, "a-{date}.docx"):
        pass


def test_a_drop_still_being_written_is_tried_again_later(desk: Any, tmp_path: Path) -> None:
    drop = tmp_path / "a-20260301.csv"
    drop.write_text("id,v\n1,x\n")
    with folder(tmp_path, "a-{date}.csv") as reader:
        drop.write_text('id,v\n1,x\n2,"y')
        with pytest.raises(SourceUnavailable, match="changing"):
            desk.take(reader, "id")
    with (
        folder(tmp_path, "a-{date}.csv") as reader,
        pytest.raises(SourceRefused, match="cut_short"),
    ):
        desk.take(reader, "id")
