"""Values of a feed: what is not of the kind it should be is told, and counts as not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from checks.backups.model import Mark, State
from governance.backups.readers.feed_rows import PART
from governance.backups.readers.replies import Notes
from governance.backups.readers.values import epoch, text, texts, whole

Word = TypeVar("Word", bound=StrEnum)
YES, NO = ("true", "yes", "1", "y", "是"), ("false", "no", "0", "n", "否")


@dataclass
class Values:
    """Reads one field of a record. `states` are a tool's words for ours, `times` how it writes
    moments."""

    notes: Notes
    states: Mapping[str, str]
    times: str

    def lost(self, field: str, mark: Mark = Mark.COMPLETE) -> None:
        """A record that cannot be kept: something is missing then."""
        self.notes.cut.add(PART)
        self.notes.odd(field, mark)

    def word(
        self,
        said: Mapping[str, Any],
        field: str,
        words: Mapping[str, str],
        kind: type[Word],
        backup: str | None,
    ) -> Word | None:
        word = name_of(said.get(field)) or ""
        found = words.get(word.lower())
        if found is None:
            mark = {"depth": Mark.INTACT, "basis": Mark.FRESH}.get(field, Mark.COMPLETE)
            if word or field != "basis":
                self.notes.tell("backups.read.word", mark, backup=backup, field=field, word=word)
            return None
        return kind(found)

    def outcome(self, said: Mapping[str, Any], backup: str | None, mark: Mark) -> bool | None:
        """Whether it ended well: yes or no, or a word that the options translate to a state."""
        word = (name_of(said.get("ok")) or "").lower()
        if word in YES or word in NO:
            return word in YES
        state = self.states.get(word)
        if state in (State.DONE, State.FAILED, State.PARTIAL):
            return state == State.DONE
        if state is None:
            self.notes.tell("backups.read.word", mark, backup=backup, field="ok", word=word)
        return None

    def time(
        self, said: Mapping[str, Any], field: str, mark: Mark | None, backup: str | None
    ) -> datetime | None:
        """ISO 8601, seconds since 1970, or as the option `times` says; local where it has no
        zone."""
        value = said.get(field)
        if value is None or value == "":
            return None
        found = None
        if self.times and isinstance(value, str):
            try:
                # Taken in the zone of the catalogue below, unless the text says its own.
                found = self.notes.moment(datetime.strptime(value, self.times).isoformat())  # noqa: DTZ007
            except ValueError:
                found = None
        found = found or epoch(value) or self.notes.moment(value)
        if found is None:
            self.notes.odd(field, mark, backup)
        return found

    def number(self, said: Mapping[str, Any], field: str, backup: str | None) -> int | None:
        value = said.get(field)
        found = whole(value)
        if found is None and value not in (None, ""):
            self.notes.odd(field, Mark.COMPLETE, backup)
        return found

    def seconds(self, said: Mapping[str, Any]) -> float | None:
        return self.decimal(said, "seconds", None, Mark.RESTORABLE)

    def share(self, said: Mapping[str, Any], backup: str | None) -> float | None:
        found = self.decimal(said, "share", backup, Mark.INTACT)
        if found is not None and found > 1:
            self.notes.odd("share", Mark.INTACT, backup)
            return None
        return found

    def decimal(
        self, said: Mapping[str, Any], field: str, backup: str | None, mark: Mark
    ) -> float | None:
        value = said.get(field)
        if value is None or value == "":
            return None
        word = name_of(value) or ""
        if re.fullmatch(r"\d{1,12}(\.\d{1,12})?", word):
            return float(word)
        self.notes.odd(field, mark, backup)
        return None

    def flag(self, said: Mapping[str, Any], field: str, backup: str | None) -> bool | None:
        word = (name_of(said.get(field)) or "").lower()
        if word and word not in YES + NO:
            self.notes.odd(field, None, backup)
        return True if word in YES else False if word in NO else None

    def names(
        self, said: Mapping[str, Any], field: str, backup: str | None
    ) -> tuple[str, ...] | None:
        """A list, or a text with `;` between its parts."""
        value = said.get(field)
        if value is None:
            return None
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(";") if part.strip())
        found = texts(value)
        if found is None:
            self.notes.odd(field, Mark.COMPLETE, backup)
        return found

    def path(self, said: Mapping[str, Any], backup: str) -> str | None:
        """A file or folder below the catalogue's `path`; a feed leads nowhere else."""
        named, root = text(said.get("path")), self.notes.asked.catalogue.path
        if named is None or root is None:
            return None
        try:
            found = (root / named).resolve()
            if found.is_relative_to(root.resolve()) and (found.is_file() or found.is_dir()):
                return str(found)
        except (OSError, ValueError, RuntimeError):
            pass
        self.notes.tell("backups.store.path_outside", None, backup=backup)
        return None


def name_of(value: object) -> str | None:
    """A text, a number or a flag as the text that stands for it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return text(value.strip()) if isinstance(value, str) else None
