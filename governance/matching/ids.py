"""Which column names a record of one side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from governance.config.synonyms import parts, shipped
from governance.errors import ConfigError
from governance.matching.roles import Looked

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ID_WORDS = ("id", "no", "code", "key", "bh", "编号", "编码", "号码", "序号")


def id_of(
    con: DuckDBPyConnection, side: str, shown: str, known: Mapping[str, Looked], told: str | None
) -> str:
    """The column whose values name a row each: the one told, else the likeliest by name and place.

    Raises ConfigError where the one told has empty or repeated values, or where none fits.
    """
    places = {name: at for at, name in enumerate(known)}
    if told is not None:
        if told not in places:
            raise ConfigError("match.id_hidden", option=f"--{side}-id", column=told)
        rows, filled, distinct = _counts(con, side, places[told])
        if filled < rows or distinct < filled:
            repeated, empty = filled - distinct, rows - filled
            raise ConfigError(
                "match.id_repeated", side=shown, column=told, repeated=repeated, empty=empty
            )
        return told
    fit = [name for name, at in places.items() if len(set(_counts(con, side, at))) == 1]
    if not fit:
        raise ConfigError("match.no_id", side=shown, option=f"--{side}-id")
    return min(fit, key=lambda name: (not _like_an_id(name), places[name]))


def _like_an_id(name: str) -> bool:
    words = parts(name)
    named = bool(words) and (words[-1] in _ID_WORDS or name.endswith(_ID_WORDS[-4:]))
    keys = {f"{entity}_no" for entity in shipped().fields}
    return named or name.casefold() in keys


def _counts(con: DuckDBPyConnection, side: str, place: int) -> tuple[int, int, int]:
    (row,) = con.execute(
        f"SELECT count(*), count(nullif(trim(x{place}), '')), count(DISTINCT x{place})"
        f" FROM {side}_landed"
    ).fetchall()
    return int(row[0]), int(row[1]), int(row[2])
