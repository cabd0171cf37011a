"""`duiqi match` from two open files to written pairs, in a private folder that is gone after."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checks.matching import Matched
from governance.compare.run import engine
from governance.compare.sides import Side, land, opened
from governance.config.synonyms import may_be_read
from governance.errors import ConfigError, StoreError
from governance.matching.assign import judge, threshold
from governance.matching.ids import id_of
from governance.matching.linkage import link
from governance.matching.reasons import pairs_query
from governance.matching.request import Request, among, check_out
from governance.matching.roles import Looked, Role, look, roles
from governance.matching.writing import write

if TYPE_CHECKING:
    import duckdb

SAMPLE = 5_000


@dataclass(frozen=True)
class Linked:
    """What a linkage found. `accept` is the least probability of an accepted pair."""

    left_rows: int
    right_rows: int
    left_id: str
    right_id: str
    fields: tuple[Role, ...]
    accept: float
    accepted: int
    uncertain: int


def match(request: Request, language: str) -> Linked:
    """Link two files or tables; writes the pairs. Raises CodedError in plain words."""
    import duckdb

    with ExitStack() as stack:
        left = stack.enter_context(opened(request.left, request.zone))
        right = stack.enter_context(opened(request.right, request.zone))
        inputs = [s.config.path for s in (left, right) if s.config.path]
        check_out("--out", request.out, inputs)
        if request.uncertain is not None:
            check_out("--uncertain", request.uncertain, [*inputs, request.out])
        _named(request, left, right)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="duiqi-")))
        con = stack.enter_context(engine(folder))
        try:
            return _match(request, con, (left, right), language)
        except duckdb.OutOfMemoryException:
            raise StoreError("match.no_room") from None


def _named(request: Request, left: Side, right: Side) -> None:
    lefts, rights = ([name for name, _ in side.columns] for side in (left, right))
    for name in request.told:
        among("--map", name, lefts, left.config.name)
    for name in request.told.values():
        among("--map", name, rights, right.config.name)
    for name in sorted(request.ignore):
        among("--ignore", name, [*lefts, *rights], "")
    if request.left_id is not None:
        among("--left-id", request.left_id, lefts, left.config.name)
    if request.right_id is not None:
        among("--right-id", request.right_id, rights, right.config.name)


def _match(
    request: Request, con: duckdb.DuckDBPyConnection, sides: tuple[Side, Side], language: str
) -> Linked:
    looked = []
    ids = []
    asked = (("left", request.left_id), ("right", request.right_id))
    for (name, told), side in zip(asked, sides, strict=True):
        columns = _land(con, name, side)
        known = {c: look(c, *_sample(con, name, at)) for at, c in enumerate(columns)}
        ids.append(id_of(con, name, side.config.name, known, told))
        looked.append(known)
    wanted = [_wanted(known, one, request) for known, one in zip(looked, ids, strict=True)]
    found = roles(wanted[0], wanted[1], request.told)
    if not found:
        lists = [", ".join(known) for known in looked]
        raise ConfigError("match.no_fields", left=lists[0], right=lists[1])
    fields = [Matched(f"c{at}", role.kind) for at, role in enumerate(found)]
    for name, known, one in zip(("left", "right"), looked, ids, strict=True):
        _raw(con, name, list(known), one, [getattr(role, name) for role in found])
    link(con, fields, request.zone)
    judge(con, fields)
    accept = threshold(con) if request.accept is None else request.accept
    shown = [(role.left, field) for role, field in zip(found, fields, strict=True)]
    accepted = pairs_query(shown, "probability >= $1", language)
    uncertain = pairs_query(shown, "probability < $1 AND probability >= $2", language)
    counts = []
    for query, bound, out in (
        (accepted, [accept], request.out),
        (uncertain, [accept, min(request.review, accept)], request.uncertain),
    ):
        counts.append(write(con, query, bound, out))
    rows = [con.execute(f"SELECT count(*) FROM {n}_landed").fetchall()[0][0] for n, _ in asked]
    return Linked(rows[0], rows[1], ids[0], ids[1], found, accept, counts[0], counts[1])


def _land(con: duckdb.DuckDBPyConnection, name: str, side: Side) -> list[str]:
    """The columns that may be read, landed as x0, x1, .. with a row number."""
    columns = [column for column, _ in side.columns if may_be_read(column)]
    if not columns:
        raise ConfigError("match.empty", side=side.config.name)
    land(side, {f"x{at}": column for at, column in enumerate(columns)}, con, f"{name}_cells")
    con.execute(
        f"CREATE TABLE {name}_landed AS SELECT row_number() OVER () - 1 AS unique_id, *"
        f" FROM {name}_cells"
    )
    con.execute(f"DROP TABLE {name}_cells")
    if not con.execute(f"FROM {name}_landed LIMIT 1").fetchall():
        raise ConfigError("match.no_rows", side=side.config.name)
    return columns


def _sample(
    con: duckdb.DuckDBPyConnection, name: str, place: int
) -> tuple[list[str | None], float]:
    """Values drawn by their hash, so that what both sides hold is in both samples or in neither;
    and how much of the column they are."""
    ((filled,),) = con.execute(f"SELECT count(x{place}) FROM {name}_landed").fetchall()
    query = (
        f"SELECT x{place} FROM {name}_landed WHERE trim(x{place}) <> ''"
        f" ORDER BY hash(lower(trim(x{place}))), x{place} LIMIT {SAMPLE}"
    )
    values = [value for (value,) in con.execute(query).fetchall()]
    return values, min(1.0, SAMPLE / max(filled, 1))


def _wanted(known: dict[str, Looked], own: str, request: Request) -> list[Looked]:
    return [c for c in known.values() if c.name != own and c.name not in request.ignore]


def _raw(
    con: duckdb.DuckDBPyConnection, name: str, columns: list[str], own: str, chosen: list[str]
) -> None:
    cells = ", ".join(f"x{columns.index(column)} AS c{at}" for at, column in enumerate(chosen))
    con.execute(f"CREATE TABLE raw_{name} AS SELECT unique_id, {cells} FROM {name}_landed")
    con.execute(
        f"CREATE VIEW ids_{name} AS SELECT unique_id, x{columns.index(own)} AS id"
        f" FROM {name}_landed"
    )
