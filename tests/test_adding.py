"""The guide to adding names files that exist, and following it to the letter works.

Each recipe is carried out in a copy of the tree, touching exactly the files that its list names;
then the copy's own tests run there, and the thing that was added is used.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "adding.md"
PLACE = re.compile(r"`((?:checks|governance|pages|data|docs|tests)/[^`\s]+)`")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "var", "__pycache__", ".*_cache", "*.duckdb")
# By hand in a real tree; here they would only be one more copy of what the others show.
PROSE = "docs/"

Edit = Callable[[str], str]


def sections() -> dict[str, str]:
    """The lists of the guide by their heading."""
    parts = re.split(r"^## (.+)$", GUIDE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def listed(heading: str, name: str) -> set[str]:
    """The files in the first column of a list."""
    rows = re.findall(r"^\| `([^`]+)` \|", sections()[heading], flags=re.MULTILINE)
    return {row.replace("‹name›", name) for row in rows}


def test_every_place_that_the_guide_names_exists() -> None:
    named = PLACE.findall(GUIDE.read_text("utf-8"))
    assert len(named) > 50
    missing = [
        place for place in named if not list(ROOT.glob(place.rstrip("/").replace("‹name›", "*")))
    ]
    assert missing == []


def after(mark: str, more: str) -> Edit:
    """Put `more` behind the only place where `mark` stands."""

    def edit(text: str) -> str:
        assert text.count(mark) == 1, mark
        return text.replace(mark, mark + more)

    return edit


def new(text: str) -> Edit:
    return lambda _: text


def behind(more: str) -> Edit:
    return lambda text: text + more


SCHEMA = "data/schema/governance.schema.json"

NORMALISER = {
    "checks/normalisers/plate.py": new(
        '"""Number plates: letter case and the dot do not count."""\n\n'
        "from __future__ import annotations\n\n"
        "from checks.normalisers.base import Normaliser, Stage\n"
        "from checks.normalisers.unicode import NFKC, TRIMMED, UPPER, VISIBLE\n\n"
        'PLATE = Normaliser("plate", "text", (Stage((VISIBLE, NFKC, TRIMMED, UPPER, NFKC)),),'
        ' frozenset({"nfkc"}))\n'
    ),
    "checks/normalisers/__init__.py": lambda text: text.replace(
        "        email.EMAIL,\n", "        email.EMAIL,\n        plate.PLATE,\n"
    ).replace("    phone,\n    text,", "    phone,\n    plate,\n    text,"),
    "tests/checks/normalisers/test_spellings.py": after(
        '    ("email", "li.si@example.com", [" Li.Si@Example.COM", "li.si＠example.com"]),\n',
        '    ("plate", "沪A12345", [" 沪a12345", "沪Ａ12345"]),\n',
    ),
    "tests/plain.py": after(
        '    "email": lambda value: text(value).lower(),\n',
        '    "plate": lambda value: text(value).strip().upper(),\n',
    ),
    "docs/normalisers.md": after(
        "| Name | 中文 | Reads as one | Keeps apart or leaves unread |\n"
        "| --- | --- | --- | --- |\n",
        "| `plate` | 车牌 | Letter case. | |\n",
    ),
}

SOURCE = {
    "governance/sources/psv.py": new(
        '"""Values between bars."""\n\n'
        "from __future__ import annotations\n\n"
        "from collections.abc import Iterator\n"
        "from contextlib import contextmanager\n\n"
        "from governance.sources.filereader import Ask, Format, Opened\n\n\n"
        "@contextmanager\n"
        "def opened(ask: Ask) -> Iterator[Opened]:\n"
        '    names = ask.path.read_text("utf-8").splitlines()[0].split("|")\n'
        '    columns = ", ".join(f"string_split(line, \'|\')[{n}] AS c{n - 1}"'
        " for n in range(1, len(names) + 1))\n"
        '    lines = "SELECT unnest(string_split(trim(content, chr(10)), chr(10))[2:]) AS line'
        ' FROM read_text(?)"\n'
        '    piece = f"(SELECT {columns} FROM ({lines}))"\n'
        '    shape = tuple((name, "text") for name in names)\n'
        "    yield Opened(shape, lambda: iter([(piece, [str(ask.path)])]))\n\n\n"
        "PSV = Format(opened, lambda ask: [ask.path.name])\n"
    ),
    "governance/sources/kinds.py": lambda text: (
        text.replace(
            '    "parquet": ("path",),\n', '    "parquet": ("path",),\n    "psv": ("path",),\n'
        )
        .replace('"parquet", "jsonl")', '"parquet", "jsonl", "psv")')
        .replace(
            "    raise KeyError(kind)\n",
            '    if kind == "psv":\n        from governance.sources.psv import PSV\n\n'
            "        return PSV\n    raise KeyError(kind)\n",
        )
    ),
    "governance/sources/__init__.py": str,
    "tests/sources/test_source_psv.py": new(
        '"""Values between bars come back as they are written."""\n\n'
        "from zoneinfo import ZoneInfo\n\nimport duckdb\n\n"
        "from checks.dictionary import Title\n"
        "from governance.config.model import SourceConfig\n"
        "from governance.sources import Extract, open_source\n\n\n"
        "def test_values_come_back(tmp_path):\n"
        '    path = tmp_path / "a.psv"\n'
        '    path.write_text("id|name\\n007|a\\n1E5|b\\n")\n'
        '    config = SourceConfig("crm", "psv", Title("a", "a"), path=path)\n'
        '    source = open_source(config, zone=ZoneInfo("UTC"))\n'
        "    with duckdb.connect() as con, source.snapshot() as reader:\n"
        '        extract = Extract("a", {"id": "id"})\n'
        '        reader.read(extract, con, "landed", lambda n: None, lambda: False)\n'
        '        assert con.execute("FROM landed").fetchall() == [("007",), ("1E5",)]\n'
    ),
}

WORDS = (
    'msgid ""\nmsgstr ""\n"Language: {0}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    'msgid "{1}"\nmsgstr "Count"\n'
)

CHECK = {
    "checks/counting.py": new(
        '"""Do the sources hold equally many rows?"""\n\n'
        'CODE = "counting"\nTITLE = "counting.title"\n\n\n'
        "def equal(rows: list[int]) -> bool:\n"
        '    """Whether all the numbers are one."""\n'
        "    return len(set(rows)) == 1\n"
    ),
    "checks/__init__.py": lambda text: text.replace(
        "from checks import consistency\n", "from checks import consistency, counting\n"
    ).replace(
        "CHECKS = (Registered(consistency.CODE, consistency.TITLE),)",
        "CHECKS = (\n    Registered(consistency.CODE, consistency.TITLE),\n"
        "    Registered(counting.CODE, counting.TITLE),\n)",
    ),
    "governance/runs/counting.py": new(
        '"""How a run counts."""\n\n'
        "from __future__ import annotations\n\n"
        "from collections.abc import Mapping\n\n"
        "from checks.counting import equal\n"
        "from checks.outcome import Outcome\n"
        "from governance.config.model import CheckConfig\n"
        "from governance.ledger.rows import CheckResult\n"
        "from governance.runs.work import Evaluation, Seen, Work\n\n\n"
        "class Counting:\n"
        "    TABLES: Mapping[str, str] = {}\n\n"
        "    def __init__(self, work: Work) -> None:\n"
        "        self.work = work\n\n"
        "    def evaluate("
        "self, check: CheckConfig, seen: Mapping[tuple[str, str], Seen]) -> Evaluation:\n"
        "        found = [seen[s, check.entity].snapshot for s in check.sources]\n"
        "        used = [snapshot for snapshot in found if snapshot]\n"
        "        alike = equal([s.rows for s in used])\n"
        "        outcome = Outcome.PASSED if alike else Outcome.FAILED\n"
        "        result = CheckResult(check.name, outcome)\n"
        "        return Evaluation(result, (), tuple(s.id for s in used), 0)\n"
    ),
    "governance/runs/kinds.py": lambda text: (
        text.replace(
            "    consistency.CODE: Consistency,\n",
            "    consistency.CODE: Consistency,\n    counting.CODE: Counting,\n",
        )
        .replace("import backups, consistency,", "import backups, consistency, counting,")
        .replace(
            "from governance.runs.work",
            "from governance.runs.counting import Counting\nfrom governance.runs.work",
        )
    ),
    "governance/i18n/locales/en/counting.po": new(WORDS.format("en", "counting.title")),
    "governance/i18n/locales/zh/counting.po": new(WORDS.format("zh", "counting.title")),
    "tests/checks/test_counting.py": new(
        '"""Counting, alone and in a run."""\n\n'
        "from checks.counting import equal\n"
        "from checks.outcome import Outcome\n"
        "from tests.runs.conftest import Company, company\n\n"
        '__all__ = ["company"]\n\n\n'
        "def test_numbers_are_equal_or_not():\n"
        "    assert equal([1, 1])\n"
        "    assert not equal([1, 2])\n\n\n"
        "def test_a_run_counts(company: Company):\n"
        '    path = company.folder / "governance.yaml"\n'
        '    more = "\\nchecks:\\n  how_many:\\n    kind: counting\\n    entity: customer\\n"\n'
        '    text = path.read_text("utf-8").split("\\nchecks:")[0]\n'
        '    path.write_text(text + more + "    sources: [crm, oa]\\n", "utf-8")\n'
        "    run = company.run()\n"
        "    (result,) = company.ledger.results.of_run(run.id)\n"
        "    assert result.outcome in (Outcome.PASSED, Outcome.FAILED)\n"
    ),
}

PAGE = {
    "pages/hello.py": new(
        '"""Says what there is."""\n\n'
        "import streamlit as st\n\n"
        "from governance.ui import states\n"
        "from governance.ui.components import opening\n"
        "from governance.ui.here import here\n"
        "from governance.views.hello import hello\n\n"
        "reader = here()\n"
        'opening(reader, "ui.nav.hello", "hello.title")\n'
        "if reader.standing.run is None:\n"
        '    states.empty(reader.t("runs.empty.title"), reader.t("runs.empty.body"))\n'
        "else:\n"
        "    st.text(hello(reader.actor))\n"
    ),
    "governance/views/hello.py": new(
        '"""What the page shows."""\n\n'
        "from governance.access import Actor, Right\n\n\n"
        "def hello(actor: Actor) -> str:\n"
        '    """For whoever may view."""\n'
        "    actor.require(Right.VIEW)\n"
        "    return actor.name\n"
    ),
    "governance/ui/shell.py": after(
        '    ("dictionary", "menu_book", True),\n', '    ("hello", "menu_book", True),\n'
    ),
    **{
        f"governance/i18n/locales/{language}/{area}.po": edit
        for language in ("en", "zh")
        for area, edit in (
            ("ui", behind('\nmsgid "ui.nav.hello"\nmsgstr "Hello"\n')),
            ("hello", new(WORDS.format(language, "hello.title"))),
        )
    },
    "tests/ui/test_pages.py": after("NAMES = (\n", '    "hello",\n'),
    "tests/browser/test_journeys.py": after('PAGES = (\n    "",\n', '    "hello",\n'),
    "tests/browser/test_hostile.py": after('PAGES = (\n    "",\n', '    "hello",\n'),
}

RECIPES: dict[str, tuple[str, str, dict[str, Edit], list[str]]] = {
    "normaliser": (
        "A normaliser",
        "plate",
        NORMALISER,
        [
            "tests/checks/normalisers/test_documented.py",
            "tests/checks/normalisers/test_spellings.py",
        ],
    ),
    "source": ("A kind of source", "psv", SOURCE, ["tests/sources/test_source_psv.py"]),
    "check": (
        "A check",
        "counting",
        CHECK,
        ["tests/checks/test_counting.py", "tests/runs/test_kinds.py"],
    ),
    "page": ("A page", "hello", PAGE, ["tests/ui/test_pages.py"]),
}
# Of the page's tests those of the new page, in one language.
ONLY = "not test_pages or (hello and en)"


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_touches_exactly_what_its_list_names(recipe: str) -> None:
    heading, name, edits, _ = RECIPES[recipe]
    wanted = {place for place in listed(heading, name) if not place.startswith(PROSE)}
    written = {place for place in edits if not place.startswith(PROSE)}
    assert wanted == written | (wanted & {SCHEMA})


def test_recipes_followed_to_the_letter_work(tmp_path: Path) -> None:
    """All in one copy: they share no file but the schema, which is written anew when all are in."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT, symlinks=True)
    tests = ["tests/config/test_schema.py"]
    for _, _, edits, of_recipe in RECIPES.values():
        tests += of_recipe
        for place, edit in edits.items():
            path = tree / place
            path.write_text(edit(path.read_text("utf-8") if path.exists() else ""), "utf-8")
    try:
        ran(tree, "-m", "governance.config.schema")
        ran(tree, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", ONLY, *tests)
    finally:
        if sys.pycache_prefix:  # what was compiled of a copy is of no use to the next
            shutil.rmtree(Path(sys.pycache_prefix, *tree.parts[1:]), ignore_errors=True)


def ran(tree: Path, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
