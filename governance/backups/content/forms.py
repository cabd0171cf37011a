"""From what a dump prints to what the live source's reader prints of the same value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from governance.sources.mysql_columns import BINARY, base

if TYPE_CHECKING:
    import pyarrow as pa

    from governance.backups.content.literals import Taken

INSTANT = re.compile(
    r"(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?( BC)?"
)
CYCLE = 400  # the calendar repeats after so many years


class Form(Enum):
    """How a column's text is brought to what a reader of `governance.sources` prints."""

    TEXT = "text"
    BYTES = "bytes"  # hexadecimal digits
    BITS = "bits"  # a number
    SINGLE = "single"  # a FLOAT as the double it is
    STAMP = "stamp"  # a TIMESTAMP of MySQL in UTC
    BOOLEAN = "boolean"
    INSTANT = "instant"  # a timestamptz of PostgreSQL in UTC


def mysql_form(kind: str, utc: bool) -> Form:
    """The form for a column type; `utc`: the dump's TIMESTAMPs are in UTC."""
    plain = base(kind)
    if plain in BINARY:
        return Form.BYTES
    if plain == "timestamp":
        return Form.STAMP if utc else Form.TEXT
    return {"bit": Form.BITS, "float": Form.SINGLE}.get(plain, Form.TEXT)


def postgresql_form(kind: str) -> Form:
    if kind in ("boolean", "bool"):
        return Form.BOOLEAN
    with_zone = kind.startswith("timestamp") and kind.endswith("with time zone")
    return Form.INSTANT if with_zone or kind == "timestamptz" else Form.TEXT


def formed(taken: Taken, form: Form) -> pa.Array:
    """The column as text. Bytes that are no UTF-8 raise ArrowInvalid."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = taken.cells
    if form is Form.BYTES and taken.is_hex:
        return pc.utf8_upper(cells.cast(pa.string()))
    if taken.is_hex:
        cells = each(cells, bytes.fromhex, pa.binary(), decoded=True)
    if form is Form.BYTES:
        return each(cells, lambda value: value.hex().upper(), pa.string())
    if form is Form.BITS:
        return each(cells, bit_number, pa.string())
    text = cells.cast(pa.string())
    if form is Form.STAMP:
        zero = pc.starts_with(text, "0000-")
        return pc.if_else(zero, text, pc.binary_join_element_wise(text, "+00:00", ""))
    if form is Form.BOOLEAN:
        text = pc.if_else(pc.equal(text, "t"), "true", text)
        return pc.if_else(pc.equal(text, "f"), "false", text)
    if form is Form.SINGLE:
        return each(text, single, pa.string())
    if form is Form.INSTANT and not pc.all(pc.ends_with(text, "+00")).as_py():
        return each(text, instant, pa.string())
    return text


def each(
    cells: pa.Array, change: Callable[..., object], kind: pa.DataType, decoded: bool = False
) -> pa.Array:
    import pyarrow as pa

    values = cells.to_pylist()
    if decoded:
        values = [None if value is None else value.decode() for value in values]
    return pa.array([None if value is None else change(value) for value in values], kind)


def bit_number(value: bytes) -> str:
    """A BIT's bytes as its number; one that is printed as a number already stays."""
    return str(int.from_bytes(value, "big"))


def single(value: str) -> str:
    """A FLOAT's text as the double it stands for, printed as MySQL prints a double.

    A dump holds six digits of it: what is lost there is lost in the backup too.
    """
    import numpy as np

    try:
        exact = float(np.float32(value))
    except (ValueError, OverflowError):
        return value
    return double(exact)


def double(value: float) -> str:
    """MySQL's text of a double: the shortest digits, an exponent where they would need more room.

    The server's own rule (my_gcvt with 17 digits of room): plain from 1e-5 to below 1e15.
    """
    if value == 0:
        return "0"
    shortest = repr(value)
    sign = "-" if shortest.startswith("-") else ""
    number, _, power = shortest.lstrip("-").partition("e")
    left, _, right = number.partition(".")
    digits = (left + right).lstrip("0")
    place = int(power or 0) + len(left) - (len(left + right) - len(digits))
    figures = digits.rstrip("0")
    if -4 <= place <= 15:
        if place <= 0:
            return f"{sign}0.{'0' * -place}{figures}"
        head = figures[:place].ljust(place, "0")
        rest = figures[place:]
        return f"{sign}{head}.{rest}" if rest else f"{sign}{head}"
    rest = f".{figures[1:]}" if len(figures) > 1 else ""
    return f"{sign}{figures[0]}{rest}e{place - 1}"


def instant(value: str) -> str:
    """A timestamp with its zone, moved to UTC; what has none (`infinity`) stays."""
    found = INSTANT.fullmatch(value)
    if found is None:
        return value
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    if found[12]:
        year = 1 - year
    shift = timedelta(hours=int(found[9]), minutes=int(found[10] or 0), seconds=int(found[11] or 0))
    cycles, inside = divmod(year, CYCLE)
    # Python's years end at 9999: the same day of another cycle is moved instead.
    moved = datetime(inside + 2 * CYCLE, month, day, hour, minute, second)  # noqa: DTZ001
    moved = moved - shift if found[8] == "+" else moved + shift
    year = moved.year - 2 * CYCLE + cycles * CYCLE
    era = "" if year > 0 else " BC"
    shown = year if year > 0 else 1 - year
    return f"{shown:04}-{moved:%m-%d %H:%M:%S}{found[7] or ''}+00{era}"
