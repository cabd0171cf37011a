"""One look at the backups of a system: catalogues, the inside of the newest dumps, restores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checks.backups.model import Backup, Catalogue, Content, Mark, Problem, Restore
from checks.backups.series import series_of, when
from checks.errors import CodedError
from governance.backups.contents import Contents
from governance.backups.drills.told import restores_of
from governance.backups.gather import Gathered, gather
from governance.backups.past import Address, Past
from governance.config.backups import BackupSystem, CatalogueConfig
from governance.runs.work import Work


@dataclass(frozen=True)
class Seen:
    """What was seen of one system. `gathered` is by catalogue; `contents` by catalogue and backup,
    each with the stamp of what was read. `problems` are of the
    system itself."""

    system: BackupSystem
    gathered: Mapping[str, Gathered]
    contents: Mapping[tuple[str, str], tuple[Content, str]]
    restores: tuple[Restore, ...]
    problems: tuple[Problem, ...] = ()

    def catalogue(self, name: str) -> Catalogue | None:
        return self.gathered[name].catalogue

    @property
    def dark(self) -> dict[str, tuple[Problem, ...]]:
        """Catalogues of which nothing is known, and why: not read, or nothing in them and the tool
        itself says that this proves nothing."""
        found: dict[str, tuple[Problem, ...]] = {}
        for name, gathered in self.gathered.items():
            catalogue = gathered.catalogue
            if gathered.error is not None:
                found[name] = (Problem(gathered.error.code, gathered.error.params),)
            elif catalogue is not None and not catalogue.backups and not catalogue.is_whole:
                found[name] = catalogue.problems
        return found

    @property
    def catalogues(self) -> tuple[tuple[str, Catalogue], ...]:
        """Those that could be read."""
        found = ((name, g.catalogue) for name, g in self.gathered.items())
        return tuple((name, catalogue) for name, catalogue in found if catalogue is not None)


@dataclass(frozen=True)
class Looking:
    """Looks at systems within one run."""

    work: Work
    past: Past
    contents: Contents

    def look(self, system: BackupSystem) -> Seen:
        """Everything that can be seen of a system now; what cannot is told as such.

        Raises SourceUnavailable once asked to stop.
        """
        memory = self.work.home.path / "backups" / system.name
        gathered = {
            c.name: gather(c, self.work.as_of, self.work.stop, memory) for c in system.catalogues
        }
        inside: dict[tuple[str, str], tuple[Content, str]] = {}
        for config in system.catalogues:
            catalogue = gathered[config.name].catalogue
            if catalogue is not None:
                inside |= self._inside(system, config, catalogue)
        restores, problems = self._restores(system)
        return Seen(system, gathered, inside, restores, problems)

    def _restores(self, system: BackupSystem) -> tuple[tuple[Restore, ...], tuple[Problem, ...]]:
        """Our drills and those that were told; a file of these that cannot be read is no proof."""
        ledger = self.work.ledger
        try:
            return restores_of(ledger, system, self.work.config.time_zone), ()
        except CodedError as error:
            unread = Problem(error.code, error.params, Mark.RESTORABLE)
            return ledger.drills.restores(system.name), (unread,)

    def _inside(
        self, system: BackupSystem, config: CatalogueConfig, catalogue: Catalogue
    ) -> dict[tuple[str, str], tuple[Content, str]]:
        """The inside of each series' newest backup, read now; of others what was read before."""
        newest = {b.id for b in newest_of(catalogue)} if config.content else set()
        found = {}
        for backup in catalogue.backups:
            place: Address = (system.name, config.name, backup.id)
            known = self.past.contents.get(place)
            if backup.id in newest:
                stamp = self.contents.stamp(system, backup)
                if stamp is not None and (known is None or known[1] != stamp):
                    content = self.contents.read(system, config, backup)
                    known = None if content is None else (content, stamp)
            if known is not None:
                found[(config.name, backup.id)] = known
        return found


def newest_of(catalogue: Catalogue) -> tuple[Backup, ...]:
    """Of each series the newest, and the newest that is done where that is another."""
    found: dict[str, Backup] = {}
    for series in series_of(catalogue):
        for backup in (series.newest, series.newest_usable):
            if backup is not None:
                found[backup.id] = backup
    return tuple(sorted(found.values(), key=lambda b: (when(b), b.id)))
