"""Who asks, and what they may see. Every call made for a person takes an actor."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, field
from enum import StrEnum

from governance.errors import PermissionRefused


class Right(StrEnum):
    """`reveal` is seeing personal values as they are, in an export that asks for them."""

    VIEW = "view"
    RUN = "run"
    DECIDE = "decide"
    EXPORT = "export"
    APPROVE = "approve"
    REVEAL = "reveal"


@dataclass(frozen=True)
class Actor:
    """A person or a process. `departments` None sees every row, otherwise only those rows."""

    name: str
    rights: frozenset[Right] = field(default_factory=frozenset)
    departments: frozenset[str] | None = None

    def require(self, right: Right) -> None:
        """Raises PermissionRefused unless the actor holds `right`."""
        if right not in self.rights:
            raise PermissionRefused("access.refused", actor=self.name, right=right.value)


LONGEST_NAME = 100


def local_operator() -> Actor:
    """The person at this machine. Until there are accounts nobody else can reach the dashboard.

    `DUIQI_OPERATOR` says the name, else it is that of the account.
    """
    name = " ".join(os.environ.get("DUIQI_OPERATOR", "").split())[:LONGEST_NAME]
    if not name:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):  # no passwd entry, as in a container started with a bare uid
            name = "operator"
    return Actor(name=name, rights=frozenset(Right))


WORKER = Actor(name="worker", rights=frozenset({Right.VIEW, Right.RUN}))
