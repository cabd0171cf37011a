"""Where runs leave what they saw: sealed, immutable DuckDB files under one home directory."""

from governance.store.chain import Chains, Index, Link, Opened
from governance.store.home import Home, home_path, open_home
from governance.store.proofs import Proofs
from governance.store.sealed import Sealed, attach, attached, engine, put_aside, seal, verify

__all__ = [
    "Chains",
    "Home",
    "Index",
    "Link",
    "Opened",
    "Proofs",
    "Sealed",
    "attach",
    "attached",
    "engine",
    "home_path",
    "open_home",
    "put_aside",
    "seal",
    "verify",
]
