"""Two tables of customers that nearly agree, made inside DuckDB, always the same.

Twelve columns of text, named and read as in the dictionary that ships. Per side 0.5 % of the rows
are missing and 0.1 % of the keys stand there twice; on the right 1 % of the values of each
compared column are others, and 5 % are the same written another way.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from checks.dictionary import Entity, Field, FieldType, Mapping, Sensitivity, Title, Tolerance
from checks.prepare import Spec, prepare, spec_of
from checks.profile import profile
from governance.store import Home, Sealed, engine, seal

SECRET = b"benchmark"
ZONE = "Asia/Shanghai"
LEFT, RIGHT = "crm", "oa"
CODE, PERSONAL = FieldType.CODE, Sensitivity.PERSONAL


def _field(name: str, reader: str | None, weight: int, **more: Any) -> Field:
    return Field(name, Title(name, name), normalizer=reader, weight=weight, **more)


FIELDS = (
    _field("customer_no", None, 10, type=CODE),
    _field("name", "company_name", 9),
    _field("credit_code", "credit_code", 9),
    _field("phone", "phone", 5, sensitivity=PERSONAL),
    _field("email", "email", 4, sensitivity=PERSONAL),
    _field("address", "text", 3),
    _field("level", None, 4, type=CODE),
    _field("owner", "person_name", 5),
    _field("department", "text", 4),
    _field("credit_limit", "amount", 9, tolerance=Tolerance(absolute=Decimal("0.01"))),
    _field("status", None, 6, type=CODE),
    _field("created_on", "date", 2),
)
NAMES = tuple(f.name for f in FIELDS)
KEY, *COMPARED = NAMES
CUSTOMER = Entity(
    "customer",
    Title("customer", "customer"),
    (KEY,),
    FIELDS,
    authority=LEFT,
    mappings=tuple(Mapping(s, {name: name for name in NAMES}) for s in (LEFT, RIGHT)),
    display="name",
    department="department",
    weight=8,
)


def _one_of(seed: str, salt: int, words: str) -> str:
    texts = ", ".join(f"'{word}'" for word in words.split())
    return f"[{texts}][CAST(hash({seed}, {salt}) % {len(words.split())} AS INTEGER) + 1]"


def _credit_code(seed: str) -> str:
    """All digits but the check character, of which nearly every seventeen digits have one."""
    number = f"(91310000000000000 + CAST(hash({seed}, 2) % 1000000000 AS BIGINT))"
    total = " + ".join(f"{pow(3, n, 31)} * ({number} // {10 ** (16 - n)} % 10)" for n in range(17))
    check = f"substr('0123456789ABCDEFGHJKLMNPQRTUWXY', (31 - ({total}) % 31) % 31 + 1, 1)"
    return f"{number} || {check}"


# Per column: its value, and the same written another way. `{v}` is the value.
_VALUES: dict[str, tuple[Callable[[str], str], str]] = {
    "name": (
        lambda s: (
            f"{_one_of(s, 1, '云帆 华信 东方 海达 中科 瑞丰 天成 博远')} || (hash({s}, 1) % 90000)"
            f" || {_one_of(s, 11, '科技 贸易 实业 电子')} || '有限公司'"
        ),
        "replace({v}, '有限公司', ' 有限责任公司')",
    ),
    "credit_code": (_credit_code, "lower({v})"),
    "phone": (
        lambda s: f"'138' || lpad(CAST(hash({s}, 3) % 100000000 AS VARCHAR), 8, '0')",
        "'+86 ' || left({v}, 3) || '-' || substr({v}, 4, 4) || '-' || right({v}, 4)",
    ),
    "email": (lambda s: f"'u' || (hash({s}, 4) % 1000000000) || '@example.cn'", "upper({v})"),
    "address": (
        lambda s: (
            f"{_one_of(s, 5, '上海市 杭州市 深圳市 成都市')} || '人民路' || (hash({s}, 5) % 2000)"
            f" || '号 ' || (hash({s}, 51) % 30) || '楼'"
        ),
        "replace({v}, ' ', '　')",
    ),
    "level": (lambda s: _one_of(s, 6, "A B C"), "lower({v})"),
    "owner": (
        lambda s: (
            f"{_one_of(s, 7, '王 李 张 刘 陈 杨 赵 黄 周 吴')}"
            f" || {_one_of(s, 71, '伟 芳 娜 敏 静 丽 强 磊 军 洋')}"
            f" || {_one_of(s, 72, '文 明 华 国 建')}"
        ),
        "left({v}, 1) || ' ' || substr({v}, 2)",
    ),
    "department": (lambda s: _one_of(s, 8, "华东 华南 华北 西南 总部"), "' ' || {v}"),
    "credit_limit": (
        lambda s: f"printf('%.2f', 1000 + (hash({s}, 9) % 99900000) / 100.0)",
        "regexp_replace({v}, '([0-9]{{3}}[.])', ',\\1')",
    ),
    "status": (lambda s: _one_of(s, 10, "active paused closed"), "upper({v}) || ' '"),
    "created_on": (
        lambda s: f"CAST(DATE '2015-01-01' + CAST(hash({s}, 12) % 4000 AS INTEGER) AS VARCHAR)",
        "replace({v}, '-', '/')",
    ),
}


def table(source: str, rows: int, *, noise: bool = True) -> str:
    """SQL for one side's rows, as they would be read: twelve columns of text.

    Without `noise` no value is written another way.
    """
    right = source == RIGHT
    values, written = ["'C' || lpad(CAST(i AS VARCHAR), 9, '0')"], [KEY]
    for at, name in enumerate(COMPARED):
        value, otherwise = _VALUES[name]
        if right:
            seed = f"(i + CASE WHEN hash(i, {100 + at}) % 100 = 0 THEN 1000000000 ELSE 0 END)"
            values.append(value(seed))
            other = otherwise.format(v=name) if noise else name
            written.append(f"CASE WHEN hash(i, {200 + at}) % 100 < 5 THEN {other} ELSE {name} END")
        else:
            values.append(value("i"))
            written.append(name)
    listed = ", ".join(f"{v} AS {n}" for v, n in zip(values, NAMES, strict=True))
    told = ", ".join(f"{v} AS {n}" for v, n in zip(written, NAMES, strict=True))
    salt = 12 if right else 11
    return (
        f"SELECT {told} FROM (SELECT i, {listed} FROM (SELECT i FROM range({rows}) AS t(i),"
        f" range(CASE WHEN hash(i, {salt + 20}) % 1000 = 0 THEN 2 ELSE 1 END) AS again"
        f" WHERE hash(i, {salt}) % 1000 >= 5))"
    )


def spec_for(source: str) -> Spec:
    mapping = CUSTOMER.mapping_of(source)
    assert mapping is not None
    return spec_of(CUSTOMER, mapping, secret=SECRET, zone=ZONE)


def sealed(home: Home, source: str, rows: int, *, noise: bool = True) -> Sealed:
    """One side prepared and sealed the way a snapshot is."""
    con = engine(home)
    try:
        con.execute(f"CREATE TABLE landed AS {table(source, rows, noise=noise)}")
        return seal_landed(con, home, source, rows)
    finally:
        con.close()


def seal_landed(con: Any, home: Home, source: str, rows: int) -> Sealed:
    """Prepare, profile and seal the table `landed` of `con`."""
    spec = spec_for(source)
    prepared = prepare(con, "landed", "", spec)
    profile(con, "landed", spec, {column.name: column.name for column in spec.columns})
    tables = [
        ("rows", f"SELECT * FROM {prepared.rows} ORDER BY _key"),
        ("odd", f"SELECT * FROM {prepared.odd} ORDER BY _key, _raw_hash"),
        ("profile", "SELECT * FROM profile"),
    ]
    return seal(con, home, f"snapshots/{source}/customer/1.duckdb", tables, fence=1, rows=rows)
