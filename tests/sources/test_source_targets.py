"""Targets on the command line, the list of kinds, and the words for every error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import governance.sources
from governance.config import read_sources
from governance.errors import ConfigError
from governance.i18n import LANGUAGES, catalogue
from governance.sources import KINDS, source_config_for, split_target


@pytest.mark.parametrize(
    ("target", "kind", "table"),
    [
        ("postgres://u:p%23@h/db#s.t", "postgresql", "s.t"),
        ("mariadb+pymysql://u@h/db#%E5%AE%A2", "mariadb", "客"),
        ("oracle+oracledb://u:p@h/x#T", "sqlalchemy", "T"),
        ("sqlite:///a/b.db#t", "sqlite", "t"),
        ("a.CSV", "csv", None),
        ("a.json", "jsonl", None),
        ("book.xlsx#Sheet 1", "xlsx", "Sheet 1"),
    ],
)
def test_a_target_tells_its_kind_and_table(target: str, kind: str, table: str | None) -> None:
    config, named = split_target(target)
    assert (config.kind, named) == (kind, table)


def test_an_sqlite_address_is_a_path(tmp_path: Path) -> None:
    assert source_config_for(f"sqlite:///{tmp_path}/x.db").path == tmp_path / "x.db"


def test_a_file_whose_name_holds_a_hash_is_that_file(tmp_path: Path) -> None:
    file = tmp_path / "a#1.csv"
    file.write_text("a\n")
    assert split_target(str(file)) == (source_config_for(str(file)), None)


def test_a_strange_ending_is_refused() -> None:
    with pytest.raises(ConfigError, match="suffix"):
        source_config_for("a.docx")


def test_the_configuration_knows_the_same_kinds() -> None:
    assert set(KINDS) == set(read_sources.KINDS)


def test_every_code_has_words_in_both_languages_and_no_words_are_idle() -> None:
    folder = Path(governance.sources.__file__).parent
    files = [*folder.glob("*.py"), folder.parent / "runs" / "clues.py"]
    text = "".join(file.read_text("utf-8") for file in files)
    codes = set(re.findall(r'"(source\.[a-z0-9_]+)"', text))
    for language in LANGUAGES:
        assert codes == {name for name in catalogue(language) if name.startswith("source.")}
