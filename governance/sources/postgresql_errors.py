"""What a PostgreSQL error means for the one who decides: try again, mend the mapping, or ask."""

from __future__ import annotations

import psycopg

from governance.errors import GovernanceError, SchemaDrift, SourceRefused, SourceUnavailable

# Failures before a session exists carry no SQLSTATE, only words: libpq's and psycopg's own in
# English, the server's in its language.
CLIENT_SIDE = (
    "failed to resolve host", "name or service not known", "name resolution",
    "refused", "timeout expired", "timed out", "could not translate host name", "unreachable",
    "no route to host", "server closed the connection unexpectedly", "no such file or directory",
    "reset by peer", "could not receive data", "could not send data", "ssl syscall",
)  # fmt: skip
BUSY = (
    "too many", "remaining connection slots", "starting up", "shutting down", "recovery",
    "太多", "正在启动", "正在关闭", "恢复",
)  # fmt: skip
TIMEOUT_WORDS = ("statement timeout", "语句超时")


def connecting(error: psycopg.Error, source: str, address: str, user: str) -> GovernanceError:
    """The error for a connection that did not come about."""
    words = str(error).lower()
    if any(word in words for word in BUSY):
        return SourceUnavailable("source.busy", source=source, address=address)
    if any(word in words for word in CLIENT_SIDE):
        return SourceUnavailable("source.unreachable", source=source, address=address)
    if error.sqlstate == "3D000" or ("database" in words and "does not exist" in words):
        return SourceRefused("source.database_missing", source=source, address=address)
    return SourceRefused("source.login", source=source, address=address, user=user)


def reading(error: psycopg.Error, source: str, table: str, seconds: int) -> GovernanceError:
    """The error for a statement that failed. Server texts are left out: they may quote cells."""
    state = error.sqlstate or ""
    if state == "57014":
        if any(word in str(error).lower() for word in TIMEOUT_WORDS):
            return SourceUnavailable("source.timeout", source=source, seconds=seconds)
        return SourceUnavailable("source.lost", source=source)
    if state == "55P03":
        return SourceUnavailable("source.locked", source=source, table=table)
    if state[:2] in ("53", "58"):
        return SourceUnavailable("source.busy", source=source, address=table)
    if not state or state[:2] in ("08", "57", "25", "40"):
        return SourceUnavailable("source.lost", source=source)
    if state == "42501":
        return SourceRefused("source.no_select", source=source, table=table)
    if state == "42P01":
        return SchemaDrift("source.table_missing", source=source, table=table)
    if state in ("22P02", "42883", "22003", "22007", "22008"):
        return SourceRefused("source.value_misfit", source=source, table=table, state=state)
    if state.startswith("22021"):
        return SourceRefused("source.not_text", source=source, table=table)
    return SourceRefused("source.query_failed", source=source, table=table, state=state)
