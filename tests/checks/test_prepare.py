"""Preparing: keys, hashes, tokens and masks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from checks.dictionary import Entity, Field, FieldType, Mapping, Sensitivity, Title, Tolerance
from checks.prepare import Column, Spec, prepare, spec_of

SECRET = b"a secret"
TITLE = Title("客户", "customer")


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def landed(con: duckdb.DuckDBPyConnection, names: str, *rows: tuple[str | None, ...]) -> str:
    columns = ", ".join(f"{name} VARCHAR" for name in names.split())
    con.execute(f"CREATE OR REPLACE TABLE landed ({columns})")
    marks = ", ".join("?" for _ in names.split())
    con.executemany(f"INSERT INTO landed VALUES ({marks})", [list(row) for row in rows])
    return "landed"


def spec(*columns: Column, key: tuple[str, ...] = ("id",)) -> Spec:
    hashed = tuple(c.name for c in columns if c.name not in key)
    return Spec(columns, key, hashed, secret=SECRET)


def column(con: duckdb.DuckDBPyConnection, relation: str, name: str) -> list[object]:
    return [v for (v,) in con.execute(f'SELECT "{name}" FROM {relation} ORDER BY id').fetchall()]


def test_rows_and_odd_part_every_row(con):
    rows = [("1", "a"), ("2", "b"), ("2", "c"), (None, "d"), ("", "e")]
    done = prepare(con, landed(con, "id v", *rows), "x_", spec(Column("id"), Column("v")))
    assert column(con, done.rows, "v") == ["e", "a"]
    assert sorted(column(con, done.odd, "v")) == ["b", "c", "d"]


def test_the_columns_are_those_that_are_sealed(con):
    how = spec(Column("id"), Column("tel", "phone", masked=True), Column("name", "text"))
    done = prepare(con, landed(con, "id tel name", ("1", "13812345678", " x ")), "x_", how)
    expected = [
        "_key",
        "_raw_hash",
        "_norm_hash",
        "_unread",
        "id",
        "tel",
        "tel__t",
        "tel__n",
        "name",
    ]
    for relation in (done.rows, done.odd):
        names = [row[0] for row in con.execute(f"DESCRIBE {relation}").fetchall()]
        assert names == [*expected, "name__n"] == list(how.stored)


def test_values_are_normalised_once_and_unread_ones_stay_as_written(con):
    rows = [("1", "1,234.50"), ("2", "many"), ("3", None), ("4", "")]
    how = spec(Column("id"), Column("v", "amount"))
    done = prepare(con, landed(con, "id v", *rows), "x_", how)
    assert column(con, done.rows, "v__n") == ["1234.5", None, None, None], "only what it changed"
    told = con.execute(f"SELECT {how.column('v').compared()} FROM {done.rows} ORDER BY id")
    assert told.fetchall() == [("1234.5",), ("many",), (None,), ("",)]
    assert done.unread == (("v", 1),)


def test_a_personal_value_is_kept_as_tokens_and_a_mask(con):
    value = "+86 138-1234-5678"
    how = spec(Column("id"), Column("tel", "phone", masked=True))
    done = prepare(con, landed(con, "id tel", ("1", value), ("2", "13812345678")), "x_", how)

    def token(text: str) -> str:
        return hashlib.sha256(f"{SECRET.hex()}\x1f{text}".encode()).hexdigest()[:32]

    assert column(con, done.rows, "tel") == ["138****5678"] * 2
    assert column(con, done.rows, "tel__t") == [token(value), token("13812345678")]
    assert column(con, done.rows, "tel__n") == [token("13812345678"), None]
    everything = con.execute(f"SELECT * FROM {done.rows}").fetchall()
    assert "1234" not in str(everything).replace("tel", "")


@pytest.mark.parametrize(
    ("reader", "value", "mask"),
    [
        ("phone", "138 1234 5678", "138****5678"),
        ("phone", "12345", "1***"),
        ("person_name", "张三丰", "张*"),
        ("person_name", "张", "***"),
        ("email", "Zhang@x.com", "z***@x.com"),
        ("email", "no address", "n***"),
        ("id_number", "310101199001011234", "3101**********1234"),
        (None, "secret", "s***"),
        (None, "男", "***"),
        (None, "", ""),
        (None, None, None),
    ],
)
def test_masks_by_kind(con, reader, value, mask):
    how = spec(Column("id"), Column("v", reader, masked=True))
    done = prepare(con, landed(con, "id v", ("1", value)), "x_", how)
    assert column(con, done.rows, "v") == [mask]


def test_a_personal_key_is_a_token_and_shown_as_a_mask(con):
    how = spec(Column("id", "phone", masked=True), Column("v"))
    rows = [("138-1234-5678", "a"), ("13812345678", "b"), ("13900000000", "c")]
    done = prepare(con, landed(con, "id v", *rows), "x_", how)
    assert column(con, done.rows, "id") == ["139****0000"]
    assert column(con, done.odd, "id") == ["138****5678"] * 2
    ((key,),) = con.execute(f"SELECT _key FROM {done.rows}").fetchall()
    assert len(key) == 32
    assert "139" not in key or key.isalnum()


def test_hashes_are_keyed_and_hold_still(con):
    how = spec(Column("id"), Column("v", "text"))
    table = landed(con, "id v", ("1", "a "), ("2", "a"), ("3", None), ("4", ""))
    done = prepare(con, table, "x_", how)
    raw, norm = column(con, done.rows, "_raw_hash"), column(con, done.rows, "_norm_hash")
    assert norm[0] == norm[1] != norm[2] != norm[3]
    assert len(set(raw)) == 4
    packed = SECRET.hex() + "a:1"
    expected = int.from_bytes(hashlib.md5(packed.encode()).digest(), "little")
    other = int.from_bytes(hashlib.md5(packed.encode()).digest(), "big")
    assert norm[0] in (expected, other)
    again = prepare(con, table, "y_", replace(how, secret=b"another"))
    assert not set(column(con, again.rows, "_norm_hash")) & set(norm)


def test_the_secret_does_not_stay_in_the_connection(con):
    how = spec(Column("id"), Column("v", masked=True))
    prepare(con, landed(con, "id v", ("1", "a")), "x_", how)
    left = con.execute("SELECT count(*) FROM duckdb_variables()").fetchone()
    assert left == (0,)
    assert SECRET.hex() not in repr(how)


def test_masking_needs_a_secret(con):
    how = replace(spec(Column("id"), Column("v", masked=True)), secret=None)
    with pytest.raises(ValueError, match="secret"):
        prepare(con, landed(con, "id v", ("1", "a")), "x_", how)


def test_values_cannot_run_into_each_other(con):
    """Neighbouring columns, lengths and NULL are told apart in every hash."""
    rows = [("1", "a", "bc"), ("2", "ab", "c"), ("3", None, "-"), ("4", "-", None), ("5", "", "")]
    how = spec(Column("id"), Column("v"), Column("w"))
    done = prepare(con, landed(con, "id v w", *rows), "x_", how)
    assert len(set(column(con, done.rows, "_norm_hash"))) == len(rows)


def entity() -> Entity:
    fields = (
        Field("code", TITLE, FieldType.CODE),
        Field("name", TITLE, normalizer="company_name"),
        Field("tel", TITLE, normalizer="phone", sensitivity=Sensitivity.PERSONAL),
        Field(
            "pay",
            TITLE,
            FieldType.DECIMAL,
            sensitivity=Sensitivity.SENSITIVE,
            tolerance=Tolerance(relative=None),
        ),
        Field("note", TITLE),
    )
    crm = Mapping("crm", {n: n.upper() for n in ("code", "name", "tel", "pay", "note")})
    oa = Mapping("oa", {n: n for n in ("code", "name", "tel", "pay")})
    return Entity("customer", TITLE, ("code",), fields, "crm", (crm, oa))


def test_the_dictionary_says_how_a_source_is_prepared():
    one = entity()
    crm, oa = (spec_of(one, m, secret=SECRET, zone="Asia/Shanghai") for m in one.mappings)
    assert [c.name for c in crm.columns] == ["code", "name", "tel", "pay", "note"]
    assert [c.name for c in oa.columns] == ["code", "name", "tel", "pay"]
    assert [c.reader for c in crm.columns] == ["code", "company_name", "phone", "decimal", None]
    assert [c.name for c in crm.columns if c.masked] == ["tel", "pay"]
    assert crm.column("pay").tolerance is None
    assert crm.hashed == oa.hashed == ("name", "pay", "tel")
