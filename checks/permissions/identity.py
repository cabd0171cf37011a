"""Who is who: accounts of several systems as accounts of one human. The values, to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Place = tuple[str, str]  # system, account


class LinkKind(StrEnum):
    """How an account stands to a human. Only `declared` and `matched` belong to one."""

    DECLARED = "declared"
    MATCHED = "matched"
    UNSURE = "unsure"
    NOBODY = "nobody"
    SHARED = "shared"
    SERVICE = "service"
    BUILT_IN = "built_in"


@dataclass(frozen=True, slots=True)
class Link:
    """`human` is set for declared and matched ones; `candidates` for unsure ones, likeliest first.

    `confidence` runs from 0 to 1, `reason` is a message code. `evidence` names what spoke for the
    human or the likeliest candidate: mobile, mail, login, name, department. `is_second` marks a
    further account of the same human in the same system.
    """

    system: str
    account: str
    kind: LinkKind
    human: str | None = None
    confidence: float = 1.0
    reason: str = ""
    candidates: tuple[str, ...] = ()
    is_second: bool = False
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Identities:
    """Every account's link. A human is named by the staff number that the list or an account
    gives; one without a number whose accounts belong together by `~` and the first of their places.
    """

    links: Mapping[Place, Link]
    accounts: Mapping[str, tuple[Place, ...]]

    def human(self, system: str, account: str) -> str | None:
        link = self.links.get((system, account))
        return None if link is None else link.human
