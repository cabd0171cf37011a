"""A channel on this machine: a small HTTP server that keeps what it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Inbox:
    """`messages` in order of arrival, as (title, text). `down` makes it answer 503."""

    port: int = 0
    messages: list[tuple[str, str]] = field(default_factory=list)
    tries: int = 0
    down: bool = False

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook/hunter2"


@contextmanager
def listening() -> Iterator[Inbox]:
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            inbox.tries += 1
            if not inbox.down:
                inbox.messages.append((body["title"], body["message"]))
            self.send_response(503 if inbox.down else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
