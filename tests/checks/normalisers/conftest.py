"""One prepared connection for the whole package: normalisers keep no state on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from checks.normalisers import NORMALISERS, TYPES, expression, install

Canonical = Callable[..., list[str | None]]


@pytest.fixture(scope="package")
def con() -> Iterator[Any]:
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    install(
        connection, [*NORMALISERS, *(reader.name for reader in TYPES.values())], "Asia/Shanghai"
    )
    yield connection
    connection.close()


@pytest.fixture(scope="package")
def canonical(con: Any) -> Canonical:
    """The canonical texts of some values, read as one column."""

    def read(name: str, *values: str | None) -> list[str | None]:
        column = "(SELECT unnest(CAST($1 AS VARCHAR[])) AS value)"
        query = f"SELECT {expression(name, 'value')} FROM {column}"
        return [row[0] for row in con.execute(query, [list(values)]).fetchall()]

    return read
