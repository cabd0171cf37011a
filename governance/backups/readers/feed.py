"""A feed in our own words, for tools that have no reader of their own: JSON or CSV.

Its fields are those of `Backup`, `Verification` and `Restore` in `checks.backups.model`, but for
`locked_until`: only the store itself can prove that. The options translate a tool's names of fields
and its words for states, methods and depths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from checks.backups.model import (
    Backup,
    Basis,
    Catalogue,
    Depth,
    Mark,
    Method,
    Restore,
    State,
    Verification,
)
from governance.backups.readers.feed_rows import PART, RECORDS, Row, rows
from governance.backups.readers.feed_values import Values, name_of
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.options import choice
from governance.backups.readers.replies import Notes
from governance.errors import ConfigError

FIELDS: Mapping[str, tuple[str, ...]] = {
    "backup": (
        "id", "series", "method", "state", "started_at", "finished_at", "data_at", "basis", "size",
        "data_size", "needs", "log_from", "log_to", "encrypted", "databases", "path", "digest",
        "expires_at", "kept",
    ),
    "verification": ("depth", "ok", "at", "backup", "share", "said"),
    "restore": (
        "id", "at", "ok", "seconds", "backup", "series", "compared", "differs", "by",
    ),
    "heartbeat": ("name", "state", "at", "status", "last_ping"),
}  # fmt: skip
# States of a heartbeat that are no news.
BEATING = ("up", "started")
SILENT = ("new", "late", "grace", "down", "paused")


class Feed:
    KIND = "feed"
    PARTS = (Part(PART, ()),)
    OPTIONS: Mapping[str, bool] = {
        "form": False,
        "fields": False,
        "states": False,
        "methods": False,
        "depths": False,
        "times": False,
    }

    def read(self, asked: Asked) -> Catalogue:
        options = asked.catalogue.options
        form = choice(options, "form", "auto", ("auto", "json", "csv"))
        notes = Notes(asked)
        words = _Words(
            notes,
            fields=_pairs(options, "fields", ()),
            states=_pairs(options, "states", [state.value for state in State]),
            methods=_pairs(options, "methods", [method.value for method in Method]),
            depths=_pairs(options, "depths", [depth.value for depth in Depth]),
            times=options.get("times", ""),
        )
        reply = notes.printed(PART, Mark.COMPLETE)
        found = [words.known(row) for row in (rows(reply, form, notes) if reply else ())]
        by_kind = {kind: [r.values for r in found if r.record == kind] for kind in RECORDS}
        backups = [b for b in map(words.backup, by_kind["backup"]) if b is not None]
        looks = [v for v in map(words.verification, by_kind["verification"]) if v is not None]
        restores = [r for r in map(words.restore, by_kind["restore"]) if r is not None]
        for heartbeat in by_kind["heartbeat"]:
            words.heartbeat(heartbeat)
        whole_feed = PART not in notes.cut
        catalogue = notes.catalogue(
            self.KIND,
            sorted(backups, key=lambda b: (b.id, repr(b))),
            verifications=tuple(sorted(looks, key=repr)),
            is_whole=whole_feed,
        )
        return _with(catalogue, sorted(restores, key=lambda r: (r.id, repr(r))))


READER = Feed()


def _with(catalogue: Catalogue, restores: list[Restore]) -> Catalogue:
    problems = sorted(catalogue.problems, key=repr)
    return replace(catalogue, restores=tuple(restores), problems=tuple(problems))


def _pairs(options: Mapping[str, str], name: str, ours: Iterable[str]) -> dict[str, str]:
    """`done=Success;Warning, failed=Failed` as the tool's words by lower case; ours are known."""
    found = {word: word for word in ours}
    allowed = set(found) or {field for fields in FIELDS.values() for field in fields}
    for pair in filter(None, (part.strip() for part in options.get(name, "").split(","))):
        word, sign, theirs = pair.partition("=")
        if not sign or word.strip() not in allowed:
            raise ConfigError("backups.store.bad_pair", option=name, value=pair)
        for their in theirs.split(";"):
            found[their.strip().lower()] = word.strip()
    return found


