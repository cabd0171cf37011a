"""The checklist: what has to change, where and why, for people to work off."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from governance.config.model import Config
from governance.exports.exporter import Line, write_csv, write_xlsx
from governance.exports.remediation import Action, Fix, Why
from governance.exports.sheets import Layout
from governance.i18n import t
from governance.reading.model import Finding
from governance.views.titles import Titles

FORMS = ("csv", "xlsx", "json")

# Column and its width in characters.
COLUMNS = (
    ("system", 12),
    ("entity", 10),
    ("key", 18),
    ("name", 26),
    ("field", 14),
    ("current", 30),
    ("proposed", 30),
    ("action", 12),
    ("why", 48),
    ("authority", 12),
    ("severity", 9),
    ("department", 12),
    ("state", 10),
    ("finding", 34),
)


@dataclass(frozen=True)
class Checklist:
    """Writes lines of work in one language. `reread` says that both systems were read again for
    them; where not, each line says so."""

    config: Config
    language: str
    reread: bool = True

    def write(self, path: Path, form: str, fixes: Iterable[Fix]) -> int:
        """Write the file, and return the number of lines; a sheet per system in XLSX."""
        if form == "json":
            return self._json(path, fixes)
        layout = Layout(
            header=tuple(self._t(f"remediation.column.{name}") for name, _ in COLUMNS),
            widths=tuple(width for _, width in COLUMNS),
            cut_mark=self._t("remediation.cut", length="{length}"),
        )
        lines = (self._line(fix) for fix in fixes)
        return (write_csv if form == "csv" else write_xlsx)(path, layout, lines)

    def _json(self, path: Path, fixes: Iterable[Fix]) -> int:
        names = [name for name, _ in COLUMNS]
        told = [
            dict(zip(names, self._cells(fix), strict=True))
            | {"action_code": fix.action.value, "system_code": fix.system}
            for fix in fixes
        ]
        text = json.dumps({"reread": self.reread, "lines": told}, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8", errors="surrogatepass")
        return len(told)

    def _line(self, fix: Fix) -> Line:
        marked = {5: "before", 6: "after"} if fix.proposed is not None else {5: "before"}
        return Titles(self.config, self.language).source(fix.system), self._cells(fix), marked

    def _cells(self, fix: Fix) -> tuple[str | None, ...]:
        names, finding = Titles(self.config, self.language), fix.finding
        proposed = fix.proposed
        if fix.action is Action.CREATE:
            proposed = self._t("remediation.proposed.create", key=finding.key_shown or "")
        return (
            names.source(fix.system),
            names.entity(finding.entity),
            finding.key_shown,
            finding.display,
            self._field(finding, names, key=fix.action is Action.FILL_KEY),
            fix.current,
            proposed,
            self._t(f"remediation.action.{fix.action.value}"),
            self._reason(fix, names),
            names.source(finding.authority),
            self._t(f"ui.severity.{finding.severity}"),
            finding.department,
            self._t(f"remediation.state.{finding.state}"),
            finding.finding_id,
        )

    def _reason(self, fix: Fix, names: Titles) -> str:
        if self.reread:
            return reason(fix, names, fresh=True)
        return reason(fix, names) + self._t("remediation.why.unread", run=fix.finding.run)

    def _field(self, finding: Finding, names: Titles, *, key: bool = False) -> str:
        if finding.field:
            return names.field(finding.entity, finding.field)
        return names.key(finding.entity) if key else self._t("remediation.whole_record")

    def _t(self, name: str, **params: object) -> str:
        return t(name, self.language, **params)


def reason(fix: Fix, names: Titles, *, fresh: bool = False) -> str:
    """Why a line of work is what it is, in sentences that name the systems. `fresh` says that both
    were read again since the newest run."""
    why = fix.why
    if why is Why.PERSONAL and fix.proposed is not None:
        # With the value written out there is nothing to look up.
        why = Why.AUTHORITY if fix.other == fix.finding.authority else Why.MOVED
    words = t(
        f"remediation.why.{why.value}",
        names.language,
        system=names.source(fix.system),
        other=names.source(fix.other),
        authority=names.source(fix.finding.authority),
        key=names.key(fix.finding.entity),
    )
    return words + caveats(fix, names, fresh=fresh)


def caveats(fix: Fix, names: Titles, *, fresh: bool = False) -> str:
    """What to bear in mind before a line of work is done; empty where there is nothing."""
    words = ""
    if fix.action is Action.CHANGE and fix.target_moved:
        system = names.source(fix.system)
        words += t("remediation.why.target_moved", names.language, system=system)
    if fix.finding.state == "unchecked" and not fresh:
        words += t("remediation.why.unchecked", names.language)
    return words
