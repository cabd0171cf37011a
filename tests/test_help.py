"""Every command explains itself in the reader's language."""

from __future__ import annotations

import re

import pytest

from governance.cli import COMMANDS, main
from governance.i18n import LANGUAGES, catalogue, t


def help_of(
    command: str, language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    for name, value in (("DUIQI_LANG", language), ("COLUMNS", "300"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", 300)
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", COMMANDS)
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
    assert t(f"command.{command}.about", language).partition("\n")[0] in said
    other = next(name for name in LANGUAGES if name != language)
    mine, theirs = catalogue(language), catalogue(other)
    foreign = [theirs[name] for name in theirs if name.startswith("command.")]
    own = {mine[name] for name in mine}
    assert [words for words in foreign if words not in own and words in said] == []
