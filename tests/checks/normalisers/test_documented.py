"""The page for users names every normaliser and every rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.normalisers import NORMALISERS, TYPES

PAGE = Path(__file__).parents[3].joinpath("docs", "normalisers.md").read_text(encoding="utf-8")
VERDICTS = {"address", "check_character", "calendar"}


@pytest.mark.parametrize("name", sorted({*NORMALISERS, *TYPES}))
def test_every_normaliser_is_documented(name):
    assert f"| `{name}` |" in PAGE


def test_every_rule_that_can_fire_is_documented():
    readers = (*NORMALISERS.values(), *TYPES.values())
    rules = {step.name for reader in readers for step in reader.steps} - VERDICTS
    assert {rule for rule in rules if f"`{rule}`" not in PAGE} == set()
