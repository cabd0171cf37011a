"""Every kind of catalogue has a reader, words in the guide, and can be written down in a
configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.backups.readers.registry import KINDS, reader_of

GUIDE = Path(__file__).parents[2] / "docs" / "backups-sources.md"
READERS = Path(__file__).parents[2] / "governance" / "backups" / "readers"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_own_reader(kind: str) -> None:
    reader = reader_of(kind)
    assert kind == reader.KIND
    assert {"commands", "files"} <= set(KINDS[kind].takes) or not reader.PARTS
    assert len({part.name for part in reader.PARTS}) == len(reader.PARTS)


def test_every_reader_is_registered() -> None:
    holding = {p.stem for p in READERS.glob("*.py") if "\nREADER = " in p.read_text("utf-8")}
    assert holding == {kind.module for kind in KINDS.values()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_guide_names_the_parts_and_options_of_a_kind(kind: str) -> None:
    guide = GUIDE.read_text("utf-8")
    assert f": `{kind}`\n" in guide
    section = guide.split(f": `{kind}`\n")[1].split("\n### ")[0].split("\n## ")[0]
    # What folders and buckets share is told with folders.
    told = section + (guide if "those of folders" in section else "")
    named = [part.name for part in reader_of(kind).PARTS] + list(reader_of(kind).OPTIONS)
    assert [name for name in named if f"`{name}" not in told] == []


def test_there_are_the_kinds_that_the_guides_promise() -> None:
    # Dumps of PostgreSQL and MariaDB, and copies of SQLite, are folders.
    assert len(KINDS) + 3 == 15
