"""What relations are made of, and the values that answer about them.

Objects are `type:id`, users objects, everybody of a type (`type:*`) or all who stand in a relation
(`type:id#relation`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class RelationError(Exception):
    """A question or a tuple that the model does not know."""


class UnknownType(RelationError):
    pass


class UnknownRelation(RelationError):
    pass


class InvalidUser(RelationError):
    pass


class InvalidTuple(RelationError):
    """The model does not allow the tuple."""


class TooDeep(RelationError):
    """The answer lies behind more steps than are followed."""


@dataclass(frozen=True, slots=True)
class Direct:
    """Granted by a tuple, to users of these forms: `user`, `user:*`, `group#member`."""

    to: frozenset[str]


@dataclass(frozen=True, slots=True)
class Computed:
    """Whoever stands in another relation to the same object."""

    relation: str


@dataclass(frozen=True, slots=True)
class From:
    """Whoever stands in `relation` to an object that this one names in `tupleset`."""

    relation: str
    tupleset: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Rewrite, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Rewrite, ...]


@dataclass(frozen=True, slots=True)
class ButNot:
    base: Rewrite
    but: Rewrite


Rewrite = Direct | Computed | From | AnyOf | AllOf | ButNot
Model = Mapping[str, Mapping[str, Rewrite]]
Node = tuple[str, str]  # object, relation


@dataclass(frozen=True, slots=True)
class Tuple:
    """`user` stands in `relation` to `object`."""

    object: str
    relation: str
    user: str


class By(StrEnum):
    """What a step rests on: a tuple that names the user, everybody or a set of users, another
    relation of the object, or a relation of an object that it names."""

    DIRECT = "direct"
    EVERYBODY = "everybody"
    USERSET = "userset"
    COMPUTED = "computed"
    FROM = "from"


@dataclass(frozen=True, slots=True)
class Step:
    """`object` is in `relation` because of `through`: the tuple's user, the other relation, or
    `object#relation` of the object that it names."""

    object: str
    relation: str
    by: By
    through: str


@dataclass(frozen=True, slots=True)
class Users:
    """A set of users: those `named`, and everybody but those `left_out` where `everybody`.
    `is_open`: a circle was left out, so that nobody is proven not to be in it."""

    named: frozenset[str] = frozenset()
    everybody: bool = False
    left_out: frozenset[str] = frozenset()
    is_open: bool = False

    def __contains__(self, user: str) -> bool:
        return user in self.named or (self.everybody and user not in self.left_out)

    def joined(self, other: Users) -> Users:
        named = self.named | other.named
        out = {user for user in self.left_out | other.left_out if user not in self}
        left = frozenset(user for user in out if user not in other)
        return Users(named, self.everybody or other.everybody, left, self.is_open or other.is_open)

    def shared(self, other: Users) -> Users:
        named = frozenset(u for u in self.named | other.named if u in self and u in other)
        everybody = self.everybody and other.everybody
        out = self.left_out | other.left_out if everybody else frozenset()
        return Users(named, everybody, out - named, self.is_open or other.is_open)

    def without(self, other: Users) -> Users:
        if other.is_open:
            return Users()
        named = {user for user in self.named if user not in other}
        named |= {user for user in other.left_out if user in self and user not in other}
        if not self.everybody or other.everybody:
            return Users(frozenset(named), is_open=self.is_open)
        left = (self.left_out | other.named) - named
        return Users(frozenset(named), True, left, self.is_open)


def type_of(user: str) -> str:
    return user.partition(":")[0]


def form_of(user: str) -> str:
    """The form of a user as `Direct.to` names it."""
    if user.endswith(":*"):
        return user
    object_, hash_, relation = user.partition("#")
    return type_of(object_) + hash_ + relation


def directs(rewrite: Rewrite) -> Iterator[Direct]:
    match rewrite:
        case Direct():
            yield rewrite
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from directs(part)
        case ButNot(base, but):
            yield from directs(base)
            yield from directs(but)
