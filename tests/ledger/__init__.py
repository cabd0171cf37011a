"""The ledger: each test opens one of its own."""
