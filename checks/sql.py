"""Small helpers for SQL text. Values are always bound; only identifiers are ever pasted."""

from __future__ import annotations


def quoted(name: str) -> str:
    """`name` as a quoted identifier. Raises ValueError for a NUL, which no catalogue allows."""
    if "\x00" in name:
        raise ValueError("an identifier cannot hold a NUL character")
    return '"' + name.replace('"', '""') + '"'
