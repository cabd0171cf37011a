"""How long a change may take to arrive before a difference counts against anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.runs.findings import PairRun


def expected(con: Any, pair: PairRun) -> None:
    """Fill `pair_lags`: seconds per field of the pair, the NULL field speaking of whole rows."""
    names: list[str | None] = [None, *(f.name for f in pair.entity.fields)]
    declared = pair.entity.lag.total_seconds()
    con.execute("CREATE OR REPLACE TABLE pair_lags (field VARCHAR, seconds DOUBLE)")
    con.executemany("INSERT INTO pair_lags VALUES (?, ?)", [(name, declared) for name in names])
