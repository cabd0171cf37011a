"""Who can delete or restore backups, out of the permissions that a run has worked out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from checks.backups.keepers import Keeping, keeping
from governance.config.backups import BackupsConfig, BackupSystem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Rights = Mapping[str, frozenset[str]]


def rights_of(con: DuckDBPyConnection) -> tuple[Rights | None, dict[str, int]]:
    """By human the functions in their hands, and by function how many accounts without a human hold
    it. None where this run has not looked at permissions."""
    if not con.execute("SELECT count(*) FROM perm_accounts").fetchall()[0][0]:
        return None, {}
    held: dict[str, set[str]] = {}
    strangers: dict[str, int] = {}
    for human, function, accounts in con.execute(
        "SELECT human, function, count(DISTINCT (system, account)) FROM perm_holdings GROUP BY ALL"
    ).fetchall():
        if human is None:
            strangers[function] = accounts
        else:
            held.setdefault(human, set()).add(function)
    return {human: frozenset(functions) for human, functions in held.items()}, strangers


def names_of(con: DuckDBPyConnection) -> dict[str, str]:
    """Names of people by human."""
    found = con.execute("SELECT human, name FROM perm_people WHERE name IS NOT NULL").fetchall()
    return dict(found)


def keepers_of(
    config: BackupsConfig,
    system: BackupSystem,
    rights: Rights | None,
    strangers: Mapping[str, int],
) -> Keeping:
    """Who keeps the backups of one system."""
    watched = {*system.delete, *system.restore}
    return keeping(
        rights,
        system.delete,
        system.restore,
        {other.name: other.erase for other in config.systems if other.erase},
        sum(count for function, count in strangers.items() if function in watched),
    )
