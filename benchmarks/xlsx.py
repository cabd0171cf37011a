"""Reading a worksheet of 200,000 x 12 into a table, against fastexcel alone.

    python benchmarks/xlsx.py [--rows 200000] [--runs 3]

The sheet holds texts, amounts, prices of four decimals, days and gaps, all of them sound but for
three cells. The floor loads it as text (`dtypes="string"`) and does no more. Ours is the reader as
a run uses it, into a DuckDB with 1 GB: header found, numbers read again for the digits that the
floor drops, what Excel did to identifiers counted and placed. Wanted: at most 4 s.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import xlsxwriter
from measuring import Meter, alternating, metered, part, show, tell

from governance.sources import Extract, open_source, source_config_for

NAMES = (
    "编号", "名称", "信用代码", "手机", "金额", "签约日期", "城市", "状态", "备注", "数量", "单价",
    "更新",
)  # fmt: skip
WANTED = 4.0


def make(path: Path, rows: int) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    page = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    page.write_row(0, 0, NAMES)
    for at in range(1, rows + 1):
        page.write_string(at, 0, f"C{at:08d}")
        page.write_string(at, 1, f"客户{at * 7919 % 90001}科技有限公司")
        page.write_string(at, 2, "91350100M000100Y43" if at != 7 else "91350100M000100Y44")
        page.write_string(at, 3, f"138{at * 15485863 % 100000007:08d}")
        page.write_number(at, 4, at * 7907 % 100000000 / 100)
        page.write_datetime(at, 5, dt.date(2020, 1, 1) + dt.timedelta(days=at % 2000), day)
        page.write_string(at, 6, ("上海", "杭州市", "苏州", "呼和浩特")[at % 4])
        page.write_string(at, 7, "active" if at != 8 else "1.2E+17")
        if at % 3:
            page.write_string(at, 8, f"备注 {at}，合同续签待确认")
        page.write_number(at, 9, at % 1000)
        page.write_number(at, 10, at * 7901 % 1000003 / 7 if at == 9 else at % 9999 / 10000)
        page.write_string(at, 11, f"2026-03-01 12:{at % 60:02d}:00")
    book.close()


def floor(path: Path) -> Meter:
    import fastexcel

    with metered() as meter:
        sheet = fastexcel.read_excel(str(path)).load_sheet(0, header_row=None, dtypes="string")
        meter.said["rows"] = sheet.to_arrow().num_rows - 1
    return meter


def ours(path: Path) -> Meter:
    import duckdb

    columns = {f"f{at}": name for at, name in enumerate(NAMES)}
    with duckdb.connect(str(path.with_suffix(".duckdb")), config={"memory_limit": "1GB"}) as con:
        source = open_source(source_config_for(str(path)), zone=ZoneInfo("UTC"))
        with metered() as meter, source.snapshot() as reader:
            extract = Extract("customer", columns)
            landed = reader.read(extract, con, "landed", lambda _: None, lambda: False)
    path.with_suffix(".duckdb").unlink()
    meter.said["rows"] = landed.rows
    meter.said["notes"] = [f"{n.code} {n.params.get('places', '')}" for n in landed.notes]
    return meter


PARTS = {"floor": floor, "ours": ours}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--rows", type=int, default=200_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.part:
        tell(PARTS[asked.part[0]](Path(asked.part[1])))
        return
    with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as name:
        path = Path(name) / "ledger.xlsx"
        make(path, asked.rows)
        run = partial(part, __file__, "--part")
        mine, bare = alternating(
            asked.runs, partial(run, "ours", path), partial(run, "floor", path)
        )
    show(f"fastexcel alone, {asked.rows:,} x {len(NAMES)}", bare)
    show(f"into the landed table, {asked.rows:,} x {len(NAMES)}", mine, bare)
    print(f"wanted: at most {WANTED:.0f} s; said: {', '.join(mine[0].said['notes'])}")


if __name__ == "__main__":
    main()
