"""Files people download: the list on the screen, as it is filtered."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.backups import BACKUP
from checks.permissions import OVERREACH
from governance.access import Right
from governance.config.model import Config
from governance.errors import ConfigError, StoreError
from governance.exports.sheets import CsvFile, Layout, XlsxFile, utf8
from governance.i18n import t
from governance.i18n.formats import moment
from governance.ledger.audit import Audit
from governance.reading.findings import Findings
from governance.reading.model import Filters, Finding, Order
from governance.views.titles import Titles

FORMATS = ("csv", "xlsx")

# Column and its width in characters.
SCREEN = (
    ("severity", 9),
    ("entity", 10),
    ("key", 18),
    ("name", 26),
    ("field", 14),
    ("problem", 16),
    ("left", 12),
    ("left_value", 30),
    ("right", 12),
    ("right_value", 30),
    ("authority", 12),
    ("department", 12),
    ("state", 10),
    ("first_seen", 17),
    ("finding", 34),
)

Line = tuple[str, tuple[str | None, ...], dict[int, str]]


@dataclass(frozen=True)
class Exporter:
    """Writes for one reader in one language. Every file it makes is an audit event.

    Raises PermissionRefused without the right to export, StoreError where the file cannot be
    written; then nothing is left at the place it was meant for.
    """

    view: Findings
    config: Config
    language: str

    def findings(
        self, path: Path, *, now: datetime, filters: Filters, order: Order = Order.SEVERITY
    ) -> int:
        """Write the findings a page shows with these filters, all pages of it."""
        rows = self.view.every(filters, order)
        lines = (self._found(finding) for finding in rows)
        return self._write("findings", path, SCREEN, lines, filters, now)

    def _write(
        self,
        what: str,
        path: Path,
        columns: tuple[tuple[str, int], ...],
        lines: Iterable[Line],
        filters: Filters,
        now: datetime,
    ) -> int:
        self.view.actor.require(Right.EXPORT)
        layout = Layout(
            header=tuple(self._t(f"remediation.column.{name}") for name, _ in columns),
            widths=tuple(width for _, width in columns),
            cut_mark=self._t("remediation.cut", length="{length}"),
        )
        writer = _writer(path)
        with replaced(path) as aside:
            written = writer(aside, layout, lines)
            # Before the move: a file nobody knows of must not be handed out.
            Audit(self.view.database).record(
                self.view.actor,
                f"export.{what}",
                path.suffix.lower().lstrip("."),
                now=now,
                detail={"rows": written, "filters": filters.told(), "language": self.language},
            )
        return written

    def _found(self, finding: Finding) -> Line:
        names = Titles(self.config, self.language)
        cells = (
            self._t(f"ui.severity.{finding.severity}"),
            names.entity(finding.entity),
            finding.key_shown,
            finding.display,
            self._field(finding, names),
            problem(finding, names),
            names.source(finding.left_source),
            finding.left_value,
            names.source(finding.right_source),
            finding.right_value,
            names.source(finding.authority),
            finding.department,
            self._t(f"remediation.state.{finding.state}"),
            moment(finding.first_seen, self.config.time_zone),
            finding.finding_id,
        )
        return self._t("remediation.sheet.findings"), cells, {}

    def _field(self, finding: Finding, names: Titles) -> str:
        if finding.field:
            return names.field(finding.entity, finding.field)
        return self._t("remediation.whole_record")

    def _t(self, name: str, **params: object) -> str:
        return t(name, self.language, **params)


def problem(finding: Finding, names: Titles) -> str:
    """What is wrong, in a few words that name the system: `only in CRM`."""
    if finding.kind == OVERREACH:
        return t(f"ui.overreach.{finding.cls}", names.language)
    if finding.kind == BACKUP:
        return t(f"backups.page.sureness.{finding.cls}", names.language)
    if finding.cls:
        return t(f"ui.class.{finding.cls}", names.language)
    kind, _, side = finding.kind.rpartition("_")
    source = finding.left_source if side == "left" else finding.right_source
    return t(f"remediation.problem.{kind}", names.language, source=names.source(source))


Writer = Callable[[Path, Layout, Iterable[Line]], int]


def _writer(path: Path) -> Writer:
    """By the ending of the file's name. Raises ConfigError for one that is not written."""
    writers: dict[str, Writer] = {".csv": write_csv, ".xlsx": write_xlsx}
    if path.suffix.lower() not in writers:
        raise ConfigError("remediation.format", file=path.name, allowed=", ".join(FORMATS))
    return writers[path.suffix.lower()]


def write_csv(path: Path, layout: Layout, lines: Iterable[Line]) -> int:
    written = 0
    with path.open("wb") as binary, utf8(binary) as stream:
        file = CsvFile(stream, layout.header)
        for _, cells, _ in lines:
            file.row(cells)
            written += 1
    return written


def write_xlsx(
    path: Path,
    layout: Layout,
    lines: Iterable[Line],
    layouts: Mapping[str, Layout] | None = None,
) -> int:
    """`layouts` are those of sheets, by title, that have other columns than the rest."""
    from xlsxwriter.exceptions import FileCreateError

    written = 0
    with tempfile.TemporaryDirectory() as scratch:
        file = XlsxFile(path, layout, Path(scratch), layouts or {})
        for sheet, cells, marked in lines:
            file.row(sheet, cells, marked)
            written += 1
        try:
            file.close()
        except FileCreateError as error:
            raise StoreError("remediation.write", file=path, reason=error) from error
    return written


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place once the block ends well, and else vanishes."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise StoreError("remediation.write", file=path, reason=error.strerror) from error
    aside = Path(name)
    try:
        yield aside
        with aside.open("rb") as stream:
            os.fsync(stream.fileno())
        aside.replace(path)
    except OSError as error:
        raise StoreError("remediation.write", file=path, reason=error.strerror) from error
    finally:
        aside.unlink(missing_ok=True)
