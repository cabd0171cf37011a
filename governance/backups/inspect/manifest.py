"""`backup_manifest`, as PostgreSQL 13 and later write it beside a base backup."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OWN = re.compile(rb'\n"Manifest-Checksum": "([0-9a-f]{64})"\}\s*\Z')


ALGORITHMS = (None, "NONE", "CRC32C", "SHA224", "SHA256", "SHA384", "SHA512")


class BadManifest(Exception):
    """`cut`: its end is missing. `changed`: it is not what its own checksum says. `odd`: no
    manifest that is known."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class Listed:
    """A file. `algorithm` None: the backup was made without checksums."""

    size: int
    algorithm: str | None
    checksum: str


@dataclass(frozen=True)
class Range:
    """The log between two positions, in bytes, on one timeline."""

    timeline: int
    start: int
    end: int


@dataclass(frozen=True)
class Manifest:
    files: Mapping[str, Listed]
    log: tuple[Range, ...]


def read_manifest(path: Path) -> Manifest:
    """Raises BadManifest, and OSError where it cannot be read."""
    data = path.read_bytes()
    own = OWN.search(data)
    if own is None:
        raise BadManifest("cut")
    if hashlib.sha256(data[: own.start() + 1]).hexdigest() != own.group(1).decode():
        raise BadManifest("changed")
    try:
        return _parsed(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadManifest("odd") from error


def _parsed(told: dict[str, Any]) -> Manifest:
    files = {_path(one): _listed(one) for one in told["Files"]}
    log = tuple(
        Range(int(one["Timeline"]), position(one["Start-LSN"]), position(one["End-LSN"]))
        for one in told.get("WAL-Ranges", ())
    )
    return Manifest(files, log)


def _listed(one: dict[str, Any]) -> Listed:
    algorithm = one.get("Checksum-Algorithm")
    if algorithm not in ALGORITHMS:
        raise ValueError(algorithm)
    named = None if algorithm == "NONE" else algorithm
    return Listed(int(one["Size"]), named, str(one.get("Checksum", "")))


def _path(one: dict[str, Any]) -> str:
    if "Encoded-Path" in one:
        return bytes.fromhex(one["Encoded-Path"]).decode("utf-8", "surrogateescape")
    return str(one["Path"])


def position(lsn: str) -> int:
    """`0/C000028` as a number of bytes."""
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)
