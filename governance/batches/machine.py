"""Files for a machine: which lines may go into them, and what they are written from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.dictionary import Entity
from governance.batches.lines import Line
from governance.config.model import Config
from governance.errors import ConfigError
from governance.exports import importing, sqlpatch
from governance.exports.remediation import Action
from governance.i18n import t
from governance.i18n.formats import moment
from governance.ledger.rows import BatchKind
from governance.views.titles import Titles


@dataclass(frozen=True)
class MachineFile:
    """An import sheet or an SQL patch for one system."""

    config: Config
    kind: BatchKind
    form: str
    system: str
    language: str
    number: int

    def keep(self, lines: list[Line], left_out: Counter[str], *, reveal: bool) -> None:
        """Leave in `lines` what may go in by rote, and count the rest by reason.

        Raises ConfigError where nothing of the kind can be written for the system at all.
        """
        if self.kind is BatchKind.SQL and self.config.source(self.system).kind not in (
            sqlpatch.DIALECTS
        ):
            allowed = ", ".join(sqlpatch.DIALECTS)
            raise ConfigError("batch.no_dialect", system=self.system, allowed=allowed)
        kept = []
        for line in lines:
            why = self._out(line, reveal)
            if why is None:
                kept.append(line)
            else:
                left_out[why] += 1
        lines[:] = kept
        if self.kind is BatchKind.IMPORT and self.form == "csv":
            entities = dict.fromkeys(line.fix.finding.entity for line in kept)
            if len(entities) > 1:
                raise ConfigError("batch.one_table", allowed=", ".join(entities))

    def _out(self, line: Line, reveal: bool) -> str | None:
        """Why a line is for people instead; None where it is not."""
        fix = line.fix
        if fix.action is not Action.CHANGE:
            return "for_person"
        if fix.finding.personal and not reveal:
            return "personal"
        if line.word is None or line.record is None:
            return "for_person"
        entity = self.config.entity(fix.finding.entity)
        if self.kind is BatchKind.IMPORT:
            if line.field not in importing.template(entity, self.system):
                return "not_in_template"
            fits = importing.fits(line.word) or self.form != "xlsx"
            return None if fits else "too_long"
        mapping = entity.mapping_of(self.system)
        assert mapping is not None
        if mapping.table is None:
            return "no_table"
        is_postgres = self.config.source(self.system).kind == "postgresql"
        return "unwritable" if is_postgres and "\x00" in line.word else None

    def write(self, path: Path, lines: Sequence[Line], now: datetime) -> None:
        if self.kind is BatchKind.SQL:
            path.write_bytes(self._patch(lines, now).encode("utf-8", "surrogatepass"))
            return
        titles = Titles(self.config, self.language)
        groups: dict[str, dict[str, list[Line]]] = {}
        for line in lines:
            finding = line.fix.finding
            of_entity = groups.setdefault(finding.entity, {})
            of_entity.setdefault(finding.key or "", []).append(line)
        sheets = [
            importing.sheet(
                titles.entity(name),
                self.config.entity(name),
                self.system,
                [self._record(of_record) for of_record in records.values()],
            )
            for name, records in groups.items()
        ]
        # A file without a table cannot be told from a broken one.
        importing.write(path, self.form, sheets or [importing.Sheet("-", (), ())])

    def _record(self, lines: Sequence[Line]) -> importing.Record:
        record = lines[0].record
        assert record is not None
        return importing.Record(
            {name: cell.raw for name, cell in record.items()},
            {line.field: line.word or "" for line in lines},
        )

    def _patch(self, lines: Sequence[Line], now: datetime) -> str:
        kind = self.config.source(self.system).kind
        titles = Titles(self.config, self.language)
        changes = [self._change(line, self.config.entity(line.fix.finding.entity))
                   for line in lines]  # fmt: skip
        head = (
            self._t(
                "batch.sql.head",
                number=self.number,
                system=titles.source(self.system),
                lines=len(changes),
                at=moment(now, self.config.time_zone),
            ),
            self._t("batch.sql.safe"),
        )
        switch = self._t(f"batch.sql.switch_{'mysql' if kind in ('mysql', 'mariadb') else 'end'}")
        words = sqlpatch.Words(head, switch, self._t("batch.sql.line"))
        return sqlpatch.DIALECTS[kind].text(changes, words)

    def _change(self, line: Line, entity: Entity) -> sqlpatch.Change:
        mapping = entity.mapping_of(self.system)
        assert mapping is not None
        assert mapping.table is not None
        assert line.record is not None
        record, types = line.record, line.types or {}

        def value(name: str) -> sqlpatch.Value:
            return sqlpatch.Value(mapping.columns[name], types.get(name, ""), record[name].raw)

        return sqlpatch.Change(
            table=mapping.table,
            key=tuple(value(name) for name in entity.key),
            old=value(line.field),
            new=line.word or "",
            filter=mapping.filter,
        )

    def _t(self, name: str, **params: object) -> str:
        return t(name, self.language, **params)
