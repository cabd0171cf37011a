"""Whoever comes first after the start waits no longer than a second for the overview's script."""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.browser.harness import serving

TRIES = 3


def visit(url: str) -> float:
    """Seconds from connecting until the script has sent its last word, over the real protocol."""
    began = time.monotonic()
    with connect(
        f"ws://{urlsplit(url).netloc}/_stcore/stream",
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
    raise AssertionError("the server closed the connection")


def test_the_first_visitor_waits_less_than_a_second(company: Path, tmp_path: Path) -> None:
    """The best of a few fresh starts: other work on the machine may disturb one of them."""
    waits = []
    for number in range(TRIES):
        with serving(company, company / "governance.yaml", tmp_path / f"{number}.log") as server:
            waits.append(visit(server.url))
        if waits[-1] < 1.0:
            return
    raise AssertionError(f"the first visitor waited {waits} s")
