"""What the README and the guides show is what the program does."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from governance.cli import COMMANDS

ROOT = Path(__file__).parent.parent
GUIDES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```(?:bash|console|sh)\n(.*?)```", re.DOTALL)
# Commands that hold others: the word behind says which.
GROUPS = {"backup"}
CALL = re.compile(r"(?:^|[/ ])duiqi ([a-z]+)([^#&|`\n]*)")


def shown(path: Path) -> list[tuple[str, list[str]]]:
    """Every `duiqi COMMAND words` in the shell blocks of a guide."""
    calls = []
    for block in BLOCK.findall(path.read_text("utf-8")):
        for command, words in CALL.findall(block.replace("\\\n", " ")):
            calls.append((command, shlex.split(words)))
    return calls


@cache
def help_of(command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "governance.cli", *command.split(), "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"},
        cwd=ROOT,
    )
    return done.stdout


@pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.name)
def test_every_command_and_option_that_a_guide_shows_exists(guide: Path) -> None:
    for command, words in shown(guide):
        assert command in COMMANDS, f"{guide.name}: duiqi {command}"
        command = f"{command} {words[0]}" if command in GROUPS else command
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0] in help_of(command), f"{guide.name}: {command} {word}"


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_ten_second_example_prints_what_the_readme_shows(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    (block,) = re.findall(r"```console\n\$ uv run duiqi (compare .*?)```", text, re.DOTALL)
    line, _, printed = block.replace("\\\n", " ").partition("\n")
    language = "zh" if "zh" in readme else "en"
    done = subprocess.run(
        [sys.executable, "-m", "governance.cli", *shlex.split(line)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "DUIQI_LANG": language},
        cwd=ROOT,
    )
    assert done.stdout.rstrip() == printed.rstrip()
    assert done.returncode == 1


def test_ci_runs_the_readmes_test_command_word_for_word() -> None:
    commands = re.findall(r"```bash\n(pip install uv .*?)\n```", (ROOT / "README.md").read_text())
    assert commands == ["pip install uv && uv run duiqi demo", "pip install uv && uv run pytest"]
    assert f"\n{commands[1]}\n" in (ROOT / ".ci" / "run").read_text()


def test_both_readmes_tell_the_same_story() -> None:
    english, chinese = ((ROOT / n).read_text("utf-8") for n in ("README.md", "README.zh-CN.md"))
    assert english.count("\n## ") == chinese.count("\n## ")
    assert BLOCK.findall(english)[0] == BLOCK.findall(chinese)[0]
    assert len(BLOCK.findall(english)) == len(BLOCK.findall(chinese))


@pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.name)
def test_every_file_that_a_guide_links_to_is_there(guide: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", guide.read_text("utf-8")):
        assert (guide.parent / target).exists(), f"{guide.name}: {target}"
