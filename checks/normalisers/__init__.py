"""Normalisers: what makes two spellings of one value comparable.

Each is a pipeline of named rules in SQL over a text column. The rules are told to users in
docs/normalisers.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from checks.errors import CodedError
from checks.normalisers import (
    amounts,
    company,
    dates,
    email,
    ids,
    instants,
    numbers,
    person,
    phone,
    text,
    unicode,
)
from checks.normalisers.base import Normaliser, Step
from checks.sql import literal

__all__ = [
    "NORMALISERS",
    "TYPES",
    "Normaliser",
    "Step",
    "edition",
    "explain",
    "expression",
    "idle",
    "install",
    "reader",
]


@cache
def edition() -> str:
    """A text that is another one once a rule is: values normalised under one edition are not
    compared with those of another."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]


# What `--normalize` and `normalizer:` may name.
NORMALISERS: dict[str, Normaliser] = {
    normaliser.name: normaliser
    for normaliser in (
        text.TEXT,
        text.CODE,
        company.COMPANY_NAME,
        person.PERSON_NAME,
        phone.PHONE,
        email.EMAIL,
        ids.CREDIT_CODE,
        ids.ID_NUMBER,
        dates.DATE,
        dates.EXCEL_DATE,
        instants.DATETIME,
        amounts.AMOUNT,
        amounts.PERCENT,
    )
}
# What `--type` may name, besides `text`, which has no reader: it is compared as written. The
# strict readers of days and instants have names of their own, since `date` is also a normaliser.
TYPES: dict[str, Normaliser] = {
    "code": text.CODE,
    "integer": numbers.INTEGER,
    "decimal": numbers.DECIMAL,
    "boolean": numbers.BOOLEAN,
    "date": dates.ISO_DATE,
    "datetime": instants.ISO_DATETIME,
}
_READERS = {reader.name: reader for reader in TYPES.values()} | NORMALISERS


def reader(name: str) -> Normaliser:
    """The normaliser of that name; `date` and `datetime` are the lenient ones.

    The strict ones are `TYPES["date"]` and `TYPES["datetime"]`, alias `iso_date`, `iso_datetime`.
    Raises CodedError `normaliser.unknown` with the allowed names.
    """
    if name not in _READERS:
        raise CodedError("normaliser.unknown", name=name, allowed=", ".join(sorted(_READERS)))
    return _READERS[name]


def install(con: Any, names: Iterable[str], zone: str) -> None:
    """Prepares `con` so that the expressions of `names` run on it; may be called again.

    `zone` is the business time zone (an IANA name), for times written without one. pyarrow and
    opencc are imported only if a normaliser among `names` needs them. Raises CodedError
    `normaliser.unknown` or `normaliser.unknown_zone`.
    """
    needs = frozenset[str]().union(*(reader(name).needs for name in names))
    if "nfkc" in needs:
        unicode.install_nfkc(con)
    if "simplified" in needs:
        unicode.install_simplified(con)
    if "zone" in needs:
        _install_zone(con, zone)


def _install_zone(con: Any, zone: str) -> None:
    known = con.execute("SELECT 1 FROM pg_timezone_names() WHERE name = ?", [zone])
    if not known.fetchall():
        raise CodedError("normaliser.unknown_zone", zone=zone)
    con.execute(f"CREATE OR REPLACE TEMP MACRO duiqi_zone() AS {literal(zone)}")


def expression(name: str, column: str, *, skip: int = 0) -> str:
    """SQL for the canonical text of `column`, a text expression.

    NULL where the value is NULL or cannot be read; blank text is ''. Never raises when it runs,
    whatever the text. `install` must have been called on the connection it runs on. `skip` is
    for a column no value of which `idle` counts lower, and changes no result.
    """
    return reader(name).expression(column, skip=skip)


def idle(name: str, column: str) -> str:
    """SQL for how many stages from the front leave a value of `column`, a name, as it is."""
    return reader(name).idle(column)


def explain(con: Any, name: str, value: str) -> tuple[str, ...]:
    """The rules that changed `value` on its way to its canonical text, in order, each once.

    Empty if it is canonical already or cannot be read.
    """
    query = "SELECT CAST($value AS VARCHAR) AS s0"
    steps = reader(name).steps
    for place, step in enumerate(steps):
        query = f"SELECT *, {step.sql(f's{place}')} AS s{place + 1} FROM ({query})"
    row = con.execute(query, {"value": value}).fetchall()[0]
    if row[-1] is None:
        return ()
    fired = (step.name for step, old, new in zip(steps, row, row[1:], strict=False) if old != new)
    return tuple(dict.fromkeys(fired))
