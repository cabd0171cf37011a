"""What root causes are looked for in: a pair's standing findings beside the records they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checks.clusters import WINDOW, Size
from checks.shapes import CONSTANT, PLACEHOLDER
from checks.sql import literal, only_row, quoted
from checks.surprise import LEAST
from governance.runs.findings import PairRun

if TYPE_CHECKING:
    from checks.causes import Cause
    from checks.prepare import Column, Side

STANDING = (
    "FROM findings WHERE check_name = $check AND left_source = $left AND right_source = $right"
    " AND state IN ('open', 'pending')"
)
# Of more records than this a sample tells where in their order a key lies.
SAMPLED = 50_000
KEY_BINS = 256
# Of fewer records than this nobody counts how many values they share.
SMALL = 1000

# Whichever side moved: it was changed and the other does not follow.
_MOVER = """
CASE WHEN f.direction = 'left_moved' OR (f.kind = 'only_left' AND f.direction = 'not_yet_created')
          OR (f.kind = 'only_right' AND f.direction = 'deleted') THEN 'left'
     WHEN f.direction = 'right_moved' OR (f.kind = 'only_right' AND f.direction = 'not_yet_created')
          OR (f.kind = 'only_left' AND f.direction = 'deleted') THEN 'right' END
"""

# What stood when the pair was first compared began nobody knows when.
_CASES = """
CREATE OR REPLACE TEMP TABLE cases AS
WITH standing AS (
    SELECT *, CASE WHEN turn IN ('reopened', 'bounced') THEN since ELSE first_seen END AS began
    {standing})
SELECT f.finding_id AS id, f.record_key AS key, f.field, f.kind, {l} AS l, {r} AS r,
       f.personal AS masked, {mover} AS mover, f.state = 'pending' AS pending,
       coalesce(m.bin, 0) AS began_bin, coalesce(k.bin, 0) AS key_bin
FROM standing AS f
LEFT JOIN case_left AS l ON l._key = f.record_key
LEFT JOIN case_right AS r ON r._key = f.record_key
ASOF LEFT JOIN case_moments AS m ON f.began >= m.moment
ASOF LEFT JOIN case_ranges AS k ON f.record_key >= k.key
"""

# One key may be written in two ways; those that another row has as well tell nothing.
_TWINS = """
CREATE OR REPLACE TEMP TABLE twins AS
WITH lone AS (SELECT id, kind, key, {bare} AS bare FROM cases
              WHERE kind IN ('only_left', 'only_right') AND {told}
              QUALIFY count(*) OVER (PARTITION BY kind, bare) = 1),
paired AS (SELECT l.id AS left_id, r.id AS right_id, l.key AS l, r.key AS r
           FROM lone AS l JOIN lone AS r USING (bare)
           WHERE l.kind = 'only_left' AND r.kind = 'only_right')
