"""The lines that COPY sends, taken from libpq's buffer; and how to make it stop."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections.abc import Callable
from typing import Any, BinaryIO

import psycopg
from psycopg.pq import ExecStatus

from governance.errors import GovernanceError
from governance.sources.landing import BATCH_BYTES
from governance.sources.watch import Watch

CANCEL_SECONDS = 1.0


class Lines:
    """What one COPY sends. `rows` have been written so far; `done` once the server has sent all,
    and then `sent` is how many it says there were.

    Rows that have arrived already are taken from libpq without the driver's detour, which costs as
    much as writing them; the driver is asked only when there is waiting to be done.
    """

    def __init__(self, copy: psycopg.Copy, cursor: psycopg.Cursor[Any], watch: Watch) -> None:
        self.rows, self.done = 0, False
        self.sent: int | None = None
        self._copy, self._cursor, self._watch = copy, cursor, watch
        self._line = cursor.connection.pgconn

    def fill(self, file: BinaryIO) -> tuple[int, int]:
        """Write the next rows, some megabytes of them; how many rows and bytes."""
        there, write = self._line.get_copy_data, file.write
        rows = size = 0
        while size < BATCH_BYTES:
            length, row = there(1)
            if length < 1:
                self._watch.check()
                row = self._wait() if length == 0 else self._end()
                length = len(row)
                if self.done:
                    break
            write(row)
            rows += 1
            size += length
        self._watch.check()
        self.rows += rows
        return rows, size

    def _wait(self) -> memoryview:
        row = self._copy.read()
        if not row:
            self.done, self.sent = True, self._cursor.rowcount
        return memoryview(row)

    def _end(self) -> memoryview:
        """Take the result that follows the last row. Raises the server's error."""
        results = []
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._line.socket, selectors.EVENT_READ)
            while (result := self._result(waiting)) is not None:
                results.append(result)
        for result in results:
            if result.status != ExecStatus.COMMAND_OK:
                raise psycopg.errors.error_from_result(result)
            self.sent = result.command_tuples
        self.done = True
        return memoryview(b"")

    def _result(self, waiting: selectors.BaseSelector) -> Any:
        # libpq would wait by itself, but with no other thread running and nobody to cancel it.
        while self._line.is_busy():
            waiting.select()
            self._line.consume_input()
        return self._line.get_result()


def canceller(
    conn: psycopg.Connection[Any], another: Callable[[], psycopg.Connection[Any]]
) -> Callable[[], None]:
    """Ends the running statement: politely first; without success, by all other means.

    A server that waits for room to write heeds only its end, which has to be asked for in
    `another` session; a line that has gone silent carries neither and is closed from here.
    """
    heard: list[bool] = []

    def cancel() -> None:
        if not heard:
            heard.append(False)
            with contextlib.suppress(psycopg.Error):
                conn.cancel_safe(timeout=CANCEL_SECONDS)
                heard[0] = True
                return
        hang_up(conn)
        if heard[0]:
            with contextlib.suppress(psycopg.Error, GovernanceError), another() as other:
                other.execute("SELECT pg_terminate_backend(%s)", [conn.info.backend_pid])

    return cancel


def hang_up(conn: psycopg.Connection[Any]) -> None:
    """Close the line, so that a read blocked on it ends. Safe from another thread."""
    # libpq keeps its own handle: this one is a second to the same line.
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(conn.pgconn.socket)) as line,
    ):
        line.shutdown(socket.SHUT_RDWR)
