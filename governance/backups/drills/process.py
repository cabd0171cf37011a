"""Running a restoring client: fed by us, watched, ended whole, and what it said kept short."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from governance.backups.commands import end, surroundings, without
from governance.backups.drills.scratch import Limits, Restored
from governance.errors import ConfigError, GovernanceError, SourceRefused

EVERY = 0.1
# What is kept of what a client said: its beginning and its end.
HALF = 64 * 2**10
PIECE = 2**14
CUT = "\n…\n"


def restore(
    command: Sequence[str],
    environment: Mapping[str, str],
    limits: Limits,
    secrets: Sequence[str],
    fed: Iterator[bytes] | None = None,
) -> Restored:
    """Run `command` without a shell, with `fed` on its input, until it ends or its time is up.

    What `fed` raises fails the restore before the client has seen the end of its input. Raises
    SourceRefused where the client is not there, and a ConfigError of `fed`.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list of ours
            list(command),
            stdin=subprocess.DEVNULL if fed is None else subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=surroundings(environment),
            start_new_session=True,
        )
    except OSError:
        raise SourceRefused("backups.drill.no_client", client=command[0]) from None
    said, feeder = _Said(), _Feeder(process, fed)
    threads = [threading.Thread(target=said.read, args=(process,), daemon=True)]
    if fed is not None:
        threads.append(threading.Thread(target=feeder.feed, daemon=True))
    for thread in threads:
        thread.start()
    try:
        code = _wait(process, limits, feeder)
    finally:
        end(process)
        for thread in threads:
            thread.join()
        _close(process)
    refused = feeder.refused
    if isinstance(refused, ConfigError):
        raise refused
    if refused is not None and not limits.stop():
        return Restored(False, said.text(secrets), refused.code, refused.params)
    return Restored(code is None and process.returncode == 0, said.text(secrets), code)


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stderr):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


def _wait(process: subprocess.Popen[bytes], limits: Limits, feeder: _Feeder) -> str | None:
    """Wait for the end; the reason where it was not waited for."""
    deadline = time.monotonic() + limits.timeout.total_seconds()
    while process.poll() is None:
        if limits.stop():
            return "backups.drill.stopped"
        if time.monotonic() > deadline:
            return "backups.drill.timeout"
        if feeder.refused is not None:
            return "backups.drill.refused"
        with suppress(subprocess.TimeoutExpired):
            process.wait(EVERY)
    return None if process.returncode == 0 else "backups.drill.failed"


@dataclass
class _Feeder:
    """Hands the client its input. A client that ended early takes no more: its code tells why."""

    process: subprocess.Popen[bytes]
    fed: Iterator[bytes] | None
    refused: GovernanceError | None = None

    def feed(self) -> None:
        assert self.fed is not None
        assert self.process.stdin is not None
        try:
            for block in self.fed:
                self.process.stdin.write(block)
        except BrokenPipeError:
            pass
        except GovernanceError as error:
            # Nothing more may arrive, not even an end: the client would commit what it has.
            self.refused = error
            return
        with suppress(BrokenPipeError):
            self.process.stdin.close()


@dataclass
class _Said:
    """The first and the last of what a client printed."""

    first: bytearray = field(default_factory=bytearray)
    last: bytearray = field(default_factory=bytearray)
    is_cut: bool = False

    def read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        while piece := process.stderr.read1(PIECE):  # type: ignore[attr-defined]
            room = HALF - len(self.first)
            self.first += piece[:room]
            self.last += piece[room:] if room < len(piece) else b""
            if len(self.last) > HALF:
                self.is_cut = True
                del self.last[:-HALF]

    def text(self, secrets: Sequence[str]) -> str:
        parts = [bytes(part).decode("utf-8", "replace") for part in (self.first, self.last)]
        return without((CUT if self.is_cut else "").join(parts), secrets)
