"""Every kind of catalogue has a reader, words in the guide, and can be written down in a
configuration."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from governance.backups.readers.registry import KINDS, reader_of
from governance.config.document import parse
from governance.config.problems import Problems
from governance.config.read_catalogues import CatalogueReader
from governance.config.secrets import Secrets

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


BLOCKS = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_what_the_guide_writes_can_be_read(block: str, tmp_path: Path) -> None:
    file = tmp_path / "governance.yaml"
    nested = block if block.startswith("catalogues:") else f"catalogues:\n{indented(block)}"
    file.write_text(nested, "utf-8")
    problems = Problems()
    root = parse(file, "governance.yaml", problems)
    assert root is not None
    secrets = Secrets({"OSS_KEY": "k", "OSS_SECRET": "s"}, tmp_path)
    for name, node in root.items["catalogues"].items.items():
        assert CatalogueReader(name, node, ZoneInfo("UTC"), secrets, problems).read()
    assert [found.rendered("en") for found in problems] == []


def indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))


@pytest.mark.parametrize(
    ("variable", "is_refused"),
    [
        ("RESTIC_PASSWORD: hunter2", True),
        ("aws_secret_access_key: abc", True),
        ("BORG_PASSCOMMAND: cat /etc/borg", False),
        ("AWS_REGION: cn-north-1", False),
    ],
)
def test_a_secret_that_is_written_down_is_refused(
    variable: str, is_refused: bool, tmp_path: Path
) -> None:
    file = tmp_path / "governance.yaml"
    text = f"a_key:\n  kind: restic\n  environment: {{{variable}}}\n"
    file.write_text(text, "utf-8")
    problems = Problems()
    root = parse(file, "governance.yaml", problems)
    assert root is not None
    node = root.items["a_key"]
    CatalogueReader("a_key", node, ZoneInfo("UTC"), Secrets({}, tmp_path), problems).read()
    assert [p.code for p in problems] == ["config.literal_secret"] * is_refused
