"""How alike two records are, field by field, where no key says that they are one.

Each kind of field is made comparable once per record (`derived`), and a pair of records then
falls into one of its `levels`, from `agrees` to `differs`. What a level weighs is learned from the
data (Fellegi and Sunter, "A theory for record linkage", 1969); here stands only what is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checks.normalisers import expression
from checks.places import PLACES
from checks.sql import literal, quoted

AGREES, NEAR, WEAK, DIFFERS, MISSING = "agrees", "near", "weak", "differs", "missing"
# Kinds that are read by the normaliser of the same name.
_READ = ("company_name", "person_name", "phone", "email", "credit_code", "id_number", "date")
KINDS = (*_READ, "address", "code", "amount", "category", "text", "token")
_GRAMMED = ("company_name", "address")
_BRANCH_ENDINGS = "分公司|支公司|办事处|分店|分厂|营业部|经营部|门店|代表处|分行|支行|分部|联络处"
_PLACE = "|".join(PLACES)
_FORMS = "集团股份有限公司|集团有限公司|股份有限公司|有限责任公司|有限公司|股份公司|集团|公司"


@dataclass(frozen=True)
class Matched:
    """One field of a linkage: `name` is its column in the prepared tables, safe to paste."""

    name: str
    kind: str

    @property
    def grammed(self) -> bool:
        return self.kind in _GRAMMED


@dataclass(frozen=True)
class Level:
    """One degree of likeness: `when` is SQL over columns ending in `_l` and `_r`.

    `m` and `u` are how often it is met among pairs that are one record and among others, as long
    as there are too few pairs to learn from. `frequency` names the column whose common values
    weigh less than its rare ones.
    """

    code: str
    when: str
    m: float
    u: float
    frequency: str | None = None


MACROS = (
    # Two characters side by side, each pair once.
    "CREATE OR REPLACE TEMP MACRO duiqi_grams(t) AS list_distinct(list_transform("
    "range(1, greatest(length(t), 2)), lambda i: substr(t, i, 2)))",
    # A gram carries its weight in its last two digits, so that a pair of records needs no join.
    "CREATE OR REPLACE TEMP MACRO duiqi_weight(g) AS CAST(coalesce(list_sum(list_transform(g,"
    " lambda x: CAST(right(x, 2) AS INTEGER))), 0) AS INTEGER)",
    # Every way to leave out one character, for finding values that differ in one.
    "CREATE OR REPLACE TEMP MACRO duiqi_shortened(t) AS list_distinct(list_transform("
    "range(1, length(t) + 1), lambda i: substr(t, 1, i - 1) || substr(t, i + 1)))",
    # Two texts with a variant in common are one typing error apart: a character more, less, other,
    # or two exchanged. DuckDB's edit distances count bytes, of which a Chinese character has three.
    "CREATE OR REPLACE TEMP MACRO duiqi_variants(t) AS"
    " CASE WHEN length(t) <= 60 THEN list_append(duiqi_shortened(t), t) END",
)


def install(con: Any) -> None:
    """Prepare `con` so that `derived` and the levels run on it; may be called again."""
    for macro in MACROS:
        con.execute(macro)


def canonical(kind: str, column: str) -> str:
    """SQL for the text of `column` by which a kind is compared; NULL where it is empty.

    A value that its normaliser cannot read is compared as it is written.
    """
    if kind == "token":
        return column
    reader = kind if kind in _READ or kind == "amount" else "text"
    text = expression("text", column)
    read = text if reader == "text" else f"coalesce({expression(reader, column)}, {text})"
    return f"nullif(lower({read}), '')"


def derived(field: Matched) -> Mapping[str, str]:
    """The further columns of a field, as SQL over its canonical column, in order of need."""
    column = quoted(field.name)
    if field.kind == "company_name":
        branch = quoted(f"{field.name}_branch")
        return {
            f"{field.name}_branch": _branch(column),
            f"{field.name}_place": _place(column),
            f"{field.name}_core": _core(column, branch),
            f"{field.name}_s": f"duiqi_variants({quoted(f'{field.name}_core')})",
        }
    if field.kind == "person_name":
        return {f"{field.name}_s": f"duiqi_variants({column})"}
    if field.kind == "address":
        units = "[ ,，.。#-]|中国|省|市|区|县"
        return {f"{field.name}_core": f"regexp_replace({column}, '{units}', '', 'g')"}
    return {}


def _branch(text: str) -> str:
    """The branch that a name ends in, without brackets: 苏州 of …有限公司（苏州）分公司."""
    plain = f"regexp_replace({text}, '[()]', '', 'g')"
    after = rf"(?:公司|集团)([^公]{{1,8}}?)(?:{_BRANCH_ENDINGS})$"
    named = rf"((?:{_PLACE})(?:市|区)?(?:第?[一二三四五六七八九十0-9]+)?)(?:{_BRANCH_ENDINGS})$"
    short = rf"(.{{2}})(?:{_BRANCH_ENDINGS})$"
    found = ", ".join(
        f"nullif(regexp_extract({plain}, {literal(p)}, 1), '')" for p in (after, named, short)
    )
    return f"regexp_replace(coalesce({found}), '(市|区)$', '')"


def _place(text: str) -> str:
    lead = rf"^\(?(?:中国)?(?:{_PLACE})?(?:省|市)?({_PLACE})"
    inner = rf"\(({_PLACE})(?:市)?\)"
    return (
        f"coalesce(nullif(regexp_extract({text}, {literal(lead)}, 1), ''),"
        f" nullif(regexp_extract({text}, {literal(inner)}, 1), ''))"
    )


def _core(text: str, branch: str) -> str:
    """A name without place, legal form and branch; the name itself where nothing is left."""
    tail = rf"(?:{_FORMS})?\(?(?:{_PLACE})?[^公()]{{0,8}}?\)?(?:{_BRANCH_ENDINGS})$"
    bare = f"CASE WHEN {branch} IS NULL THEN {text} ELSE {_without_branch(text, branch, tail)} END"
    lead = rf"^(?:中国)?(?:(?:{_PLACE})(?:省|市|自治区)?){{0,3}}"
    inner = rf"\((?:{_PLACE})(?:市)?\)"
    core = f"regexp_replace({bare}, {literal(inner)}, '', 'g')"
    core = f"regexp_replace({core}, {literal(rf'(?:{_FORMS})+$')}, '')"
    core = f"regexp_replace({core}, {literal(lead)}, '')"
    core = f"regexp_replace({core}, '[() .,&-]', '', 'g')"
    return f"coalesce(nullif({core}, ''), {text})"


def _without_branch(text: str, branch: str, tail: str) -> str:
    plain = f"regexp_replace({text}, '[()]', '', 'g')"
    cut = f"regexp_replace({plain}, '(?:市|区)?(?:{_BRANCH_ENDINGS})$', '')"
    return (
        f"CASE WHEN suffix({cut}, {branch}) THEN left({cut}, length({cut}) - length({branch}))"
        f" ELSE regexp_replace({text}, {literal(tail)}, '') END"
    )


def grams(field: Matched) -> str:
    """SQL for the text whose pairs of characters are weighed."""
    return quoted(f"{field.name}_core")


def levels(field: Matched) -> tuple[Level, ...]:
    """From the surest to the weakest; a pair is in the first that holds, else it differs."""
    column = field.name
    equal = f"{column}_l = {column}_r"
    if field.kind == "company_name":
        return _company(column)
    if field.kind == "address":
        return _address(column)
    if field.kind == "person_name":
        return (
            Level(AGREES, equal, 0.9, 0.002, column),
            Level(NEAR, _mistyped(column, column, 3), 0.05, 0.003),
        )
    if field.kind == "token":
        return (Level(AGREES, equal, 0.85, 0.002, column),)
    if field.kind in ("category", "amount"):
        return (Level(AGREES, equal, 0.9, 0.1, column),)
    if field.kind == "text":
        return (
            Level(AGREES, equal, 0.85, 0.01, column),
            Level(NEAR, f"jaro_winkler_similarity({column}_l, {column}_r) >= 0.92", 0.07, 0.005),
            Level(WEAK, f"jaro_winkler_similarity({column}_l, {column}_r) >= 0.8", 0.04, 0.02),
        )
    return (
        Level(AGREES, equal, 0.9, 0.0005, column),
        Level(NEAR, _typo(column, 1, 4), 0.05, 0.0005),
        Level(WEAK, _typo(column, 2, 6), 0.02, 0.002),
    )


def _typo(column: str, distance: int, shortest: int) -> str:
    one, other = f"{column}_l", f"{column}_r"
    long = f"least(length({one}), length({other})) >= {shortest}"
    near = f"abs(length({one}) - length({other})) <= {distance}"
    return f"({long} AND {near} AND damerau_levenshtein({one}, {other}) <= {distance})"


def _mistyped(column: str, text: str, shortest: int) -> str:
    long = f"least(length({text}_l), length({text}_r)) >= {shortest}"
    return f"({long} AND list_has_any({column}_s_l, {column}_s_r))"


def _company(column: str) -> tuple[Level, ...]:
    place = f"{column}_place"
    apart = f"coalesce({place}_l <> {place}_r, false)"
    near = f"NOT {apart}"
    core = f"{column}_core"
    equal = f"{core}_l = {core}_r"
    within, share = _within(column), _share(column)
    return (
        Level(AGREES, f"{equal} AND coalesce({place}_l = {place}_r, false)", 0.6, 0.0001, core),
        Level(AGREES, f"{equal} AND {near}", 0.2, 0.0001, core),
        Level(NEAR, f"{_mistyped(column, core, 4)} AND {near}", 0.08, 0.0001),
        Level(NEAR, f"{within} >= 0.9 AND {near}", 0.06, 0.0005),
        Level(WEAK, f"{share} >= 0.6 AND {near}", 0.03, 0.002),
        Level(WEAK, f"({equal} OR {within} >= 0.9) AND {apart}", 0.005, 0.001),
    )


def _address(column: str) -> tuple[Level, ...]:
    core = f"{column}_core"
    return (
        Level(AGREES, f"{core}_l = {core}_r", 0.7, 0.0005, core),
        Level(NEAR, f"{_within(column)} >= 0.9", 0.15, 0.001),
        Level(NEAR, f"{_share(column)} >= 0.75", 0.05, 0.002),
        Level(WEAK, f"{_share(column)} >= 0.5", 0.03, 0.02),
    )


def _shared(column: str) -> str:
    return f"duiqi_weight(list_intersect({column}_g_l, {column}_g_r))"


def _share(column: str) -> str:
    """The weight both share, of what both have (Dice)."""
    return f"2.0 * {_shared(column)} / greatest({column}_w_l + {column}_w_r, 1)"


def _within(column: str) -> str:
    """The weight both share, of what the shorter has: an abbreviation lies within its name."""
    return f"1.0 * {_shared(column)} / greatest(least({column}_w_l, {column}_w_r), 1)"
