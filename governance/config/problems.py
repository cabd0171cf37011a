"""What is wrong in a configuration: all of it at once, each with its place and a way out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from governance.errors import ConfigError


class Place(Protocol):
    """Where something stands: file, line (from 1) and dotted key."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def key(self) -> str: ...


@dataclass(frozen=True)
class Problem:
    """One thing to put right. `code` is a message id, `params` fill it in; no secret is in them."""

    code: str
    file: str
    line: int
    key: str
    params: dict[str, str]

    def text(self, language: str) -> str:
        from governance.i18n import explain_code

        return explain_code(self.code, self.params, language)

    def rendered(self, language: str) -> str:
        """`file:line: key: text`, the form editors make clickable."""
        place = f"{self.file}:{self.line}: "
        return place + (f"{self.key}: " if self.key else "") + self.text(language)


class ConfigProblems(ConfigError):
    """A configuration that cannot be used, with every problem in file and line order."""

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("config.problems", path=path, count=len(self.problems))


class BadValue(Exception):
    """A value that cannot be read; the caller knows the place and makes a Problem of it."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Problems:
    """Collects problems while reading goes on."""

    def __init__(self) -> None:
        self._all: list[Problem] = []

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(set_of(self._all), key=lambda p: (p.file, p.line, p.key, p.code)))

    def __len__(self) -> int:
        return len(self._all)

    def add(self, place: Place, code: str, **params: object) -> None:
        texts = {name: str(value) for name, value in params.items()}
        self._all.append(Problem(code, place.file, place.line, place.key, texts))

    def unknown(self, place: Place, code: str, name: str, allowed: Iterable[str]) -> None:
        """`name` is none of `allowed`; says them all, and the nearest if one is near."""
        bad = unknown(code, name, allowed)
        self.add(place, bad.code, **bad.params)


def set_of(problems: list[Problem]) -> list[Problem]:
    """Each problem once: an alias used in ten places is still one mistake."""
    seen: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        identity = (problem.code, problem.file, problem.line, *problem.params.items())
        seen.setdefault(identity, problem)
    return list(seen.values())


def unknown(code: str, name: str, allowed: Iterable[str]) -> BadValue:
    """A BadValue for a name that is not among `allowed`; `<code>_near` when one comes close."""
    names = list(allowed)
    shown = ", ".join(names) if names else "-"
    lower = {known.lower(): known for known in reversed(names)}
    near = difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)
    if near:
        return BadValue(f"{code}_near", name=name, allowed=shown, near=lower[near[0]])
    return BadValue(code, name=name, allowed=shown)
