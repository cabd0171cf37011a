"""What every part of one run needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from governance.config.model import CheckConfig, Config, SourceConfig
from governance.ledger import Ledger
from governance.ledger.rows import RunRow
from governance.store import Home, Proofs


@dataclass(frozen=True)
class Context:
    """What every part of a run needs. `clock` gives aware UTC, `stop` asks to leave early."""

    ledger: Ledger
    home: Home
    config: Config
    run: RunRow
    fence: int
    clock: Callable[[], datetime]
    stop: Callable[[], bool]
    proofs: Proofs = field(default_factory=Proofs)

    @property
    def checks(self) -> tuple[CheckConfig, ...]:
        wanted = self.run.checks
        return tuple(c for c in self.config.every_check if wanted is None or c.name in wanted)

    @property
    def sources(self) -> tuple[SourceConfig, ...]:
        """Those asked for; where only checks were, those that the checks look at."""
        wanted = self.run.sources
        if wanted is None and self.run.checks is not None:
            wanted = tuple({source for check in self.checks for source in check.sources})
        return tuple(s for s in self.config.sources if wanted is None or s.name in wanted)
