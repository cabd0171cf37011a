"""`duiqi run --check backups` and `duiqi status`: exit codes and words."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from governance.cli import call
from tests.worker.world import company

# Three copies in two media and two places, one locked, as the rule wants them.
SECTION = """
backups:
  systems:
    crm:
      catalogues:
        nightly: {kind: directory, path: copies, options: {pattern: "{date}_{time}.sqlite"}}
        second:
          kind: directory
          path: copies
          options: {pattern: "{date}_{time}.sqlite"}
          place: {name: far, medium: tape, off_site: true, immutable: true}
"""


def command(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = call(words[0], list(words[1:]))
    return code, *capsys.readouterr()


def copied(folder: Path, age: timedelta) -> None:
    at = datetime.now(UTC) - age
    name = at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y%m%d_%H%M%S.sqlite")
    path = folder / "copies" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((folder / "crm.sqlite").read_bytes())
    os.utime(path, (at.timestamp(), at.timestamp()))


@pytest.fixture
def folder(home: object, tmp_path: Path) -> Path:
    company(tmp_path)
    path = tmp_path / "governance.yaml"
    path.write_text(path.read_text("utf-8") + SECTION, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("language", "unseen", "reason", "stale"),
    [
        ("en", "not evaluable", "what nobody could look at is not known", "failed"),
        ("zh", "无法评估", "未能查看的内容一律视为未知", "未通过"),
    ],
)
def test_unseen_backups_are_2_and_stale_ones_1_in_words_of_both_languages(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    unseen: str,
    reason: str,
    stale: str,
) -> None:
    monkeypatch.setenv("DUIQI_LANG", language)
    config = ("--config", str(folder / "governance.yaml"))
    code, out, err = command("run", "--check", "backups", *config, capsys=capsys)
    assert (code, err) == (2, "")
    assert unseen in out
    assert reason in out
    copied(folder, timedelta(days=3))
    code, out, _ = command("run", "--check", "backups", *config, capsys=capsys)
    assert code == 1
    assert stale in out
    code, out, _ = command("status", *config, capsys=capsys)
    assert "backups" in out
    code, out, _ = command("validate", str(folder / "governance.yaml"), capsys=capsys)
    assert code == 0
