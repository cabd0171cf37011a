"""Which rules of its normaliser changed a value, asked once per value and remembered."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from checks.normalisers import explain, install

if TYPE_CHECKING:
    import duckdb

REMEMBERED = 5000


class Explainer:
    """One connection with the normalisers of one business zone. Safe for many threads."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._lock = threading.Lock()
        self._con: duckdb.DuckDBPyConnection | None = None
        self._ready: set[str] = set()
        # Values come from the sources, so only so many are kept.
        self.fired = lru_cache(maxsize=REMEMBERED)(self._fired)

    def _fired(self, reader: str, value: str) -> tuple[str, ...]:
        import duckdb

        with self._lock:
            if self._con is None:
                self._con = duckdb.connect()
            if reader not in self._ready:
                install(self._con, {reader}, self._zone)
                self._ready.add(reader)
            return explain(self._con, reader, value)


@lru_cache(maxsize=4)
def explainer(zone: str) -> Explainer:
    """The process's explainer for a business zone (an IANA name)."""
    return Explainer(zone)
