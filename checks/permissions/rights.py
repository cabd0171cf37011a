"""What an account may really do: each right with its path. The values; `resolve` computes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, Protocol

from checks.permissions.model import FieldAccess, Scope
from checks.permissions.verdict import Hop


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows a right reaches. `is_all` reaches everything; otherwise the account's own rows
    where `own`, and all rows of `departments`.

    `words` are the declared scopes it was made of, for people; `unknown` says that part of it
    could not be worked out, so that it may reach more.
    """

    is_all: bool = False
    own: bool = False
    departments: frozenset[str] = frozenset()
    words: frozenset[Scope] = frozenset()
    unknown: bool = False

    @property
    def is_nothing(self) -> bool:
        return not (self.is_all or self.own or self.departments or self.unknown)

    def covers(self, *, is_owner: bool, department: str | None) -> bool:
        """Whether it reaches a record of that department, owned by the account or not."""
        return self.is_all or (self.own and is_owner) or department in self.departments

    def within(self, other: Reach) -> bool:
        """Whether `other` reaches every row that this does, whoever owns the rows."""
        if other.is_all:
            return True
        own = not self.own or other.own
        return not self.is_all and own and self.departments <= other.departments

    def joined(self, other: Reach) -> Reach:
        return Reach(
            self.is_all or other.is_all,
            self.own or other.own,
            self.departments | other.departments,
            self.words | other.words,
            self.unknown or other.unknown,
        )


NOWHERE = Reach()


class Right(NamedTuple):
    """One permission of one account through one path. `code` is the permission's.

    The path runs from the account over groups and roles to the permission and its scope. `above`
    and `below` bound the amounts that it holds for. `is_bypass`: a built-in administrator, whom
    the tables do not bind. A named tuple, as millions of them are made.
    """

    code: str
    reach: Reach
    path: tuple[Hop, ...]
    role: str | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    is_bypass: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """A function in the hands of one account: all rights that give it, and what they reach
    together by the rule of that system."""

    system: str
    account: str
    function: str
    reach: Reach
    rights: tuple[Right, ...]


class Resolver(Protocol):
    """The effective rights within one system."""

    def rights(self, account: str) -> tuple[Right, ...]:
        """Every right of an account, also of one that is disabled; nothing for an unknown one."""
        ...

    def rights_to(self, account: str, codes: Collection[str]) -> tuple[Right, ...]:
        """Those of `rights` that are to one of `codes`, without putting the others together."""
        ...

    def together(self, rights: Sequence[Right]) -> Reach:
        """What these rights of one account reach together, by the rule of that system: as `reach`
        where they are all rights to a code, and what the codes reach between them."""
        ...

    def codes(self, account: str) -> frozenset[str]:
        """The codes that `rights` would name."""
        ...

    def roles(self, account: str) -> Mapping[str, tuple[Hop, ...]]:
        """The enabled roles and groups an account is in, directly or not, each with a shortest
        path from the account to it."""
        ...

    def reach(self, account: str, code: str) -> Reach:
        """What all rights to `code` reach together, by the rule of that system."""
        ...

    def fields(self, account: str, record_type: str, field_class: str) -> dict[str, FieldAccess]:
        """How an account sees a class of fields, by channel (`page`, `api`, `export`); the widest
        of its roles where the system says so. Empty where the system keeps no field rights."""
        ...
