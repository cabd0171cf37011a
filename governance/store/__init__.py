"""Where runs leave what they saw: sealed, immutable DuckDB files under one home directory."""

from governance.store.home import Home, home_path, open_home
from governance.store.sealed import Sealed, attached, engine, put_aside, seal, verify

__all__ = [
    "Home",
    "Sealed",
    "attached",
    "engine",
    "home_path",
    "open_home",
    "put_aside",
    "seal",
    "verify",
]
