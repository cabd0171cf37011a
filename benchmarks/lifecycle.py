"""What telling the life of many open findings adds to a run.

    python benchmarks/lifecycle.py [--findings 100000] [--runs 3]

Two sources differ in as many cells as asked for. The first night finds them all; the second looks
again after a hundredth was fixed on one side and as much went wrong anew; on the third a thousand
waivers are in force. Each step of the run is told by what it costs, without reading and comparing.
The floor is copying the findings of the night before into a new file. Wanted: at most 5 s a night.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
from chain import START, Company, snapshots_one_by_one
from customers import KEY, LEFT, RIGHT, table
from measuring import Cost, Meter, metered, part, show, tell

from governance.access import Actor, Right
from governance.runs import agreements, consistency, findings, lifecycle

# Twelve columns of which one differs in nearly every row: three rows for two findings.
ROWS_EACH = 1.5


def spent(costs: dict[str, float], module: ModuleType, name: str) -> None:
    """Let a step of the run tell what it costs."""
    step: Callable[..., Any] = getattr(module, name)

    @wraps(step)
    def measured(*words: Any, **more: Any) -> Any:
        with metered() as meter:
            found = step(*words, **more)
        costs[f"{module.__name__.rpartition('.')[2]}.{name}"] += meter.cpu
        return found

    setattr(module, name, measured)


STEPS: tuple[tuple[ModuleType, str], ...] = (
    (consistency, "remember"),
    (findings, "collect"),
    (agreements, "collect"),
    (lifecycle, "settle"),
)


def grow(company: Company, rows: int, wanted: int) -> None:
    with duckdb.connect(str(company.world.file)) as con:
        con.execute(f"CREATE OR REPLACE TABLE {RIGHT} AS {table(LEFT, rows)}")
        con.execute(
            f"UPDATE {RIGHT} SET level = 'Z' WHERE CAST(substr({KEY}, 2) AS BIGINT) < $1", [wanted]
        )


def mend(company: Company, wanted: int) -> None:
    """A hundredth is put right, a hundredth goes wrong elsewhere."""
    number, share = f"CAST(substr({KEY}, 2) AS BIGINT)", wanted // 100
    with duckdb.connect(str(company.world.file)) as con:
        con.execute(
            f"UPDATE {RIGHT} AS r SET level = l.level FROM {LEFT} AS l"
            f" WHERE l.{KEY} = r.{KEY} AND CAST(substr(r.{KEY}, 2) AS BIGINT) < {share}"
        )
        con.execute(
            f"UPDATE {RIGHT} SET status = 'lost' WHERE {number} >= {wanted}"
            f" AND {number} < {wanted + share}"
        )


def waive(company: Company, many: int) -> None:
    """As many findings are waived, each asked for by one and granted by another."""
    run = company.ledger.runs.last_sealed()
    assert run is not None
    with duckdb.connect(str(company.home.file(str(run.file))), read_only=True) as con:
        rows = con.execute(
            "SELECT finding_id, left_hash, right_hash FROM findings"
            f" WHERE state = 'open' LIMIT {many}"
        ).fetchall()
    now, decisions = START + timedelta(days=company.day, hours=-1), company.ledger.decisions
    until = (now + timedelta(days=30)).isoformat()
    asks, grants = (Actor(name, frozenset(Right)) for name in ("asks", "grants"))
    asked = [
        (name, "waive_request", {"reason": "known", "expires_at": until, "left_hash": left,
                                 "right_hash": right})
        for name, left, right in rows
    ]  # fmt: skip
    decisions.add_all(asks, asked, now=now, told={})
    requests = [(row.finding_id, row.id) for row in decisions.of_kinds(["waive_request"])]
    granted = [(name, "waive_approve", {"request": number}) for name, number in requests]
    decisions.add_all(grants, granted, now=now, told={})


def nights(folder: Path, wanted: int) -> Meter:
    company = Company(folder, 10, LEFT, RIGHT)
    with duckdb.connect(str(company.world.file)) as con:
        con.execute(f"CREATE OR REPLACE TABLE {LEFT} AS {table(LEFT, int(wanted * ROWS_EACH))}")
    grow(company, int(wanted * ROWS_EACH), wanted)
    costs: dict[str, float] = defaultdict(float)
    for module, name in STEPS:
        spent(costs, module, name)
    told: dict[str, Any] = {}
    with metered() as meter:
        for night, before in (("first", None), ("second", mend), ("third", None)):
            if before is not None:
                before(company, wanted)
            if night == "third":
                waive(company, 1000)
            costs.clear()
            snapshots_one_by_one(company)
            told[night] = dict(costs)
    meter.said = {"nights": told, "floor": copied(company), **stood(company)}
    return meter


def _file(company: Company) -> Path:
    run = company.ledger.runs.last_sealed()
    assert run is not None
    return company.home.file(str(run.file))


def copied(company: Company) -> float:
    """CPU seconds for copying last night's findings into a file."""
    with metered() as meter, duckdb.connect(str(company.home.path / "floor.duckdb")) as con:
        con.execute(f"ATTACH '{_file(company)}' AS last (READ_ONLY)")
        con.execute("CREATE TABLE findings AS FROM last.main.findings")
    return meter.cpu


def stood(company: Company) -> dict[str, int]:
    with duckdb.connect(str(_file(company)), read_only=True) as con:
        rows = con.execute(
            "SELECT count(*) FILTER (state <> 'gone'), count(*) FILTER (turn = 'fixed'),"
            " count(*) FILTER (waiver IS NOT NULL) FROM findings WHERE check_name <> 'drift'"
        ).fetchall()
    return dict(zip(("standing", "fixed", "waived"), rows[0], strict=True))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--findings", type=int, default=100_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--part", action="store_true", help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.part:
        with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as name:
            tell(nights(Path(name), asked.findings))
        return
    here = partial(part, __file__, "--part", "--findings", asked.findings)
    costs: list[Cost] = [here() for _ in range(asked.runs)]
    show(f"three nights, {asked.findings:,} findings", costs)
    middle = sorted(costs, key=lambda c: sum(c.said["nights"]["second"].values()))[len(costs) // 2]
    for night, steps in middle.said["nights"].items():
        listed = ", ".join(f"{name} {cpu:.2f}" for name, cpu in steps.items())
        print(f"{night} night: {sum(steps.values()):.2f} CPU s ({listed})")
    said = middle.said
    print(f"standing {said['standing']:,}, fixed {said['fixed']:,}, waived {said['waived']:,}")
    print(f"floor, copying the findings: {said['floor']:.2f} CPU s")


if __name__ == "__main__":
    main()
