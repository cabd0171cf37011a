"""What it costs to say which side moved, as a part of the whole run.

    python benchmarks/directions.py [--rows 1000000]

Two sources of a million rows, compared four times: at the first look; after 0.1 % changed on
either side; compared whole under another weight, by which nothing is told apart; and under another
normaliser of one field, whose agreed values are read again. Each line has the CPU seconds of the
whole run, landing left out, those of agreements and directions within it, and how many findings
stand. The floor is the run around it. Wanted: at most a tenth of the run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from chain import LEFT, RIGHT, Company, snapshots_one_by_one
from measuring import metered

from checks.dictionary import Entity
from governance.runs import consistency
from governance.runs.history import Compared, History


class Watched(History):
    """A pair's history with a clock: `cpu` since it was last set to nothing."""

    cpu = 0.0

    def settle(self, sides: tuple[Compared, Compared]) -> None:
        began = time.process_time()
        super().settle(sides)
        Watched.cpu += time.process_time() - began


def with_field(entity: Entity, name: str, **changed: Any) -> Entity:
    fields = tuple(replace(f, **changed) if f.name == name else f for f in entity.fields)
    return replace(entity, fields=fields)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--rows", type=int, default=1_000_000)
    asked = words.parse_args()
    consistency.History = Watched  # type: ignore[misc]
    with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as name:
        company = Company(Path(name), asked.rows, LEFT, RIGHT)
        entity = company.config.entities[0]
        read = next(f.name for f in entity.fields if f.normalizer and f.name not in entity.key)
        heavier = with_field(entity, read, weight=9)
        for day, (title, entity_now) in enumerate(
            (
                ("first look", entity),
                ("0.1 % changed", entity),
                ("another weight", heavier),
                (f"another normaliser ({read})", with_field(heavier, read, normalizer="text")),
            )
        ):
            if day == 1:
                company.world.move(day, LEFT)
                company.world.move(day + 5, RIGHT)
            company.config = replace(company.config, entities=(entity_now,))
            company.world.landing = Watched.cpu = 0.0
            with metered() as meter:
                snapshots_one_by_one(company)
            whole = meter.cpu - company.world.landing
            print(
                f"{title:32} run {whole:6.2f} CPU s, directions {Watched.cpu:5.2f}"
                f" ({Watched.cpu / whole:.0%}) · {standing(company):,} findings"
            )


def standing(company: Company) -> int:
    (newest,) = company.ledger.runs.sealed(1)
    assert newest.file is not None
    with duckdb.connect(str(company.home.file(newest.file)), read_only=True) as con:
        query = "SELECT count(*) FROM findings WHERE state <> 'gone' AND direction IS NOT NULL"
        return int(con.execute(query).fetchall()[0][0])


if __name__ == "__main__":
    main()
