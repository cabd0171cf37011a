"""The guide lists every table that permissions are read from, with every field."""

from __future__ import annotations

from pathlib import Path

from checks.permissions.kinds import KINDS, YES_NO, AccessField, AccessKind

GUIDE = Path(__file__).parents[2] / "docs" / "permissions.md"


def field(of: AccessField, *, needed: bool) -> str:
    shown = f"**`{of.name}`**" if needed else f"`{of.name}`"
    if of.words == YES_NO:
        return f"{shown} (true, false)"
    if of.words:
        return f"{shown} ({', '.join(of.words)})"
    return f"{shown} (names somebody)" if of.refers else shown


def line(kind: AccessKind) -> str:
    fields = (field(of, needed=of.name in kind.needed) for of in kind.fields)
    return f"| `{kind.name}` | {', '.join(fields)} |"


def test_the_guide_lists_every_table_as_it_is_read() -> None:
    listed = [row for row in GUIDE.read_text("utf-8").splitlines() if row.startswith("| `")]
    assert [row for row in listed if row.split("`")[1] in KINDS] == [*map(line, KINDS.values())]
