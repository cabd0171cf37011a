"""`--findings` and `--base`: every difference, verbatim, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.compare.request import Request
from governance.compare.run import compare
from tests.thorough import some

LEFT = 'id,name,amount\n1,Ann,10\n2,"",20\n3,Cid,\n4,Dan,1\n4,Dan,1\n,Eve,5\n6,Fay,6\n'
RIGHT = "id,name,amount\n1,Ann,11\n2,,20\n3,Cid,30\n4,Dan,1\n7,Gil,7\n,Hal,8\n"
FIELDS = ["id", "kind", "column", "left_value", "right_value", "class", "direction"]
EXPECTED = [
    ("1", "mismatch", "amount", "10", "11", "different", None),
    ("2", "mismatch", "name", "", None, "null_vs_value", None),
    ("3", "mismatch", "amount", None, "30", "null_vs_value", None),
    ("4", "duplicate_left", None, None, None, None, None),
    (None, "null_key_left", None, None, None, None, None),
    (None, "null_key_right", None, None, None, None, None),
    ("6", "only_left", None, None, None, None, None),
    ("7", "only_right", None, None, None, None, None),
]


def read(path: Path) -> tuple[list[str], list[tuple[str | None, ...]]]:
    """Header and rows; null and empty text are told apart."""
    if path.suffix == ".xlsx":
        header, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return list(header), [tuple(row) for row in rows]
    if path.suffix == ".jsonl":
        objects = [json.loads(line) for line in path.read_text().splitlines()]
        return list(objects[0]), [tuple(o.values()) for o in objects]
    how = {
        ".csv": "read_csv(?, all_varchar = true, allow_quoted_nulls = false)",
        ".parquet": "read_parquet(?)",
    }
    with duckdb.connect() as con:
        result = con.execute(f"SELECT * FROM {how[path.suffix]}", [str(path)])
        return [c[0] for c in result.description], result.fetchall()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_every_format_holds_the_same_findings(duiqi, pair, tmp_path, suffix):
    out = tmp_path / f"findings{suffix}"
    assert duiqi(*pair(LEFT, RIGHT), "--key", "id", "--findings", out).code == 1
    header, rows = read(out)
    assert header == FIELDS
    assert rows == EXPECTED


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_values_are_verbatim(duiqi, pair, tmp_path, suffix):
    hostile = ["=1+1", "@x", " spaced ", "a\nb", 'q"q', "1.10", "007", "云帆\u3000科技", "\t-1"]
    body = "".join(f'{n},"{v.replace(chr(34), chr(34) * 2)}"\n' for n, v in enumerate(hostile))
    right = "id,v\n" + "".join(f"{n},other\n" for n in range(len(hostile)))
    out = tmp_path / f"findings{suffix}"
    duiqi(*pair("id,v\n" + body, right), "--key", "id", "--findings", out)
    assert [row[3] for row in read(out)[1]] == hostile


def test_no_difference_leaves_a_header(duiqi, pair, tmp_path):
    out = tmp_path / "findings.csv"
    assert duiqi(*pair("id,v\n1,a\n", "id,v\n1,a\n"), "--key", "id", "--findings", out).code == 0
    assert out.read_text() == ",".join(FIELDS) + "\n"


def test_key_columns_keep_their_values_and_make_way_for_a_field_of_their_name(
    duiqi, pair, tmp_path
):
    out = tmp_path / "findings.csv"
    files = pair("kind,Code,v\nx, a ,1\n", "kind,Code,v\nX,A,2\n")
    normal = ("--normalize", "kind=code", "--normalize", "Code=code")
    duiqi(*files, "--key", "kind,Code", *normal, "--findings", out)
    header, rows = read(out)
    assert header[:3] == ["key_kind", "Code", "kind"]
    assert rows[0][:2] == ("x", " a ")


def test_an_input_is_never_written_over(duiqi, pair, tmp_path):
    left, right = pair(LEFT, RIGHT)
    (tmp_path / "link.csv").symlink_to(right)
    for out in (left, right, tmp_path / "link.csv"):
        ran = duiqi(left, right, "--key", "id", "--findings", out)
        assert ran.code == 2
    assert (left.read_text(), right.read_text()) == (LEFT, RIGHT)


def test_a_place_that_cannot_be_written_is_refused(duiqi, pair, tmp_path):
    files = pair(LEFT, RIGHT)
    assert duiqi(*files, "--key", "id", "--findings", tmp_path / "no" / "f.csv").code == 2
    (tmp_path / "folder.csv").mkdir()
    assert duiqi(*files, "--key", "id", "--findings", tmp_path / "folder.csv").code == 2


def test_what_does_not_fit_a_sheet_leaves_the_old_file(duiqi, pair, tmp_path):
    out = tmp_path / "findings.xlsx"
    out.write_text("old")
    files = pair("id,v\n1," + "x" * 40_000 + "\n", "id,v\n1,y\n")
    ran = duiqi(*files, "--key", "id", "--findings", out)
    assert (ran.code, out.read_text()) == (2, "old")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["findings.xlsx", "left.csv", "right.csv"]


def test_the_base_says_which_side_moved(duiqi, pair, tmp_path):
    base = tmp_path / "base.csv"
    base.write_text("id,v,w\n1,a,a\n2,a,a\n3,a,\n5,a,a\n5,a,a\n")
    left = "id,v,w\n1,b,a\n2,a,b\n3,b,x\n4,b,b\n5,b,b\n"
    right = "id,v,w\n1,a,c\n2,b,c\n3,c,\n4,c,b\n5,c,b\n"
    out = tmp_path / "findings.csv"
    ran = duiqi(*pair(left, right), "--key", "id", "--base", base, "--findings", out)
    assert ran.json["direction"] == {
        "left_moved": 2, "right_moved": 2, "both_moved": 2, "never_agreed": 2,
    }  # fmt: skip
    assert [(row[0], row[2], row[6]) for row in read(out)[1]] == [
        ("1", "v", "left_moved"),
        ("1", "w", "right_moved"),
        ("2", "v", "right_moved"),
        ("2", "w", "both_moved"),
        ("3", "v", "both_moved"),
        ("3", "w", "left_moved"),
        ("4", "v", "never_agreed"),
        ("5", "v", "never_agreed"),
    ]


def test_the_base_is_read_as_the_sides_are(duiqi, pair, tmp_path):
    base = tmp_path / "base.jsonl"
    base.write_text('{"code": " a1", "v": 1.00}\n')
    files = pair("id,v,w\nA1,1,x\n", "code,v,w\nA1,2,y\n")
    words = ("--left-key", "id", "--right-key", "code", "--normalize", "id=code")
    ran = duiqi(*files, *words, "--type", "v=decimal", "--base", base)
    assert ran.json["direction"]["right_moved"] == 1
    assert ran.json["direction"]["never_agreed"] == 1


def test_within_tolerance_of_the_base_is_not_moved(duiqi, pair, tmp_path):
    base = tmp_path / "base.csv"
    base.write_text("id,v\n1,100\n2,100\n")
    files = pair("id,v\n1,100.005\n2,100.006\n", "id,v\n1,105\n2,99.994\n")
    ran = duiqi(*files, "--key", "id", "--tolerance", "v=0.01", "--base", base)
    assert ran.json["direction"] == {
        "left_moved": 0, "right_moved": 1, "both_moved": 1, "never_agreed": 0,
    }  # fmt: skip


def test_a_base_without_the_key_is_refused(duiqi, pair, tmp_path):
    base = tmp_path / "base.csv"
    base.write_text("v\n1\n")
    assert duiqi(*pair("id,v\n1,a\n", "id,v\n1,b\n"), "--key", "id", "--base", base).code == 2


cell = st.sampled_from([None, "", "a", "b", "1.0"])
table = st.dictionaries(st.sampled_from("12345"), st.tuples(cell, cell), max_size=5)
Table = dict[str, tuple[str | None, str | None]]


def written(path: Path, rows: Table) -> Path:
    text = io.StringIO("id,v,w\n")
    text.seek(0, 2)
    for key, values in rows.items():
        cells = ("" if v is None else '"' + v + '"' for v in values)
        text.write(",".join([key, *cells]) + "\n")
    path.write_text(text.getvalue())
    return path


@settings(max_examples=some(30, 10), deadline=None, suppress_health_check=list(HealthCheck))
@given(left=table, right=table)
def test_applying_the_findings_to_the_left_gives_the_right(tmp_path, left, right):
    out = tmp_path / "findings.jsonl"
    files = (written(tmp_path / f"{n}.csv", t) for n, t in (("l", left), ("r", right)))
    compare(Request(*map(str, files), key=("id",), findings=out))
    patched = {key: dict(zip("vw", values, strict=True)) for key, values in left.items()}
    for line in out.read_text().splitlines():
        finding = json.loads(line)
        if finding["kind"] == "mismatch":
            assert patched[finding["id"]][finding["column"]] == finding["left_value"]
            patched[finding["id"]][finding["column"]] = finding["right_value"]
        elif finding["kind"] == "only_left":
            del patched[finding["id"]]
        else:
            patched[finding["id"]] = dict(zip("vw", right[finding["id"]], strict=True))
    assert {key: tuple(row.values()) for key, row in patched.items()} == right


def test_swapping_the_files_mirrors_the_findings(duiqi, pair, tmp_path):
    left, right = pair(LEFT, RIGHT)
    there, back = tmp_path / "there.csv", tmp_path / "back.csv"
    duiqi(left, right, "--key", "id", "--findings", there)
    duiqi(right, left, "--key", "id", "--findings", back)

    def counted(path: Path, swap: bool) -> Counter[tuple[str, ...]]:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        turn = {"left": "right", "right": "left"} if swap else {"left": "left", "right": "right"}
        found = Counter()
        for row in rows:
            head, _, side = row["kind"].rpartition("_")
            kind = f"{head}_{turn[side]}" if head else row["kind"]
            values = (row[f"{turn['left']}_value"], row[f"{turn['right']}_value"])
            found[row["id"], kind, row["column"], *values, row["class"]] += 1
        return found

    assert counted(there, swap=False) == counted(back, swap=True)


def test_the_base_tells_a_deleted_row_from_one_not_yet_created(duiqi, pair, tmp_path):
    base = tmp_path / "base.csv"
    base.write_text("id,v\n1,a\n2,a\n2,b\n")
    files = pair("id,v\n1,a\n3,a\n4,a\n4,b\n,a\n", "id,v\n2,a\n5,a\n")
    out = tmp_path / "findings.csv"
    ran = duiqi(*files, "--key", "id", "--base", base, "--findings", out)
    assert [(row[0], row[1], row[6]) for row in read(out)[1]] == [
        ("4", "duplicate_left", None),
        ("4", "duplicate_left", None),
        (None, "null_key_left", None),
        ("1", "only_left", "deleted"),
        ("3", "only_left", "not_yet_created"),
        ("2", "only_right", "deleted"),
        ("5", "only_right", "not_yet_created"),
    ]
    assert sum(ran.json["direction"].values()) == 0
