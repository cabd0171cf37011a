"""Copies of SQLite, opened in a folder of ours and read whole."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from governance.backups.drills.copies import opened
from governance.backups.drills.scratch import Limits, Names
from governance.errors import ConfigError
from tests.backups.nights import START, Nights, row, settled, write

LIMITS = Limits(timedelta(minutes=1), lambda: False)
NAMES = Names.of("crm", "secret")


@pytest.fixture
def crm(tmp_path: Path) -> Nights:
    made = settled(tmp_path / "crm")
    made.ledger.close()
    return made


def test_a_sound_copy_is_read_and_a_damaged_one_is_told(crm: Nights, tmp_path: Path) -> None:
    sound, damaged = tmp_path / "sound.sqlite", tmp_path / "damaged.sqlite"
    write(sound, [row(n, "公司", START) for n in range(500)])
    content = sound.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    with opened(tmp_path / "scratch", crm.config) as folder:
        made = folder.make(NAMES.at(START), NAMES)
        assert folder.restore(made, sound, LIMITS).ok
        folder.drop(made)
        restored = folder.restore(made, damaged, LIMITS)
        assert (restored.ok, restored.code) == (False, "backups.drill.failed")
        assert restored.log
        assert folder.leftovers(NAMES) == (f"{made.name}.sqlite",)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_folder_that_holds_something_is_refused(crm: Nights, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError) as refused, opened(tmp_path / "full", crm.config):
        pass
    assert refused.value.code == "backups.drill.not_empty"
    with pytest.raises(ConfigError) as refused, opened(crm.folder, crm.config):
        pass
    assert refused.value.code == "backups.drill.watched"
