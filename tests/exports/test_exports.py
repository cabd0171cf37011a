"""Files for spreadsheets: everything in them, nothing in them that acts, and each one on record."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.access import Right
from governance.errors import ConfigError, PermissionRefused, StoreError
from governance.exports import sheets
from governance.exports.checklist import Checklist
from governance.exports.exporter import Exporter
from governance.exports.remediation import fixes
from governance.reading import Filters
from tests.reading.build import ALICE, BOB, START, World, config, finding

HOSTILE = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    '=HYPERLINK("http://a.b","x")',
    "=cmd|'/C calc'!A0",
    "a;=1+1",
    'quote " and , comma',
    "<script>alert(1)</script>",
    "![x](http://a.b/c)",
    "http://a.b",
    "{=1}",
    "line\nbreak",
    "007",
    "1E5",
    "\x01\x0b",
    "👾",
]


def exporter(store: World, language: str = "zh", actor=ALICE) -> Exporter:
    return Exporter(store.desk.view(actor), config(), language)


def work(store: World, out: Path, language: str = "zh", actor=ALICE) -> int:
    """The checklist as the newest run has it."""
    writer = Checklist(config(), language, reread=False)
    return writer.write(out, out.suffix[1:], fixes(store.desk.view(actor)))


def read_csv(path: Path) -> list[list[str]]:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_csv_holds_every_line_with_its_system(store: World, tmp_path: Path) -> None:
    store.run([finding(1), finding(2, authority="oa"), finding(3, state="gone")])
    out = tmp_path / "list.csv"
    assert work(store, out, "en") == 2
    header, first, second = read_csv(out)
    assert header[:3] == ["System", "Entity", "Key"]
    assert first[:8] == [
        "OA",
        "Customer",
        "C000001",
        "云帆 1",
        "Name",
        "云帆科贸 1",
        "云帆科技 1",
        "Change",
    ]
    assert second[0] == "CRM"
    assert first[-1] == "f000001"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_line_has_words_in_both_languages(
    store: World, tmp_path: Path, language: str
) -> None:
    whole = {"field": None, "class": None, "left_value": None, "right_value": None}
    kinds = ("only_left", "only_right", "duplicate_left", "null_key_right")
    rows = [
        finding(n, kind=kind, authority=authority, **whole)
        for n, (kind, authority) in enumerate((k, a) for k in kinds for a in ("crm", "oa"))
    ]
    rows += [
        finding(20, personal=True),
        finding(21, left_value=None, **{"class": "null_vs_value"}),
        finding(22, authority="erp", state="unchecked"),
    ]
    store.run(rows)
    out = tmp_path / "list.csv"
    assert work(store, out, language) == len(rows)
    for line in read_csv(out)[1:]:
        assert all(line[place] for place in (0, 1, 2, 4, 7, 8)), line
    assert exporter(store, language).findings(out, now=START, filters=Filters()) == len(rows)


def test_a_spreadsheet_has_a_sheet_per_system_and_marks_what_changes(
    store: World, tmp_path: Path
) -> None:
    store.run(
        [
            finding(1),
            finding(2, authority="oa"),
            finding(3, right_source="legacy"),
            finding(4, left_value=None),
        ]
    )
    out = tmp_path / "list.xlsx"
    work(store, out)
    book = openpyxl.load_workbook(out)
    assert sorted(book.sheetnames) == ["办公系统", "客户系统", "旧表 2020"]
    sheet = book["办公系统"]
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[1]][:7] == [
        "系统",
        "对象",
        "编号",
        "名称",
        "字段",
        "现值",
        "建议改为",
    ]
    assert [cell.value for cell in sheet[2]][5:7] == ["云帆科贸 1", "云帆科技 1"]
    before, after = sheet["F2"].fill.fgColor.rgb, sheet["G2"].fill.fgColor.rgb
    plain = sheet["A2"].fill.fgColor.rgb
    assert len({before, after, plain}) == 3
    assert sheet["G3"].fill.fgColor.rgb == plain, "nothing is proposed, so nothing is marked"


def test_a_personal_line_names_no_value_to_put_in(store: World, tmp_path: Path) -> None:
    store.run(
        [finding(1, field="phone", personal=True, left_value="138****1", right_value="138****2")]
    )
    out = tmp_path / "list.csv"
    work(store, out, "en")
    line = read_csv(out)[1]
    assert line[5:7] == ["138****2", ""]
    assert "personal" in line[8]
    assert "138****1" not in ",".join(line)


def test_no_cell_of_a_csv_starts_a_formula(store: World, tmp_path: Path) -> None:
    store.run(
        [
            finding(n, left_value=v, right_value=v, display=v, key_shown=v, department=v)
            for n, v in enumerate(HOSTILE)
        ]
    )
    for name in ("list.csv", "screen.csv"):
        out = tmp_path / name
        if name == "list.csv":
            work(store, out)
        else:
            exporter(store).findings(out, now=START, filters=Filters())
        rows = read_csv(out)
        assert len(rows) == len(HOSTILE) + 1
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if cell.startswith(sheets.FORMULA_STARTS)]
        assert {value.removeprefix("'") for value in cells} >= set(HOSTILE)


def test_every_cell_of_a_workbook_is_text(store: World, tmp_path: Path) -> None:
    store.run([finding(n, left_value=v, display=v) for n, v in enumerate(HOSTILE)])
    out = tmp_path / "list.xlsx"
    work(store, out)
    sheet = openpyxl.load_workbook(out)["办公系统"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert {"=1+1", "007", "1E5", "http://a.b"} <= {cell.value for cell in cells}


def test_a_megabyte_is_cut_in_a_workbook_and_says_so(store: World, tmp_path: Path) -> None:
    store.run([finding(1, left_value="x" * 1_000_000, right_value="👾" * 30_000)])
    out = tmp_path / "list.xlsx"
    work(store, out, "en")
    sheet = openpyxl.load_workbook(out)["OA"]
    for cell, length in ((sheet["G2"], "1,000,000"), (sheet["F2"], "30,000")):
        assert len(cell.value.encode("utf-16-le")) // 2 <= sheets.LONGEST_CELL
        assert f"{length} characters in all" in cell.value
    work(store, tmp_path / "list.csv", "en")
    csv.field_size_limit(2_000_000)
    assert len(read_csv(tmp_path / "list.csv")[1][6]) == 1_000_000


@given(st.text(max_size=50))
def test_an_inert_cell_is_the_text_or_the_text_behind_an_apostrophe(text: str) -> None:
    made = sheets.inert(text)
    assert made in (text, f"'{text}")
    assert not made.startswith(sheets.FORMULA_STARTS)


@given(st.lists(st.text(max_size=60), max_size=8))
def test_sheet_names_are_allowed_and_unlike_each_other(titles: list[str]) -> None:
    taken: list[str] = []
    for title in titles:
        taken.append(sheets.sheet_name(title, taken))
    assert len({name.casefold() for name in taken}) == len(titles)
    for name in taken:
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\")
        assert not name.startswith("'")
        assert not name.endswith("'")
        assert name.casefold() != "history"


def test_each_export_is_on_record_with_what_was_asked(store: World, tmp_path: Path) -> None:
    store.run([finding(1), finding(2, severity="low")])
    asked = Filters(severity=("low",), text="C0")
    exporter(store).findings(tmp_path / "a.csv", now=START, filters=asked)
    event = store.ledger.audit.recent()[0]
    assert (event.actor, event.action, event.object) == ("alice", "export.findings", "csv")
    assert event.detail["rows"] == 1
    assert event.detail["filters"]["severity"] == ["low"]
    assert event.detail["filters"]["text"] == "C0"


def test_a_reader_exports_their_departments_alone(store: World, tmp_path: Path) -> None:
    store.run([finding(1), finding(2, department="华南")])
    out = tmp_path / "a.csv"
    assert work(store, out, actor=BOB) == 1
    assert exporter(store, actor=BOB).findings(out, now=START, filters=Filters()) == 1


def test_without_the_right_no_file_is_made(store: World, tmp_path: Path) -> None:
    store.run([finding(1)])
    viewer = replace(ALICE, rights=frozenset({Right.VIEW}))
    with pytest.raises(PermissionRefused):
        exporter(store, actor=viewer).findings(tmp_path / "a.csv", now=START, filters=Filters())
    assert list(tmp_path.glob("*.csv")) == []
    assert store.ledger.audit.recent(action="export.findings") == ()


def test_a_failure_leaves_the_old_file_as_it_was(store: World, tmp_path: Path) -> None:
    number = store.run([finding(1)])
    out = tmp_path / "a.csv"
    out.write_text("old")
    file = store.home.path / "runs" / f"{number}.duckdb"
    file.chmod(0o600)
    file.write_bytes(b"not a sealed file")
    with pytest.raises(Exception, match=r"store\.tampered"):
        exporter(store).findings(out, now=START, filters=Filters())
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.csv"]


def test_what_cannot_be_written_says_so(store: World, tmp_path: Path) -> None:
    store.run([finding(1)])
    with pytest.raises(ConfigError):
        exporter(store).findings(tmp_path / "a.pdf", now=START, filters=Filters())
    with pytest.raises(StoreError):
        exporter(store).findings(tmp_path / "nowhere" / "a.csv", now=START, filters=Filters())


def test_an_empty_list_is_a_file_with_a_header(store: World, tmp_path: Path) -> None:
    store.run([])
    assert work(store, tmp_path / "a.csv") == 0
    assert len(read_csv(tmp_path / "a.csv")) == 1
    assert work(store, tmp_path / "a.xlsx") == 0
    openpyxl.load_workbook(tmp_path / "a.xlsx")
