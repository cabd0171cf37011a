"""From a table as it was read to two relations that can be compared: `rows` and `odd`.

Everything that costs work per value happens here, once: normalising, tokens and masks for
personal fields, keys and hashes. Comparing afterwards only looks at what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from checks.ahead import Ahead, clear, joined, look
from checks.dictionary import Entity, Tolerance
from checks.dictionary import Mapping as Mapped
from checks.masking import SEPARATOR, VARIABLE, mask, token
from checks.normalisers import install
from checks.sql import literal, only_row, quoted

NOTHING_AHEAD: Mapping[str, Ahead] = MappingProxyType({})
# What every prepared row has besides its fields.
OWN = ("_key", "_raw_hash", "_norm_hash", "_unread")


@dataclass(frozen=True)
class Column:
    """One column as it is compared. `reader` names its normaliser, None means as written."""

    name: str
    reader: str | None = None
    masked: bool = False
    tolerance: Tolerance | None = None

    @property
    def shown(self) -> str:
        """What a person is shown: the raw text, or the mask."""
        return self.name

    @property
    def raw(self) -> str:
        """The column that tells raw values apart."""
        return f"{self.name}__t" if self.masked else self.name

    @property
    def canonical(self) -> str:
        """The column of normalised values: NULL where the normaliser left a value as it is."""
        return f"{self.name}__n" if self.reader else self.raw

    def compared(self, relation: str = "") -> str:
        """SQL for what tells normalised values apart, in a prepared `relation`."""
        raw = relation + quoted(self.raw)
        if not self.reader:
            return raw
        return f"coalesce({relation}{quoted(self.canonical)}, {raw})"


@dataclass(frozen=True)
class Spec:
    """How one side is prepared. Both sides of a comparison name their columns alike.

    `_norm_hash` covers the normalised values of the columns `hashed`, `_raw_hash` the text of all
    columns as it was read; both are MD5 keyed with the `secret`, stable across engine versions.
    Without a secret there are no hashes, rows are compared column by column, and no column may be
    masked. `_unread` names the columns whose value could not be read, NULL for none.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    hashed: tuple[str, ...]
    zone: str = "UTC"
    secret: bytes | None = None

    def __repr__(self) -> str:
        return f"Spec(columns={[c.name for c in self.columns]}, key={list(self.key)})"

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns of `rows` and `odd`, in order."""
        fields = [n for c in self.columns for n in dict.fromkeys((c.shown, c.raw, c.canonical))]
        return (*OWN, *fields)


@dataclass(frozen=True)
class Side:
    """One side of a comparison: where its prepared rows lie, in memory or in a sealed file.

    `rows` holds the unique non-null keys, `odd` all other rows; both are pasted as SQL, so quote
    them. `locator` is a cheap unique column of `rows`. `picked` is a query for the rows under the
    keys of a table `{keys}`, where there is a quicker one than to look through all.
    """

    rows: str
    odd: str
    spec: Spec
    locator: str = "rowid"
    picked: str = ""

    def under(self, keys: str) -> str:
        """SQL for the columns `spec.stored` of the rows under the keys of the table `keys`."""
        stored = ", ".join(quoted(name) for name in self.spec.stored)
        query = (
            self.picked or f"SELECT * FROM {self.rows} WHERE _key IN (SELECT _key FROM {{keys}})"
        )
        return f"SELECT {stored} FROM ({query.replace('{keys}', keys)})"


@dataclass(frozen=True)
class Prepared:
    """What `prepare` left in the connection: `rows` and `odd`, with exactly `spec.stored`.

    `unread` counts, per field, the values its normaliser could not read; they stay as written.
    """

    rows: str
    odd: str
    spec: Spec
    unread: tuple[tuple[str, int], ...]

    def side(self) -> Side:
        return Side(quoted(self.rows), quoted(self.odd), self.spec, "_key")


def spec_of(entity: Entity, mapping: Mapped, *, secret: bytes, zone: str) -> Spec:
    """How rows of `entity` from one source are prepared for sealing: the fields it maps.

    Tolerance is dropped on masked fields: what is kept of them can only be told apart, so they
    are compared more strictly, never less.
    """
    columns = tuple(
        Column(
            f.name,
            f.reader,
            f.sensitivity.is_masked,
            None if f.sensitivity.is_masked else f.tolerance,
        )
        for f in entity.fields
        if f.name in mapping.columns
    )
    shared = {c.name for c in columns if all(c.name in m.columns for m in entity.mappings)}
    return Spec(columns, entity.key, tuple(sorted(shared - set(entity.key))), zone, secret)


def prepare(con: Any, landed: str, prefix: str, spec: Spec) -> Prepared:
    """Build `<prefix>rows` and `<prefix>odd` from the relation `landed` (all text), anew.

    A row whose key is null or seen more than once goes to `odd`. Raises CodedError for an unknown
    normaliser, ValueError for a masked column without a secret.
    """
    if spec.secret is None and any(c.masked for c in spec.columns):
        raise ValueError("a masked column needs a secret")
    readers = {c.reader for c in spec.columns if c.reader}
    install(con, readers, spec.zone)
    everything, repeated = quoted(f"{prefix}all"), quoted(f"{prefix}repeated")
    ahead = look(con, landed, prefix, [(c.name, c.reader) for c in spec.columns if c.reader])
    query = prepared_query(joined(landed, ahead), spec, ahead)
    if spec.secret is not None:
        con.execute(f"SET VARIABLE {VARIABLE} = $1", [spec.secret.hex()])
    try:
        con.execute(f"CREATE OR REPLACE TABLE {everything} AS {query}")
    finally:
        con.execute(f"RESET VARIABLE {VARIABLE}")
    clear(con, ahead)
    con.execute(
        f"CREATE OR REPLACE TABLE {repeated} AS SELECT _key FROM {everything}"
        " WHERE _key IS NOT NULL GROUP BY _key HAVING count(*) > 1"
    )
    _views(con, prefix, spec)
    return Prepared(f"{prefix}rows", f"{prefix}odd", spec, _unread(con, f"{prefix}all", spec))


def hash_rows(con: Any, landed: str, into: str, spec: Spec) -> str:
    """Build `into` (`_at` the row's place in the table `landed`, `_raw_hash`); returns the digest.

    Far cheaper than preparing, so what did not change since the last snapshot need not be prepared
    again. Without a `secret` there is nothing to hash: raises ValueError.
    """
    if spec.secret is None:
        raise ValueError("row hashes need a secret")
    con.execute(f"SET VARIABLE {VARIABLE} = $1", [spec.secret.hex()])
    try:
        con.execute(
            f"CREATE OR REPLACE TABLE {quoted(into)} AS"
            f" SELECT rowid AS _at, {_raw_hash(spec)} AS _raw_hash FROM {quoted(landed)}"
        )
    finally:
        con.execute(f"RESET VARIABLE {VARIABLE}")
    return digest(con, quoted(into))


def digest(con: Any, *relations: str) -> str:
    """One text for all rows of `relations` by their `_raw_hash`, whatever their order.

    A sum, not an exclusive or: two equal rows must not cancel out.
    """
    every = " UNION ALL ".join(f"SELECT _raw_hash AS h FROM {name}" for name in relations)
    # Halves, since 128-bit numbers cannot be summed.
    rows, low, high = only_row(
        con,
        "SELECT count(*), coalesce(sum(CAST(h & 18446744073709551615 AS HUGEINT)), 0),"
        f" coalesce(sum(CAST(h >> 64 AS HUGEINT)), 0) FROM ({every})",
    )
    return f"{rows}:{low}:{high}"


def _views(con: Any, prefix: str, spec: Spec) -> None:
    stored = ", ".join(quoted(name) for name in spec.stored)
    everything, rows, odd, repeated = (
        quoted(f"{prefix}{name}") for name in ("all", "rows", "odd", "repeated")
    )
    con.execute(
        f"CREATE OR REPLACE VIEW {rows} AS SELECT {stored} FROM {everything} AS a"
        f" ANTI JOIN {repeated} AS r USING (_key) WHERE _key IS NOT NULL"
    )
    con.execute(
        f"CREATE OR REPLACE VIEW {odd} AS SELECT {stored} FROM {everything} AS a"
        f" WHERE _key IS NULL OR _key IN (SELECT _key FROM {repeated})"
    )


def unread(con: Any, *relations: str) -> dict[str, int]:
    """Per field, the cells of prepared rows that no normaliser could read; none left out."""
    every = " UNION ALL ".join(f"SELECT _unread FROM {name}" for name in relations)
    found = con.execute(
        "SELECT name, count(*) FROM ("
        f"SELECT unnest(string_split(_unread, {SEPARATOR})) AS name FROM ({every})"
        " WHERE _unread IS NOT NULL) GROUP BY name"
    ).fetchall()
    return {str(name): int(cells) for name, cells in found}


def _unread(con: Any, everything: str, spec: Spec) -> tuple[tuple[str, int], ...]:
    found = unread(con, quoted(everything))
    return tuple((c.name, found[c.name]) for c in spec.columns if c.name in found)


def prepared_query(landed: str, spec: Spec, ahead: Mapping[str, Ahead] = NOTHING_AHEAD) -> str:
    """SQL for the rows of `landed` with the columns `spec.stored` and, per column with a reader,
    `<name>__u`: its value could not be read.

    `ahead` says per column how to read it; `landed` must then be what `checks.ahead.joined` gives.

    Nested selects, so that no normaliser and no token is evaluated twice.
    """
    read = [c for c in spec.columns if c.reader]
    names = [quoted(c.name) for c in spec.columns]
    texts = (_read(c, ahead.get(c.name, Ahead())) for c in read)
    inner = f"SELECT {_list([f'{_raw_hash(spec)} AS _raw_hash'], names, texts)} FROM {landed}"
    inner = f"SELECT {_list(['_raw_hash'], names, (_settled(c) for c in read))} FROM ({inner})"
    protected = (p for c in spec.columns for p in _protected(c))
    inner = f"SELECT {_list(['_raw_hash'], protected)} FROM ({inner})"
    unread = [quoted(c.name + "__u") for c in read]
    fields = map(quoted, spec.stored[len(OWN) :])
    return f"SELECT {_list(_own(spec), fields, unread)} FROM ({inner})"


def _list(*parts: Iterable[str]) -> str:
    return ", ".join(part for group in parts for part in group)


def _read(column: Column, ahead: Ahead) -> str:
    assert column.reader is not None
    read = ahead.read(column.reader, quoted(column.name))
    return f"{read} AS {quoted(column.name + '__x')}"


def _settled(column: Column) -> str:
    raw, read = quoted(column.name), quoted(column.name + "__x")
    return (
        f"coalesce({read}, {raw}) AS {quoted(column.name + '__n')},"
        f" {raw} IS NOT NULL AND {read} IS NULL AS {quoted(column.name + '__u')}"
    )


def _protected(column: Column) -> list[str]:
    raw = quoted(column.name)
    canonical = quoted(column.name + "__n") if column.reader else raw
    rest = [quoted(column.name + "__u")] if column.reader else []
    if not column.masked:
        changed = [f"nullif({canonical}, {raw}) AS {canonical}"] if column.reader else []
        return [raw, *changed, *rest]
    tokens = [f"{token(raw)} AS {quoted(column.raw)}"]
    if column.reader:
        changed_token = f"CASE WHEN {canonical} <> {raw} THEN {token(canonical)} END"
        tokens.append(f"{changed_token} AS {quoted(column.canonical)}")
    return [f"{mask(column.reader, raw, canonical)} AS {raw}", *tokens, *rest]


def _own(spec: Spec) -> list[str]:
    hashed = [spec.column(name).compared() for name in sorted(spec.hashed)]
    failed = [
        f"CASE WHEN {quoted(c.name + '__u')} THEN {literal(c.name)} END"
        for c in spec.columns
        if c.reader
    ]
    unread = f"nullif(concat_ws({SEPARATOR}, {', '.join(failed)}), '')" if failed else "NULL"
    return [
        f"{key_of([spec.column(name).compared() for name in spec.key])} AS _key",
        "_raw_hash",
        f"{_hash(hashed, spec)} AS _norm_hash",
        f"CAST({unread} AS VARCHAR) AS _unread",
    ]


def _raw_hash(spec: Spec) -> str:
    return _hash([quoted(name) for name in sorted(c.name for c in spec.columns)], spec)


def key_of(parts: list[str]) -> str:
    """SQL for one text per key: composite parts carry their length, so `1`,`11` is not `11`,`1`."""
    if len(parts) == 1:
        return parts[0]
    return " || ".join(f"strlen({part}) || ':' || {part}" for part in parts)


def packed(values: Iterable[str]) -> str:
    """SQL for one text that only equal lists of values share: all values, then all their lengths.

    Read from its end it can be taken apart in one way only; NULL has no length, '' has 0.
    """
    texts = list(values)
    if not texts:
        return "''"
    lengths = (f"':', strlen({text})" for text in texts)
    return f"concat({', '.join((*texts, *lengths))})"


def _hash(values: list[str], spec: Spec) -> str:
    """SQL for the keyed hash of `values`, in this order."""
    if spec.secret is None:
        return "CAST(NULL AS UHUGEINT)"
    return f"md5_number(getvariable('{VARIABLE}') || {packed(values)})"
