"""Rows of a MySQL result as raw text, streamed and landed in blocks."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pymysql
from pymysql.cursors import SSCursor

from governance.errors import SourceRefused
from governance.sources.landing import STEP, append, count
from governance.sources.model import Progress
from governance.sources.mysql_wire import Line
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
        for columns in Line(conn, cursor._result.field_count, watch).blocks():
            append(con, into, [text(column, source, into) for column in columns])
            total += len(columns[0])
            if total // STEP > told:
                told = total // STEP
                progress(total)
            watch.check()
    except BaseException:
        let_go(conn, cursor)
        raise
    finish(cursor)
    if count(con, into) != total:
        raise SourceRefused("source.miscounted", source=source, table=into)
    return total


def finish(cursor: Any) -> None:
    """Tell the driver that its result was read to the end."""
    cursor._result.unbuffered_active = False
    cursor._result.connection = None
    cursor.close()


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


def text(column: pa.Array, source: str, table: str) -> pa.Array:
    """The bytes as text. The cast checks that they are UTF-8."""
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        raise SourceRefused("source.not_text", source=source, table=table) from None
