"""What the command line tells of permissions and of campaigns."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import openpyxl
import pytest

from governance.cli import call
from tests.reviews.conftest import Desk


@pytest.fixture(autouse=True)
def _at_home(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUIQI_LANG", "en")
    monkeypatch.setenv("DUIQI_HOME", str(desk.company.home.path))
    monkeypatch.setenv("DUIQI_CONFIG", str(desk.company.folder / "governance.yaml"))


def test_rights_grants_verdicts_and_what_was_not_seen_are_written_in_every_form(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("json", "jsonl", "csv", "xlsx"):
        assert call("export", ["permissions", "--out", str(tmp_path / f"all.{form}")]) == 0
    assert "lines written to" in capsys.readouterr().out
    told = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert len(told["grants"]) == 8
    held = [r for r in told["rights"] if (r["account"], r["function"]) == ("u3", "CUST_VIEW")]
    assert [r["human"] for r in held] == ["1003"]
    assert held[0]["path"][0][0]["what"] == "account"
    assert all(v["text"] for v in told["verdicts"])
    lines = (tmp_path / "all.jsonl").read_text("utf-8").splitlines()
    parts = Counter(json.loads(line)["part"] for line in lines)
    assert parts == {"run": 1} | {
        part: len(told[part])
        for part in ("rights", "grants", "verdicts", "rules", "not_seen")
        if told[part]
    }
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == sum(len(told[p]) for p in ("rights", "grants", "verdicts", "not_seen"))
    book = openpyxl.load_workbook(tmp_path / "all.xlsx", read_only=True)
    assert book.sheetnames[:3] == ["Effective rights", "Grants", "Verdicts"]
    assert desk.company.ledger.audit.recent(1)[0].action == "export.permissions"


def test_a_form_nobody_writes_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("export", ["permissions", "--out", str(tmp_path / "all.pdf")]) == 2
    assert "jsonl" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_campaigns_are_listed_and_one_is_told_whole(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    number = desk.open()
    assert call("reviews", []) == 0
    assert f"#{number} Q1" in capsys.readouterr().out
    assert call("reviews", [str(number), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["review"]["id"], len(told["lines"])) == (number, 8)
    assert call("reviews", ["999"]) == 2
