"""The records of a feed, as the tool wrote them: JSON or CSV, cut or whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checks.backups.model import Mark
from governance.backups.readers.model import Reply
from governance.backups.readers.replies import Notes
from governance.backups.readers.values import whole

PART = "feed"
LISTS = {
    "backups": "backup",
    "restores": "restore",
    "verifications": "verification",
    "heartbeats": "heartbeat",
    "checks": "heartbeat",
}
RECORDS = ("backup", "restore", "verification", "heartbeat")
SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class Row:
    """One record: its kind, and its values by the tool's own names."""

    record: str
    values: dict[str, Any]


def rows(reply: Reply, form: str, notes: Notes) -> list[Row]:
    """The records of a feed. What is no record, and an end that is missing, is told, and then the
    part counts as cut."""
    if form == "auto":
        form = "json" if reply.text.lstrip().startswith(("[", "{")) else "csv"
    return list(_json(reply, notes) if form == "json" else _csv(reply, notes))


def _json(reply: Reply, notes: Notes) -> Iterator[Row]:
    found = notes.documents(PART, reply, Mark.COMPLETE)
    if len(found) > 1:
        _strange(notes, "}{")
    for document in found[:1]:
        lists = {"backups": document} if isinstance(document, list) else document
        for name, entries in lists.items():
            if name not in LISTS:
                if name not in ("tool", "as_of"):
                    notes.tell("backups.store.fields", None, fields=name)
                continue
            for entry in entries if isinstance(entries, list) else [entries]:
                if isinstance(entry, dict):
                    yield Row(LISTS[name], entry)
                else:
                    _strange(notes, entry)


def _csv(reply: Reply, notes: Notes) -> Iterator[Row]:
    """A line for each record, under a header; `record` says of which kind it is. A last line `end`
    with the number of records before it shows that none is missing."""
    text = reply.text
    if not text.strip():
        return
    # What breaks off in the middle of a line has no end of line.
    if not text.endswith(("\n", "\r")):
        _strange(notes, text.rpartition("\n")[2])
        text = text[: text.rfind("\n") + 1]
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    seen, ended = 0, False
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if len(set(header)) != len(header):
            _strange(notes, first)
            return
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if cells[0].strip() == "end" and not ended:
                ended = True
                if whole(cells[1].strip() if len(cells) > 1 else None) != seen:
                    _strange(notes, separator.join(cells))
                continue
            seen += 1
            if len(cells) != len(header) or ended:
                _strange(notes, separator.join(cells))
                continue
            values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            record = values.pop("record", "") or "backup"
            if record not in RECORDS:
                notes.tell("backups.read.word", Mark.COMPLETE, field="record", word=record)
                continue
            yield Row(record, {name: value for name, value in values.items() if value})
    except csv.Error as error:
        _strange(notes, error)


def _strange(notes: Notes, said: object) -> None:
    notes.cut.add(PART)
    notes.tell("backups.store.no_record", Mark.COMPLETE, said=said)
