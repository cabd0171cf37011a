"""Everything that a run finds of backups, ready to be sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from checks.backups.keepers import Keeping
from governance.backups.fitting import Fit, fit
from governance.backups.judging import Told
from governance.backups.keeping import keepers_of, names_of, rights_of
from governance.backups.past import Past
from governance.backups.whole import Whole, whole
from governance.config.backups import BackupsConfig
from governance.runs.work import Work


@dataclass(frozen=True)
class Found:
    """By system what was judged; by group whether backups fit. `names` are people's, by human."""

    told: tuple[Told, ...]
    wholes: Mapping[str, Whole]
    keepings: Mapping[str, Keeping]
    fits: tuple[Fit, ...]
    names: Mapping[str, str]


def found_of(work: Work, config: BackupsConfig, told: Sequence[Told], past: Past) -> Found:
    """What holds of each system as a whole, of all of them together, and who keeps them."""
    rights, strangers = rights_of(work.con)
    zone = work.config.time_zone
    return Found(
        told=tuple(told),
        wholes={
            t.seen.system.name: whole(t, past, work.as_of, zone, _since(t, past, work.as_of))
            for t in told
        },
        keepings={s.name: keepers_of(config, s, rights, strangers) for s in config.systems},
        fits=tuple(fit(work.con, group, told) for group in config.together),
        names=names_of(work.con),
    )


def _since(told: Told, past: Past, now: datetime) -> datetime:
    """When the first backup of a system was seen: from then on one could be missed."""
    own = [at for place, (at, _) in past.first.items() if place[0] == told.seen.system.name]
    return min(own).replace(tzinfo=UTC) if own else now
