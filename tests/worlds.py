"""Two tiny companies in which every difference is deliberate and counted.

`CUSTOMERS` has a simple key, names, a personal field and branches; `PAYMENTS` a composite key,
amounts, days and instants. A dozen rows a side, small enough to check by eye. All columns are text
in every store, so a value is what stands here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from governance.demo.servers import mariadb, postgresql
from tests.cast import BRANCH, OTHER_BRANCH

Line = tuple[str | None, ...]
ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Side:
    """How many rows, distinct whole keys, keys seen more than once, rows without a whole key."""

    rows: int
    keys: int
    duplicate_keys: int
    null_keys: int


@dataclass(frozen=True)
class Finding:
    """One difference that must be told. `key` is normalised, empty where there is none."""

    key: tuple[str, ...]
    kind: str
    field: str | None = None
    cell_class: str | None = None
    copies: int = 1


@dataclass(frozen=True)
class Expected:
    """What a right comparison counts; `cells` by field and class, those of aligned pairs too."""

    left: Side
    right: Side
    matched: int
    aligned: int
    mismatched: int
    only_left: int
    only_right: int
    cells: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class TinyWorld:
    """One entity in a CRM (left) and an OA (right). Columns and rows are in the fields' order."""

    entity: str
    key: tuple[str, ...]
    fields: tuple[str, ...]
    crm_table: str
    crm_columns: tuple[str, ...]
    crm_rows: tuple[Line, ...]
    oa_table: str
    oa_columns: tuple[str, ...]
    oa_rows: tuple[Line, ...]
    dictionary: str
    expected: Expected


