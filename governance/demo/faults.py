"""The truth about the demo company: what was planted, differences and overreach, and how long."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from governance.demo.company import Key

ALIGNED = ("normalized", "within_tolerance")


@dataclass(frozen=True)
class Fault:
    """One planted difference of one pair of sources.

    `key` is the normalised key, empty for a row that has none (`row` then names it to people).
    `field` and `cell_class` are None where whole rows are missing, too many or without a key.
    `copies` counts the rows that one finding of this identity stands for. It shows in the data of
    the days `planted <= day < healed`; `healed` None means that nobody mends it.
    """

    entity: str
    left: str
    right: str
    key: Key
    kind: str
    cause: str
    planted: int
    healed: int | None = None
    field: str | None = None
    cell_class: str | None = None
    copies: int = 1
    row: str | None = None

    def shows_on(self, day: int) -> bool:
        return self.planted <= day and (self.healed is None or day < self.healed)

    @property
    def is_aligned(self) -> bool:
        """Whether this is a difference in writing only, which must not become a finding."""
        return self.cell_class in ALIGNED


@dataclass(frozen=True)
class Outage:
    """A night on which a source could not be read; nothing that needs it can be judged."""

    day: int
    source: str


@dataclass(frozen=True)
class Overreach:
    """Somebody may do, or did, what they should not: one failure of a rule.

    `rule` and `subject` are those of the verdict. It shows on the same days as a fault does.
    """

    rule: str
    subject: str
    cause: str
    planted: int
    healed: int | None = None

    def shows_on(self, day: int) -> bool:
        return self.planted <= day and (self.healed is None or day < self.healed)


@dataclass(frozen=True)
class BackupFault:
    """What is wrong with the backups of a system: a finding of that fault, from the run of day
    `planted` on to the day before `healed`."""

    system: str
    fault: str
    cause: str
    planted: int
    healed: int | None = None

    def shows_on(self, day: int) -> bool:
        return self.planted <= day and (self.healed is None or day < self.healed)


@dataclass(frozen=True)
class Truth:
    """Everything there is to find, and everything that must not be found."""

    seed: int
    size: int
    days: int
    today: date
    faults: tuple[Fault, ...]
    outages: tuple[Outage, ...]
    overreach: tuple[Overreach, ...] = ()
    backups: tuple[BackupFault, ...] = ()

    def backups_at(self, day: int) -> tuple[BackupFault, ...]:
        """What the backups of that night, and of those before, must be found to lack."""
        return tuple(b for b in self.backups if b.shows_on(day))

    def overreach_at(self, day: int) -> tuple[Overreach, ...]:
        """The failures of rules about permissions that the data of `day` must give."""
        return tuple(o for o in self.overreach if o.shows_on(day))

    def at(self, day: int) -> tuple[Fault, ...]:
        """The findings that the data of `day` must give, no more and no fewer."""
        return tuple(f for f in self.faults if not f.is_aligned and f.shows_on(day))

    def aligned_at(self, day: int) -> tuple[Fault, ...]:
        """The planted differences of that day that are aligned by rule."""
        return tuple(f for f in self.faults if f.is_aligned and f.shows_on(day))

    def is_readable(self, source: str, day: int) -> bool:
        return Outage(day, source) not in self.outages

    def write(self, path: Path) -> None:
        """As JSON beside the stores, one fault a line so that people can search it."""
        head = {"seed": self.seed, "size": self.size, "days": self.days}
        lines = ",\n".join(json.dumps(asdict(f), ensure_ascii=False) for f in self.faults)
        rights = ",\n".join(json.dumps(asdict(o), ensure_ascii=False) for o in self.overreach)
        saved = ",\n".join(json.dumps(asdict(b), ensure_ascii=False) for b in self.backups)
        outages = json.dumps([asdict(outage) for outage in self.outages])
        text = json.dumps({**head, "today": self.today.isoformat()}, ensure_ascii=False)
        path.write_text(
            f'{text[:-1]},\n"outages": {outages},\n"overreach": [\n{rights}\n],\n'
            f'"backups": [\n{saved}\n],\n'
            f'"faults": [\n{lines}\n]}}\n',
            encoding="utf-8",
        )


def read_truth(path: Path) -> Truth:
    """The truth file that `Truth.write` wrote. Raises OSError, ValueError or KeyError."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return Truth(
        seed=told["seed"],
        size=told["size"],
        days=told["days"],
        today=date.fromisoformat(told["today"]),
        faults=tuple(Fault(**{**f, "key": tuple(f["key"])}) for f in told["faults"]),
        outages=tuple(Outage(**outage) for outage in told["outages"]),
        overreach=tuple(Overreach(**o) for o in told["overreach"]),
        backups=tuple(BackupFault(**b) for b in told["backups"]),
    )
