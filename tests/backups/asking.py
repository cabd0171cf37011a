"""Asking a reader of catalogues in a test: replies out of fixtures, and documents gone wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from checks.backups.model import Backup, Catalogue, Mark, Problem, State
from governance.backups.readers.model import Asked, Reader, Reply
from governance.config.backups import CatalogueConfig, Place
from governance.i18n import LANGUAGES, catalogue, explain_code

FIXTURES = Path(__file__).parents[1] / "fixtures"
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SECRET = "s3cr3t-of-the-repository"


def sample(name: str, folder: str = "backup-samples") -> str:
    return (FIXTURES / folder / name).read_text("utf-8")


def ask(
    reader: Reader,
    parts: Mapping[str, str | Reply] | None = None,
    *,
    path: Path | None = None,
    zone: str = "UTC",
    options: Mapping[str, str] | None = None,
    commands: Mapping[str, tuple[str, ...]] | None = None,
    now: datetime = NOW,
) -> Catalogue:
    """What the reader makes of it. Every problem has words for all that it says."""
    config = CatalogueConfig(
        "c",
        reader.KIND,
        Place("here"),
        ZoneInfo(zone),
        path=path,
        options=options or {},
        commands=commands or {},
        environment={"PASSWORD": SECRET},
    )
    replies = {
        name: reply if isinstance(reply, Reply) else Reply(reply, NOW)
        for name, reply in (parts or {}).items()
    }
    found = reader.read(Asked(config, now, replies))
    for problem in found.problems:
        in_words(problem)
    assert len({backup.id for backup in found.backups}) == len(found.backups)
    assert SECRET not in repr(found)
    return found


def in_words(problem: Problem) -> None:
    for language in LANGUAGES:
        words = catalogue(language)[problem.code]
        wanted = {name for _, name, _, _ in Formatter().parse(words) if name}
        assert wanted <= set(problem.params), problem
        assert explain_code(problem.code, dict(problem.params), language)


def codes(found: Catalogue, backup: str | None = None) -> set[str]:
    """Codes of problems without what they begin with; of one backup or of all of the catalogue."""
    return {
        p.code.removeprefix("backups.read.") for p in found.problems if p.backup in (backup, None)
    }


def marked(found: Catalogue, code: str) -> set[tuple[Mark | None, bool, str | None]]:
    return {
        (p.mark, p.breaks, p.backup) for p in found.problems if p.code == f"backups.read.{code}"
    }


def clean(found: Catalogue) -> list[Backup]:
    """What is done and has nothing said against it."""
    if any(p.mark is not None and p.backup is None for p in found.problems):
        return []
    doubted = {p.backup for p in found.problems if p.mark is not None}
    return [b for b in found.backups if b.state is State.DONE and b.id not in doubted]


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))


GONE = object()
NONSENSE: tuple[Any, ...] = (
    GONE, None, True, -1, 1.5, 10**30, "", "nonsense", "2026-13-45T99:00:00Z", [], {}, [[None]],
    {"name": []}, ["x", 3],
)  # fmt: skip


def mangled(document: object, path: tuple[str | int, ...], value: object) -> Any:
    """The document with something else, or nothing, at one place."""
    changed = copy.deepcopy(document)
    inside: Any = changed
    for step in path[:-1]:
        inside = inside[step]
    if value is GONE:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return changed


def manglings(document: object) -> st.SearchStrategy[str]:
    """Texts of the document gone wrong: cut, or with some places changed."""
    written = json.dumps(document)

    @st.composite
    def changed(draw: st.DrawFn) -> str:
        now: Any = document
        for _ in range(draw(st.integers(1, 3))):
            found = list(places(now))
            if not found:
                break
            now = mangled(now, draw(st.sampled_from(found)), draw(st.sampled_from(NONSENSE)))
        return json.dumps(now)

    cut = st.integers(0, len(written)).map(lambda n: written[:n])
    noise = st.tuples(st.text(max_size=30), cut).map("\n".join)
    return changed() | cut | noise | st.text(max_size=60)
