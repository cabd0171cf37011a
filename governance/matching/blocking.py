"""Which pairs of records are looked at at all: those that share something uncommon.

Every record gets keys: its values, pairs of values, values with one character left out, its rarest
grams. Two records that share a key are a candidate pair, unless the key is so common that it says
nothing; a record that shares no uncommon key with another cannot be told to be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from checks.matching import Matched
from checks.sql import quoted
from governance.matching.tables import SIDES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Pairs that one key may give.
PER_KEY = 400
COMBINED = 7
RAREST = 4
SHORTENED = ("code", "phone", "credit_code", "id_number", "date", "email", "company_name", "text")


def candidates(con: DuckDBPyConnection, fields: Sequence[Matched], *, settled: bool = False) -> int:
    """Build `candidates` (join_key_l, join_key_r, match_key) as Splink takes it; their number.

    Records that are `settled` and pairs that are `apart` are left out.
    """
    for side in SIDES:
        keys = " UNION ALL ".join(_keys(side, fields))
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE keys_{side} AS"
            f" SELECT DISTINCT unique_id, key FROM ({keys}) WHERE key IS NOT NULL"
            + (f" AND unique_id NOT IN (FROM settled_{side})" if settled else "")
        )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE common AS SELECT key FROM"
        " (SELECT key, count(*) AS n FROM keys_left GROUP BY key)"
        " JOIN (SELECT key, count(*) AS m FROM keys_right GROUP BY key) USING (key)"
        f" WHERE n * m <= {PER_KEY}"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE candidates AS SELECT DISTINCT"
        " 'left-__-' || l.unique_id AS join_key_l, 'right-__-' || r.unique_id AS join_key_r,"
        " '0' AS match_key FROM common JOIN keys_left AS l USING (key)"
        " JOIN keys_right AS r USING (key)"
        + (" WHERE (l.unique_id, r.unique_id) NOT IN (FROM apart)" if settled else "")
    )
    for name in ("common", *(f"keys_{side}" for side in SIDES)):
        con.execute(f"DROP TABLE {name}")
    ((count,),) = con.execute("SELECT count(*) FROM candidates").fetchall()
    return int(count)


def _keys(side: str, fields: Sequence[Matched]) -> Iterator[str]:
    named = [(f, quoted(_blocked(f))) for f in fields]
    for place, (field, column) in enumerate(named):
        yield _select(side, f"hash({place}, {column})", column)
        if field.kind in SHORTENED:
            yield (
                f"SELECT unique_id, hash({100 + place}, unnest(duiqi_shortened({column}))) AS key"
                f" FROM match_{side} WHERE length({column}) BETWEEN 5 AND 24"
            )
        if field.grammed:
            yield from _gram_keys(side, field, 200 + place)
    telling = [entry for entry in named if entry[0].kind != "amount"][:COMBINED]
    for place, ((_, one), (_, other)) in enumerate(combinations(telling, 2)):
        yield _select(side, f"hash({1000 + place}, {one}, {other})", f"{one} || {other}")


def _blocked(field: Matched) -> str:
    return f"{field.name}_core" if field.grammed else field.name


def _select(side: str, key: str, needed: str) -> str:
    return f"SELECT unique_id, {key} AS key FROM match_{side} WHERE {needed} IS NOT NULL"


def _gram_keys(side: str, field: Matched, mark: int) -> Iterator[str]:
    """Each of the rarest grams, and every two of them."""
    rarest = f"{field.name}_g[1:{RAREST}]"
    yield f"SELECT unique_id, hash({mark}, unnest({rarest})) AS key FROM match_{side}"
    for one, other in combinations(range(1, RAREST + 2), 2):
        a, b = f"{field.name}_g[{one}]", f"{field.name}_g[{other}]"
        yield _select(
            side, f"hash({mark + 50}, least({a}, {b}), greatest({a}, {b}))", f"{a} || {b}"
        )
