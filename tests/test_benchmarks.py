"""The benchmarks still run, with few rows; what they measure is told in benchmarks/README.md."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.homes import demo_company

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def told(script: str, *words: str) -> str:
    command = [sys.executable, str(BENCHMARKS / f"{script}.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", ["seal", "sealed_compare"])
def test_measures_against_a_floor(script: str) -> None:
    assert "1,000 rows" in told(script, "--rows", "1000", "--runs", "1")


def test_pages_are_visited(tmp_path_factory: pytest.TempPathFactory) -> None:
    words = ["--demo", str(demo_company(tmp_path_factory)), "--findings", "1000", "--clients", "1"]
    said = told("pages", *words, "--clicks", "1", "--think", "0")
    assert "1 visitors: p50" in said


def test_learning_how_changes_arrive_is_measured() -> None:
    assert "1,000 findings" in told("lag", "--findings", "1000", "--runs", "1")


def test_the_rules_on_permissions_are_measured() -> None:
    words = ["--people", "400", "--documents", "500", "--lines", "2000"]
    assert "800 accounts" in told("overreach", *words)


def test_effective_rights_are_measured() -> None:
    said = told("permissions", "--part", "holdings", "--accounts", "20", "--roles", "5")
    assert '"found"' in said
