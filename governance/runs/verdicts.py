"""What a run says of the lines that were handed out: each judged by what both sides hold now.

A pair that was not compared says nothing, and neither does one whose mapping or normalisers are
others than when the line was handed out: its hashes mean something else then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from checks.prepare import Side
from governance.batches.verdict import Lies, Sight, judged
from governance.ledger.rows import BatchLineRow, NewVerdict
from governance.runs.findings import PairRun
from governance.runs.snapshots import fingerprint
from governance.runs.work import Work

# As long as a closed finding is remembered.
WATCHED = timedelta(days=90)

_STANDING = """
SELECT finding_id, kind, record_key FROM findings
WHERE check_name = $check AND left_source = $left AND right_source = $right
    AND state IN ('open', 'pending')
    AND (kind = 'mismatch' OR finding_id IN (SELECT finding_id FROM handed_out))
"""

Seen = dict[str, tuple[Lies, dict[str, str | None]]]


@dataclass
class Verdicts:
    """The verdicts of one check in one run. Its lines are asked for once."""

    work: Work
    check: str
    changed: list[NewVerdict] = field(default_factory=list)

    def __post_init__(self) -> None:
        since = self.work.as_of - WATCHED
        batches = self.work.ledger.batches
        self._lines = batches.watched(self.check, since)
        self._fixed = batches.fixed_once(self.check, since) if self._lines else frozenset()

    def settle(self, pair: PairRun, left: Side, right: Side) -> None:
        """Judge the lines of a pair that was compared just now."""
        basis = basis_of_sides(left, right)
        lines = [
            line
            for line in self._lines
            if (line.left_source, line.right_source) == (pair.left, pair.right)
            and line.entity == pair.entity.name
            and line.basis == basis
        ]
        if not lines:
            return
        standing, related = self._standing(pair, lines)
        sides = {pair.left: self._seen(left, lines), pair.right: self._seen(right, lines)}
        for line in lines:
            sight = _sight(line, sides, line.finding_id in standing, line.record_key in related)
            was_fixed = (line.batch_id, line.seq) in self._fixed
            verdict = judged(line, sight, was_fixed=was_fixed)
            if verdict is not line.verdict:
                self.changed.append(NewVerdict(line.batch_id, line.seq, verdict))

    def _standing(
        self, pair: PairRun, lines: Sequence[BatchLineRow]
    ) -> tuple[set[str], set[str | None]]:
        """The findings of the pair that stand, and the keys of records of which cells differ."""
        con = self.work.con
        con.execute("CREATE OR REPLACE TEMP TABLE handed_out (finding_id VARCHAR, _key VARCHAR)")
        columns = [[line.finding_id for line in lines], [line.record_key for line in lines]]
        con.execute(
            "INSERT INTO handed_out SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[])", columns
        )
        con.execute(
            "CREATE OR REPLACE TEMP TABLE handed_keys AS"
            " SELECT DISTINCT _key FROM handed_out WHERE _key IS NOT NULL"
        )
        found = con.execute(_STANDING, {"check": self.check, **pair.names}).fetchall()
        cells = {key for _, kind, key in found if kind == "mismatch"}
        return {name for name, _, _ in found}, cells

    def _seen(self, side: Side, lines: Sequence[BatchLineRow]) -> Seen:
        """By key what lies on a side, with the hashes of the fields that lines are about."""
        con: Any = self.work.con
        known = {column.name for column in side.spec.columns}
        names = sorted({line.field for line in lines if line.field in known})
        hashes = "".join(
            f", substr(sha256({side.spec.column(name).compared()}), 1, 16)" for name in names
        )
        rows = con.execute(f"SELECT _key{hashes} FROM ({side.under('handed_keys')})").fetchall()
        found: Seen = {row[0]: ("row", dict(zip(names, row[1:], strict=True))) for row in rows}
        repeated = con.execute(
            f"SELECT DISTINCT _key FROM {side.odd} WHERE _key IN (SELECT _key FROM handed_keys)"
        ).fetchall()
        return found | {key: ("odd", {}) for (key,) in repeated}


def _sight(line: BatchLineRow, sides: dict[str, Seen], standing: bool, related: bool) -> Sight:
    other = line.right_source if line.system == line.left_source else line.left_source
    nothing: tuple[Lies, dict[str, str | None]] = ("none", {})
    own_lies, own = sides[line.system].get(line.record_key or "", nothing)
    other_lies, beyond = sides[other].get(line.record_key or "", nothing)
    name = line.field or ""
    return Sight(standing, own_lies, other_lies, own.get(name), beyond.get(name), related)


def basis_of_sides(left: Side, right: Side) -> str:
    """As `governance.batches.making.basis_of`, from sides that are open already."""
    made = "|".join(fingerprint(side.spec) for side in (left, right))
    return hashlib.sha256(made.encode()).hexdigest()[:16]
