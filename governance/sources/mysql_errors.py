"""What a MySQL or MariaDB error means for the one who decides."""

from __future__ import annotations

import pymysql

from governance.errors import GovernanceError, SchemaDrift, SourceRefused, SourceUnavailable

LOGIN = {1044, 1045, 1130, 1251, 1524, 1698, 1862, 3118, 3955}
BUSY = {1040, 1041, 1129, 1135, 1203, 1226}
UNREACHABLE = {2002, 2003, 2005}
LOST = {1053, 1077, 1152, 1158, 1159, 1160, 1161, 1213, 1317, 1927, 2006, 2013, 2055}
TIMEOUT = {1969, 3024}
LOCKED = {1205}
REBUILT = {1412}
NO_RIGHT = {1142, 1143, 1227, 1370, 1356}


def number(error: Exception) -> int:
    """The server's or client's error number; 0 where there is none."""
    return int(error.args[0]) if error.args and isinstance(error.args[0], int) else 0


def connecting(error: Exception, source: str, address: str, user: str) -> GovernanceError:
    """The error for a connection that did not come about."""
    code = number(error)
    if code in BUSY:
        return SourceUnavailable("source.busy", source=source, address=address)
    if code == 1049:
        return SourceRefused("source.database_missing", source=source, address=address)
    if code in LOGIN:
        return SourceRefused("source.login", source=source, address=address, user=user)
    if code in UNREACHABLE or code in LOST or isinstance(error, OSError):
        return SourceUnavailable("source.unreachable", source=source, address=address)
    if isinstance(error, RuntimeError):
        # pymysql asks for `cryptography` when the server hashes passwords the newer way.
        return SourceRefused("source.driver_missing", source=source, module="cryptography")
    return SourceRefused("source.login", source=source, address=address, user=user)


def reading(error: Exception, source: str, table: str, seconds: int) -> GovernanceError:
    """The error for a statement that failed. Server texts are left out: they may quote cells."""
    code = number(error)
    if code in TIMEOUT:
        return SourceUnavailable("source.timeout", source=source, seconds=seconds)
    if code in LOCKED:
        return SourceUnavailable("source.locked", source=source, table=table)
    if code in REBUILT:
        return SourceUnavailable("source.rebuilt", source=source, table=table)
    if code in BUSY:
        return SourceUnavailable("source.busy", source=source, address=table)
    # The driver itself has no number for a connection that was cut in the middle of a packet.
    lost = isinstance(error, OSError | pymysql.err.InterfaceError)
    if code in LOST or code in UNREACHABLE or lost:
        return SourceUnavailable("source.lost", source=source)
    if code in NO_RIGHT:
        return SourceRefused("source.no_select", source=source, table=table)
    if code == 1146:
        return SchemaDrift("source.table_missing", source=source, table=table)
    return SourceRefused("source.query_failed", source=source, table=table, state=code)
