"""Files without a quotation mark are compared by whole lines; that must tell the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.compare.request import Request
from governance.compare.run import compare
from tests.thorough import some

COLUMNS = ("v", "k", "w", "j")
part = st.sampled_from([None, "1", "11", "客", "a b"])
cell = st.sampled_from([None, "a", "云帆", " "])
rows = st.lists(st.tuples(cell, part, cell, part), max_size=8)
Rows = list[tuple[str | None, ...]]


def written(path: Path, data: Rows, quoted: bool) -> str:
    """The same table, its cells bare or in quotation marks (then read by the careful road)."""

    def text(value: str | None) -> str:
        return "" if value is None else f'"{value}"' if quoted else value

    lines = [",".join(map(text, row)) for row in data]
    path.write_text("\n".join([",".join(COLUMNS), *lines, ""]))
    return str(path)


def found(folder: Path, left: Rows, right: Rows, key: tuple[str, ...], quoted: bool):
    out = folder / "findings.csv"
    files = (written(folder / f"{n}.csv", t, quoted) for n, t in (("l", left), ("r", right)))
    told = compare(Request(*files, key=key, findings=out), first=0)
    with duckdb.connect() as con:
        how = "read_csv(?, all_varchar = true, allow_quoted_nulls = false)"
        findings = con.execute(f"SELECT * FROM {how}", [str(out)]).fetchall()
    return told.totals, Counter(findings)


@settings(max_examples=some(40, 15), deadline=None, suppress_health_check=list(HealthCheck))
@given(left=rows, right=rows, key=st.sampled_from([("k",), ("v",), ("k", "j"), ("j", "v")]))
def test_lines_tell_the_same_as_cells(tmp_path, left, right, key):
    plain, careful = (found(tmp_path, left, right, key, quoted) for quoted in (False, True))
    assert plain == careful


def test_columns_that_are_ignored_do_not_count(duiqi, pair):
    files = pair("id,v,w\n1,a,x\n2,b,y\n", "id,v,w\n1,a,z\n2,c,y\n")
    ran = duiqi(*files, "--key", "id", "--ignore", "w")
    assert (ran.json["aligned"], ran.json["mismatched"]) == (1, 1)


@pytest.mark.parametrize("row", ["2", "2,b,c,d", "2,b,,"])
@pytest.mark.parametrize("where", ["left", "right", "both"])
def test_a_ragged_line_is_refused_even_where_both_sides_have_it(duiqi, pair, row, where):
    good, bad = "id,v,w\n1,a,x\n", f"id,v,w\n1,a,x\n{row}\n"
    texts = {"left": (bad, good), "right": (good, bad), "both": (bad, bad)}[where]
    ran = duiqi(*pair(*texts), "--key", "id")
    if row == "2,b,,":  # an empty cell to spare says nothing
        assert ran.code in (0, 1)
        return
    assert (ran.code, ran.out) == (2, "")
    assert "3" in ran.err


def test_blank_lines_and_windows_line_ends(duiqi, pair):
    ran = duiqi(*pair("id,v\r\n1,a\r\n\r\n2,b\r\n", "id,v\r\n\r\n2,b\r\n1,a\r\n"), "--key", "id")
    assert (ran.code, ran.json["left"]["rows"]) == (0, 2)
    ran = duiqi(*pair("id,v\r\n1,a\r\n", "id,v\n1,a\n"), "--key", "id")
    assert ran.code == 0


def test_other_column_orders_and_names_take_the_other_road(duiqi, pair):
    assert duiqi(*pair("id,v,w\n1,a,x\n", "w,id,v\nx,1,a\n"), "--key", "id").code == 0
    ran = duiqi(*pair("id,v,w\n1,a,x\n", "id,w,v\n1,a,x\n"), "--key", "id", "--map", "v=w,w=v")
    assert ran.code == 0


def test_damaged_text_is_refused(duiqi, tmp_path, pair):
    left, right = pair("id,v\n1,a\n", "")
    right.write_bytes(b"id,v\n1,\xff\xfe\xff\n")
    ran = duiqi(left, right, "--key", "id")
    assert (ran.code, ran.out) == (2, "")
