"""Where a process keeps what it needs for reading: one desk a process, shared by its threads."""

from __future__ import annotations

from collections.abc import Collection

from governance.access import Actor
from governance.ledger.database import Database
from governance.reading.current import current
from governance.reading.findings import Findings
from governance.reading.shelf import Shelf
from governance.store import Home


class Desk:
    """Keeps attached files and proofs between calls. Safe for many threads."""

    def __init__(self, home: Home, database: Database) -> None:
        self.shelf = Shelf(home)
        self.database = database

    def view(self, actor: Actor, checks: Collection[str] | None = None) -> Findings:
        """What `actor` may see of what the newest sealed runs found, at this moment.

        `checks` names the configured checks, so that one taken out of the configuration no longer
        speaks; None takes them all.
        """
        return Findings(self.shelf, self.database, current(self.database, checks), actor)

    def close(self) -> None:
        self.shelf.close()
