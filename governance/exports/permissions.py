"""`duiqi export permissions`: all effective rights, grants and verdicts of the newest sealed run.

It tells what could not be seen beside what was found. In a spreadsheet each part has a sheet, CSV
holds all of them under shared columns, JSON and JSONL hold every value as it was sealed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from governance.access import Actor, Right
from governance.errors import ConfigError, PermissionRefused
from governance.exports.exporter import Line, replaced, write_csv, write_xlsx
from governance.exports.sheets import Layout
from governance.i18n import explain_code, t
from governance.ledger import Ledger
from governance.ledger.rows import RunRow
from governance.reviews.opening import Opener
from governance.store import attached, engine

FORMS = ("csv", "xlsx", "json", "jsonl")
FORM = "duiqi.permissions/1"
BATCH = 5_000

_RIGHTS = """
SELECT h.system, h.account, a.login, h.human, coalesce(p.name, a.name) AS name,
    coalesce(p.department, a.department) AS department, h.function, h.words AS scope, h.allowed,
    h.beyond, h.is_bypass AS bypass, h.used, h.used_at AS last_used, h.paths AS path
FROM run.main.perm_holdings h
LEFT JOIN run.main.perm_accounts a ON a.system = h.system AND a.account = h.account
LEFT JOIN run.main.perm_people p ON p.human = h.human
ORDER BY h.system, h.account, h.function
"""
_GRANTS = """
SELECT g.system, g.account, a.login, a.human, coalesce(p.name, a.name) AS name,
    coalesce(p.department, a.department) AS department, g.into_node AS node,
    coalesce(g.name, g.into) AS into, g.into AS into_id, g.scope, g.until, g.granted_by,
    g.granted_at, g.first_seen AS since, g.is_orphan AS orphan, g.functions, g.path
FROM run.main.perm_grants g
LEFT JOIN run.main.perm_accounts a ON a.system = g.system AND a.account = g.account
LEFT JOIN run.main.perm_people p ON p.human = a.human
ORDER BY g.system, g.account, g.into_node, g.into
"""
_VERDICTS = """
SELECT v.system, v.human, p.name, v.department, v.rule, v.kind, v.ruling, v.severity, v.subject,
    v.facet, v.reason, v.params, v.first_seen AS since, v.exempt_owner, v.exempt_reason,
    v.exempt_until AS until, v.witness
