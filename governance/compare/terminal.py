"""Text of a source on its way to a terminal."""

from __future__ import annotations

import unicodedata

HARMFUL = ("Cc", "Cf", "Cs", "Zl", "Zp", "Co")


def shown(text: str) -> str:
    """Without characters that would steer a terminal."""
    return "".join("�" if unicodedata.category(c) in HARMFUL else c for c in text)
