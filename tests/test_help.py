"""Every command explains itself in the reader's language."""

from __future__ import annotations

import re

import pytest

from governance.cli import COMMANDS, main
from governance.i18n import LANGUAGES, catalogue, t

# Commands within a group; the group itself only lists them.
GROUPS = {"backup": ("inspect", "drill")}
SINGLE = [
    *(name for name in COMMANDS if name not in GROUPS),
    *(f"{group} {name}" for group, names in GROUPS.items() for name in names),
]


def help_of(
    command: str, language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    for name, value in (("DUIQI_LANG", language), ("COLUMNS", "300"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 300)
    with pytest.raises(SystemExit) as left:
        main([*command.split(), "--help"])
    assert left.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", SINGLE)
def test_every_option_has_words_in_the_readers_language(
    command: str,
    language: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = help_of(command, language, capsys, monkeypatch)
    options = [line for line in said.splitlines() if re.search(r"(^|[│ *]) *-(-|h,)\w", line)]
    assert len(options) >= 2
    assert t("command.option.help", language) in said
    assert t(f"command.{command.replace(' ', '_')}.about", language).partition("\n")[0] in said
    other = next(name for name in LANGUAGES if name != language)
    mine, theirs = catalogue(language), catalogue(other)
    foreign = [theirs[name] for name in theirs if name.startswith("command.")]
    own = {mine[name] for name in mine}
    assert [words for words in foreign if words not in own and words in said] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists_its_commands(
    group: str,
    language: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = help_of(group, language, capsys, monkeypatch)
    assert t(f"command.{group}.about", language) in said
    for name in GROUPS[group]:
        assert name in said
        assert t(f"command.{group}_{name}.about", language).split()[0] in said
