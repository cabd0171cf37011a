"""Which columns of two tables hold the same thing and what kind of thing, from names and values.

No table's column is named here: names are looked up in `data/synonyms.yaml`, values decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from governance.config.guess import plain, shape
from governance.config.pairing import name_score
from governance.config.synonyms import shipped, spellings

# Kinds of which a table has one column, as a rule: two columns of one are then the same thing.
TELLING = ("company_name", "person_name", "address", "email", "phone", "id_number", "credit_code")
NAMED_ENOUGH = 0.5
OVERLAP_ENOUGH = 0.3
COUNTER = 0.85
FEW = 60

_CJK = re.compile(r"[一-鿿]")
_LEGAL = re.compile(
    r"(公司|集团|事务所|合作社|经营部|商行|厂|合伙\))\W*$|分公司|办事处"
    r"|\b(ltd|limited|inc|corp|co|gmbh|llc|plc|s\.?a|pty|pte)\b\.?\W*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[省市区县镇乡路街道巷弄号楼室]")
_COUNTER = re.compile(r"(\D*?)0*(\d{1,15})")
_PERSON = re.compile(r"[一-鿿·]{2,4}")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)


@dataclass(frozen=True)
class Looked:
    """One column of one side with what a sample of its values says.

    `share` is how much of the column the sample is. It must be drawn by value, so that what both
    sides hold is in both samples.
    """

    name: str
    values: tuple[str, ...]
    shape: str | None
    meanings: frozenset[tuple[str, str]]
    share: float = 1.0

    @cached_property
    def kind(self) -> str | None:
        """What it would hold if it were compared with itself."""
        return kind_of(self, self)

    @cached_property
    def distinct(self) -> frozenset[str]:
        return frozenset(plain(value, self.shape) for value in self.values) - {""}

    @cached_property
    def unique(self) -> bool:
        return len(self.distinct) >= COUNTER * max(1, len(self.values))

    @cached_property
    def counter(self) -> bool:
        """Numbers that a system gave in a row: close together, and without meaning elsewhere."""
        if not self.unique or len(self.values) < 10:
            return False
        found = [_COUNTER.fullmatch(value.strip()) for value in self.values]
        if any(match is None for match in found) or len({m[1] for m in found if m}) > 1:
            return False
        numbers = {int(m[2]) for m in found if m}
        return (max(numbers) - min(numbers)) * self.share < 4 * len(numbers)


@dataclass(frozen=True)
class Role:
    """A left and a right column that hold the same kind of thing."""

    left: str
    right: str
    kind: str


def look(name: str, values: Sequence[str | None], share: float = 1.0) -> Looked:
    """A column's sample, blank cells left out."""
    filled = tuple(v for v in values if v and v.strip())
    return Looked(name, filled, shape(filled), meanings(name), share)


def meanings(name: str) -> frozenset[tuple[str, str]]:
    """Every (entity, field) of the dictionary that a column of this name may hold."""
    found = spellings(name)
    return frozenset(
        (entity, field)
        for entity, fields in shipped().fields.items()
        for field, words in fields.items()
        if not words.isdisjoint(found)
    )


def roles(
    left: Sequence[Looked], right: Sequence[Looked], told: dict[str, str] | None = None
) -> tuple[Role, ...]:
    """The pairs of columns worth comparing, each column in one at most, in the left order.

    `told` leads from left to right columns that a person named.
    """
    told = told or {}
    scored = []
    for one in left:
        for other in right:
            if one.name in told or other.name in told.values():
                score = 2.0 if told.get(one.name) == other.name else 0.0
            else:
                score = _score(one, other)
            kind = kind_of(one, other) if score else None
            if kind is not None:
                scored.append((score, one.name, other.name, kind))
    scored.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    found: dict[str, Role] = {}
    for _, one_name, other_name, kind in scored:
        if one_name not in found and all(r.right != other_name for r in found.values()):
            found[one_name] = Role(one_name, other_name, kind)
    return tuple(found[column.name] for column in left if column.name in found)


def _score(one: Looked, other: Looked) -> float:
    """How likely two columns hold the same: 0 for not at all."""
    if not one.values or not other.values or (one.counter and other.counter):
        return 0.0
    alike = max(
        name_score(one.name, other.name, None),
        0.9 if one.meanings & other.meanings else 0.0,
    )
    shared = _overlap(one.distinct, other.distinct)
    same_shape = one.shape == other.shape
    if not same_shape and {one.shape, other.shape} & {"email", "id_number", "credit_code"}:
        return 0.0
    if alike >= NAMED_ENOUGH:
        return alike + 0.3 * shared
    # Without a name to go by: values of which many are on both sides, and not for there being
    # few to choose from.
    few = min(len(one.distinct), len(other.distinct)) < 10
    if same_shape and not few and shared >= OVERLAP_ENOUGH:
        return 0.5 * shared
    return 0.2 if one.kind == other.kind and one.kind in TELLING else 0.0


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def kind_of(one: Looked, other: Looked) -> str | None:
    """What two paired columns hold (`checks.matching.KINDS`); None for what tells nobody apart."""
    shapes = {one.shape, other.shape}
    for form in ("credit_code", "id_number", "phone", "email", "date"):
        if form in shapes and shapes <= {form, None, "code", "integer"}:
            return form
    if shapes & {"datetime"}:
        return None
    values = one.values + other.values
    fewest = min(len(one.distinct), len(other.distinct))
    if fewest < 2:
        return None
    if _share(values, _CJK) < 0.3 and _share(values, _LEGAL) < 0.4:
        return _latin(one, shapes, fewest)
    if max(_share(one.values, _LEGAL), _share(other.values, _LEGAL)) >= 0.4:
        return "company_name"
    if fmean(len(v.strip()) for v in values) >= 7 and _share(values, _ADDRESS) >= 0.5:
        return "address"
    if _few(one, fewest):
        return "category"
    persons = [v.strip() for v in values if _PERSON.fullmatch(v.strip())]
    named = [v for v in persons if v[0] in _SURNAMES]
    if len(named) >= 0.6 * len(values):
        return "person_name"
    return "company_name" if ("customer", "name") in one.meanings | other.meanings else "text"


def _latin(one: Looked, shapes: set[str | None], fewest: int) -> str:
    if _few(one, fewest):
        return "category"
    if shapes & {"amount", "percent"} and not shapes & {"integer", "code"}:
        return "amount"
    return "code" if shapes & {"integer", "code"} else "text"


def _few(column: Looked, fewest: int) -> bool:
    return fewest <= FEW and fewest < 0.05 * len(column.values)


def _share(values: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.search(value) is not None for value in values) / max(1, len(values))
