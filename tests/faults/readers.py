"""Processes that read what runs found, as dashboards do, and note whatever is not of one piece."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import TracebackType
from typing import Any

from governance.access import local_operator
from governance.cli.common import load_config
from governance.reading import Desk, Filters, record
from governance.reading.findings import Findings
from tests.faults.victims import Place, kill, start

EVERYTHING = Filters(state=())
PAIR = "crm~oa"
LEAST = 4  # on a busy machine; a calm one comes to dozens
PAUSE = 0.1  # they share two cores with who seals


@dataclass
class Readers:
    """So many processes that read for as long as the block runs."""

    place: Place
    number: int
    notes: list[Path] = field(default_factory=list)
    processes: list[ForkServerProcess] = field(default_factory=list)

    def __enter__(self) -> Readers:
        for number in range(self.number):
            notes = self.place.folder / f"reader-{number}"
            self.notes.append(notes)
            self.processes.append(start(read_on, self.place, notes))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self.processes:
            self.place.folder.joinpath("enough").touch()
            process.join(30)
            kill(process)

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(notes.read_text()) for notes in self.notes]

    def wrong(self) -> list[str]:
        """What any of them found wrong; one that read little proves nothing."""
        found = [what for told in self.told() for what in told["wrong"]]
        few = [
            f"only {told['reads']} reads, {told['records']} records"
            for told in self.told()
            if min(told["reads"], told["records"]) < LEAST
        ]
        return found + few


def read_on(place: Place, notes: Path) -> None:
    ledger, home = place.ledger(), place.home()
    desk, config = Desk(home, ledger.database), load_config(place.config)
    reads, runs, wrong = 0, set(), []
    records = 0
    while not place.folder.joinpath("enough").exists():
        try:
            view = desk.view(local_operator())
            found, looked = mixed(view, config)
            wrong += found
            records += looked
            runs |= {part.newest.run for part in view.reading.parts}
            reads += 1
        except Exception as error:  # noqa: BLE001 - told in the process that asked
            wrong.append(f"{type(error).__name__}: {error}")
        time.sleep(PAUSE)
    notes.write_text(
        json.dumps({"reads": reads, "records": records, "runs": sorted(runs), "wrong": wrong})
    )


def mixed(view: Findings, config: Any) -> tuple[list[str], int]:
    """What is not of one run, and how many records were looked at.

    One commit in the OA gave a customer and a member of staff the same new name, and each run reads
    both; a record shows what its finding says.
    """
    page = view.page(EVERYTHING, limit=500)
    newest = {part.newest.run for part in view.reading.parts}
    changed = [row for row in page.rows if row.key_shown in ("C1", "S1") and row.state != "gone"]
    said = {row.right_value for row in changed}
    runs = {row.run for row in page.rows}
    found = []
    if len(newest) > 1 or not runs <= newest:
        found.append(f"rows of runs {runs} in a reading of {newest}")
    if len(said) > 1:
        found.append(f"names of two moments: {said}")
    for row in changed[:1]:
        one = record(view, config.entity(row.entity), PAIR, str(row.key), config.time_zone)
        assert one is not None
        shown = {line.right.shown for line in one.lines if line.field == "name" and line.right}
        if shown != said:
            found.append(f"the record shows {shown}, the finding {said}")
    return found, len(changed[:1])
