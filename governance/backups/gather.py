"""Everything a catalogue's reader needs, fetched: commands run, saved files read."""

from __future__ import annotations

import codecs
import logging
import re
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.backups.model import Catalogue, Mark, Problem
from checks.errors import CodedError
from governance.backups.commands import LARGEST, run, without
from governance.backups.readers.model import Asked, Part, Reader, Reply
from governance.backups.readers.registry import reader_of
from governance.backups.storable import storable
from governance.config.backups import CatalogueConfig
from governance.errors import ConfigError, SourceRefused, SourceUnavailable

LOG = logging.getLogger(__name__)
Stop = Callable[[], bool]
# A file's time may be a little ahead of our clock: it comes from another machine's.
AHEAD = timedelta(minutes=5)
WORD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Gathered:
    """What came of reading one catalogue: it, or the reason why there is none."""

    catalogue: Catalogue | None
    error: CodedError | None
    seconds: float


def gather(
    catalogue: CatalogueConfig, now: datetime, stop: Stop, memory: Path | None = None
) -> Gathered:
    """Read a catalogue, as of `now` (aware UTC). Never raises.

    Each part comes from a saved file or from a command; where any file is named, only the commands
    that are named too are run. A part that is needed and cannot be had is the error; one that is
    not needed is a problem of the catalogue. `memory` as in `Asked`.
    """
    began = time.monotonic()
    try:
        return Gathered(_read(catalogue, now, stop, memory), None, time.monotonic() - began)
    except CodedError as error:
        return Gathered(None, error, time.monotonic() - began)
    except Exception as error:  # noqa: BLE001 - a reader that breaks is told, and the others go on
        LOG.warning("reader %s broke: %s", catalogue.kind, type(error).__name__)
        broken = SourceRefused(
            "backups.store.broken",
            catalogue=catalogue.name,
            kind=catalogue.kind,
            error=type(error).__name__,
        )
        return Gathered(None, broken, time.monotonic() - began)


def _read(config: CatalogueConfig, now: datetime, stop: Stop, memory: Path | None) -> Catalogue:
    reader = _reader(config)
    optional = frozenset(name for name, must in reader.OPTIONS.items() if not must)
    replies: dict[str, Reply] = {}
    problems: list[Problem] = []
    for part in reader.PARTS:
        try:
            reply = _reply(config, part, now, stop, optional)
        except CodedError as error:
            if part.needed or stop():
                raise
            problems.append(Problem(error.code, error.params))
            continue
        if reply is not None:
            replies[part.name] = reply
            problems += _age(config, part, reply, now)
    asked = Asked(config, now, replies, stop, memory)
    found = reader.read(asked)
    return storable(replace(found, problems=(*found.problems, *problems)))


def _reader(config: CatalogueConfig) -> Reader:
    try:
        return reader_of(config.kind)
    except KeyError:
        raise ConfigError("backups.store.kind", kind=config.kind) from None


def _reply(
    config: CatalogueConfig, part: Part, now: datetime, stop: Stop, optional: frozenset[str]
) -> Reply | None:
    """What a part's file or command says; None for a part that nobody asks for."""
    if part.name in config.files:
        return _saved(config, config.files[part.name])
    command = config.commands.get(part.name)
    if command is None and not config.files:
        command = filled(part.command, config.options, optional)
    if not command:
        if part.needed:
            raise ConfigError("backups.store.no_part", catalogue=config.name, part=part.name)
        return None
    printed = run(command, config.environment, config.timeout, stop)
    errors = without(_text(printed.errors), config.environment.values())
    return Reply(_text(printed.output), now, printed.code, errors)


def filled(
    command: tuple[str, ...], options: Mapping[str, str], optional: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """`command` with words such as `{stanza}` replaced; a word is left out where an optional one is
    not given. Raises ConfigError for one that must be and is not."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in options:
            raise ConfigError("backups.store.no_option", option=match[1])
        return options[match[1]]

    left_out = optional - options.keys()
    kept = (word for word in command if not left_out & set(WORD.findall(word)))
    return tuple(WORD.sub(value, word) for word in kept)


def _saved(config: CatalogueConfig, path: Path) -> Reply:
    """The content of a saved file, as of its time."""
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):
            raise SourceRefused("backups.store.no_file", catalogue=config.name, file=path.name)
        if before.st_size > LARGEST:
            megabytes = LARGEST // 2**20
            raise SourceRefused("backups.store.large", command=path.name, megabytes=megabytes)
        content = path.read_bytes()
        after = path.stat()
    except FileNotFoundError:
        raise SourceUnavailable(
            "backups.store.no_file", catalogue=config.name, file=path.name
        ) from None
    except OSError as error:
        raise SourceRefused(
            "backups.store.file_denied",
            catalogue=config.name,
            file=path.name,
            reason=error.strerror or type(error).__name__,
        ) from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise SourceUnavailable("backups.store.changing", catalogue=config.name, file=path.name)
    return Reply(_text(content), datetime.fromtimestamp(after.st_mtime, UTC))


def _age(config: CatalogueConfig, part: Part, reply: Reply, now: datetime) -> list[Problem]:
    """Whether saved output is too old, or from tomorrow, to say anything of today."""
    params = {"part": part.name, "at": reply.at.isoformat(timespec="seconds")}
    if now - reply.at > config.max_age:
        return [Problem("backups.store.saved_old", params, Mark.FRESH)]
    if reply.at - now > AHEAD:
        return [Problem("backups.store.saved_ahead", params, Mark.FRESH)]
    return []


def _text(content: bytes) -> str:
    """Text without its byte order mark; PowerShell saves output as UTF-16."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8-sig", "replace")