@dataclass
class _Words(Values):
    """A tool's records in ours. What has no word is told, and never taken for good."""

    fields: Mapping[str, str]
    methods: Mapping[str, str]
    depths: Mapping[str, str]

    def known(self, row: Row) -> Row:
        """The row with our names of fields; the others are told once and left out."""
        values: dict[str, Any] = {}
        strange = []
        for name, value in row.values.items():
            field = self.fields.get(name.strip().lower(), name.strip())
            if field in FIELDS[row.record]:
                values[field] = value
            else:
                strange.append(name)
        for name in strange:
            self.notes.tell("backups.store.fields", None, fields=name)
        return Row(row.record, values)

    def backup(self, said: Mapping[str, Any]) -> Backup | None:
        id = name_of(said.get("id"))
        if id is None:
            self.lost("id")
            return None
        started, finished, data_at = (
            self.time(said, name, Mark.FRESH, id)
            for name in ("started_at", "finished_at", "data_at")
        )
        basis = None
        if data_at is not None:
            basis = self.word(said, "basis", {b.value: b.value for b in Basis}, Basis, id)
            basis = basis or Basis.FINISH
        elif started is not None and "data_at" not in said:
            data_at, basis = started, Basis.START
        elif finished is not None and "data_at" not in said:
            data_at, basis = finished, Basis.FINISH
        state_word = name_of(said.get("state")) or ""
        state = State(self.states.get(state_word.lower(), State.UNKNOWN.value))
        return Backup(
            id=id,
            series=name_of(said.get("series")) or self.notes.asked.catalogue.name,
            # One that is not known was told: what else the backup needs is open then.
            method=self.word(said, "method", self.methods, Method, id) or Method.FULL,
            state=state,
            said=self.notes.quote(state_word),
            started_at=started,
            finished_at=finished,
            data_at=data_at,
            basis=basis,
            size=self.number(said, "size", id),
            data_size=self.number(said, "data_size", id),
            needs=self.names(said, "needs", id) or (),
            log_from=name_of(said.get("log_from")),
            log_to=name_of(said.get("log_to")),
            encrypted=self.flag(said, "encrypted", id),
            databases=self.names(said, "databases", id),
            path=self.path(said, id),
            digest=name_of(said.get("digest")),
            expires_at=self.time(said, "expires_at", None, id),
            kept=self.flag(said, "kept", id) or False,
        )

    def verification(self, said: Mapping[str, Any]) -> Verification | None:
        backup = name_of(said.get("backup"))
        depth = self.word(said, "depth", self.depths, Depth, backup)
        if depth is None:
            return None
        share = self.share(said, backup)
        return Verification(
            depth=depth,
            ok=self.outcome(said, backup, Mark.INTACT),
            at=self.time(said, "at", Mark.INTACT, backup),
            backup=backup,
            share=share,
            said=self.notes.quote(name_of(said.get("said")) or ""),
        )

    def restore(self, said: Mapping[str, Any]) -> Restore | None:
        id, at = name_of(said.get("id")), self.time(said, "at", Mark.RESTORABLE, None)
        if id is None or at is None:
            self.lost("id" if id is None else "at", Mark.RESTORABLE)
            return None
        if at > self.notes.asked.now:
            said_at = at.isoformat(timespec="seconds")
            self.notes.tell("backups.store.restore_ahead", Mark.RESTORABLE, id=id, at=said_at)
            return None
        return Restore(
            id=id,
            at=at,
            ok=self.outcome(said, None, Mark.RESTORABLE),
            seconds=self.seconds(said),
            backup=name_of(said.get("backup")),
            series=name_of(said.get("series")),
            compared=self.flag(said, "compared", None) or False,
            differs=self.number(said, "differs", None),
            by=name_of(said.get("by")) or self.notes.asked.catalogue.name,
        )

    def heartbeat(self, said: Mapping[str, Any]) -> None:
        """A job's own sign of life, as healthchecks tells it: silence is told, beating is not."""
        state = (name_of(said.get("state")) or name_of(said.get("status")) or "").lower()
        name = name_of(said.get("name")) or "?"
        at = name_of(said.get("at")) or name_of(said.get("last_ping")) or "–"
        if state in SILENT:
            self.notes.tell("backups.store.heartbeat", None, name=name, state=state, at=at)
        elif state not in BEATING:
            self.notes.tell("backups.read.word", None, field="heartbeat", word=state)
