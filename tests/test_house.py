"""House rules that a reviewer should not have to remember. Each failure names the places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from governance.i18n import LANGUAGES, LOCALES, area_of, catalogue

ROOT = Path(__file__).parents[1]
UI = ROOT / "governance" / "ui"
MIGRATIONS = ROOT / "governance" / "ledger" / "migrations" / "versions"
CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
SQL = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s.+\sSET|DELETE\s+FROM|ATTACH\s)\b", re.S
)
MARKUP = ("unsafe_allow_html", "st.html", "components.v1", "<style", "<script")
DATABASES = {"duckdb", "sqlalchemy", "polars", "sqlite3", "pyarrow"}
LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_PAGE = 400, 60, 120
FORMS = re.compile(r"\.(one|other)$")  # added by `plural` to the id it is given


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


@cache
def imported(path: Path) -> frozenset[str]:
    """Every module the file imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return frozenset(found)


def importing(paths: list[Path], *modules: str) -> list[str]:
    """Who among `paths` imports one of `modules` or something inside it."""
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for name in imported(path)
        if any(name == module or name.startswith(f"{module}.") for module in modules)
    ]


@cache
def literals(path: Path) -> tuple[str, ...]:
    """Texts in the file that are no documentation."""
    holders = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = list(ast.walk(tree(path)))
    documentation = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return tuple(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
    )


def saying(paths: list[Path], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {words[:60]!r}"
        for path in paths
        for words in literals(path)
        if pattern.search(words)
    ]


def test_imports_point_one_way() -> None:
    below = [path for path in sources("governance") if not path.is_relative_to(UI)]
    assert importing(sources("checks"), "governance", "pages", "streamlit") == []
    assert importing(sources("governance"), "pages", "app") == []
    assert importing(below, "streamlit", "governance.ui") == []


def test_no_page_writes_html_or_css() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in [ROOT / "app.py", *sources("governance/ui", "pages")]
        for word in MARKUP
        if word in path.read_text("utf-8")
    ]
    assert guilty == []


def test_words_people_read_live_in_the_catalogue() -> None:
    assert saying(sources("pages", "governance/ui"), CJK) == []


def test_pages_ask_governance_instead_of_a_database() -> None:
    drawing = sources("pages", "governance/ui")
    assert saying(drawing, SQL) == []
    assert importing(drawing, *DATABASES) == []


def test_pages_modules_and_functions_are_short() -> None:
    ours = [p for p in sources("checks", "governance", "pages") if p.parent != MIGRATIONS]
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in ours}
    limits = {
        path: LONGEST_PAGE if path.parent.name == "pages" else LONGEST_MODULE for path in ours
    }
    assert [f"{p.relative_to(ROOT)}: {n}" for p, n in lengths.items() if n > limits[p]] == []
    assert [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in ours
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ] == []


def parameters(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name}


def test_every_message_is_in_both_languages_with_the_same_parameters() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert set(zh) == set(en)
    assert [name for name in zh if parameters(zh[name]) != parameters(en[name])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty(language: str) -> None:
    assert [name for name, words in catalogue(language).items() if not words.strip()] == []


def areas() -> set[str]:
    return {area_of(file) for file in (LOCALES / "zh").glob("*.po")}


def composed(path: Path) -> Iterator[re.Pattern[str]]:
    """Ids that are put together: f"area.{x}", "area.x_" + y, x + "_near"."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr):
            parts = [
                re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[a-z0-9_.]+"
                for v in node.values
            ]
            yield re.compile("".join(parts))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            for side, shape in ((node.left, "{}[a-z0-9_]+"), (node.right, "[a-z0-9_.]+{}")):
                if isinstance(side, ast.Constant) and isinstance(side.value, str):
                    yield re.compile(shape.format(re.escape(side.value)))


def test_no_message_is_left_over() -> None:
    paths = [ROOT / "app.py", *sources("checks", "governance", "pages")]
    whole = {words for path in paths for words in literals(path)}
    known = areas()
    patterns = {
        pattern
        for path in paths
        for pattern in composed(path)
        # A pattern must name an area or end in a suffix; one that fits anything proves nothing.
        if pattern.pattern.split(r"\.")[0] in known or re.search(r"\+_\w+$", pattern.pattern)
    }
    unused = [
        name
        for name in catalogue("en")
        if not {name, FORMS.sub("", name)} & whole
        and not any(p.fullmatch(name) or p.fullmatch(FORMS.sub("", name)) for p in patterns)
    ]
    assert unused == []


TELLERS = re.compile(
    r"t|say|plural|opening|Note|Problem|Verdict|BadValue|\w*(Error|Unavailable|Refused|Drift|Tampered)"
)


def told(path: Path) -> Iterator[str]:
    """Ids handed whole to what turns them into words, now or later."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else ""
            name = function.id if isinstance(function, ast.Name) else name
            if TELLERS.fullmatch(name):
                for word in node.args[:2]:
                    if isinstance(word, ast.Constant) and isinstance(word.value, str):
                        yield word.value


def test_every_message_the_code_names_exists() -> None:
    names = set(catalogue("en"))
    names |= {FORMS.sub("", name) for name in names}
    shape = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")
    assert [
        f"{path.relative_to(ROOT)}: {words}"
        for path in sources("checks", "governance", "pages")
        for words in told(path)
        if shape.fullmatch(words) and words not in names
    ] == []
