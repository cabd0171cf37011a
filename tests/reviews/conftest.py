"""Campaigns over the tiny company of `tests.permissions.home`, which has eight grants.

Lin (1001) manages Wang and Zhao; nobody manages Lin and Chen. Zhou is no employee, and falls back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.access import Actor, Right
from governance.ledger.review_rows import ReviewLine
from governance.reviews.acts import Acts
from governance.reviews.opening import Opener, Wish
from tests.permissions.home import company
from tests.runs.conftest import START, Company

RIGHTS = frozenset(Right)
LIN, CHEN = Actor("1001", RIGHTS), Actor("陈晨", RIGHTS)
ZHOU, SIGNER = Actor("周海", RIGHTS), Actor("顾怡", RIGHTS)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(days: float) -> datetime:
    return START + timedelta(days=days)


@dataclass(frozen=True)
class Desk:
    """A company whose first night is over."""

    company: Company

    @property
    def opener(self) -> Opener:
        return Opener(self.company.ledger, self.company.home, self.company.config)

    def open(self, days: float = 0.1, **asked: Any) -> int:
        wish = {"name": "Q1", "due_at": at(days) + 7 * DAY, "fallback": "周海"} | asked
        return self.opener.open(SIGNER, Wish(**wish), now=at(days))

    def acts(self, actor: Actor, number: int, days: float = 0.2) -> Acts:
        return Acts(self.company.ledger.reviews, actor, number, at(days))

    def lines(self, number: int) -> dict[tuple[str, str], ReviewLine]:
        """By (account, role)."""
        found = self.company.ledger.reviews.lines(number)
        return {(line.facts["account"], line.facts["into"]): line for line in found}

    def seqs(self, number: int, *keys: tuple[str, str]) -> list[int]:
        lines = self.lines(number)
        return [lines[key].seq for key in keys]


def founded(folder: Path) -> Desk:
    made = company(folder)
    made.run()
    return Desk(made)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = founded(tmp_path_factory.mktemp("reviews"))
    yield made
    made.company.ledger.close()
