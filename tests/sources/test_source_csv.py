"""CSV and TSV land as written, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from checks.dictionary import Condition
from governance.errors import SchemaDrift, SourceRefused, SourceUnavailable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "客户[1]*.csv"


def test_text_stays_as_written_and_null_is_apart_from_empty(desk: Any, file: Path) -> None:
    file.write_text('id,v\n007,1.10\n1E5,\n" 3 ",""\nNULL,"NULL"\n\\N, x \n', "utf-8")
    assert desk.read(file) == [
        ("007", "1.10"),
        ("1E5", None),
        (" 3 ", ""),
        ("NULL", "NULL"),
        ("\\N", " x "),
    ]


def test_hostile_values_are_only_text(desk: Any, file: Path) -> None:
    hostile = "=cmd|' /C calc'!A0\n<img src=x>\r\n![](http://x/)\"; DROP TABLE landed; --"
    quoted = hostile.replace('"', '""')
    file.write_text(f'id,v\n1,"{quoted}"\n2,"1,2\n3,4\n"\n', "utf-8", newline="")
    assert desk.read(file) == [("1", hostile), ("2", "1,2\n3,4\n")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_and_line_ends_do_not_count(
    desk: Any, file: Path, encoding: str, end: str
) -> None:
    lines = ["编号,名称", "1,云帆科技", '2,"引""号"', "3,"]
    file.write_bytes(end.join(lines).encode(encoding))
    assert desk.read(file) == [("1", "云帆科技"), ("2", '引"号'), ("3", None)]


def test_the_encoding_that_was_told_is_a_note(desk: Any, file: Path) -> None:
    file.write_bytes("编号,名称\n1,云帆\n".encode("gbk"))
    with desk.open(file) as reader:
        landed = desk.take(reader)
    assert [(n.code, n.params["encoding"]) for n in landed.notes] == [
        ("source.encoding_read", "gb18030")
    ]


def test_a_tsv_and_a_spreadsheets_semicolons_are_read(desk: Any, tmp_path: Path) -> None:
    tsv, odd = tmp_path / "a.tsv", tmp_path / "b.csv"
    tsv.write_text('a\tb\n1,5\t"x\ty"\n')
    odd.write_text("a;b\n1,5;2\n")
    assert desk.read(tsv) == [("1,5", "x\ty")]
    assert desk.read(odd) == [("1,5", "2")]


def test_columns_are_mapped_filtered_and_typed_as_text(desk: Any, file: Path) -> None:
    file.write_text("a,b,c\n1,x,\n2,y,z\n3,,z\n")
    only = Condition("b", ("x", None))
    with desk.open(file) as reader:
        landed = desk.take(reader, "c", "a", filter=(only,))
    assert desk.rows() == [(None, "1"), ("z", "3")]
    assert landed.rows == 2
    assert landed.available == (("a", "text"), ("b", "text"), ("c", "text"))
    kinds = desk.con.execute("SELECT column_name, column_type FROM (DESCRIBE landed)").fetchall()
    assert kinds == [("c", "VARCHAR"), ("a", "VARCHAR")]


def test_a_negated_filter_keeps_null_unless_it_names_it(desk: Any, file: Path) -> None:
    file.write_text("a,b\n1,x\n2,y\n3,\n")
    ids = lambda c: [row[0] for row in desk.read(file, "a", filter=(c,))]  # noqa: E731
    assert ids(Condition("b", ("x",), negated=True)) == ["2", "3"]
    assert ids(Condition("b", ("x", None), negated=True)) == ["2"]
    assert ids(Condition("b", (None,))) == ["3"]
    assert ids(Condition("b", (None,), negated=True)) == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a,b\n1,x\n2\n", "source.csv_broken"),
        ("a,b\n1,x\n2,y,z\n", "source.csv_broken"),
        ('a,b\n1,"x"y\n', "source.csv_broken"),
        ('a,b\n1,x\n2,"cut short', "source.cut_short"),
        ('a,b\n1,x\n2,"cut\n3,y\n4,z\n', "source.cut_short"),
        ("a,b,a\n1,x,2\n", "source.header_repeated"),
        ("", "source.no_header"),
    ],
)
def test_a_broken_file_is_refused_whole(desk: Any, file: Path, content: str, code: str) -> None:
    file.write_text(content)
    with pytest.raises(SourceRefused) as caught:
        desk.read(file, "a")
    assert caught.value.code == code
    assert desk.tables() == []


def test_a_broken_line_is_named_but_not_quoted(desk: Any, file: Path) -> None:
    file.write_text("a,b\n1,x\n2,secret,13812345678\n")
    with pytest.raises(SourceRefused) as caught:
        desk.read(file, "a")
    assert caught.value.params["line"] == "3"
    assert "13812345678" not in str(caught.value)


def test_a_vanished_column_is_named_with_the_closest(desk: Any, file: Path) -> None:
    file.write_text("客户编号,客户名称\n1,x\n")
    with pytest.raises(SchemaDrift) as caught:
        desk.read(file, "客户编号", "客户名")
    assert caught.value.params["columns"] == "客户名"
    assert caught.value.params["nearest"] == "客户名 → 客户名称"


def test_a_header_alone_has_no_rows(desk: Any, file: Path) -> None:
    file.write_text("a,b\n")
    assert desk.read(file) == []


def test_one_column_keeps_its_empty_cells(desk: Any, file: Path) -> None:
    file.write_text('a\n1\n""\n2\n')
    assert desk.read(file) == [("1",), ("",), ("2",)]


def test_a_large_cell_and_many_rows_come_through(desk: Any, file: Path) -> None:
    big = "长" * 1_000_000
    file.write_text(
        "a,b\n" + "".join(f'{n},"{n}\n,x"\n' for n in range(200_000)) + f"x,{big}\n", "utf-8"
    )
    with desk.open(file) as reader:
        assert desk.take(reader).rows == 200_001
    count = desk.con.execute(
        "SELECT count(DISTINCT a) FROM landed WHERE b = a || '\n,x'"
    ).fetchone()
    assert count == (200_000,)
    assert desk.con.execute("SELECT b FROM landed WHERE a = 'x'").fetchone() == (big,)


def test_a_missing_file_may_come_and_a_stop_is_heeded(desk: Any, file: Path) -> None:
    with pytest.raises(SourceUnavailable, match="file_missing"):
        desk.read(file)
    file.write_text("a\n1\n")
    with pytest.raises(SourceUnavailable, match="stopped"):
        desk.read(file, "a", stop=lambda: True)
    assert desk.tables() == []


def test_a_file_that_changes_while_it_is_read_is_tried_again_later(desk: Any, file: Path) -> None:
    file.write_text("a\n1\n")
    with desk.open(file) as reader:
        with file.open("a") as more:
            more.write('"half')
        with pytest.raises(SourceUnavailable, match="changing"):
            desk.take(reader, "a")
    assert desk.tables() == []
