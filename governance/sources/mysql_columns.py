"""How each MySQL column is asked for, so that its text loses nothing on the way."""

from __future__ import annotations

from typing import Any

from checks.dictionary import Condition

BINARY = {
    "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point",
    "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection",
    "geomcollection", "vector",
}  # fmt: skip

# Type codes of the protocol, for queries, whose columns no catalogue lists.
BLOB_CODES = {15, 249, 250, 251, 252, 253, 254}
CODES = {
    0: "decimal", 1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 7: "timestamp",
    8: "bigint", 9: "mediumint", 10: "date", 11: "time", 12: "datetime", 13: "year",
    15: "varchar", 16: "bit", 245: "json", 246: "decimal", 247: "enum", 248: "set", 249: "text",
    250: "text", 251: "text", 252: "text", 253: "varchar", 254: "char", 255: "geometry",
}  # fmt: skip
BINARY_CHARSET = 63
TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
WHOLE = ("tinyint", "smallint", "mediumint", "int", "bigint")


def name(identifier: str) -> str:
    """A quoted identifier."""
    return "`" + identifier.replace("`", "``") + "`"


def base(kind: str) -> str:
    """`decimal(18,2) unsigned` is a `decimal`."""
    return kind.partition("(")[0].partition(" ")[0].lower()


def printed(column: str, kind: str) -> str:
    """The expression whose text the protocol carries whole.

    The protocol prints a FLOAT with six digits and sends BIT and binary strings as bytes. A
    TIMESTAMP is an instant and gets its offset; a zero one stays as it is.
    """
    quoted, plain = name(column), base(kind)
    if plain == "float":
        return f"({quoted} + 0e0)"
    if plain == "bit":
        return f"({quoted} + 0)"
    if plain in BINARY:
        return f"HEX({quoted})"
    if plain == "timestamp":
        text = f"CAST({quoted} AS CHAR)"
        return f"IF({text} LIKE '0000-%', {text}, CONCAT({text}, '+00:00'))"
    return quoted


def indexed(kind: str, condition: Condition) -> bool:
    """Whether a plain comparison finds all rows of a condition, and more at most: equal bytes are
    equal under every collation, and whole numbers print in one way."""
    plain = base(kind) in (*TEXTS, *WHOLE)
    return plain and not condition.negated and None not in condition.values


def described(fields: Any) -> tuple[tuple[str, str], ...]:
    """Names and types of a query's columns, from the driver's column descriptions."""
    found = []
    for field in fields:
        kind = CODES.get(field.type_code, "char")
        if field.type_code in BLOB_CODES and field.charsetnr == BINARY_CHARSET:
            kind = "blob"
        label = field.name.decode() if isinstance(field.name, bytes) else str(field.name)
        found.append((label, kind))
    return tuple(found)
