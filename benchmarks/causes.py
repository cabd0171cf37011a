"""Root causes: 100,000 findings folded into the rules that explain them, against reading them.

    uv run python benchmarks/causes.py

Half of the findings follow six planted rules, the other half none. The floor reads the records of
all findings and groups the findings by field, as any answer to "why" must.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from measuring import Meter, alternating, metered, part, show, tell

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
FIELDS = ("name", "address", "amount", "signed_at", "level", "remark")

# Every rule takes a slice of its field's records; what is left of the slice differs by nothing.
SPOILT = {
    "name": ("batch % 4 = 0", "left(name, 9)"),
    "address": ("batch % 4 = 0", "upper(address)"),
    "amount": ("batch % 4 = 0", "CAST(CAST(amount AS BIGINT) * 100 AS VARCHAR)"),
    "signed_at": ("batch % 4 = 0",
                  "strftime(CAST(signed_at AS TIMESTAMP) - INTERVAL 8 HOUR, '%Y-%m-%d %H:%M:%S')"),
    "level": ("batch % 4 < 2 AND branch = 'branch 3'", "CAST(NULL AS VARCHAR)"),
    "remark": ("batch % 4 = 0", "'n/a'"),
}  # fmt: skip


def entity() -> Any:
    from checks.dictionary import Entity, Field, FieldType, Mapping, Title

    names = ("code", *FIELDS, "branch", "manager")
    kinds = {"code": FieldType.CODE, "amount": FieldType.DECIMAL}
    fields = tuple(Field(n, Title(n, n), kinds.get(n, FieldType.TEXT)) for n in names)
    columns = {name: name for name in names}
    mappings = (Mapping("crm", columns, "t"), Mapping("oa", columns, "t"))
    return Entity("customer", Title("客户", "Customer"), ("code",), fields, "crm", mappings)


def laid_out(con: Any, findings: int, records: int) -> tuple[Any, Any, Any]:
    """Both sides and the findings between them, in the tables that a run has."""
    from checks.prepare import prepare, spec_of
    from governance.runs import causes
    from governance.runs import findings as kept
    from governance.runs.findings import PairRun

    con.execute(
        "CREATE TABLE whole AS SELECT i AS r, 'C' || lpad(i::VARCHAR, 8, '0') AS code,"
        " 'Firm ' || md5(i::VARCHAR)[:12] AS name, md5((i + 7)::VARCHAR) || ' street' AS address,"
        " ((i * 7919) % 900000 + 1000)::VARCHAR AS amount,"
        " strftime(TIMESTAMP '2026-01-01' + INTERVAL (i % 9000000) SECOND, '%Y-%m-%d %H:%M:%S')"
        " AS signed_at, chr((65 + hash(i) % 20)::INT) AS level, md5((i + 3)::VARCHAR) AS remark,"
        " 'branch ' || (hash(i, 2) % 40) AS branch, 'manager ' || (hash(i, 3) % 2000) AS manager"
        f" FROM range({records}) AS t(i)"
    )
    names = ", ".join(("code", *FIELDS, "branch", "manager"))
    con.execute(f"CREATE TABLE left_landed AS SELECT {names} FROM whole")
    step = max(records * len(FIELDS) // findings, 1)
    spoilt = ", ".join(
        f"CASE WHEN (r + {at}) % {step} <> 0 THEN {name} WHEN {test} THEN {value}"
        f" ELSE md5(name || '{name}') END AS {name}"
        for at, (name, (test, value)) in enumerate(SPOILT.items())
    )
    con.execute(
        f"CREATE TABLE right_landed AS SELECT code, {spoilt}, branch, manager"
        f" FROM (SELECT *, r // {step} AS batch FROM whole)"
    )
    shape = entity()
    sides = []
    for side, mapping in zip(("left", "right"), shape.mappings, strict=True):
        spec = spec_of(shape, mapping, secret=b"benchmark", zone="UTC")
        sides.append(prepare(con, f"{side}_landed", f"{side}_", spec).side())
    kept.create(con)
    causes.create(con)
    con.execute("CREATE TABLE previous_causes AS FROM causes")
    for name in FIELDS:
        con.execute(
            "INSERT INTO findings BY NAME SELECT md5(l.code || $1) AS finding_id,"
            " 'c' AS check_name, 'customer' AS entity, 'crm' AS left_source, 'oa' AS right_source,"
            " l._key AS record_key, $1 AS field, 'mismatch' AS kind, 'different' AS class,"
            " 'open' AS state, false AS personal, 'new' AS turn,"
            " $2::TIMESTAMP - INTERVAL (hash(l.code) % 60) DAY AS first_seen"
            f" FROM left_rows AS l JOIN right_rows AS r USING (_key)"
            f' WHERE l."{name}" IS DISTINCT FROM r."{name}"',
            [name, NOW.replace(tzinfo=None)],
        )
    return PairRun("c", shape, "crm", "oa", 1, NOW), sides[0], sides[1]


def run_part(name: str, findings: int, records: int) -> Meter:
    import duckdb

    from checks.sql import only_row
    from governance.runs import causes

    con = duckdb.connect()
    pair, left, right = laid_out(con, findings, records)
    (count,) = only_row(con, "SELECT count(*) FROM findings")
    with metered() as meter:
        if name == "fold":
            moments = [NOW - timedelta(days=n) for n in range(62)]
            found = causes.fold(con, pair, left, right, moments)
            meter.said.update(
                findings=count, causes=[f"{c.way} {c.field} {c.count}" for c in found]
            )
        else:
            con.execute("CREATE TABLE keys AS SELECT DISTINCT record_key AS _key FROM findings")
            for side in (left, right):
                con.execute(f"CREATE OR REPLACE TABLE read AS {side.under('keys')}")
            con.execute("SELECT field, count(*) FROM findings GROUP BY 1").fetchall()
            meter.said.update(findings=count)
    return meter


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--findings", type=int, default=100_000)
    words.add_argument("--records", type=int, default=500_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--part", choices=("fold", "floor"), help=argparse.SUPPRESS)
    asked = words.parse_args()
    sizes = ("--findings", asked.findings, "--records", asked.records)
    if asked.part:
        tell(run_part(asked.part, asked.findings, asked.records))
        return
    parts = [partial(part, __file__, *sizes, "--part", name) for name in ("fold", "floor")]
    fold, floor = alternating(asked.runs, *parts)
    print(fold[0].said)
    show("causes of all findings", fold, floor)
    show("floor: their records read, counted by field", floor)


if __name__ == "__main__":
    main()
