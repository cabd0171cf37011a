"""The operations guide: its JSON has the form the commands print, and what it names exists."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from governance.cli import call
from governance.i18n import catalogue
from tests.worker.child import ROOT
from tests.worker.world import company, say

GUIDE = (ROOT / "docs" / "operations.md").read_text("utf-8")


def shown() -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)]


def form(value: Any) -> Any:
    """Keys and kinds of a JSON value; lists by what their items have in common."""
    if isinstance(value, dict):
        return {name: form(part) for name, part in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else []
    return type(value).__name__


def fits(example: Any, real: Any) -> bool:
    """Whether both have the same keys all the way down; null, and an empty list, fit anything."""
    if example is None or real is None:
        return True
    if isinstance(example, dict) and isinstance(real, dict):
        if "crm" in real or "crm" in example:  # keyed by the names of sources
            return set(map(type, example.values())) == set(map(type, real.values()))
        return set(example) == set(real) and all(fits(example[k], real[k]) for k in example)
    if isinstance(example, list) and isinstance(real, list):
        return all(fits(one, other) for one in example for other in real)
    return isinstance(example, int | float) == isinstance(real, int | float)


@pytest.mark.parametrize(("place", "command"), [(0, "run"), (1, "status")])
def test_the_json_shown_has_the_form_of_the_json_printed(
    place: int,
    command: str,
    home: object,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    company(tmp_path, schedule="schedule: 0 2 * * *")
    say(tmp_path / "oa.sqlite", "UPDATE kh SET khmc = '别家' WHERE khbh = 'C1'")
    say(tmp_path / "oa.sqlite", "DROP TABLE yg")
    config = ["--config", str(tmp_path / "governance.yaml"), "--format", "json"]
    call("run", config)
    first = capsys.readouterr().out
    call("status", config)
    real = json.loads(first if command == "run" else capsys.readouterr().out)
    assert real["sources"]
    assert real["checks"]
    example = shown()[place]
    assert fits(example, real), (form(example), form(real))


def test_the_codes_the_guide_shows_exist() -> None:
    words = catalogue("en")
    codes = set(re.findall(r'"code": "([a-z_.]+)"', GUIDE))
    assert codes
    assert codes <= set(words), codes - set(words)