CUSTOMERS = TinyWorld(
    entity="customer",
    key=("code",),
    fields=("code", "name", "phone", "credit_limit", "level", "branch"),
    crm_table="customers",
    crm_columns=("code", "name", "phone", "credit_limit", "level", "branch"),
    crm_rows=(
        ("C001", "无锡恒泰机床有限公司", "13800000001", "1200000.00", "A", BRANCH),
        ("C002", "苏州瑞达模具有限公司", "13800000002", "50000.00", "B", BRANCH),
        ("C003", "上海鑫源电子股份有限公司", "13800000003", "80000.00", "B", BRANCH),
        ("C004", "成都宏信装备有限公司", "13800000004", "90000.00", "C", OTHER_BRANCH),
        ("C005", "武汉盛通汽车部件有限公司", "13800000005", "70000.00", "A", OTHER_BRANCH),
        ("C006", "天津金隆特种钢材有限公司", "13800000006", "60000.00", "C", BRANCH),
        ("C007", "西安天诚轨道装备有限公司", "13800000007", "30000.00", "B", BRANCH),
        ("C008", "佛山中利数控机床有限公司", "13800000008", "20000.00", "C", BRANCH),
        ("C009", "沈阳新昌电力设备有限公司", "13800000009", "10000.00", "B", BRANCH),
        ("C009", "沈阳新昌电力设备有限公司", "13800000009", "10000.00", "A", BRANCH),
        (None, "没有编号的客户", "13800000010", "5000.00", "C", BRANCH),
        ("C010", "石家庄德邦精密机械有限公司", "13800000011", "40000.00", "C", BRANCH),
        ("C011", "云帆科技有限公司", "13800000012", "15000.00", "07", BRANCH),
    ),
    oa_table="base_customer",
    oa_columns=("khbh", "khmc", "lxdh", "sxed", "khjb", "ssfb"),
    oa_rows=(
        ("C001", "无锡恒泰机床有限公司", "13800000001", "1200000.00", "A", BRANCH),
        # aligned by rule: the legal form is dropped
        ("C002", "苏州瑞达模具", "13800000002", "50000.00", "B", BRANCH),
        # aligned by rule: another way to write a number
        ("C003", "上海鑫源电子股份有限公司", "+86 138-0000-0003", "80000.00", "B", BRANCH),
        # aligned by tolerance: exactly one hundredth
        ("C004", "成都宏信装备有限公司", "13800000004", "90000.01", "C", OTHER_BRANCH),
        ("C005", "武汉盛通汽车部件有限公司", "13800000005", "70000.00", "B", OTHER_BRANCH),
        ("C006", "天津金隆特种钢材有限公司", None, "60000.00", "C", BRANCH),
        # twice the same
        ("C008", "佛山中利数控机床有限公司", "13800000008", "20000.00", "C", BRANCH),
        ("C008", "佛山中利数控机床有限公司", "13800000008", "20000.00", "C", BRANCH),
        ("C009", "沈阳新昌电力设备有限公司", "13800000009", "10000.00", "B", BRANCH),
        (None, "补录的客户", "13800000013", "5000.00", "C", BRANCH),
        # the key in other letters; one hundredth beyond the tolerance
        (" c010", "石家庄德邦精密机械有限公司", "13800000011", "40000.02", "C", BRANCH),
        # two names that differ in more than the legal form; a code is no number
        ("C011", "云帆科贸有限公司", "13800000012", "15000.00", "7", BRANCH),
        ("C012", "只在 OA 里的客户", "13800000014", "1000.00", "C", BRANCH),
    ),
    dictionary="""\
    title: {zh: 客户, en: Customer}
    key: code
    authority: crm
    display: name
    department: branch
    weight: 8
    fields:
      code: {type: code, required: true, weight: 10}
      name: {normalize: company_name, weight: 9}
      phone: {normalize: phone, sensitivity: personal, weight: 5}
      credit_limit: {normalize: amount, tolerance: "0.01", weight: 9, authority: oa}
      level: {type: code, weight: 6}
      branch: {weight: 2}
""",
    expected=Expected(
        left=Side(13, 11, 1, 1),
        right=Side(13, 11, 1, 1),
        matched=10,
        aligned=6,
        mismatched=4,
        only_left=2,
        only_right=2,
        cells={
            "name": {"normalized": 1, "different": 1},
            "phone": {"normalized": 1, "null_vs_value": 1},
            "credit_limit": {"within_tolerance": 1, "different": 1},
            "level": {"different": 2},
            "branch": {},
        },
        findings=(
            Finding(("C005",), "mismatch", "level", "different"),
            Finding(("C006",), "mismatch", "phone", "null_vs_value"),
            Finding(("C007",), "only_left"),
            Finding(("C008",), "duplicate_right"),
            Finding(("C009",), "duplicate_left"),
            Finding(("C010",), "mismatch", "credit_limit", "different"),
            Finding(("C011",), "mismatch", "name", "different"),
            Finding(("C011",), "mismatch", "level", "different"),
            Finding(("C012",), "only_right"),
            Finding((), "null_key_left"),
            Finding((), "null_key_right"),
        ),
    ),
)

