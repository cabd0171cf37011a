"""What a normaliser is: named steps from text to text, composed into one SQL expression.

A step maps NULL to NULL and blank to blank, and may map a text to NULL: it could not be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Literal

from checks.sql import literal

Sql = Callable[[str], str]
Kind = Literal["text", "number", "date", "instant"]
Need = Literal["nfkc", "simplified", "zone"]

# Slots stand for expressions that are not known yet; no SQL holds a NUL.
_SLOTS = count()
_PART = r'(?:\w+|"(?:[^"]|"")*")'
# A column or a lambda's argument: cheap to name as often as one likes.
_NAME = re.compile(rf"{_PART}(?:\.{_PART})*|\x00\d+\x00")


@dataclass(frozen=True)
class Step:
    """One rule. `sql` turns a text expression into a text expression; `name` is told to people."""

    name: str
    sql: Sql


@dataclass(frozen=True)
class Stage:
    """Steps that run one after the other, and the cheap test that they would change nothing.

    `clean` must hold only for texts that every step leaves as they are: it buys speed and never
    changes a result.
    """

    steps: tuple[Step, ...]
    clean: Sql | None = None


@dataclass(frozen=True)
class Normaliser:
    """How the values of a column are read before they are compared.

    `kind` says which tolerance may apply to the canonical text; `needs` what `install` must
    prepare on the connection. `canonical` is a cheap test that holds for canonical texts only:
    what passes it skips every stage.
    """

    name: str
    kind: Kind
    stages: tuple[Stage, ...]
    needs: frozenset[Need] = frozenset()
    canonical: Sql | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for stage in self.stages for step in stage.steps)

    def expression(self, column: str, *, skip: int = 0) -> str:
        """SQL for the canonical text of `column`; NULL where it is NULL or cannot be read.

        `skip` leaves out that many stages from the front, for a column no value of which `idle`
        counts lower: the result is the same, the SQL much shorter.
        """
        if skip == len(self.stages):
            return column
        canonical = self.canonical
        run = partial(_run, self.stages[skip:])
        if canonical is None:
            return bound(column, run)
        return bound(column, lambda text: cases((canonical(text), text), otherwise=run(text)))

    def idle(self, column: str) -> str:
        """SQL for how many stages from the front change nothing in a value of `column`.

        All of them where it is NULL, empty or canonical.
        """
        whole = len(self.stages)
        idle = str(whole)
        for place, stage in reversed(list(enumerate(self.stages))):
            idle = (
                cases((stage.clean(column), idle), otherwise=str(place))
                if stage.clean
                else str(place)
            )
        canonical = "" if self.canonical is None else f" OR {self.canonical(column)}"
        done = f"{column} IS NULL OR {column} = ''{canonical}"
        return cases((done, str(whole)), otherwise=idle)


def bound(expression: str, body: Sql) -> str:
    """`body(expression)`, with the expression evaluated once however often the body names it.

    SQL has no `let`; a lambda over a list of one element is the cheapest stand-in (0.1 CPU s for
    a million values), and keeps the text from doubling at every step.
    """
    if _NAME.fullmatch(expression):
        return body(expression)
    slot = f"\x00{next(_SLOTS)}\x00"
    shape = body(slot)
    if shape.count(slot) == 1:
        return shape.replace(slot, expression)
    taken = set(re.findall(r"\bduiqi_v\d+\b", expression + shape))
    name = next(f"duiqi_v{n}" for n in count() if f"duiqi_v{n}" not in taken)
    return f"list_transform([{expression}], lambda {name}: {shape.replace(slot, name)})[1]"


def _run(stages: tuple[Stage, ...], text: str) -> str:
    if not stages:
        return text
    stage, *later = stages
    rest = partial(_run, tuple(later))
    changed = text
    for step in stage.steps:
        changed = bound(changed, step.sql)
    changed = bound(changed, rest)
    # The later stages stand there twice, once straight on the column: inside a lambda DuckDB
    # compiles every pattern anew for each 2,048 values.
    return (
        changed
        if stage.clean is None
        else cases((stage.clean(text), rest(text)), otherwise=changed)
    )


def cases(*branches: tuple[str, str], otherwise: str = "NULL") -> str:
    """The value of the first branch whose test holds."""
    tests = " ".join(f"WHEN {test} THEN {value}" for test, value in branches)
    return f"CASE {tests} ELSE {otherwise} END"


def matches(text: str, pattern: str) -> str:
    return f"regexp_matches({text}, {literal(pattern)})"


def full_match(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def replaced(text: str, pattern: str, by: str = "") -> str:
    return f"regexp_replace({text}, {literal(pattern)}, {literal(by)}, 'g')"


def guarded(test: Callable[[str], str], sql: Sql) -> Sql:
    """`sql` only where `test` holds; the rest passes untouched."""
    return lambda text: cases((test(text), sql(text)), otherwise=text)


def swap(name: str, pattern: str, by: str = "") -> Step:
    """A step that replaces every match of `pattern`."""
    return Step(name, lambda text: replaced(text, pattern, by))
