"""In a demo the systems' administrators do what signed reviews want, before the next run looks.

Duiqi itself changes no system; these are the made-up company's own databases, in the demo's home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.config import Config
    from governance.ledger import Ledger
    from governance.store import Home
    from governance.worker.workbench import Execute


def obeying(execute: Execute) -> Execute:
    """`execute`, after the administrators of a demo have done their work."""

    def carried_out(ledger: Ledger, home: Home, config: Config, run_id: int, **rest: Any) -> object:
        if config.demo:
            obey(ledger, home)
        return execute(ledger, home, config, run_id, **rest)

    return carried_out


def obey(ledger: Ledger, home: Home) -> int:
    """Take away what signed campaigns revoked; returns how many grants that were."""
    # A worker of a real company never needs the demo's tools.
    from governance.demo.access.revoking import revoke
    from governance.demo.home import COMPANY
    from governance.demo.stores import FileStores
    from governance.reviews.outcome import signed_revocations

    stores = FileStores(home.path / COMPANY)
    done = 0
    for line in signed_revocations(ledger):
        system, facts = line.system, line.facts
        for store, path in stores.databases.items():
            if store == system and facts["into_node"] == "role" and path.is_file():
                done += revoke(stores, store, str(facts["account"]), str(facts["into"]))
    return done
