"""Running `duiqi match` as a person would, without a process of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from governance.cli import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str
    pairs: tuple[dict[str, str], ...]

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def linked(self) -> set[tuple[str, str]]:
        return {(pair["left_id"], pair["right_id"]) for pair in self.pairs}


Match = Callable[..., Ran]


@pytest.fixture
def match(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Match:
    """`match(left, right, "--left-id", "id")`, with `--out` and `--format json` unless told."""
    monkeypatch.setenv("DUIQI_LANG", "en")
    out = tmp_path / "pairs.csv"

    def run(*words: object, form: str = "json") -> Ran:
        capsys.readouterr()
        told = [*map(str, words), "--format", form]
        if "--out" not in told:
            told += ["--out", str(out)]
        with pytest.raises(SystemExit) as leaving:
            main(["match", *told])
        said = capsys.readouterr()
        pairs: tuple[dict[str, str], ...] = ()
        if out.exists():
            with out.open(encoding="utf-8", newline="") as file:
                pairs = tuple(csv.DictReader(file))
        return Ran(int(leaving.value.code or 0), said.out, said.err, pairs)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str], Path]:
    """A file of the given name and text."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def counted(found: set[tuple[str, str]], truth: set[tuple[str, str]]) -> tuple[float, float]:
    """Precision and recall."""
    right = len(found & truth)
    return right / max(1, len(found)), right / max(1, len(truth))
