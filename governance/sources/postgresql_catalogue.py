"""What PostgreSQL's catalogue tells: tables, columns, rights, and what was rebuilt meanwhile."""

from __future__ import annotations

from typing import Any

import psycopg

RELATIONS = """
SELECT c.oid, n.nspname, c.relname, pg_table_is_visible(c.oid),
       has_schema_privilege(n.oid, 'USAGE'), row_security_active(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY pg_table_is_visible(c.oid) DESC, n.nspname, c.relname
"""

COLUMNS = """
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod),
       has_column_privilege(a.attrelid, a.attnum, 'SELECT')
FROM pg_attribute AS a
WHERE a.attrelid = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

# The catalogue is seen as of the snapshot, but functions and names go by what is true now.
REBUILT = """
SELECT EXISTS (
  SELECT FROM pg_locks AS l LEFT JOIN pg_class AS c ON c.oid = l.relation
  WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation'
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND pg_index_has_property(l.relation, 'clusterable') IS NULL
    AND (c.oid IS NULL
         OR c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)))
"""


def rebuilt(conn: psycopg.Connection[Any]) -> bool:
    """Whether a table that this transaction has read was rewritten, emptied by TRUNCATE or
    replaced since the transaction's snapshot.

    PostgreSQL then shows the new rows to nobody who looks from before: the table reads as empty,
    without an error. What was read stays locked, so it cannot happen after this was asked.
    """
    row = conn.execute(REBUILT).fetchone()
    return bool(row and row[0])
