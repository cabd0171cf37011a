"""Free text and codes."""

from __future__ import annotations

from checks.normalisers.base import Normaliser, Stage, full_match
from checks.normalisers.unicode import (
    FOLDED,
    HAN,
    NFKC,
    STABLE,
    STABLE_MARKS,
    TRIMMED,
    UPPER,
    VISIBLE,
    words_of,
)

_CODE = rf"!-`{{-~{STABLE_MARKS}{HAN}"

TEXT = Normaliser(
    "text",
    "text",
    (Stage((VISIBLE, NFKC, FOLDED), lambda text: full_match(text, words_of(STABLE))),),
    frozenset({"nfkc"}),
)
CODE = Normaliser(
    "code",
    "text",
    (
        Stage(
            (VISIBLE, NFKC, TRIMMED, UPPER, NFKC),
            lambda text: full_match(text, words_of(_CODE)),
        ),
    ),
    frozenset({"nfkc"}),
)