FROM run.main.perm_verdicts v
LEFT JOIN run.main.perm_people p ON p.human = v.human
ORDER BY v.rule, v.subject, v.facet
"""
_RULES = "SELECT * FROM run.main.perm_rules ORDER BY rule"
_BLIND = "SELECT system, kind, code AS reason, params FROM run.main.perm_blind ORDER BY ALL"

PARTS = {
    "rights": _RIGHTS,
    "grants": _GRANTS,
    "verdicts": _VERDICTS,
    "rules": _RULES,
    "not_seen": _BLIND,
}
# Cells that are JSON in the sealed file.
_NESTED = ("scope", "path", "functions", "params", "witness")
# The columns of a spreadsheet, with their widths; `part` says what a line of CSV is.
COLUMNS = (
    ("part", 10), ("system", 10), ("account", 14), ("login", 14), ("human", 12), ("name", 12),
    ("department", 14), ("function", 18), ("into", 18), ("scope", 16), ("allowed", 12),
    ("beyond", 8), ("used", 12), ("last_used", 17), ("rule", 8), ("ruling", 14), ("severity", 10),
    ("subject", 24), ("reason", 48), ("since", 17), ("until", 12), ("orphan", 8),
    ("functions", 30), ("path", 48),
)  # fmt: skip

Row = dict[str, Any]


@dataclass(frozen=True)
class PermissionsFile:
    """Writes for one actor in one language; the file is an audit event.

    Raises PermissionRefused without the right to export, and for whoever sees some departments
    alone.
    """

    opener: Opener
    ledger: Ledger
    actor: Actor
    language: str
    now: datetime

    def write(self, path: Path) -> int:
        """Write the file and return how many lines it has. Raises ConfigError for another form."""
        self.actor.require(Right.EXPORT)
        if self.actor.departments is not None:
            raise PermissionRefused("record.outside", actor=self.actor.name)
        writers: Mapping[str, Callable[[Path, RunRow, Iterator[tuple[str, Row]]], int]] = {
            "csv": self._csv,
            "xlsx": self._xlsx,
            "json": self._json,
            "jsonl": self._jsonl,
        }
        form = path.suffix.lower().lstrip(".")
        if form not in writers:
            raise ConfigError("remediation.format", file=path.name, allowed=", ".join(FORMS))
        run = self.opener.run()
        with replaced(path) as aside:
            written = writers[form](aside, run, self._rows(run))
            detail = {"run": run.id, "rows": written, "form": form}
            self.ledger.audit.record(
                self.actor, "export.permissions", form, now=self.now, detail=detail
            )
        return written

    def _rows(self, run: RunRow) -> Iterator[tuple[str, Row]]:
        """Every part in turn, a row at a time; the run's file is proven first."""
        assert run.file is not None
        assert run.sha256 is not None
        home = self.opener.home
        file = self.opener.proofs.prove(home, run.file, run.sha256)
        con = engine(home)
        try:
            with attached(con, file, "run"):
                for part, query in PARTS.items():
                    found = con.execute(query)
                    names = [column[0] for column in found.description or ()]
                    while rows := found.fetchmany(BATCH):
                        for values in rows:
                            yield part, _plain(dict(zip(names, values, strict=True)))
        finally:
            con.close()

    def _jsonl(self, path: Path, run: RunRow, rows: Iterator[tuple[str, Row]]) -> int:
        written = 0
        with path.open("w", encoding="utf-8", errors="surrogatepass") as stream:
            stream.write(_text({"part": "run", **self._head(run)}) + "\n")
            for part, row in rows:
                stream.write(_text({"part": part, **self._told(row)}) + "\n")
                written += 1
        return written

    def _json(self, path: Path, run: RunRow, rows: Iterator[tuple[str, Row]]) -> int:
        told: dict[str, Any] = {**self._head(run), **{part: [] for part in PARTS}}
        for part, row in rows:
            told[part].append(self._told(row))
        with path.open("w", encoding="utf-8", errors="surrogatepass") as stream:
            json.dump(told, stream, ensure_ascii=False, indent=1)
            stream.write("\n")
        return sum(len(told[part]) for part in PARTS)

    def _csv(self, path: Path, _run: RunRow, rows: Iterator[tuple[str, Row]]) -> int:
        return write_csv(path, self._layout(), self._lines(rows))

    def _xlsx(self, path: Path, _run: RunRow, rows: Iterator[tuple[str, Row]]) -> int:
        return write_xlsx(path, self._layout(), self._lines(rows))

    def _lines(self, rows: Iterator[tuple[str, Row]]) -> Iterator[Line]:
        for part, row in rows:
            if part == "rules":
                continue
            told = {**row, "part": self._t(f"reviews.part.{part}")}
            told["reason"] = self._reason(row) if row.get("reason") else None
            yield told["part"], tuple(_cell(told.get(name)) for name, _ in COLUMNS), {}

    def _layout(self) -> Layout:
        return Layout(
            header=tuple(self._t(f"reviews.column.{name}") for name, _ in COLUMNS),
            widths=tuple(width for _, width in COLUMNS),
            cut_mark=self._t("remediation.cut", length="{length}"),
        )

    def _head(self, run: RunRow) -> Row:
        return {
            "form": FORM,
            "made_at": self.now.isoformat(),
            "run": {
                "id": run.id,
                "as_of": run.as_of.isoformat() if run.as_of else None,
                "sha256": run.sha256,
            },
        }

    def _told(self, row: Row) -> Row:
        """A row for programs: codes as they are, with their words beside them."""
        return {**row, "text": self._reason(row)} if row.get("reason") else row

    def _reason(self, row: Row) -> str:
        try:
            return explain_code(row["reason"], row["params"] or {}, self.language)
        except (KeyError, IndexError):
            return str(row["reason"])

    def _t(self, name: str, /, **params: object) -> str:
        return t(name, self.language, **params)


def _plain(row: Row) -> Row:
    """Values of JSON: nested ones unfolded, moments as text."""
    for name, value in row.items():
        if isinstance(value, datetime):
            row[name] = f"{value.isoformat()}Z"
        elif value is not None and not isinstance(value, str | int | float | bool):
            row[name] = value.isoformat()
        elif name in _NESTED and isinstance(value, str) and value[:1] in ("[", "{"):
            row[name] = json.loads(value)
    return row


def _cell(value: Any) -> str | None:
    """A value as a spreadsheet shows it; of several paths the shortest, which stands first."""
    if value is None or value is False:
        return None
    if isinstance(value, list):
        hops = value[0] if value and isinstance(value[0], list) else value
        if hops and isinstance(hops[0], dict):
            return " → ".join(str(hop.get("name") or hop["id"]) for hop in hops)
        return ", ".join(str(item) for item in hops)
    return "✓" if value is True else str(value)


def _text(value: Row) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
