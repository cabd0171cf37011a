"""One comparison from open files to totals, in a private folder that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.at_once import AtOnce, Lines, reconcile_at_once
from checks.prepare import Prepared, Spec, prepare
from checks.reconcile import Totals
from governance.compare.columns import Plan, align
from governance.compare.direction import counted, direct
from governance.compare.findings import check_out, query, write
from governance.compare.request import Request
from governance.compare.sides import Side, Way, land, opened, straight
from governance.compare.terminal import shown
from governance.errors import ConfigError, StoreError
from governance.sources.model import Note

if TYPE_CHECKING:
    import duckdb

SHOWN = 10


@dataclass(frozen=True)
class Comparison:
    """What was found. `unread` are, per side, cells by column that their normaliser could not
    read; `first` the first findings as (key values, kind, column, left, right, class, direction).
    """

    totals: Totals
    plan: Plan
    direction: dict[str, int] | None
    unread: tuple[dict[str, int], dict[str, int]]
    notes: tuple[tuple[str, Note], ...]
    first: tuple[tuple[str | None, ...], ...]

    @property
    def aligned(self) -> bool:
        """Nothing to report: no difference, no null key, no column on one side only."""
        totals, plan = self.totals, self.plan
        alone = totals.only_left + totals.only_right
        null = totals.left.null_keys + totals.right.null_keys
        return not (totals.mismatched + alone + null or plan.only_left or plan.only_right)


def compare(request: Request, first: int = SHOWN) -> Comparison:
    """Compare two files or tables; writes the findings if asked, returns the `first` ones.

    Raises CodedError in plain words for whatever keeps it from an answer.
    """
    import duckdb

    with ExitStack() as stack:
        left = stack.enter_context(opened(request.left, request.zone))
        right = stack.enter_context(opened(request.right, request.zone))
        base = stack.enter_context(opened(request.base, request.zone)) if request.base else None
        if request.findings is not None:
            check_out(
                request.findings,
                [s.config.path for s in (left, right, base) if s and s.config.path],
            )
        plan = align(request, left.columns, right.columns)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="duiqi-")))
        con = stack.enter_context(engine(folder))
        try:
            return _compare(request, con, folder, plan, (left, right, base), first)
        except duckdb.OutOfMemoryException:
            raise StoreError("compare.no_room") from None


@contextmanager
def engine(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB in memory, up to 80 % of what there is (its default), then spilling into the private
    folder; it loads nothing from the network."""
    import duckdb

    (folder / "spill").mkdir()
    config: dict[str, Any] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": "false",
    }
    with duckdb.connect(config=config) as con:
        con.execute("SET TimeZone = 'UTC'")
        yield con


def _compare(
    request: Request,
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    plan: Plan,
    sides: tuple[Side, Side, Side | None],
    first: int,
) -> Comparison:
    left, right, base = sides
    found, notes = _reconciled(con, folder, plan, left, right)
    third: Prepared | None = None
    if base is not None:
        third, notes_base = _land_base(con, plan, base)
        notes += notes_base
    direct(con, third, [p.column for p in plan.compared])
    findings = query(plan.key, [p.name for p in plan.compared])
    if request.findings is not None:
        write(con, findings, request.findings)
    return Comparison(
        found.totals,
        plan,
        counted(con) if base is not None else None,
        (_named(found.unread_left, plan), _named(found.unread_right, plan)),
        tuple(notes),
        tuple(con.execute(f"{findings} LIMIT {first}").fetchall()) if first else (),
    )


def _reconciled(
    con: duckdb.DuckDBPyConnection, folder: Path, plan: Plan, left: Side, right: Side
) -> tuple[AtOnce, list[tuple[str, Note]]]:
    """Straight from the files where that is safe; at any trouble by the careful road, which finds
    out what is wrong or reads it after all."""
    import duckdb

    named = (
        ("left", left, {p.column.name: p.name for p in plan.pairings}),
        ("right", right, {p.column.name: p.right for p in plan.pairings}),
    )
    compared = [p.column.name for p in plan.compared]

    notes: list[tuple[str, Note]] = []

    def landed(at: int) -> str:
        name, side, columns = named[at]
        notes.extend((name, note) for note in land(side, columns, con, f"{name}_landed"))
        return f"{name}_landed"

    def at_once(one: str | Lines, other: str | Lines) -> AtOnce:
        return reconcile_at_once(con, one, other, plan.spec, compared, carry=plan.spec.key)

    with ExitStack() as stack:
        ways = [
            stack.enter_context(straight(side, columns, folder / f"{name}.csv"))
            for name, side, columns in named
        ]
        first = [way.cells if way else landed(at) for at, way in enumerate(ways)]
        try:
            lines = _by_lines(con, plan, *ways)
            return at_once(*(lines or first)), notes
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            if not any(ways):
                raise
    return at_once(*(landed(at) if way else first[at] for at, way in enumerate(ways))), notes


def _by_lines(
    con: duckdb.DuckDBPyConnection, plan: Plan, left: Way | None, right: Way | None
) -> tuple[Lines, Lines] | None:
    """Both files as lines, where that tells the same: equal headers and nothing to normalise."""
    one, other = (way.lines if way else None for way in (left, right))
    if left is None or one is None or other is None or one.shape != other.shape:
        return None
    if any(p.column.reader for p in plan.pairings):
        return None
    # Lines that are equal are not cut into cells: whether they have the right number of them is
    # asked here, for one side.
    con.execute(f"SELECT count(*) FROM {left.cells}").fetchall()
    return one, other


def _land_base(
    con: duckdb.DuckDBPyConnection, plan: Plan, base: Side
) -> tuple[Prepared, list[tuple[str, Note]]]:
    """The base with the columns it has, under the left names or else the right ones."""
    known = [name for name, _ in base.columns]
    names = {
        p.column.name: p.name if p.name in known else p.right
        for p in plan.pairings
        if p.name in known or p.right in known
    }
    for pairing in plan.pairings[: len(plan.key)]:
        if pairing.column.name not in names:
            raise ConfigError(
                "compare.key_missing",
                option="--key",
                column=pairing.name,
                allowed=shown(", ".join(known)),
                side=base.config.name,
            )
    columns = tuple(c for c in plan.spec.columns if c.name in names)
    notes = [("base", note) for note in land(base, names, con, "base_landed")]
    spec = Spec(columns, plan.spec.key, (), plan.zone)
    return prepare(con, "base_landed", "base_", spec), notes


def _named(cells: dict[str, int], plan: Plan) -> dict[str, int]:
    names = {p.column.name: p.name for p in plan.pairings}
    return {names[column]: count for column, count in cells.items()}
