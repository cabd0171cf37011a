"""Showing the demo while it lives its days: the dashboard opens as soon as there is a night."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from governance.demo.replay import Stopped
from governance.worker.serve import (
    POLL,
    Service,
    answers,
    end,
    launch,
    refuse_closed,
    refuse_dead,
    supervise,
)

Tell = Callable[[int, int], None]


@dataclass
class Premiere(AbstractContextManager["Premiere"]):
    """The dashboard of a demo that is being built; gone when the block ends, however it ends.

    The dashboard warms up beside the making of the company and is announced once it answers and
    the first night is over, so that whoever opens it finds something to see.
    """

    service: Service
    dashboard: subprocess.Popen[bytes] | None = field(default=None, init=False)
    announced: bool = field(default=False, init=False)

    def __enter__(self) -> Premiere:
        """Raises ConfigError for a port in use, before anything is built."""
        refuse_closed(self.service)
        return self

    def __exit__(self, *_: object) -> None:
        if self.dashboard is not None:
            end(self.dashboard)

    def hearing(self, tell: Tell) -> Tell:
        """`tell`, and the dashboard follows too."""

        def hear(done: int, days: int) -> None:
            tell(done, days)
            self.hear(done)

        return hear

    def hear(self, done: int) -> None:
        """Follow the build. Raises StoreError where the dashboard ended by itself."""
        if self.dashboard is None:
            self.dashboard = launch(self.service)
        refuse_dead(self.dashboard)
        if done:
            self.announce()

    def announce(self) -> None:
        """Wait until the dashboard answers and say where it is; the nights after that can wait."""
        assert self.dashboard is not None
        while not self.announced:
            refuse_dead(self.dashboard)
            if answers(self.service.address, self.service.port):
                self.announced = True
                self.service.say("cli.serving", url=self.service.url)
            elif self.service.stop.wait(POLL):
                raise Stopped

    def go_on(self) -> None:
        """Serve as `duiqi serve` does, with a worker, until asked to stop."""
        if self.dashboard is None:  # the demo was there already
            self.dashboard = launch(self.service)
        supervise(self.service, self.dashboard, told=self.announced)
