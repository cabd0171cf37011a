"""A line to a real server that can be cut, fall silent or drip."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

CHUNK = 16_384
RESET = struct.pack("ii", 1, 0)


@dataclass
class Fault:
    """What befalls the line once `word` has gone to the server and `after` more bytes have come
    back. `cut` ends that connection, half of the times with a reset; `silence` stops everything on
    the line, new connections too; a function is called before the word is passed on."""

    kind: str | Callable[[], None]
    after: int = 0
    word: bytes = b""
    happened: int = 0
    seen: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Listens on this machine and passes everything on to the server of `url`, both ways."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = url.replace(
            f"{self._server[0]}:{self._server[1]}", f"127.0.0.1:{self._listening.getsockname()[1]}"
        )
        self.fault: Fault | None = None
        self.pause = 0.0
        self._passing = threading.Event()
        self._passing.set()
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Proxy:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.heal()
        for line in [self._listening, *self._lines]:
            hang_up(line)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def heal(self) -> None:
        """No fault from now on; what was held back goes through."""
        self.fault, self.pause = None, 0.0
        self._passing.set()

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._server)
                self._lines += [client, server]
                self._start(self._up, client, server)
                self._start(self._down, client, server)

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(CHUNK):
                fault = self.fault
                if fault is not None and fault.word in data and not fault.seen.is_set():
                    fault.seen.set()
                    if callable(fault.kind):
                        fault.kind()
                        fault.happened += 1
                self._passing.wait()
                server.sendall(data)
        hang_up(server)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := server.recv(CHUNK):
                time.sleep(self.pause)
                fault = self.fault
                if fault is not None and fault.seen.is_set() and not callable(fault.kind):
                    if passed + len(data) > fault.after:
                        client.sendall(data[: fault.after - passed])
                        data = data[fault.after - passed :]
                        if self._strike(fault, client):
                            break
                    passed += len(data)
                self._passing.wait()
                client.sendall(data)
        hang_up(client)
        hang_up(server)

    def _strike(self, fault: Fault, client: socket.socket) -> bool:
        """Let the fault happen; whether the connection is over."""
        fault.happened += 1
        if fault.kind == "silence":
            self._passing.clear()
            return False
        if fault.happened % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.shutdown(socket.SHUT_RD)  # or the thread that receives would keep it open
            client.close()
        return True


def hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
