"""What is measured: the checks and what they stand on, pure functions of prepared rows and the
dictionary."""

from __future__ import annotations

from dataclasses import dataclass

from checks import consistency


@dataclass(frozen=True)
class Registered:
    """A check that a configuration may name. `title` is a message id."""

    code: str
    title: str


CHECKS = (Registered(consistency.CODE, consistency.TITLE),)
