"""The clauses that rules give evidence for: every one is there, and says how well it is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.permissions.rules.specs import SPECS
from governance.backups.evidence import CONTROLS
from governance.config.problems import ConfigProblems
from governance.permissions.controls import Standing, read_controls, shipped_controls


def test_every_control_a_rule_names_is_shipped() -> None:
    known = shipped_controls().controls
    assert [s.id for s in SPECS.values() if not set(s.controls) <= set(known)] == []
    of_access = [f"C{n:02}" for n in range(1, 17)]
    assert list(known) == [*of_access, *CONTROLS]
    assert shipped_controls().of(("C05", "C99", "C01"))[0].id == "C05"


def test_every_clause_has_words_in_both_languages_and_a_standing() -> None:
    clauses = [c for control in shipped_controls().controls.values() for c in control.clauses]
    assert all(c.says.zh and c.says.en and c.clause and c.source_title.zh for c in clauses)
    assert {c.standing for c in clauses} == set(Standing)


def test_nobody_has_held_them_against_the_standards_yet() -> None:
    assert shipped_controls().reviewed_by is None


def test_a_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "controls.yaml"
    path.write_text(
        "revised: 2026-01-01\nsources: {iso: {title: ISO}}\ncontrols:\n"
        "  C01: {title: x, clauses: [{in: sio, clause: 1, standing: W, says: x}]}\n",
        "utf-8",
    )
    with pytest.raises(ConfigProblems) as caught:
        read_controls(path)
    assert [(p.line, p.code) for p in caught.value.problems] == [
        (4, "config.unknown_source_near"), (4, "policy.unknown_standing"),
    ]  # fmt: skip
