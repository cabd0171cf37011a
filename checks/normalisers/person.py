"""Names of people."""

from __future__ import annotations

from checks.normalisers.base import Normaliser, Stage, Step, full_match, guarded, matches, replaced
from checks.normalisers.company import JOINED
from checks.normalisers.unicode import FOLDED, LOWER, NFKC, SIMPLIFIED, VISIBLE

_DOTS = r"·•‧∙⋅・･᛫●．。"


def _dotted(text: str) -> str:
    # A full stop is a middle dot only between Chinese characters; twice, since matches that share
    # a character (尼.加.提) cannot both be found in one pass.
    one = replaced(text, rf" *[{_DOTS}] *", "·")
    two = replaced(one, r"(\p{Han})\.(\p{Han})", r"\1·\2")
    return replaced(two, r"(\p{Han})\.(\p{Han})", r"\1·\2")


def _clean(text: str) -> str:
    plain = full_match(text, r"[a-z\x{4E00}-\x{9FFF}]+")
    return f"{plain} AND NOT regexp_matches({text}, duiqi_traditional())"


MIDDLE_DOT = Step("middle_dot", guarded(lambda text: matches(text, rf"[.{_DOTS}]"), _dotted))

PERSON_NAME = Normaliser(
    "person_name",
    "text",
    (Stage((VISIBLE, NFKC, FOLDED, JOINED, SIMPLIFIED, MIDDLE_DOT, LOWER, NFKC), _clean),),
    frozenset({"nfkc", "simplified"}),
)
