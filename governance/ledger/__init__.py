"""The ledger: what ran, what it left, who decided what. Its commit makes sealed files visible.

`open_ledger` is the way in; `rows` holds the values that go in and out.
"""

from governance.ledger.database import WORKER_LEASE, LedgerRefused
from governance.ledger.engine import Ledger, open_ledger
from governance.ledger.lease import LEASE_TIME

__all__ = ["LEASE_TIME", "WORKER_LEASE", "Ledger", "LedgerRefused", "open_ledger"]
