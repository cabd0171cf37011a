"""A dashboard in a process of its own, and visitors that speak its real protocol."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

ROOT = Path(__file__).parent.parent
STARTS_WITHIN = 120.0


@dataclass(frozen=True)
class Dashboard:
    url: str
    pid: int
    healthy_after: float

    def cpu(self) -> float:
        """User and system seconds of the process so far, all threads."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def rss(self) -> float:
        """The most memory it ever held, in MB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(x.split()[1]) for x in lines if x.startswith("VmHWM")) / 1024


@contextmanager
def dashboard(home: Path) -> Iterator[Dashboard]:
    """Start one on `home`, on a free port, and wait until /healthz answers. Raises TimeoutError."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    config = str(home / "governance.yaml")
    environment = {**os.environ, "DUIQI_HOME": str(home), "DUIQI_CONFIG": config}
    url, began = f"http://127.0.0.1:{port}", time.monotonic()
    silent = subprocess.DEVNULL
    server = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env=environment, stdout=silent, stderr=silent
    )
    try:
        _healthy(url)
        yield Dashboard(url, server.pid, time.monotonic() - began)
    finally:
        server.terminate()
        server.wait()


def _healthy(url: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except OSError:  # refused, or too busy starting to answer
            time.sleep(0.1)
    raise TimeoutError(f"{url} did not become healthy")


class Visitor:
    """One browser tab: asks for a page and takes what the server sends until it is done."""

    def __init__(self, stream: ClientConnection) -> None:
        self.stream = stream
        self.pages: dict[str, str] = {}
        self.received = 0

    async def visit(self, page: str, query: str = "") -> float:
        """Seconds from asking until the script has sent its last word.

        Raises RuntimeError where the script broke off.
        """
        asked = BackMsg()
        asked.rerun_script.query_string = f"lang=zh&{query}" if query else "lang=zh"
        if page in self.pages:
            asked.rerun_script.page_script_hash = self.pages[page]
        else:
            asked.rerun_script.page_name = page
        began = time.monotonic()
        await self.stream.send(asked.SerializeToString())
        async for data in self.stream:
            self.received += len(data)
            told = ForwardMsg()
            told.ParseFromString(bytes(data))
            kind = told.WhichOneof("type")
            if kind == "navigation":
                self.pages = {p.url_pathname: p.page_script_hash for p in told.navigation.app_pages}
            elif kind == "delta" and told.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(told.delta.new_element.exception.message)
            elif kind == "script_finished":
                if told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return time.monotonic() - began
                if told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    raise RuntimeError(f"{page}: {told.script_finished}")
        raise ConnectionError("the server closed the connection")


def opened(url: str) -> connect:
    """A websocket as the browser opens it; use it with `async with`."""
    return connect(
        f"{url.replace('http', 'ws')}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        origin=Origin(url),
        max_size=None,
        compression=None,
    )


async def visits(
    url: str, clicks: list[tuple[str, str]], clients: int, each: int, think: float
) -> dict[str, list[float]]:
    """`clients` visitors click `each` times through `clicks`, from a place of their own.

    Between two clicks each waits `think` seconds on average, half to one and a half of it.
    Returns per page the seconds of every click; the first click of each visitor is left out.
    """
    taken: dict[str, list[float]] = {}

    async def one(number: int) -> None:
        chance = random.Random(number)
        await asyncio.sleep(chance.uniform(0, think))
        async with opened(url) as stream:
            visitor = Visitor(stream)
            await visitor.visit("")
            for at in range(each):
                await asyncio.sleep(chance.uniform(0.5, 1.5) * think)
                page, query = clicks[(number * 7 + at) % len(clicks)]
                seconds = await visitor.visit(page, query)
                taken.setdefault(page, []).append(seconds)

    await asyncio.gather(*(one(number) for number in range(clients)))
    return taken
