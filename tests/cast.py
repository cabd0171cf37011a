"""The fixed cast of the tests. The same four people everywhere, so that a test's line says who.

Lin leads and looks, Wang keeps the data in order, Zhao approves for one branch, and nobody knows
who the outsider is.
"""

from __future__ import annotations

from governance.access import Actor, Right

BRANCH = "上海分公司"
OTHER_BRANCH = "苏州分公司"

LEADER = Actor("lin", frozenset({Right.VIEW}))
STEWARD = Actor("wang", frozenset(Right))
APPROVER = Actor("zhao", frozenset({Right.VIEW, Right.DECIDE}), departments=frozenset({BRANCH}))
OUTSIDER = Actor("outsider")

CAST = (LEADER, STEWARD, APPROVER, OUTSIDER)
