"""`duiqi export`: writes the list, or says plainly in one line why not."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from governance.cli import call
from tests.ui.world import DAY, LAST, Built, build, edit, run
from tests.worlds import PAYMENTS, WORLDS


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DUIQI_LANG", "en")
    monkeypatch.setenv("DUIQI_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("DUIQI_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_a_configuration_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("export", ["remediation", "--out", str(tmp_path / "a.csv")]) == 2
    assert "governance.yaml" in capsys.readouterr().err
    assert not (tmp_path / "a.csv").exists()


def folder(tmp_path: Path) -> Path:
    made = tmp_path / "world"
    made.mkdir()
    return made


def test_the_list_of_a_real_run_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(folder(tmp_path), days=1)
    monkeypatch.setenv("DUIQI_HOME", str(built.home))
    monkeypatch.setenv("DUIQI_CONFIG", str(built.config))
    out = tmp_path / "list.csv"
    assert call("export", ["remediation", "--out", str(out), "--lang", "zh"]) == 0
    with out.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    told = sum(found.copies for world in WORLDS for found in world.expected.findings)
    assert len(lines) == told
    assert len({line["问题编号"] for line in lines}) == told
    credit = next(line for line in lines if line["建议改为"] == "40000.02")
    assert credit["系统"] == "crm", "the OA is the authority for this field"
    only = ["remediation", "--out", str(tmp_path / "list.xlsx"), "--entity", "payment"]
    assert call("export", only) == 0
    sheets = openpyxl.load_workbook(tmp_path / "list.xlsx")
    rows = [row for sheet in sheets for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert len(rows) == sum(found.copies for found in PAYMENTS.expected.findings)


def test_a_wrong_entity_is_told_with_the_right_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built = build(folder(tmp_path), runs=False)
    monkeypatch.setenv("DUIQI_HOME", str(built.home))
    monkeypatch.setenv("DUIQI_CONFIG", str(built.config))
    wrong = ["remediation", "--out", str(tmp_path / "a.csv"), "--entity", "nobody"]
    assert call("export", wrong) == 2
    assert "customer, payment" in capsys.readouterr().err
    assert call("export", wrong[:3]) == 2
    assert "duiqi run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "There is no export nothing; there is: remediation, permissions, backups."),
        (["remediation", "--as", "pdf"], "there are: checklist, import, sql"),
    ],
)
def test_a_wrong_kind_is_told_with_the_right_ones(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("export", [*words, "--out", str(tmp_path / "a.csv")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Value error" not in error


def test_help_offers_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    call("export", ["--help"])
    said = capsys.readouterr().out
    assert all(what in said for what in ("remediation", "permissions", "backups"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    built = build(folder(tmp_path), days=1)
    monkeypatch.setenv("DUIQI_HOME", str(built.home))
    monkeypatch.setenv("DUIQI_CONFIG", str(built.config))
    return built.config.parent


def test_what_is_no_line_is_told_on_stderr(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(world / "oa.sqlite", "UPDATE base_customer SET khjb = 'C' WHERE khbh = 'C005'")
    words = ["remediation", "--out", str(tmp_path / "a.sql"), "--as", "sql", "--system", "oa"]
    assert call("export", words) == 0
    said = capsys.readouterr()
    assert said.out == f"2 lines written to {tmp_path / 'a.sql'}\n"
    assert said.err.splitlines() == [
        "Batch 1.",
        "6 left out: a person has to decide; see the checklist",
        "1 left out: the values have moved since the last run",
        "1 left out: personal values were not asked for",
        "Moved since: customer · C005 · level",
    ]


def test_a_system_that_is_away_needs_a_word_to_go_on(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (world / "oa.sqlite").unlink()
    out = tmp_path / "a.csv"
    assert call("export", ["remediation", "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "Nothing was written" in said
    assert "oa.sqlite" in said
    assert not out.exists()
    assert call("export", ["remediation", "--out", str(out), "--no-reread"]) == 0
    assert "Not read again" in capsys.readouterr().err
    assert "Not read again: as run 1 saw it" in out.read_text("utf-8-sig")
    sql = ["remediation", "--out", str(tmp_path / "a.sql"), "--as", "sql", "--system", "oa"]
    assert call("export", [*sql, "--no-reread"]) == 2
    assert not (tmp_path / "a.sql").exists()


def test_lines_that_the_newest_run_could_not_check_are_told(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built = Built(world / "home", world / "governance.yaml", LAST)
    away = world / "oa.sqlite"
    away.rename(world / "away")
    run(built, LAST + DAY)
    (world / "away").rename(away)
    assert call("export", ["remediation", "--out", str(tmp_path / "a.csv")]) == 0
    assert "21 of these lines could not be checked" in capsys.readouterr().err
