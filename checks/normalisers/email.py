"""Mail addresses: letter case and full width do not count."""

from __future__ import annotations

from checks.normalisers.base import Normaliser, Stage, Step, cases, full_match
from checks.normalisers.unicode import LOWER, NFKC, SPACE, TRIMMED, VISIBLE

_ADDRESS = rf"[^@{SPACE}]+@[^@{SPACE}]+"


def _read(text: str) -> str:
    return cases((f"{text} = '' OR {full_match(text, _ADDRESS)}", text))


EMAIL = Normaliser(
    "email",
    "text",
    (
        Stage((VISIBLE, NFKC, TRIMMED, LOWER, NFKC), lambda text: full_match(text, "[!-@\\[-~]+")),
        Stage((Step("address", _read),)),
    ),
    frozenset({"nfkc"}),
)
