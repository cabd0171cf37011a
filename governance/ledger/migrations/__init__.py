"""Revisions of the ledger, oldest first. A new one is a file in `versions`, a line in `KNOWN`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

KNOWN = ("0001", "0002", "0003", "0004", "0005", "0006")
HEAD = KNOWN[-1]


def upgrade(connection: Connection) -> None:
    """Bring the ledger to `HEAD` inside the caller's transaction."""
    # Alembic takes longer to import than a ledger of today's form takes to open.
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
