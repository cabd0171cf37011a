"""Drills that somebody did elsewhere and told in a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from governance.backups.drills.told import read
from governance.errors import ConfigError

ZONE = ZoneInfo("Asia/Shanghai")


def test_csv_and_json_tell_the_same(tmp_path: Path) -> None:
    as_csv, as_json = tmp_path / "drills.csv", tmp_path / "drills.json"
    as_csv.write_text(
        "at,ok,seconds,backup,by,note\n2026-11-01 10:00:00,yes,90,b1,Li,all there\n"
        "2026-11-02T02:00:00Z,,,,,\n",
        encoding="utf-8",
    )
    as_json.write_text(
        '[{"at": "2026-11-01 10:00:00", "ok": true, "seconds": 90, "backup": "b1", "by": "Li",'
        ' "note": "all there"}, {"at": "2026-11-02T02:00:00Z", "ok": null}]',
        encoding="utf-8",
    )
    first, second = read(as_csv, ZONE)
    assert (first.at, first.ok, first.seconds) == (datetime(2026, 11, 1, 2, tzinfo=UTC), True, 90.0)
    assert (first.backup, first.by) == ("b1", "Li: all there")
    assert (second.ok, second.seconds, second.backup) == (None, None, None)
    told = [(r.at, r.ok, r.seconds, r.backup, r.by) for r in read(as_json, ZONE)]
    assert told == [(r.at, r.ok, r.seconds, r.backup, r.by) for r in (first, second)]


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("at,ok\nyesterday,yes\n", "backups.drill.told_value", "at"),
        ("at,ok\n2026-11-01 10:00:00,perhaps\n", "backups.drill.told_value", "ok"),
        ("at,seconds\n2026-11-01 10:00:00,nan\n", "backups.drill.told_value", "seconds"),
        ("at,differs\n2026-11-01 10:00:00,0.5\n", "backups.drill.told_value", "differs"),
        ("at,differs\n2026-11-01 10:00:00,-1\n", "backups.drill.told_value", "differs"),
        ("at,who\n2026-11-01 10:00:00,Li\n", "backups.drill.told_field", "who"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(
    tmp_path: Path, text: str, code: str, name: str
) -> None:
    path = tmp_path / "drills.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read(path, ZONE)
    assert refused.value.code == code
    assert (refused.value.params["line"], refused.value.params["name"]) == ("2", name)


def test_only_a_drill_that_says_how_its_data_compared_was_compared(tmp_path: Path) -> None:
    path = tmp_path / "drills.csv"
    day = "2026-11-01 10:00:00,yes"
    path.write_text(f"at,ok,differs\n{day},0\n{day},7\n{day},\n", encoding="utf-8")
    assert [(r.compared, r.differs) for r in read(path, ZONE)] == [
        (True, 0), (True, 7), (False, None),
    ]  # fmt: skip
