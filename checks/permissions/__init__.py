"""Who can see and do what: accounts, roles and grants of several systems, as one company.

Pure functions of facts that were read, a policy and a moment. Nothing here reads or asks.
"""

from __future__ import annotations

CODE = "permissions"
# The kind of its findings.
OVERREACH = "overreach"
TITLE = "permissions.check.title"
