"""How the OA and the branches write down what the CRM holds: same meaning, other signs.

A writer takes a canonical value and a style, which is drawn once per record, so that a record
keeps its handwriting when it is synchronised again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Value = Any
Row = dict[str, Value]
BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")
STYLES = 12


def phone(value: str, style: int) -> str:
    parts = (value[:3], value[3:7], value[7:])
    return (
        f"+86 {value}",
        "-".join(parts),
        f"+86-{value}",
        " ".join(parts),
        value,
        f"+86{value}",
    )[style % 6]


def money(value: Decimal, style: int) -> str:
    """Separators, a currency sign, or 万元 where that loses nothing a person would notice."""
    if style % 3 == 0 and value % 100 == 0:
        return f"{(value / 10000).normalize():f}万元"
    return f"¥{value:,.2f}" if style % 3 == 1 else f"{value:,.2f}"


def day(value: date, style: int) -> str:
    return (
        f"{value.year}年{value.month}月{value.day}日",
        f"{value.year}/{value.month}/{value.day}",
        value.isoformat(),
        f"{value.year}年{value.month:02d}月{value.day:02d}日",
    )[style % 4]


def share(value: Decimal, style: int) -> str:
    """`13%`; in every second handwriting `13.0%`."""
    percent = value * 100
    return f"{percent:.1f}%" if style % 2 else f"{percent.normalize():f}%"


def local(value: datetime, _style: int) -> datetime:
    """The wall clock of the business zone, without saying so: how an OA keeps time."""
    return value.astimezone(BUSINESS_ZONE).replace(tzinfo=None)


def full_width(text: str) -> str:
    """ASCII letters, digits and brackets as full-width signs."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


Writer = Callable[[Any, int], Any]
OA_WRITERS: dict[str, Writer] = {
    "phone": phone,
    "mobile": phone,
    "credit_limit": money,
    "amount": money,
    "opened_on": day,
    "starts_on": day,
    "ends_on": day,
    "paid_on": day,
    "hired_on": day,
    "tax_rate": share,
    "signed_at": local,
    "updated_at": local,
    "installment": lambda value, _style: str(value),
}


def in_oa(field: str, value: Value, style: int) -> Value:
    """One canonical value as the OA writes it; None stays None."""
    writer = OA_WRITERS.get(field)
    return value if writer is None or value is None else writer(value, style)


def drop_cell(field: str, value: Value, style: int) -> str | None:
    """One canonical value as a branch types it into its sheet."""
    if value is None:
        return None
    if field in ("phone", "mobile"):
        return phone(value, style + 1)
    if field in ("opened_on", "paid_on"):
        return day(value, style + 1)
    if field in ("credit_limit", "amount"):
        return money(value, style + 1)
    return str(value)


def to_sqlite(value: Value) -> Value:
    """A canonical value as SQLite keeps it: exact decimals as text, instants in UTC."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.isoformat(sep=" ")
        return value.astimezone(UTC).isoformat(sep=" ").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value
