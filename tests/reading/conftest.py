"""A fresh store for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reading.build import World, world


@pytest.fixture
def store(tmp_path: Path) -> Iterator[World]:
    made = world(tmp_path / "var")
    yield made
    made.close()
