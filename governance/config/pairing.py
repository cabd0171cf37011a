"""Which tables of two systems keep the same records, by which key, and which columns agree.

Names help, values decide. A counter that runs from 1 in both systems overlaps perfectly and means
nothing, so a key counts only as far as other columns agree once rows are joined by it.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from governance.config.guess import plain, shape
from governance.config.sampling import Sample
from governance.config.synonyms import compact, entity_of, field_of

UNIQUE = 0.85  # duplicates happen in keys; they are what is looked for
FILLED = 0.8
LEAST_OVERLAP = 0.2
LEAST_SCORE = 0.12
JOINED = 1_000
PROVED = 300
COLUMN_SCORE = 0.5
SAME_COUNTER = 0.9


@dataclass(frozen=True)
class Column:
    """One column of a sample with what its values say."""

    name: str
    values: tuple[str, ...]
    shape: str | None
    filled: int
    distinct: frozenset[str]

    @property
    def may_be_key(self) -> bool:
        return (
            self.filled >= max(1, FILLED * len(self.values))
            and len(self.distinct) >= UNIQUE * self.filled
            and self.shape not in ("email", "date", "datetime", "amount", "percent")
        )


@dataclass(frozen=True)
class Table:
    """A sample made ready for comparing."""

    sample: Sample
    entity: str | None
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Pair:
    """Two tables that keep the same records. `columns` are (left, right), the key first."""

    entity: str | None
    left: Table
    right: Table
    key: tuple[str, str]
    overlap: float
    columns: tuple[tuple[str, str], ...]


def prepared(sample: Sample) -> Table:
    columns = tuple(column_of(name, sample.values(name)) for name in sample.columns)
    return Table(sample, entity_of(sample.name), columns)


def column_of(name: str, values: Sequence[str | None]) -> Column:
    form = shape(values)
    cells = tuple(plain(value, form) for value in values)
    filled = [cell for cell in cells if cell]
    return Column(name, cells, form, len(filled), frozenset(filled))


def pairs(left: tuple[Sample, ...], right: tuple[Sample, ...]) -> tuple[Pair, ...]:
    """The best pairs, each table in one of them at most, the best first."""
    scored = []
    rights = [prepared(sample) for sample in right]
    for one in map(prepared, left):
        for other in rights:
            best = best_key(one, other)
            if best is not None:
                score, key, overlap = best
                scored.append((score, one, other, key, overlap))
    scored.sort(key=lambda entry: (-entry[0], entry[1].sample.name, entry[2].sample.name))
    taken: set[int] = set()
    found = []
    for _, one, other, key, overlap in scored:
        if id(one) in taken or id(other) in taken:
            continue
        taken |= {id(one), id(other)}
        entity = one.entity or other.entity
        columns = mapped(one, other, key, entity)
        found.append(Pair(entity, one, other, key, overlap, columns))
    return tuple(found)


def best_key(left: Table, right: Table) -> tuple[float, tuple[str, str], float] | None:
    """The key that most values share and that other columns confirm, with its score."""
    best: tuple[float, tuple[str, str], float] | None = None
    same = left.entity is not None and left.entity == right.entity
    for one in (column for column in left.columns if column.may_be_key):
        for other in (column for column in right.columns if column.may_be_key):
            common = len(one.distinct & other.distinct)
            overlap = common / max(1, min(len(one.distinct), len(other.distinct)))
            if overlap < LEAST_OVERLAP:
                continue
            proof = confirmed(left, right, (one.name, other.name))
            score = overlap * (0.15 + 0.85 * proof) + key_bonus(left, one.name, other.name, same)
            if score >= LEAST_SCORE and (best is None or score > best[0]):
                best = (score, (one.name, other.name), overlap)
    return best


def key_bonus(left: Table, one: str, other: str, same: bool) -> float:
    """Names decide between keys whose values are equally good."""
    entity = left.entity or ""
    named = sum(field_of(entity, name) == f"{entity}_no" for name in (one, other)) if same else 0
    return 0.1 * same + 0.15 * named + 0.05 * (compact(one) == compact(other))


def confirmed(left: Table, right: Table, key: tuple[str, str]) -> float:
    """How well the best other pair of columns agrees in joined rows; 0.5 where there is none."""
    joined = join(left, right, key)[:PROVED]
    ones = [c for c in left.columns if c.name != key[0] and len(c.distinct) > 1]
    others = [c for c in right.columns if c.name != key[1] and len(c.distinct) > 1]
    if not joined or not ones or not others:
        return 0.5 if joined else 0.0
    return max(agreement(one, other, joined) for one in ones for other in others)


def join(left: Table, right: Table, key: tuple[str, str]) -> tuple[tuple[int, int], ...]:
    """Row numbers that share a key that is unique on both sides."""
    one, other = left.column(key[0]).values, right.column(key[1]).values
    counts, places = Counter(other), {value: place for place, value in enumerate(other)}
    mine = Counter(one)
    found = [
        (place, places[value])
        for place, value in enumerate(one)
        if value and mine[value] == 1 and counts.get(value) == 1
    ]
    return tuple(found[:JOINED])


def agreement(one: Column, other: Column, joined: tuple[tuple[int, int], ...]) -> float:
    """How far both say the same beyond what chance gives (Cohen's kappa), from 0 to 1.

    Two columns that hold `1` in nearly every row agree and prove nothing.
    """
    if one.distinct.isdisjoint(other.distinct):
        return 0.0
    rows = [(one.values[a], other.values[b]) for a, b in joined if one.values[a] or other.values[b]]
    if not rows:
        return 0.0
    same = sum(a == b for a, b in rows) / len(rows)
    mine, yours = Counter(a for a, _ in rows), Counter(b for _, b in rows)
    chance = sum(count * yours[value] for value, count in mine.items()) / len(rows) ** 2
    return max(0.0, (same - chance) / (1 - chance)) if chance < 1 else 0.0


def mapped(
    left: Table, right: Table, key: tuple[str, str], entity: str | None
) -> tuple[tuple[str, str], ...]:
    """Columns that hold the same thing, the key first, then in the order of the left."""
    joined = join(left, right, key)
    scores = []
    for one in left.columns:
        for other in right.columns:
            if one.name == key[0] or other.name == key[1]:
                continue
            score = column_score(one, other, joined, entity)
            if score >= COLUMN_SCORE:
                scores.append((score, one.name, other.name))
    scores.sort(key=lambda entry: -entry[0])
    found: dict[str, str] = {}
    for _, mine, yours in scores:
        if mine not in found and yours not in found.values():
            found[mine] = yours
    order = [column.name for column in left.columns]
    return (key, *((name, found[name]) for name in order if name in found))


def column_score(
    one: Column, other: Column, joined: tuple[tuple[int, int], ...], entity: str | None
) -> float:
    """Names and values together. Values that contradict each other outweigh a likeness of names."""
    alike = name_score(one.name, other.name, entity)
    if one.shape != other.shape and {one.shape, other.shape} & {"email", "id_number", "phone"}:
        alike *= 0.5
    values = agreement(one, other, joined)
    if counters(one, other) and values < SAME_COUNTER and len(joined) >= 10:
        return 0.0
    return max(alike + 0.3 * values, values + 0.2 * alike)


def counters(one: Column, other: Column) -> bool:
    """Numbers that each system may have given by itself; two that began alike part at the first
    row that one of them lacks."""
    both = {one.shape, other.shape} <= {"integer", "code"}
    return both and one.may_be_key and other.may_be_key


@cache
def name_score(one: str, other: str, entity: str | None) -> float:
    if compact(one) == compact(other):
        return 1.0
    mine, yours = field_of(entity or "", one), field_of(entity or "", other)
    if mine is not None and mine == yours:
        return 0.9
    near = difflib.SequenceMatcher(None, compact(one), compact(other)).ratio()
    return near * 0.6 if near > 0.75 else 0.0
