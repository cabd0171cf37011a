"""Catalogues as they can be kept: a tool's output may hold text and numbers that no table takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from checks.backups.model import Catalogue, Problem

LARGEST = 2**63 - 1


def storable(catalogue: Catalogue) -> Catalogue:
    """The catalogue with half characters written out, and without numbers of more than 63 bits.
    That there were such is a problem of it."""
    look = _Look()
    kept = look.at(catalogue)
    assert isinstance(kept, Catalogue)
    if not look.found:
        return catalogue
    params = {"values": ", ".join(sorted(look.found)[:5])}
    return replace(kept, problems=(*kept.problems, Problem("backups.store.not_kept", params)))


class _Look:
    """Goes through a value, and notes the names of fields in which something could not be kept."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def at(self, value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            return value if isinstance(value, Enum) else self._text(value, name)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
            self.found.add(name)
            return None
        if isinstance(value, tuple):
            return tuple(self.at(one, name) for one in value)
        if isinstance(value, Mapping):
            return {self.at(key, name): self.at(one, name) for key, one in value.items()}
        if is_dataclass(value) and not isinstance(value, type):
            return self._record(value)
        return value

    def _record(self, value: Any) -> Any:
        """A new record only where something changed: most catalogues are large and plain."""
        changed = {}
        for field in fields(value):
            before = getattr(value, field.name)
            if before is None:
                continue
            after = self.at(before, field.name)
            if after is not before and after != before:
                changed[field.name] = after
        return replace(value, **changed) if changed else value

    def _text(self, text: str, name: str) -> str:
        if text.isascii():
            return text
        kept = text.encode("utf-8", "backslashreplace").decode("utf-8")
        if kept != text:
            self.found.add(name)
        return kept