PAYMENTS = TinyWorld(
    entity="payment",
    key=("contract", "part"),
    fields=("contract", "part", "amount", "paid_on", "booked_at", "rate", "serial", "note"),
    crm_table="payments",
    crm_columns=("contract", "part", "amount", "paid_on", "booked_at", "rate", "serial", "note"),
    crm_rows=(
        ("HT1", "1", "12000", "2026-03-01", "2026-03-01T04:00:00Z", "0.125", "S01", "首付"),
        ("HT1", "2", "100.00", "2026-03-02", "2026-03-02T04:00:00Z", "0.13", "S02", "尾款"),
        ("HT2", "1", "300.00", "2026-03-03", "2026-03-03T04:00:00Z", "0.13", "S03", None),
        ("HT2", "2", "400.00", "2026-03-04", "2026-03-04T04:00:00Z", "0.13", "S04", None),
        ("HT3", "1", "500.00", "2026-03-05", "2026-03-05T04:00:00Z", "0.13", "007", None),
        ("HT3", "2", "600.00", "2026-03-06", "2026-03-06T04:00:00Z", "0.13", "S06", ""),
        # HT11-1 here and HT1-11 there: the parts of a key never run together
        ("HT11", "1", "700.00", "2026-03-07", "2026-03-07T04:00:00Z", "0.13", "S07", None),
        ("HT4", None, "800.00", "2026-03-08", "2026-03-08T04:00:00Z", "0.13", "S08", None),
        ("HT5", "1", "900.00", "2026-03-09", "2026-03-09T04:00:00Z", "0.13", "S09", None),
        ("HT6", "1", "10.00", "2026-03-10", "2026-03-10T04:00:00Z", "0.13", "S10", None),
        ("HT6", "1", "20.00", "2026-03-11", "2026-03-11T04:00:00Z", "0.13", "S11", None),
        ("HT7", "1", "30.00", "2026-03-12", "2026-03-12T04:00:00Z", "0.13", "S12", None),
    ),
    oa_table="form_payment",
    oa_columns=("htbh", "qc", "hkje", "hkrq", "rzsj", "sl", "lsh", "bz"),
    oa_rows=(
        # one value, four other ways to write it
        ("HT1", "1", "1.2万", "2026年3月1日", "2026-03-01 12:00:00", "12.5%", "S01", "首付"),
        # exactly one per cent of the larger
        ("HT1", "2", "101.00", "2026-03-02", "2026-03-02T04:00:00Z", "0.13", "S02", "尾款"),
        # exactly five minutes
        ("HT2", "01", "300.00", "2026-03-03", "2026-03-03T04:05:00Z", "0.13", "S03", None),
        # eight hours early: somebody wrote UTC into a column of local time
        ("HT2", "2", "400.00", "2026-03-04", "2026-03-04 04:00:00", "0.13", "S04", None),
        ("HT3", "1", "500.00", "2026-03-05", "2026-03-05T04:00:00Z", "0.13", "7", None),
        # an empty text is not nothing
        ("HT3", "2", "600.00", "2026-03-06", "2026-03-06T04:00:00Z", "0.13", "S06", None),
        ("HT1", "11", "700.00", "2026-03-07", "2026-03-07T04:00:00Z", "0.13", "S07", None),
        # no normaliser reads this as an amount
        ("HT5", "1", "待定", "2026-03-09", "2026-03-09T04:00:00Z", "0.13", "S09", None),
        # the same two rows in another order are no difference
        ("HT6", "1", "20.00", "2026-03-11", "2026-03-11T04:00:00Z", "0.13", "S11", None),
        ("HT6", "1", "10.00", "2026-03-10", "2026-03-10T04:00:00Z", "0.13", "S10", None),
        # two copies, neither of them right
        ("HT7", "1", "31.00", "2026-03-12", "2026-03-12T04:00:00Z", "0.13", "S12", None),
        ("HT7", "1", "32.00", "2026-03-12", "2026-03-12T04:00:00Z", "0.13", "S12", None),
    ),
    dictionary="""\
    title: {zh: 回款, en: Payment}
    key: [contract, part]
    authority: oa
    display: note
    weight: 9
    fields:
      contract: {type: code, weight: 10}
      part: {type: integer, weight: 10}
      amount: {normalize: amount, tolerance: 1%, weight: 10}
      paid_on: {normalize: date, weight: 7}
      booked_at: {normalize: datetime, tolerance: 5min, weight: 5}
      rate: {normalize: percent, weight: 7}
      serial: {type: code, weight: 8}
      note: {weight: 1}
""",
    expected=Expected(
        left=Side(12, 10, 1, 1),
        right=Side(12, 10, 2, 0),
        matched=9,
        aligned=5,
        mismatched=4,
        only_left=2,
        only_right=3,
        cells={
            "amount": {"normalized": 1, "within_tolerance": 1, "different": 1},
            "paid_on": {"normalized": 1},
            "booked_at": {"normalized": 1, "within_tolerance": 1, "different": 1},
            "rate": {"normalized": 1},
            "serial": {"different": 1},
            "note": {"null_vs_value": 1},
        },
        findings=(
            Finding(("HT2", "2"), "mismatch", "booked_at", "different"),
            Finding(("HT3", "1"), "mismatch", "serial", "different"),
            Finding(("HT3", "2"), "mismatch", "note", "null_vs_value"),
            Finding(("HT11", "1"), "only_left"),
            Finding(("HT1", "11"), "only_right"),
            Finding((), "null_key_left"),
            Finding(("HT5", "1"), "mismatch", "amount", "different"),
            Finding(("HT7", "1"), "duplicate_left"),
            Finding(("HT7", "1"), "duplicate_right", copies=2),
        ),
    ),
)
WORLDS = (CUSTOMERS, PAYMENTS)


