"""Running a backup tool: an argument list, a time limit, a bound on what it prints."""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO

from governance.errors import GovernanceError, SourceRefused, SourceUnavailable

# What a tool prints at most. A catalogue of ten thousand backups is about a tenth of it.
LARGEST = 64 * 2**20
LARGEST_ERRORS = 2**20
PIECE = 2**16
EVERY = 0.1
# How long a tool that was told to end has for taking its lock off the repository.
MERCY = 2.0
# Of our own environment a tool sees this much. Ours holds secrets that are not for it.
INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
)  # fmt: skip
LONGEST_SHOWN = 200
HIDDEN = "***"
PASSWORD_IN_ADDRESS = re.compile(r"(://[^/\s:@]*:)[^@\s]+(?=@)")
SECRET_WORD = re.compile(r"(?i)((?:password|passwd|pwd|token|secret|key)=)\S+")


@dataclass(frozen=True)
class Printed:
    """What a command printed, and the code it ended with (negative: the signal that ended it)."""

    output: bytes
    errors: bytes
    code: int


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    timeout: timedelta,
    stop: Callable[[], bool],
) -> Printed:
    """Run `command` in a process group of its own, without a shell and without input.

    The group is ended whole once the command is done, takes longer than `timeout`, prints more
    than 64 MB, or `stop` says so. What stays behind in the group is not waited for. Raises
    SourceUnavailable or SourceRefused, in whose words no value of `environment` stands.
    """
    said = shown(command, environment.values())
    process = _started(command, environment, said)
    reading = _Reading(process, time.monotonic() + timeout.total_seconds(), stop)
    try:
        refused = reading.to_the_end()
    finally:
        end(process)
        close(process)
    if refused == "timeout":
        seconds = f"{timeout.total_seconds():g}"
        raise SourceUnavailable("backups.store.timeout", command=said, seconds=seconds)
    if refused == "large":
        raise SourceRefused("backups.store.large", command=said, megabytes=LARGEST // 2**20)
    if refused:
        raise SourceUnavailable("backups.store.stopped", command=said)
    output, errors = reading.texts()
    return Printed(output, errors, process.returncode)


def shown(command: Sequence[str], secrets: Iterable[str]) -> str:
    """A command line that a person may see."""
    return without(shlex.join(command), secrets)[:LONGEST_SHOWN]


def without(text: str, secrets: Iterable[str]) -> str:
    """`text` with secrets struck out: those given, passwords in addresses, `password=…`."""
    # A shorter one may be part of a longer one.
    for secret in sorted({s for s in secrets if len(s) > 2}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = PASSWORD_IN_ADDRESS.sub(rf"\1{HIDDEN}", text)
    return SECRET_WORD.sub(rf"\1{HIDDEN}", text)


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that a tool gets. Its messages are read, so its language is fixed."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, **environment, "LC_ALL": "C.UTF-8"}


def _started(
    command: Sequence[str], environment: Mapping[str, str], said: str
) -> subprocess.Popen[bytes]:
    refusal: GovernanceError
    try:
        return subprocess.Popen(  # noqa: S603 - an argument list out of the configuration
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=surroundings(environment),
            start_new_session=True,
        )
    except FileNotFoundError:
        refusal = SourceRefused("backups.store.no_command", command=said)
    except PermissionError:
        refusal = SourceRefused("backups.store.not_executable", command=said)
    except (OSError, ValueError) as error:
        refusal = SourceRefused("backups.store.not_run", command=said, reason=_reason(error))
    raise refusal from None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


@dataclass
class _Reading:
    """Both outputs of a process, read while it runs."""

    process: subprocess.Popen[bytes]
    deadline: float
    stop: Callable[[], bool]
    pieces: dict[str, list[bytes]] = field(default_factory=lambda: {"out": [], "err": []})
    sizes: dict[str, int] = field(default_factory=lambda: {"out": 0, "err": 0})

    def to_the_end(self) -> str | None:
        """Read until the command has ended. The reason where it was given up."""
        with selectors.DefaultSelector() as selector:
            for name, stream in (("out", self.process.stdout), ("err", self.process.stderr)):
                if stream is not None:
                    os.set_blocking(stream.fileno(), False)
                    selector.register(stream, selectors.EVENT_READ, name)
            while self.process.poll() is None:
                if refused := self._refused():
                    return refused
                self._take(selector, EVERY)
                if not selector.get_map():
                    with suppress(subprocess.TimeoutExpired):
                        self.process.wait(EVERY)
            # What it printed last. A child of it may keep the pipe open: that is not waited for.
            while selector.get_map() and self._take(selector, 0):
                if self.sizes["out"] > LARGEST:
                    break
        return "large" if self.sizes["out"] > LARGEST else None

    def texts(self) -> tuple[bytes, bytes]:
        return b"".join(self.pieces["out"]), b"".join(self.pieces["err"])

    def _refused(self) -> str | None:
        if self.stop():
            return "stop"
        if time.monotonic() > self.deadline:
            return "timeout"
        return "large" if self.sizes["out"] > LARGEST else None

    def _take(self, selector: selectors.BaseSelector, wait: float) -> bool:
        """Read what is there; False where nothing was."""
        ready = selector.select(wait)
        for key, _ in ready:
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment]
            piece = os.read(stream.fileno(), PIECE)
            if not piece:
                selector.unregister(stream)
                continue
            self.sizes[key.data] += len(piece)
            if key.data == "out" or self.sizes["err"] <= LARGEST_ERRORS:
                self.pieces[key.data].append(piece)
        return bool(ready)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: kindly first, so that a tool gives back its locks."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(MERCY)
    _signal(process, signal.SIGKILL)
    process.wait()


def close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    # The group bears the number of its first process.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
