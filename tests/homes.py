"""Homes that many tests begin with: made once in a process, copied for each test."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

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
