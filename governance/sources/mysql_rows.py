"""Rows of a MySQL result as raw bytes, streamed and landed in batches."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pymysql
from pymysql.cursors import SSCursor

from governance.errors import SourceRefused
from governance.sources.landing import BATCH_BYTES, BATCH_ROWS, STEP, append
from governance.sources.model import Progress
from governance.sources.watch import Watch

if TYPE_CHECKING:
    import duckdb


def stream(
    conn: Any,
    statement: str,
    con: duckdb.DuckDBPyConnection,
    into: str,
    source: str,
    progress: Progress,
    watch: Watch,
) -> int:
    """Run the statement and add all its rows to the table; how many there were.

    A result that is left half-way takes the connection with it.
    """
    cursor: Any = SSCursor(conn)
    total, told = 0, 0
    try:
        cursor.execute(statement)
        cursor._result._read_row_from_packet = raw_row
        for rows in batches(cursor, watch):
            append_bytes(con, into, rows, source)
            total += len(rows)
            if total // STEP > told:
                told = total // STEP
                progress(total)
    except BaseException:
        let_go(conn, cursor)
        raise
    cursor.close()
    return total


def let_go(conn: Any, cursor: Any) -> None:
    """Leave an unread result. The driver would read it to the end first, however long."""
    result = cursor._result
    if result is not None and result.unbuffered_active:
        result.unbuffered_active = False
        result.connection = None
        # Closing with bytes unread resets the line, and the server stops writing at once.
        with contextlib.suppress(pymysql.err.Error):
            conn.close()
    cursor.connection = None


def hang_up(conn: Any) -> None:
    """Close the line, so that a read blocked on it ends. Safe from another thread."""
    line = conn._sock
    if line is not None:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def raw_row(packet: Any) -> tuple[bytes | None, ...]:
    """The cells of a row packet. As the driver's own, without its calls for every cell."""
    data: bytes = packet.get_all_data()
    cells: list[bytes | None] = []
    place, end = 0, len(data)
    while place < end:
        size = data[place]
        place += 1
        if size == 251:
            cells.append(None)
            continue
        if size > 251:
            width = {252: 2, 253: 3, 254: 8}[size]
            size = int.from_bytes(data[place : place + width], "little")
            place += width
        cells.append(data[place : place + size])
        place += size
    return tuple(cells)


def batches(cursor: Any, watch: Watch) -> Iterator[list[tuple[bytes | None, ...]]]:
    """Rows in lists that stay small in rows and in bytes."""
    rows: list[tuple[bytes | None, ...]] = []
    size = 0
    row = cursor.fetchone()
    while row is not None:
        rows.append(row)
        size += sum(map(len, filter(None, row)))
        if len(rows) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield rows
            rows, size = [], 0
        if not len(rows) % 1000:
            watch.check()
        row = cursor.fetchone()
    watch.check()
    if rows:
        yield rows


def append_bytes(
    con: duckdb.DuckDBPyConnection, into: str, rows: list[tuple[bytes | None, ...]], source: str
) -> None:
    try:
        # The cast checks that the bytes are UTF-8.
        arrays = [
            pa.array(cells, pa.binary()).cast(pa.string()) for cells in zip(*rows, strict=True)
        ]
    except pa.ArrowInvalid:
        raise SourceRefused("source.not_text", source=source, table=into) from None
    append(con, into, arrays)
