"""Where a process keeps what it needs for reading: one desk a process, shared by its threads."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from checks.outcome import DRIFT
from governance.access import Actor, Right
from governance.ledger.database import Database
from governance.reading.current import current, newest_sealed
from governance.reading.drift import Profiles
from governance.reading.findings import Findings
from governance.reading.model import Reading, Source
from governance.reading.shelf import Shelf
from governance.reading.voices import Voices, utc_now
from governance.store import Home


class Desk:
    """Keeps attached files and proofs between calls. Safe for many threads.

    `clock` tells what time it is for waivers, ages and due dates.
    """

    def __init__(
        self, home: Home, database: Database, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.shelf = Shelf(home)
        self.profiles = Profiles(home, self.shelf.proofs)
        self.database = database
        self.voices = Voices(database, clock)

    def view(self, actor: Actor, checks: Collection[str] | None = None) -> Findings:
        """What `actor` may see of what the newest sealed runs found, at this moment.

        `checks` names the configured checks, so that one taken out of the configuration no longer
        speaks; None takes them all.
        """
        reading = current(self.database, checks)
        return Findings(self.shelf, self.database, reading, actor, self.voices)

    def drift(self, actor: Actor) -> Findings:
        """What drifted, as the newest sealed run has it; it speaks of whole tables, so of the whole
        company to whoever may look. Raises PermissionRefused without the right to view."""
        actor.require(Right.VIEW)
        newest = newest_sealed(self.database)
        reading = Reading((Source(DRIFT, newest),) if newest else ())
        whole = replace(actor, departments=None)
        return Findings(self.shelf, self.database, reading, whole, self.voices)

    def close(self) -> None:
        self.shelf.close()
