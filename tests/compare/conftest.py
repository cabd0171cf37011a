"""Running `duiqi compare` as a person would, without a process of its own."""

from __future__ import annotations

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

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    def column(self, name: str) -> dict[str, int]:
        return next(c for c in self.json["columns"] if c["name"] == name)


Duiqi = Callable[..., Ran]


@pytest.fixture
def duiqi(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Duiqi:
    """`duiqi("left.csv", "right.csv", "--key", "id")` with `--format json` unless told."""
    monkeypatch.setenv("DUIQI_LANG", "en")

    def run(*words: object, form: str = "json") -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main(["compare", *map(str, words), "--format", form])
        told = capsys.readouterr()
        return Ran(int(leaving.value.code or 0), told.out, told.err)

    return run


@pytest.fixture
def pair(tmp_path: Path) -> Callable[[str, str], tuple[Path, Path]]:
    """Two CSV files with the given text."""

    def write(left: str, right: str) -> tuple[Path, Path]:
        files = tmp_path / "left.csv", tmp_path / "right.csv"
        for file, text in zip(files, (left, right), strict=True):
            file.write_bytes(text.encode())
        return files

    return write
