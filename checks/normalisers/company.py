"""Names of companies: the same firm under another spelling or legal form."""

from __future__ import annotations

from checks.normalisers.base import (
    Normaliser,
    Stage,
    Step,
    cases,
    full_match,
    guarded,
    matches,
    replaced,
)
from checks.normalisers.unicode import CJK, FOLDED, LOWER, NFKC, SIMPLIFIED, VISIBLE
from checks.sql import literal

_CHINESE_FORMS = (
    r"\(集团\)",
    "集团",
    "股份有限责任公司",
    "股份有限公司",
    "有限责任公司",
    "有限公司",
    "股份公司",
    "公司",
    r"\((?:有限|普通|特殊普通)合伙\)",
    "株式会社",
    "有限会社",
    r"\(株\)",
)
_LATIN_FORMS = (
    "co",
    "company",
    "ltd",
    "limited",
    "private limited",
    r"pvt\.?",
    r"pte\.?",
    r"pty\.?",
    "inc",
    "incorporated",
    "corp",
    "corporation",
    r"l\.?l\.?c",
    r"l\.?l\.?p",
    r"p\.?l\.?c",
    r"g\.?m\.?b\.?h",
    r"gmbh ?& ?co\.? ?kg",
    "ag",
    "kg",
    r"s\.?a",
    r"s\.?a\.?s",
    r"s\.?a\.?r\.?l",
    r"s\.?p\.?a",
    r"s\.?r\.?l",
    r"b\.?v",
    r"n\.?v",
    "a/s",
    "ab",
    "oy",
    r"sdn\.? ?bhd",
)
# "Co.,Ltd" is often glued to the name, so this one needs no boundary before it.
_GLUED = r"co\.?, ?ltd"
_FORM = (
    rf"(?:[ ,.&]*(?:{'|'.join(_CHINESE_FORMS)}|{_GLUED}|\b(?:{'|'.join(_LATIN_FORMS)})\b)[ ,.]*)+$"
)
# A branch is not its parent, so what ends like one keeps its ending.
_BRANCHES = ("分公司", "支公司", "总公司")
_TOUCHING = rf"{CJK}()"


def without_form(text: str) -> str:
    """SQL for a name without its legal form; lower case, half width and simplified before."""
    branch = " OR ".join(f"suffix({text}, {literal(ending)})" for ending in _BRANCHES)
    # What is nothing but a legal form stays as it is.
    rest = f"coalesce(nullif(regexp_replace({text}, {literal(_FORM)}, ''), ''), {text})"
    return cases((branch, text), otherwise=rest)


def _spaced(text: str) -> str:
    # One blank at most is left by FOLDED, so what touches a Chinese character is easy to find.
    return replaced(text, rf" ?([{_TOUCHING}]) ?", r"\1")


def _clean(text: str) -> str:
    plain = full_match(text, r"[0-9a-z&\x{4E00}-\x{9FFF}()]+")
    return f"{plain} AND NOT regexp_matches({text}, duiqi_traditional())"


JOINED = Step(
    "white_space",
    guarded(lambda text: matches(text, rf"[{_TOUCHING}] | [{_TOUCHING}]"), _spaced),
)
BRACKETS = Step(
    "brackets",
    guarded(
        lambda text: matches(text, r"[\[\]{}【】〔〕〖〗]"),
        lambda text: replaced(replaced(text, r"[\[{【〔〖]", "("), r"[\]}】〕〗]", ")"),
    ),
)
LEGAL_FORM = Step("legal_form", without_form)

COMPANY_NAME = Normaliser(
    "company_name",
    "text",
    (
        Stage((VISIBLE, NFKC, BRACKETS, FOLDED, JOINED, SIMPLIFIED, LOWER, NFKC), _clean),
        Stage((LEGAL_FORM,)),
    ),
    frozenset({"nfkc", "simplified"}),
)
