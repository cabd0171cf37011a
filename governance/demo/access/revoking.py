"""Taking rights away in the demo's systems, as their administrators do after a review."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from governance.demo.access.accounts import DISABLED
from governance.demo.schema import table_of
from governance.demo.shapes import Store
from governance.demo.stores import FileStores


def revoke(stores: FileStores, system: Store, member: str, into: str) -> bool:
    """Take the account `member` out of the role `into` (both ids); False where it is not in it.

    What the plan of the days still does to that row later comes to nothing.
    """
    shape = table_of(system, "membership")
    account, role = shape.column_of("account"), shape.column_of("role")
    sql = f"DELETE FROM {shape.name} WHERE {account} = ? AND {role} = ?"
    return _carried_out(stores, system, sql, member, into)


def close(stores: FileStores, system: Store, account: str) -> bool:
    """Disable an account (its id); False where there is none, or it is disabled already."""
    shape = table_of(system, "account")
    status = shape.column_of("status")
    sql = f"UPDATE {shape.name} SET {status} = ? WHERE id = ? AND {status} <> ?"
    return _carried_out(stores, system, sql, DISABLED, account, DISABLED)


def _carried_out(stores: FileStores, system: Store, sql: str, *values: str) -> bool:
    with closing(sqlite3.connect(stores.databases[system])) as connection, connection:
        return connection.execute(sql, values).rowcount > 0
