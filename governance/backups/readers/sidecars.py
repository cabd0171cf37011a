"""Checksums that lie beside files: `x.sha256`, `x.md5`, `SHA256SUMS`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LENGTHS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
ENDINGS = (".sha256", ".sha256sum", ".sha512", ".sha512sum", ".sha1", ".sha1sum", ".md5", ".md5sum")
LISTS = ("sha256sums", "sha512sums", "sha1sums", "md5sums")
LARGEST = 2**20
PIECE = 2**22
# `<hash>  name` of coreutils, `<hash>` alone, `SHA256 (name) = <hash>` of BSD.
GNU = re.compile(r"\\?([0-9a-fA-F]{32,128})(?:\s+[ *]?(.+?))?\s*")
BSD = re.compile(r"[A-Z0-9-]+ ?\((.+)\) ?= ?([0-9a-fA-F]{32,128})\s*")


@dataclass(frozen=True)
class Expected:
    """The hash that a file should have."""

    algorithm: str
    digest: str


def is_sidecar(name: str) -> bool:
    """Whether a file holds checksums of others."""
    return name.lower().endswith(ENDINGS) or name.lower() in LISTS


def expected(file: Path, listing: dict[str, Path]) -> Expected | None:
    """What the checksums beside a file say of it; `listing` is its folder by name.

    None where there are none. Raises ValueError for one of its own that cannot be read: then there
    should have been one.
    """
    for ending in ENDINGS:
        beside = listing.get(file.name + ending)
        if beside is not None:
            found = stated(_text(beside), file.name, alone=True)
            if found is None:
                raise ValueError(beside.name)
            return found
    for name, beside in listing.items():
        if name.lower() in LISTS:
            try:
                found = stated(_text(beside), file.name, alone=False)
            except ValueError:
                continue
            if found is not None:
                return found
    return None


def stated(text: str, name: str, *, alone: bool) -> Expected | None:
    """The hash that a list of checksums gives for `name`. `alone`: the list is of this file only,
    so that a hash without a name is its own. Two different hashes for it are none."""
    found: set[Expected] = set()
    for line in text.splitlines():
        digest, of = _line(line.strip())
        algorithm = LENGTHS.get(len(digest))
        if algorithm and (of == name or (alone and not of)):
            found.add(Expected(algorithm, digest.lower()))
    return found.pop() if len(found) == 1 else None


def _line(line: str) -> tuple[str, str]:
    """A hash and the bare name of its file; empty where the line says neither."""
    if match := BSD.fullmatch(line):
        return match[2], _bare(match[1])
    match = GNU.fullmatch(line)
    return (match[1], _bare(match[2] or "")) if match else ("", "")


def _bare(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError:
        raise ValueError(path.name) from None
    if len(content) > LARGEST:
        raise ValueError(path.name)
    return content.decode("utf-8-sig", "replace")


def hashed(path: Path, algorithms: set[str], give_up: Callable[[], bool]) -> dict[str, str] | None:
    """The hashes of a file's bytes by one reading; None once `give_up` says so. Raises OSError."""
    # Neither is a defence against forgery here: they find what was damaged on the way.
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in sorted(algorithms)}
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            if give_up():
                return None
            for one in hashes.values():
                one.update(piece)
    return {name: one.hexdigest() for name, one in hashes.items()}
