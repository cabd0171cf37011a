"""Values as a driver hands them over, turned into the text a person would read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.sources.landing import BATCH_BYTES, BATCH_ROWS, STEP, append
from governance.sources.model import Progress
from governance.sources.watch import Watch

if TYPE_CHECKING:
    import duckdb


def text(value: Any) -> str | None:
    """Nothing is rounded: a float prints its shortest exact form, a decimal all its digits, bytes
    print as hexadecimal digits, structures as sorted JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.timedelta):
        return clock(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex().upper()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=text)
    return str(value)


def clock(span: dt.timedelta) -> str:
    """A time of day or a span as `[-]HH:MM:SS`, hours past 24 and all; Python's own text counts
    days backwards."""
    left = abs(span)
    minutes, seconds = divmod(left.days * 86400 + left.seconds, 60)
    shown = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    fraction = f".{left.microseconds:06}" if left.microseconds else ""
    return f"{'-' if span < dt.timedelta() else ''}{shown}{fraction}"


def sized(rows: Iterable[Sequence[Any]]) -> Iterator[list[list[str | None]]]:
    """Rows as text, in lists that stay small in rows and in characters."""
    batch: list[list[str | None]] = []
    size = 0
    for row in rows:
        # Most cells are text already, and this loop is what reading SQLite costs.
        cells = [v if v is None or v.__class__ is str else text(v) for v in row]
        batch.append(cells)
        size += sum(map(len, filter(None, cells)))
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def append_rows(
    con: duckdb.DuckDBPyConnection,
    into: str,
    batches: Iterable[list[list[str | None]]],
    progress: Progress,
    watch: Watch,
) -> int:
    """Add every batch to the table; how many rows there were. Raises what `watch` says."""
    total, told = 0, 0
    for batch in batches:
        watch.check()
        append(con, into, [pa.array(cells, pa.string()) for cells in zip(*batch, strict=True)])
        total += len(batch)
        if total // STEP > told:
            told = total // STEP
            progress(total)
    watch.check()
    return total
