"""`duiqi export backups`: evidence for auditors out of the newest sealed run, clause by clause.

It prints what is evidence for a clause and how that came out, never that anybody complies. In a
spreadsheet each part has a sheet, CSV holds all of them under shared columns, JSON holds every
value as it was sealed with its words beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from checks.dictionary import Title
from governance.access import Actor, Right
from governance.backups.reading import Reader
from governance.backups.tables import ALL
from governance.config.model import Config
from governance.errors import ConfigError, PermissionRefused
from governance.exports.backup_rows import PARTS, Evidenced, Row
from governance.exports.exporter import Line, replaced, write_csv, write_xlsx
from governance.exports.sheets import Layout
from governance.i18n import t
from governance.ledger import Ledger
from governance.permissions.controls import Standing, shipped_controls
from governance.reading import Desk
from governance.views.backup_words import MARKS, BackupWords

FORMS = ("xlsx", "csv", "json")
FORM = "duiqi.backups/1"

# Columns of a spreadsheet in characters; the others get the usual width.
WIDTHS = {
    "part": 12, "what": 26, "value": 60, "standard": 26, "clause": 14, "says": 40, "standing": 12,
    "control": 30, "outcome": 14, "sentence": 44, "reason": 60, "note": 26, "backup": 34,
    "series": 20, "digest": 40, "path": 40, "file": 34, "sha256": 66, "lost": 24, "needs": 34,
}  # fmt: skip
USUAL = 16
# Cells that are answers: what nobody knows is a word there, never an empty cell.
ANSWERS = frozenset({*MARKS, "answer", "encrypted", "compared", "told", "good", "can_delete",
                     "can_restore"})  # fmt: skip
# Where somebody said nothing, an empty cell is right.
_CODED = {"state": "state", "method": "method", "basis": "basis", "mark": "mark"}


@dataclass(frozen=True)
class BackupsFile:
    """Writes for one actor in one language; the file is an audit event.

    Raises PermissionRefused without the right to export, and for whoever sees some departments
    alone; ConfigError where backups are not watched or were never looked at; EvidenceTampered for a
    changed run.
    """

    desk: Desk
    ledger: Ledger
    config: Config
    actor: Actor
    language: str
    now: datetime

    @property
    def words(self) -> BackupWords:
        return BackupWords(self.config, self.language)

    def write(self, path: Path) -> int:
        """Write the file and return how many lines it has. Raises ConfigError for another form."""
        self.actor.require(Right.EXPORT)
        if self.actor.departments is not None:
            raise PermissionRefused("record.outside", actor=self.actor.name)
        form = path.suffix.lower().lstrip(".")
        if form not in FORMS:
            raise ConfigError("remediation.format", file=path.name, allowed=", ".join(FORMS))
        reader = self._reader()
        assert self.config.backups is not None
        parts = dict(Evidenced(self.config, self.config.backups, reader, self.ledger).parts())
        with replaced(path) as aside:
            if form == "json":
                written = self._json(aside, reader, parts)
            else:
                written = self._sheet(aside, form, reader, parts)
            detail = {"run": reader.run.run if reader.run else None, "rows": written, "form": form}
            self.ledger.audit.record(
                self.actor, "export.backups", form, now=self.now, detail=detail
            )
        return written

    def _reader(self) -> Reader:
        if self.config.backups is None:
            raise ConfigError("backups.page.export.not_watched")
        reader = Reader(self.desk, self.actor)
        if reader.error is not None:
            raise reader.error
        if reader.run is None:
            raise ConfigError("backups.page.export.never_run")
        return reader

    def _json(self, path: Path, reader: Reader, parts: Mapping[str, list[Row]]) -> int:
        told: dict[str, Any] = {**self._head(reader)}
        told |= {part: [self._told(part, row) for row in rows] for part, rows in parts.items()}
        told["sealed_rows"] = {name: len(reader.rows(name)) for name in ALL}
        told["sha256"] = sealed(told)
        with path.open("w", encoding="utf-8", errors="surrogatepass") as stream:
            json.dump(told, stream, ensure_ascii=False, indent=1)
            stream.write("\n")
        return sum(len(rows) for rows in parts.values())

    def _sheet(self, path: Path, form: str, reader: Reader, parts: Mapping[str, list[Row]]) -> int:
        every = {"about": self._about(reader), **parts}
        if form == "csv":
            names = ("part", *dict.fromkeys(name for part in PARTS.values() for name in part))
            return write_csv(path, self._layout(names), self._lines(every, names))
        layouts = {self.words.page(f"part.{part}"): self._layout(names)
                   for part, names in PARTS.items()}  # fmt: skip
        return write_xlsx(path, self._layout(PARTS["about"]), self._lines(every), layouts)

    def _lines(
        self, parts: Mapping[str, list[Row]], shared: tuple[str, ...] | None = None
    ) -> Iterator[Line]:
        for part, rows in parts.items():
            title = self.words.page(f"part.{part}")
            for row in rows:
                told = {"part": title, **row}
                names = shared or PARTS[part]
                yield title, tuple(
                    self._cell(name, told)
                    if name == "part" or name in PARTS[part]
                    else None
                    for name in names
                ), {}  # fmt: skip

    def _layout(self, names: tuple[str, ...]) -> Layout:
        return Layout(
            header=tuple(self.words.page(f"column.{name}") for name in names),
            widths=tuple(WIDTHS.get(name, USUAL) for name in names),
            cut_mark=t("remediation.cut", self.language, length="{length}"),
        )

    def _cell(self, name: str, row: Row) -> str | None:
        """One value as people read it."""
        words, value = self.words, row.get(name)
        if name in ANSWERS:
            return words.yes(value)
        if name == "reason":
            return words.say(row["code"], row["params"]) if row.get("code") else None
        if name == "sentence":
            return self._sentence(row)
        if name == "control":
            return f"{row['control']} {row['title'].in_language(self.language)}"
        if name == "what":
            return self._what(row)
        if name == "system" and value:
            return words.systems(value.split("+"))
        return None if value is None or value == [] else self._coded(name, value)

    def _coded(self, name: str, value: Any) -> str:
        """A value that may be a code of ours."""
        words = self.words
        if name in _CODED:
            return words.known(_CODED[name], value)
        if name == "outcome":
            return t(f"ui.outcome.{value}", self.language)
        if name == "standing":
            return t(f"overreach.standing.{Standing(value).name.lower()}", self.language)
        if name == "entity":
            return words.entity(value)
        if name == "also":
            return words.systems(value)
        return self._plain(value)

    def _plain(self, value: Any) -> str:
        if isinstance(value, Title):
            return value.in_language(self.language)
        if isinstance(value, datetime):
            return self.words.moment(value)
        if isinstance(value, list):
            return ", ".join(str(item) for item in value)
        return str(value)

    def _what(self, row: Row) -> str:
        """What a line is about; the file's own head has its words already."""
        code = row["what"]
        if "value" in row:
            return str(code)
        mark = self.words.mark(row["mark"]) if row.get("mark") else ""
        return self.words.page(code, mark=mark, table=row.get("table") or "")

    def _sentence(self, row: Row) -> str:
        outcome = t(f"ui.outcome.{row['outcome']}", self.language)
        return self.words.page("evidence.says", clause=row["clause"], outcome=outcome)

    def _about(self, reader: Reader) -> list[Row]:
        run, controls = reader.run, shipped_controls()
        assert run is not None
        by = controls.reviewed_by or self.words.page("about.nobody")
        told = {
            "made_at": self.words.moment(self.now),
            "zone": self.config.time_zone.key,
            "run": f"#{run.run}",
            "as_of": self.words.moment(run.at),
            "file": run.file,
            "sha256": run.sha256,
            "controls": controls.revised.isoformat(),
            "reviewed": by,
            "meaning": self.words.page("about.meaning.says"),
        }
        return [
            {"what": self.words.page(f"about.{name}"), "value": value}
            for name, value in told.items()
        ]

    def _head(self, reader: Reader) -> Row:
        run, controls = reader.run, shipped_controls()
        assert run is not None
        return {
            "form": FORM,
            "made_at": self.now.isoformat(),
            "run": {
                "id": run.run,
                "as_of": run.at.isoformat(),
                "file": run.file,
                "sha256": run.sha256,
            },
            "controls": {
                "revised": controls.revised.isoformat(),
                "reviewed_by": controls.reviewed_by,
            },
        }

    def _told(self, part: str, row: Row) -> Row:
        """A row for programs: codes as they are, with their words beside them."""
        told = {name: _json(value, self.language) for name, value in row.items()}
        if row.get("code"):
            told["text"] = self.words.say(row["code"], row["params"])
        if part == "evidence":
            told["says_of_clause"] = self._sentence(row)
        return told


def sealed(told: Mapping[str, Any]) -> str:
    """The digest of a document, its own digest left out: SHA-256 of its canonical JSON."""
    rest = {name: value for name, value in told.items() if name != "sha256"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _json(value: Any, language: str) -> Any:
    if isinstance(value, Title):
        return value.in_language(language)
    return value.isoformat() if isinstance(value, datetime) else value
