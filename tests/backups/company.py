"""The tiny company with backups: each night both systems are copied into a folder, or should be."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from governance.ledger.rows import RunRow
from tests.runs.conftest import START, Company

SHANGHAI = ZoneInfo("Asia/Shanghai")
# The copy is made half an hour before the run reads the systems.
AHEAD = timedelta(minutes=30)
YAML = """
backups:
  systems:
    crm:
      rpo: 26h
      rto: 1h
      due: "35 1 * * *"
      catalogues:
        nightly:
          kind: directory
          path: copies/crm
          options: {pattern: "crm_{date}_{time}.sqlite"}
    oa:
      rpo: 26h
      catalogues:
        nightly:
          kind: directory
          path: copies/oa
          options: {pattern: "oa_{date}_{time}.sqlite"}
"""


@dataclass
class Saved:
    """Lives nights: copies first, then a run. `stuck` is the file that copies of a system are made
    of, where that is not the system itself."""

    company: Company
    stuck: dict[str, Path] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.company.folder

    def copied(self, system: str, at: datetime | None = None) -> Path:
        """Copy one system as of the coming night."""
        when = at or START + timedelta(days=self.company.day) - AHEAD
        name = when.astimezone(SHANGHAI).strftime(f"{system}_%Y%m%d_%H%M%S.sqlite")
        place = self.folder / "copies" / system / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.stuck.get(system, self.folder / f"{system}.sqlite"), place)
        os.utime(place, (when.timestamp(), when.timestamp()))
        return place

    def night(self, *systems: str) -> RunRow:
        """Copy these systems, then run."""
        for system in systems:
            self.copied(system)
        return self.company.run()


def saved(company: Company) -> Saved:
    """The company with the section `backups` and empty folders."""
    path = company.folder / "governance.yaml"
    path.write_text(path.read_text(encoding="utf-8") + YAML, encoding="utf-8")
    for system in ("crm", "oa"):
        (company.folder / "copies" / system).mkdir(parents=True)
    return Saved(company)
