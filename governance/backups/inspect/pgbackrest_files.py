"""Files in which pgBackRest keeps its books: sections of keys with JSON values, and a checksum."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Behind the name of a stored file, by `option-compress-type`.
SUFFIXES = {"none": "", "gz": ".gz", "lz4": ".lz4", "zst": ".zst", "bz2": ".bz2"}
OWN = "backrest-checksum"


class BadBook(Exception):
    """`encrypted`, `missing`, or `changed`: it is not what its own checksum says."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class Stored:
    """A file of a backup as its manifest tells. `place` is the file in the repository, `offset` and
    `length` the part of it (None: all). `packed` is the SHA-1 of the stored bytes, `plain` that of
    what they unpack to."""

    name: str
    place: Path
    size: int
    offset: int = 0
    length: int | None = None
    packed: str | None = None
    plain: str | None = None
    label: str = ""


def book(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The sections of `path`, or of the copy beside it. Raises BadBook where neither is right."""
    failed = BadBook("missing")
    for tried in (path, path.with_name(path.name + ".copy")):
        if tried.is_file():
            try:
                return _read(tried)
            except BadBook as error:
                failed = error
    raise failed


def _read(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """pgBackRest hashes the sections by name, as one JSON object without white space."""
    data = path.read_bytes()
    if data.startswith(b"Salted__"):
        raise BadBook("encrypted")
    sections: dict[str, list[tuple[str, str]]] = {}
    told, name = "", ""
    for line in data.decode("utf-8", "replace").splitlines():
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1]
            sections.setdefault(name, [])
        elif "=" in line:
            key, _, value = line.partition("=")
            if key == OWN:
                told = value.strip('"')
            else:
                sections.setdefault(name, []).append((key, value))
    parts = (
        f'"{s}":{{{",".join(f"{chr(34)}{k}{chr(34)}:{v}" for k, v in sections[s])}}}'
        for s in sorted(sections)
    )
    whole = "{" + ",".join(parts) + "}"
    if hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest() != told:
        raise BadBook("changed")
    try:
        return {s: {k: json.loads(v) for k, v in lines} for s, lines in sections.items()}
    except ValueError:
        raise BadBook("changed") from None


def stored_files(folder: Path, label: str) -> tuple[Stored, ...]:
    """Every file of the backup, wherever it is stored. Raises BadBook, KeyError for an odd one."""
    found = book(folder / label / "backup.manifest")
    suffix = SUFFIXES[found.get("backup:option", {}).get("option-compress-type", "none")]
    default = found.get("target:file:default", {})
    return tuple(
        one
        for name, told in found["target:file"].items()
        if (one := _stored(folder, label, suffix, name, {**default, **told})) is not None
    )


def _stored(
    folder: Path, label: str, suffix: str, name: str, told: Mapping[str, Any]
) -> Stored | None:
    if ".." in f"{name}/{told.get('reference', label)}/{told.get('bni', '')}".split("/"):
        raise ValueError(name)  # it would lead out of the repository
    holder = folder / str(told.get("reference", label)).lstrip("/")
    size, packed, plain = int(told["size"]), told.get("rck"), told.get("checksum")
    if "bni" in told:
        place, offset = holder / "bundle" / str(told["bni"]), int(told.get("bno", 0))
        length: int | None = int(told.get("repo-size", size))
    elif not size and not told.get("repo-size"):
        return None  # nothing is stored of an empty file
    else:
        place, offset, length = holder / f"{name}{suffix}".lstrip("/"), 0, None
    return Stored(name, place, size, offset, length, packed, plain, label)