def write_sqlite(path: Path, table: str, columns: Sequence[str], rows: Sequence[Line]) -> Path:
    """A table of text columns, added to the database at `path`."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE {table} ({', '.join(f'{c} TEXT' for c in columns)})")
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    return path


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Line], encoding: str = "utf-8",
              ) -> Path:  # fmt: skip
    """Every text in quotes and nothing at all for null, so that the two stay apart."""

    def cell(value: str | None) -> str:
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    lines = [",".join(columns), *(",".join(cell(value) for value in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def fill_server(url: str, table: str, columns: Sequence[str], rows: Sequence[Line]) -> None:
    """The same in PostgreSQL or MariaDB, whichever the address names."""
    server = postgresql if urlsplit(url).scheme == "postgresql" else mariadb
    with server(url) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {table} ({', '.join(f'{c} varchar(200)' for c in columns)})")
        cursor.executemany(
            f"INSERT INTO {table} VALUES ({', '.join('%s' for _ in columns)})", list(rows)
        )


def governance_yaml(
    crm: str = "{kind: sqlite, path: crm.sqlite}",
    oa: str = "{kind: sqlite, path: oa.sqlite}",
    worlds: Sequence[TinyWorld] = WORLDS,
) -> str:
    """A configuration of both worlds; `crm` and `oa` say where the two systems lie."""
    entities = "".join(
        f"  {w.entity}:\n{w.dictionary}    sources:\n"
        f"      crm: {{table: {w.crm_table}, columns: {mapping(w.fields, w.crm_columns)}}}\n"
        f"      oa: {{table: {w.oa_table}, columns: {mapping(w.fields, w.oa_columns)}}}\n"
        for w in worlds
    )
    return (
        f"version: 1\ncompany: {{zh: 小世界, en: Tiny world}}\ntime_zone: {ZONE}\n"
        f"sources:\n  crm: {crm}\n  oa: {oa}\nentities:\n{entities}"
    )


def mapping(fields: Sequence[str], columns: Sequence[str]) -> str:
    pairs = ", ".join(f"{f}: {c}" for f, c in zip(fields, columns, strict=True))
    return f"{{{pairs}}}"


def settle(folder: Path, worlds: Sequence[TinyWorld] = WORLDS) -> Path:
    """Both worlds in SQLite under `folder`; the path of their configuration.

    A night of one of them costs little more than half of what both do.
    """
    for world in worlds:
        write_sqlite(folder / "crm.sqlite", world.crm_table, world.crm_columns, world.crm_rows)
        write_sqlite(folder / "oa.sqlite", world.oa_table, world.oa_columns, world.oa_rows)
    path = folder / "governance.yaml"
    path.write_text(governance_yaml(worlds=worlds), encoding="utf-8")
    return path


def settle_in_servers(
    crm_url: str, oa_url: str, folder: Path, worlds: Sequence[TinyWorld] = WORLDS
) -> Path:
    """The CRM in one server, the OA in another; the path of the configuration under `folder`."""
    for world in worlds:
        fill_server(crm_url, world.crm_table, world.crm_columns, world.crm_rows)
        fill_server(oa_url, world.oa_table, world.oa_columns, world.oa_rows)
    kinds = [f"{{kind: {urlsplit(u).scheme}, url: {u}}}" for u in (crm_url, oa_url)]
    path = folder / "governance.yaml"
    path.write_text(governance_yaml(*kinds, worlds=worlds), encoding="utf-8")
    return path
