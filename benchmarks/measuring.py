"""What the benchmarks share: parts in processes of their own, medians, and a table to compare.

A part is a function that a benchmark runs in a fresh process, so that no part warms another up
and the peak of memory is its own. CPU seconds are user and system time, all threads, counted by
the part around its work: start-up and imports are in neither a measurement nor its floor.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds, the process's peak memory in MB, and what the part found."""

    cpu: float
    wall: float
    rss: float
    said: dict[str, Any] = field(default_factory=dict)


@dataclass
class Meter:
    """Runs while its block does; `said` goes along with the cost."""

    said: dict[str, Any] = field(default_factory=dict)
    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def metered() -> Iterator[Meter]:
    meter = Meter()
    cpu, wall = time.process_time(), time.perf_counter()
    yield meter
    meter.cpu, meter.wall = time.process_time() - cpu, time.perf_counter() - wall


def tell(meter: Meter) -> None:
    """The last line of a part: what it cost, for `part` to read."""
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": meter.cpu, "wall": meter.wall, "rss": rss, "said": meter.said}))


def part(script: str | Path, *words: object, python: str = sys.executable) -> Cost:
    """Run a part of a benchmark in a process of its own. Raises RuntimeError where it fails."""
    command = [python, str(script), *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])}\n{done.stderr}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def alternating(runs: int, *parts: Callable[[], Cost]) -> list[list[Cost]]:
    """Every part `runs` times in turn, so that a machine whose speed drifts treats all alike."""
    rounds = [[one() for one in parts] for _ in range(runs)]
    return [list(costs) for costs in zip(*rounds, strict=True)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def ratio(costs: Sequence[Cost], floors: Sequence[Cost]) -> float:
    """The median of the ratios pair by pair."""
    return median([one.cpu / other.cpu for one, other in zip(costs, floors, strict=True)])


def show(name: str, costs: Sequence[Cost], floors: Sequence[Cost] = ()) -> None:
    """One line: median CPU seconds, wall seconds and peak memory, and the ratio to the floor."""
    cpu, wall = median([c.cpu for c in costs]), median([c.wall for c in costs])
    beside = f"  x{ratio(costs, floors):6.2f}" if floors else " " * 9
    rss = max(c.rss for c in costs)
    print(f"{name:<44} {cpu:8.2f} CPU s {wall:8.2f} s{beside} {rss:7.0f} MB", flush=True)
