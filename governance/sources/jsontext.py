"""JSON as text: a number keeps the digits it was written with, a nested value is sorted JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from governance.errors import SourceRefused
from governance.sources.encoding import as_utf8


class Written(str):
    """A number exactly as the file has it."""

    __slots__ = ()


class Repeated(ValueError):
    """An object states one name twice; which of the values counts is anyone's guess."""


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Repeated
    return found


_DECODER = json.JSONDecoder(
    parse_int=Written, parse_float=Written, parse_constant=Written, object_pairs_hook=_unrepeated
)


def cell(value: Any) -> str | None:
    """The text of one value; null is None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return nested(value)


def nested(value: Any) -> str:
    """JSON with sorted names and without spaces, numbers as they were written."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, dict):
        parts = (f"{json.dumps(k, ensure_ascii=False)}:{nested(value[k])}" for k in sorted(value))
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(nested, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def records(path: Path, source: str = "") -> Iterator[dict[str, str | None]]:
    """The objects of a JSON Lines file, or of a file that holds one array of objects.

    An array is read into memory whole. Raises SourceRefused `source.json_broken`,
    `source.json_repeated` or `source.json_not_objects` with the line (of an array: the element),
    and what `as_utf8` raises.
    """
    with as_utf8(path) as plain, plain.open(encoding="utf-8-sig", newline="\n") as stream:
        lines: Iterable[Any] = stream
        values = _parsed(lines, path.name, source)
        first = _first_mark(plain)
        if first == "[":
            values = _array(stream.read(), path.name, source)
        for at, value in values:
            if not isinstance(value, dict):
                raise SourceRefused(
                    "source.json_not_objects", source=source, file=path.name, line=at
                )
            yield {name: cell(content) for name, content in value.items()}


def _first_mark(path: Path) -> str:
    """The first character that is not white space."""
    with path.open(encoding="utf-8-sig") as stream:
        while piece := stream.read(4096):
            if piece.strip():
                return piece.strip()[0]
    return ""


def _parsed(lines: Iterable[str], file: str, source: str) -> Iterator[tuple[int, Any]]:
    for at, line in enumerate(lines, 1):
        if line.strip():
            yield at, _value(line, file, source, at)


def _array(text: str, file: str, source: str) -> Iterator[tuple[int, Any]]:
    yield from enumerate(_value(text, file, source, 1), 1)


def _value(text: str, file: str, source: str, at: int) -> Any:
    try:
        return _DECODER.decode(text.strip())
    except Repeated:
        raise SourceRefused("source.json_repeated", source=source, file=file, line=at) from None
    except json.JSONDecodeError as error:
        line = at + error.lineno - 1
        raise SourceRefused("source.json_broken", source=source, file=file, line=line) from None
    except RecursionError:
        raise SourceRefused("source.json_broken", source=source, file=file, line=at) from None