SELECT left_id AS id, l, r FROM paired UNION ALL SELECT right_id, l, r FROM paired
"""
_BARE = "ltrim(regexp_replace(lower(key), '[^\\p{L}\\p{N}]+', '', 'g'), '0')"


@dataclass(frozen=True)
class Cases:
    """Lays out what `checks.causes.fold` looks at, for one compared pair."""

    con: Any
    pair: PairRun
    left: Side
    right: Side
    moments: Sequence[datetime]

    @property
    def names(self) -> dict[str, str]:
        return {"check": self.pair.check, "left": self.pair.left, "right": self.pair.right}

    def count(self) -> int:
        """How many findings stand between the pair."""
        return int(only_row_named(self.con, f"SELECT count(*) {STANDING}", self.names))

    def lay_out(self) -> Size:
        """Make `cases`, `twins`, `attributes` and `population`."""
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE case_keys AS SELECT DISTINCT record_key AS _key"
            f" {STANDING} AND record_key IS NOT NULL",
            self.names,
        )
        for name, side in (("left", self.left), ("right", self.right)):
            self.con.execute(
                f"CREATE OR REPLACE TEMP TABLE case_{name} AS {side.under('case_keys')}"
            )
        (records,) = only_row(self.con, f"SELECT count(*) FROM {self.left.rows}")
        bins = self._ranges(int(records))
        self._moments()
        self.con.execute(
            _CASES.format(
                standing=STANDING, mover=_MOVER, l=self._value("l", self.left),
                r=self._value("r", self.right),
            ),
            self.names,
        )  # fmt: skip
        told = literal("") + " = ''" if self._key_is_told else "false"
        self.con.execute(_TWINS.format(bare=_BARE, told=told))
        self._attributes()
        self._population()
        return Size(int(records), len(self.moments) - 1, bins)

    def held(self, side: str, field: str, values: list[str]) -> Mapping[str, int]:
        """How many records hold each of the values on a side."""
        there = self.left if side == "left" else self.right
        column = there.spec.column(field).compared()
        return dict(
            self.con.execute(
                f"SELECT {column} AS value, count(*) FROM {there.rows}"
                f" WHERE {column} IN (SELECT unnest(?::VARCHAR[])) GROUP BY 1",
                [values],
            ).fetchall()
        )

    def bin_of(self, kind: str, end: str) -> int:
        """The bin that a moment (ISO) or a key lies in, as `ends_of` gave it in an earlier run."""
        if kind == WINDOW:
            return sum(at <= datetime.fromisoformat(end) for at in self.moments) - 1
        query = "SELECT coalesce(max(bin), 0) FROM case_ranges WHERE key <= ?"
        return int(only_row(self.con, query, [end])[0])

    def ends_of(self, kind: str, first: int, last: int) -> tuple[str, str]:
        """The first and last moment (ISO) or key of the findings in a span of bins."""
        if kind == WINDOW:
            return self.moments[first].isoformat(), self.moments[last].isoformat()
        low, high = only_row(
            self.con,
            "SELECT min(key), max(key) FROM cases WHERE key_bin BETWEEN ? AND ?",
            [first, last],
        )
        return str(low), str(high)

    def shown(self, cause: Cause) -> str:
        """A cause's parameter as people may see it: the mask of a token."""
        if cause.field is None or not cause.param or cause.way not in (CONSTANT, PLACEHOLDER):
            return cause.param
        value = "left_value" if cause.side == "left" else "right_value"
        found = self.con.execute(
            f"SELECT {value} FROM findings WHERE finding_id = ? AND personal", [cause.examples[0]]
        ).fetchall()
        return str(found[0][0]) if found else cause.param

    @property
    def _key_is_told(self) -> bool:
        """Whether keys stand there as they are written: one column, no token."""
        key = self.pair.entity.key
        return len(key) == 1 and not self.left.spec.column(key[0]).masked

    def _ranges(self, records: int) -> int:
        """Where each of so many ranges of keys begins; how many there are."""
        apart = max(records // SAMPLED, 1)
        sample = f"SELECT _key FROM {self.left.rows}"
        if apart > 1:
            sample += f" WHERE hash(_key) % {apart} = 0"
        bins = min(KEY_BINS, records) if not self._masked_key else 0
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE case_ranges AS SELECT min(_key) AS key, bin FROM"
            f" (SELECT _key, ntile({max(bins, 1)}) OVER (ORDER BY _key) AS bin FROM ({sample}))"
            f" WHERE {bins} > 0 GROUP BY bin"
        )
        return bins

    @property
    def _masked_key(self) -> bool:
        return any(self.left.spec.column(name).masked for name in self.pair.entity.key)

    def _moments(self) -> None:
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE case_moments (moment TIMESTAMP, bin INTEGER)"
        )
        self.con.execute(
            "INSERT INTO case_moments SELECT moment, row_number() OVER (ORDER BY moment) - 1"
            " FROM (SELECT unnest(?::TIMESTAMP[]) AS moment)",
            [list(self.moments)],
        )

    def _value(self, alias: str, side: Side) -> str:
        """SQL for what is compared of the finding's field on a side."""
        cases = " ".join(
            f"WHEN {literal(column.name)} THEN {column.compared(f'{alias}.')}"
            for column in side.spec.columns
        )
        return f"CASE f.field {cases} END" if cases else "CAST(NULL AS VARCHAR)"

    def _attributes(self) -> None:
        """What the records of findings hold in columns that nobody needs to hide; values that no
        few of them share are left out."""
        columns = self._shared(self._columns())
        if not columns:
            self.con.execute(
                "CREATE OR REPLACE TEMP TABLE attributes (id VARCHAR, name VARCHAR, value VARCHAR)"
            )
            return
        there = {c.name: c for c in self.right.spec.columns}
        values = ", ".join(
            f"coalesce({c.compared('l.')}, {there[c.name].compared('r.')}) AS {quoted(c.name)}"
            if c.name in there
            else f"{c.compared('l.')} AS {quoted(c.name)}"
            for c in columns
        )
        names = ", ".join(quoted(c.name) for c in columns)
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE attributes AS WITH held AS (UNPIVOT ("
            f"SELECT c.id, c.field AS own_field, {values} FROM cases AS c"
            " LEFT JOIN case_left AS l ON l._key = c.key"
            " LEFT JOIN case_right AS r ON r._key = c.key"
            f") ON {names} INTO NAME name VALUE value)"
            " SELECT id, name, value FROM held WHERE value <> ''"
            " AND name IS DISTINCT FROM own_field"
            f" QUALIFY count(*) OVER (PARTITION BY name, value) >= {LEAST}"
        )

    def _shared(self, columns: list[Column]) -> list[Column]:
        """Those of which so many records hold the same values that it could tell something."""
        if not columns:
            return []
        counts = ", ".join(f"approx_count_distinct({c.compared()})" for c in columns)
        rows, *values = only_row(self.con, f"SELECT count(*), {counts} FROM case_left")
        if rows < SMALL:
            return columns
        return [c for c, n in zip(columns, values, strict=True) if n <= rows / 2]

    def _columns(self) -> list[Column]:
        key = self.pair.entity.key
        # A key of one column is another one for each record.
        return [
            c
            for c in self.left.spec.columns
            if not c.masked and not (len(key) == 1 and c.name in key)
        ]

    def _population(self) -> None:
        """How many records hold the values that findings share."""
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE population (name VARCHAR, value VARCHAR, records BIGINT)"
        )
        shared = {
            name for (name,) in self.con.execute("SELECT DISTINCT name FROM attributes").fetchall()
        }
        parts = [
            f"SELECT {literal(c.name)}, {c.compared()}, count(*) FROM {self.left.rows}"
            f" WHERE {c.compared()} IN (SELECT value FROM attributes"
            f" WHERE name = {literal(c.name)}) GROUP BY 2"
            for c in self._columns()
            if c.name in shared
        ]
        if parts:
            self.con.execute(f"INSERT INTO population {' UNION ALL '.join(parts)}")


def only_row_named(con: Any, query: str, names: Mapping[str, str]) -> Any:
    """The one value of a query with named values."""
    return con.execute(query, dict(names)).fetchall()[0][0]
