"""A helper thread that ends a read at once when it is told to stop or runs too long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType

from governance.errors import GovernanceError, SourceUnavailable
from governance.sources.model import Stop

EVERY, AGAIN = 0.1, 0.5


class Watch:
    """Asks `stop` ten times a second and calls `cancel` once it says so or the time is up.

    `cancel` runs in the helper thread and must make a blocked read in the other thread return. It
    is called again twice a second until the block is left: one that came too early is lost.
    """

    def __init__(
        self, source: str, stop: Stop, cancel: Callable[[], None], limit: timedelta | None = None
    ) -> None:
        self.source = source
        self._stop, self._cancel, self._limit = stop, cancel, limit
        self._left = threading.Event()
        self._reason: GovernanceError | None = None
        self._broken: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch {source}", daemon=True)

    def __enter__(self) -> Watch:
        if self._stop():
            raise SourceUnavailable("source.stopped", source=self.source)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._left.set()
        self._thread.join()

    @contextmanager
    def over(self, *kinds: type[BaseException]) -> Iterator[None]:
        """What the source raised because it was cancelled is raised as the reason for that."""
        try:
            yield
        except kinds:
            self.check()
            raise

    def check(self) -> None:
        """Raises SourceUnavailable once the read is to be abandoned."""
        if self._broken is not None:
            raise self._broken
        if self._reason is not None:
            raise self._reason from None

    @property
    def reason(self) -> GovernanceError | None:
        """Why the read was cancelled; None when it was not."""
        return self._reason

    def _run(self) -> None:
        end = None if self._limit is None else time.monotonic() + self._limit.total_seconds()
        while not self._left.wait(EVERY):
            try:
                if self._stop():
                    self._reason = SourceUnavailable("source.stopped", source=self.source)
            except BaseException as error:  # noqa: BLE001 - raised again in the reading thread
                self._broken = error
                self._reason = SourceUnavailable("source.stopped", source=self.source)
            if self._reason is None and end is not None and time.monotonic() > end:
                seconds = int(self._limit.total_seconds()) if self._limit else 0
                self._reason = SourceUnavailable(
                    "source.timeout", source=self.source, seconds=seconds
                )
            if self._reason is not None:
                self._until_left()
                return

    def _until_left(self) -> None:
        self._cancel()
        while not self._left.wait(AGAIN):
            self._cancel()
