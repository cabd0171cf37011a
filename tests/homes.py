"""Homes that many tests begin with: made once, copied for each test."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from governance.ledger import Ledger, open_ledger

LEDGER = "ledger.sqlite"


def fresh_ledger(home: Path) -> Ledger:
    """An empty ledger below `home`. How one is made and upgraded is for tests/ledger to test: that
    costs 50 CPU ms, and nearly every test needs one."""
    home.mkdir(parents=True, exist_ok=True)
    assert not (home / LEDGER).exists()
    (home / LEDGER).write_bytes(_empty())
    return open_ledger(home)


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        open_ledger(Path(folder)).close()
        return (Path(folder) / LEDGER).read_bytes()


def take_over(ledger: Ledger, home: Path, other: Path) -> None:
    """Put a copy of the home `other`, which nobody has open, in the place of `home`.

    The open `ledger` of `home` is the copied one from then on.
    """
    ledger.close()
    shutil.rmtree(home)
    shutil.copytree(other, home)


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """A copy of a folder that one test process builds and the others wait for."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    place, half = base / f"once-{name}", base / f"once-{name}-half"
    with (base / f"once-{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            shutil.rmtree(half, ignore_errors=True)
            build(half)
            half.rename(place)
    copy = factory.mktemp(name) / "home"
    shutil.copytree(place, copy)
    return copy


def demo_company(factory: pytest.TempPathFactory) -> Path:
    """The home of a small demo company with two days behind it, which end today."""

    def build(place: Path) -> None:
        from governance.demo import home as demo

        now = datetime.now(UTC)
        wish = demo.wish_of(place, 200, 2, now)
        demo.ensure(place, wish, now, fresh=False, tell=lambda _done, _days: None)

    return built_once(factory, "company", build)
