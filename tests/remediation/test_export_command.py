"""`duiqi export`: writes the list, or says plainly in one line why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.cli import call


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DUIQI_LANG", "en")
    monkeypatch.setenv("DUIQI_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("DUIQI_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("what", ["permissions", "backups"])
def test_what_is_not_there_yet_is_said_plainly(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("export", [what, "--out", str(tmp_path / "a.csv")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"Exporting {what} is not available yet; remediation is.\n"
    assert not (tmp_path / "a.csv").exists()


def test_without_a_configuration_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("export", ["remediation", "--out", str(tmp_path / "a.csv")]) == 2
    assert "governance.yaml" in capsys.readouterr().err
    assert not (tmp_path / "a.csv").exists()
