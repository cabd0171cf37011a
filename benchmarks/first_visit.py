"""How long the first visitor after a start waits for the overview, over the real protocol.

    python benchmarks/first_visit.py HOME [--runs 3] [--port 8599]

HOME is a demo's home (`duiqi demo --no-serve --home HOME`). Each run starts the dashboard anew,
waits until /healthz answers, and counts from connecting until the script has sent its last word;
then once more as the second visitor. Wanted: the first in under a second.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

ROOT = Path(__file__).parent.parent
STARTS_WITHIN = 120.0


def healthy(url: str) -> None:
    """Wait for /healthz. Raises TimeoutError."""
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} did not become healthy")


def visit(url: str) -> float:
    """Seconds until the overview's script is done."""
    began = time.monotonic()
    with connect(
        f"{url.replace('http', 'ws')}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        origin=Origin(url),
        max_size=None,
    ) as stream:
        asked = BackMsg()
        asked.rerun_script.query_string = "lang=zh"
        stream.send(asked.SerializeToString())
        for data in stream:
            told = ForwardMsg()
            told.ParseFromString(data)
            if told.WhichOneof("type") == "script_finished":
                return time.monotonic() - began
    raise ConnectionError("the server closed the connection")


def measure(home: Path, port: int) -> tuple[float, float, float]:
    """Seconds from the start to healthy, then of the first and the second visit."""
    words = ["-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    config = str(home / "governance.yaml")
    environment = {**os.environ, "DUIQI_HOME": str(home), "DUIQI_CONFIG": config}
    began = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        healthy(url)
        return time.monotonic() - began, visit(url), visit(url)
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("home", type=Path)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--port", type=int, default=8599)
    asked = words.parse_args()
    figures = [measure(asked.home.absolute(), asked.port) for _ in range(asked.runs)]
    for name, column in zip(
        ("healthy after", "first visit", "second"), zip(*figures, strict=True), strict=True
    ):
        each = " ".join(f"{value:.2f}" for value in column)
        print(f"{name}: {each} s, median {statistics.median(column):.2f} s")


if __name__ == "__main__":
    main()
