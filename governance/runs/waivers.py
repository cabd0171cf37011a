"""The waivers that people granted, as a run sees them."""

from __future__ import annotations

from typing import Any

from governance.cases.said import WAIVING, folded
from governance.ledger import Ledger
from governance.runs.findings import naive

_TABLE = """
CREATE OR REPLACE TABLE waivers (finding_id VARCHAR, decision BIGINT, left_hash VARCHAR,
    right_hash VARCHAR, expires_at TIMESTAMP)
"""

# One statement for all: row by row a hundred thousand would take half a minute.
_FILLED = """
INSERT INTO waivers SELECT unnest($1::VARCHAR[]), unnest($2::BIGINT[]), unnest($3::VARCHAR[]),
    unnest($4::VARCHAR[]), unnest($5::TIMESTAMP[])
"""


def load(con: Any, ledger: Ledger) -> None:
    """Fill the table `waivers`: those granted and not taken back, run out or not."""
    con.execute(_TABLE)
    said = folded(ledger.decisions.of_kinds([word.value for word in WAIVING]))
    rows = [
        [name, w.decision, w.left_hash, w.right_hash, naive(w.expires_at)]
        for name, told in said.items()
        if (w := told.waiver) is not None and w.decision is not None
    ]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        con.execute(_FILLED, columns)
