"""How long the first visitor after a start waits for the overview, over the real protocol.

    python benchmarks/first_visit.py HOME [--runs 3]

HOME is a demo's home (`duiqi demo --no-serve --home HOME`). Each run starts the dashboard anew,
waits until /healthz answers, and counts from connecting until the script has sent its last word;
then once more as the second visitor. Wanted: the first in under a second.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path

from dashboard import Visitor, dashboard, opened


async def visit(url: str) -> float:
    """Seconds from connecting until the overview's script is done."""
    began = time.monotonic()
    async with opened(url) as stream:
        await Visitor(stream).visit("")
    return time.monotonic() - began


def measure(home: Path) -> tuple[float, float, float]:
    """Seconds from the start to healthy, then of the first and the second visit."""
    with dashboard(home) as server:
        return server.healthy_after, asyncio.run(visit(server.url)), asyncio.run(visit(server.url))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("home", type=Path)
    words.add_argument("--runs", type=int, default=3)
    asked = words.parse_args()
    figures = [measure(asked.home.absolute()) for _ in range(asked.runs)]
    for name, column in zip(
        ("healthy after", "first visit", "second"), zip(*figures, strict=True), strict=True
    ):
        each = " ".join(f"{value:.2f}" for value in column)
        print(f"{name}: {each} s, median {statistics.median(column):.2f} s")


if __name__ == "__main__":
    main()
