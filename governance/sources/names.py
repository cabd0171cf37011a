"""Names that a mapping uses and a source no longer has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from governance.errors import SchemaDrift
from governance.sources.model import Columns, Extract


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant: the same but for case, else a close one."""
    names = list(known)
    folded = {known_name.casefold(): known_name for known_name in names}
    if name.casefold() in folded:
        return folded[name.casefold()]
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def table_missing(source: str, table: str, known: Iterable[str]) -> SchemaDrift:
    """The error for a table that is not there."""
    near = nearest(table, known)
    if near is None:
        return SchemaDrift("source.table_missing", source=source, table=table)
    return SchemaDrift("source.table_missing_near", source=source, table=table, nearest=near)


def resolve(
    source: str, table: str, wanted: Sequence[str], available: Columns, *, fold: bool = False
) -> dict[str, str]:
    """Wanted column to the name the table really has; `fold` where the source ignores case.

    Raises SchemaDrift naming every column that is missing and, for each, the closest one.
    """
    real = [name for name, _ in available]
    folded = {name.casefold(): name for name in real} if fold else {}
    found = {name: name if name in real else folded.get(name.casefold(), "") for name in wanted}
    missing = [name for name in wanted if not found[name]]
    if not missing:
        return found
    near = [(name, nearest(name, real)) for name in missing]
    hints = ", ".join(f"{name} → {other}" for name, other in near if other)
    code = "source.columns_missing_near" if hints else "source.columns_missing"
    raise SchemaDrift(code, source=source, table=table, columns=", ".join(missing), nearest=hints)


def what(extract: Extract, default: str) -> str:
    """How to call what is read in a message."""
    if extract.table:
        return extract.table
    return f"query:{extract.entity}" if extract.query else default
