"""What a run's sealed file holds of permissions, table by table.

Lists and paths are JSON texts: `path` a list of hops (`what`, `id`, `name`), `witness` as
`governance.permissions.told` writes it.
"""

from __future__ import annotations

from checks.sql import quoted

# `posts` are departments held beside the main one, as JSON.
PEOPLE = {
    "human": "VARCHAR",
    "name": "VARCHAR",
    "status": "VARCHAR",
    "department": "VARCHAR",
    "job": "VARCHAR",
    "family": "VARCHAR",
    "manager": "VARCHAR",
    "left_on": "DATE",
    "posts": "VARCHAR",
}
# The departments as each system has them; people and records name them by id.
# `leader` is a human.
DEPARTMENTS = {
    "system": "VARCHAR",
    "id": "VARCHAR",
    "parent": "VARCHAR",
    "name": "VARCHAR",
    "leader": "VARCHAR",
}
# Every account with whom it belongs to; `candidates` and `params` are JSON.
ACCOUNTS = {
    "system": "VARCHAR",
    "account": "VARCHAR",
    "login": "VARCHAR",
    "name": "VARCHAR",
    "kind": "VARCHAR",
    "is_enabled": "BOOLEAN",
    "is_admin": "BOOLEAN",
    "department": "VARCHAR",
    "last_login": "TIMESTAMP",
    "link": "VARCHAR",
    "human": "VARCHAR",
    "confidence": "DOUBLE",
    "reason": "VARCHAR",
    "candidates": "VARCHAR",
    "is_second": "BOOLEAN",
}
# What can be taken away: one line for each account in a role or group, and each own grant.
# `functions` are those that it gives, as JSON, `path` the shortest of the paths through it.
GRANTS = {
    "system": "VARCHAR",
    "account": "VARCHAR",
    "into": "VARCHAR",
    "into_node": "VARCHAR",
    "name": "VARCHAR",
    "scope": "VARCHAR",
    "until": "TIMESTAMP",
    "granted_by": "VARCHAR",
    "granted_at": "TIMESTAMP",
    "is_orphan": "BOOLEAN",
    "functions": "VARCHAR",
    "path": "VARCHAR",
    "first_seen": "TIMESTAMP",
    "first_run": "INTEGER",
}
# What it comes to: the functions in the hands of each account; `paths` is JSON, the shortest first.
# `allowed` is the widest scope that the job family may have, `beyond` that more is held; both NULL
# where nobody can tell.
HOLDINGS = {
    "system": "VARCHAR",
    "account": "VARCHAR",
    "human": "VARCHAR",
    "function": "VARCHAR",
    "is_all": "BOOLEAN",
    "own": "BOOLEAN",
    "departments": "VARCHAR",
    "words": "VARCHAR",
    "is_bypass": "BOOLEAN",
    "allowed": "VARCHAR",
    "beyond": "BOOLEAN",
    "paths": "VARCHAR",
}
# What the log says of it, beside each holding: `used`, `unused` or `not_evaluable` with the reason.
HOLDINGS |= {
    "used": "VARCHAR",
    "used_count": "BIGINT",
    "used_at": "TIMESTAMP",
    "used_id": "VARCHAR",
    "used_rows": "BIGINT",
    "touched": "VARCHAR",
    "unplaced": "BIGINT",
    "used_reason": "VARCHAR",
    "used_params": "VARCHAR",
}
VERDICTS = {
    "finding_id": "VARCHAR",
    "rule": "VARCHAR",
    "kind": "VARCHAR",
    "ruling": "VARCHAR",
    "subject": "VARCHAR",
    "facet": "VARCHAR",
    "severity": "VARCHAR",
    "system": "VARCHAR",
    "department": "VARCHAR",
    "human": "VARCHAR",
    "reason": "VARCHAR",
    "params": "VARCHAR",
    "witness": "VARCHAR",
    "exempt_owner": "VARCHAR",
    "exempt_reason": "VARCHAR",
    "exempt_until": "DATE",
    "first_seen": "TIMESTAMP",
    "first_run": "INTEGER",
}
RULES = {
    "rule": "VARCHAR",
    "population": "BIGINT",
    "passed": "BIGINT",
    "failed": "BIGINT",
    "not_evaluable": "BIGINT",
    "excepted": "BIGINT",
}
# Changes of department that a run noticed by itself.
MOVES = {"person": "VARCHAR", "before": "VARCHAR", "after": "VARCHAR", "at": "TIMESTAMP"}
# What of a system could not be seen, or not be understood; `params` is JSON.
BLIND = {"system": "VARCHAR", "kind": "VARCHAR", "code": "VARCHAR", "params": "VARCHAR"}

# Records and distinct phone numbers that people reach beyond need, by department; the first line,
# without a name, is everybody, and `?` nobody's department. `unclear` is JSON: reasons, counted.
EXPOSURE = {
    "department": "VARCHAR",
    "looked_at": "BIGINT",
    "accounts": "BIGINT",
    "rows": "BIGINT",
    "phones": "BIGINT",
    "unclear": "VARCHAR",
}
BEYOND = {
    "system": "VARCHAR",
    "account": "VARCHAR",
    "human": "VARCHAR",
    "department": "VARCHAR",
    "rows": "BIGINT",
    "phones": "BIGINT",
}

ALL = {
    "perm_people": PEOPLE,
    "perm_accounts": ACCOUNTS,
    "perm_departments": DEPARTMENTS,
    "perm_grants": GRANTS,
    "perm_holdings": HOLDINGS,
    "perm_verdicts": VERDICTS,
    "perm_rules": RULES,
    "perm_moves": MOVES,
    "perm_blind": BLIND,
    "perm_exposure": EXPOSURE,
    "perm_beyond": BEYOND,
}
TABLES = {
    name: f"CREATE TABLE {name} ({', '.join(f'{quoted(c)} {kind}' for c, kind in columns.items())})"
    for name, columns in ALL.items()
}
