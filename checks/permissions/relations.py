"""Relations between objects and users: who stands how to what, and through which tuples.

A model says for each type of object what its relations are made of; tuples say what was granted.
Objects are `type:id`, users objects, everybody of a type (`type:*`) or all who stand in a relation
(`type:id#relation`). Circles end where they close, and a closed circle proves nothing; where it is
what takes users away, it takes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from checks.permissions.relation_model import (
    AllOf,
    AnyOf,
    ButNot,
    By,
    Computed,
    Direct,
    From,
    InvalidTuple,
    InvalidUser,
    Model,
    Node,
    Rewrite,
    Step,
    TooDeep,
    Tuple,
    UnknownRelation,
    UnknownType,
    Users,
    directs,
    form_of,
    type_of,
)

# What a check comes to: the steps that prove it, nothing, or a circle that leaves it open.
Found = tuple[Step, ...] | None
CIRCLE: tuple[Step, ...] = ()


class Relations:
    """Tuples under a model. Tuples that the model does not allow (any more) do not count.

    Answers that lie behind more than `deepest` objects or relations raise `TooDeep`.
    """

    def __init__(self, model: Model, tuples: Iterable[Tuple], *, deepest: int = 100) -> None:
        self._model, self._deepest = model, deepest
        self._direct = {
            (type_, relation): frozenset().union(*(d.to for d in directs(rewrite)))
            for type_, relations in model.items()
            for relation, rewrite in relations.items()
        }
        self._tuples = tuple(t for t in tuples if self._allows(t))
        self._users: dict[Node, list[str]] = {}
        for one in self._tuples:
            self._users.setdefault((one.object, one.relation), []).append(one.user)

    def with_tuples(self, more: Iterable[Tuple]) -> Relations:
        """The same with further tuples. Raises InvalidTuple for one that the model forbids."""
        more = tuple(more)
        for one in more:
            if not self._allows(one):
                raise InvalidTuple(f"{one.object}#{one.relation}@{one.user}")
        return Relations(self._model, (*self._tuples, *more), deepest=self._deepest)

    def check(self, object_: str, relation: str, user: str) -> tuple[Step, ...] | None:
        """How `user` stands in `relation` to `object_`: the steps, from the object on. Where
        several must hold the steps of each follow one another. None: does not."""
        self._known(type_of(object_), relation)
        self._known_user(user)
        return self._check((object_, relation), user, ()) or None

    def objects(self, type_: str, relation: str, user: str) -> tuple[str, ...]:
        """The objects of a type to which `user` stands in `relation`, sorted."""
        self._known(type_, relation)
        self._known_user(user)
        named = {t.object for t in self._tuples} | {t.user.split("#")[0] for t in self._tuples}
        named.add(user.split("#")[0])
        found = (o for o in named if type_of(o) == type_ and not o.endswith(":*"))
        return tuple(sorted(o for o in found if self.check(o, relation, user) is not None))

    def users(self, object_: str, relation: str, form: str) -> Users:
        """Who stands in `relation` to `object_`, among users of a `form`: `user`, or usersets as
        `group#member`."""
        self._known(type_of(object_), relation)
        kind, hash_, inner = form.partition("#")
        if kind not in self._model:
            raise UnknownType(kind)
        if hash_:
            self._known(kind, inner)
        return replace(self._expand((object_, relation), form, ()), is_open=False)

    def _check(self, at: Node, user: str, above: tuple[Node, ...]) -> Found:
        object_, relation = at
        if user == f"{object_}#{relation}":
            return (Step(object_, relation, By.USERSET, user),)
        rewrite = self._rewrite(at)
        if rewrite is None:
            return None
        if at in above:
            return CIRCLE
        return self._holds(rewrite, at, user, self._deeper(above, at))

    def _holds(self, rewrite: Rewrite, at: Node, user: str, above: tuple[Node, ...]) -> Found:
        match rewrite:
            case AllOf(parts):
                return _all(self._holds(part, at, user, above) for part in parts)
            case ButNot(base, but):
                found = self._holds(base, at, user, above)
                if found is None or self._holds(but, at, user, above) is not None:
                    return None
                return found
            case AnyOf(parts):
                return _any(self._holds(part, at, user, above) for part in parts)
            case Direct(to):
                return self._granted(to, at, user, above)
            case _:
                return self._led(rewrite, at, user, above)

    def _granted(self, to: Collection[str], at: Node, user: str, above: tuple[Node, ...]) -> Found:
        everybody = f"{type_of(user)}:*"
        behind = []
        for granted in self._users.get(at, ()):
            if form_of(granted) not in to:
                continue
            if granted == user:
                return (Step(*at, By.DIRECT, granted),)
            if granted == everybody and "#" not in user:
                return (Step(*at, By.EVERYBODY, granted),)
            if "#" in granted:
                behind.append(granted)
        return _any(
            _after(Step(*at, By.USERSET, granted), self._check(_node(granted), user, above))
            for granted in behind
        )

    def _led(self, rewrite: Computed | From, at: Node, user: str, above: tuple[Node, ...]) -> Found:
        by = By.COMPUTED if isinstance(rewrite, Computed) else By.FROM
        return _any(
            _after(
                Step(*at, by, on[1] if by is By.COMPUTED else "#".join(on)),
                self._check(on, user, above),
            )
            for on in self._onward(rewrite, at)
        )

    def _onward(self, rewrite: Computed | From, at: Node) -> Iterator[Node]:
        """Where the answer is to be looked for instead."""
        if isinstance(rewrite, Computed):
            yield at[0], rewrite.relation
            return
        for named in self._users.get((at[0], rewrite.tupleset), ()):
            if "#" not in named and not named.endswith(":*"):
                yield named, rewrite.relation

    def _expand(self, at: Node, form: str, above: tuple[Node, ...]) -> Users:
        own = "#".join(at)
        itself = Users(frozenset({own} if form_of(own) == form else ()))
        rewrite = self._rewrite(at)
        if rewrite is None:
            return itself
        if at in above:
            return replace(itself, is_open=True)
        return itself.joined(self._gather(rewrite, at, form, self._deeper(above, at)))

    def _gather(self, rewrite: Rewrite, at: Node, form: str, above: tuple[Node, ...]) -> Users:
        match rewrite:
            case AllOf(parts):
                found = [self._gather(part, at, form, above) for part in parts]
                together = found[0]
                for one in found[1:]:
                    together = together.shared(one)
                return together
            case ButNot(base, but):
                whole = self._gather(base, at, form, above)
                return whole.without(self._gather(but, at, form, above))
            case AnyOf(parts):
                return _join(self._gather(part, at, form, above) for part in parts)
            case Direct(to):
                return self._named(to, at, form, above)
            case _:
                return _join(self._expand(on, form, above) for on in self._onward(rewrite, at))

    def _named(self, to: Collection[str], at: Node, form: str, above: tuple[Node, ...]) -> Users:
        together = Users()
        for granted in self._users.get(at, ()):
            kind = form_of(granted)
            if kind not in to:
                continue
            if kind == form:
                together = together.joined(Users(frozenset({granted})))
            if granted == f"{form}:*":
                together = together.joined(Users(everybody=True))
            if "#" in granted:
                together = together.joined(self._expand(_node(granted), form, above))
        return together

    def _rewrite(self, at: Node) -> Rewrite | None:
        return self._model.get(type_of(at[0]), {}).get(at[1])

    def _deeper(self, above: tuple[Node, ...], at: Node) -> tuple[Node, ...]:
        if len(above) >= self._deepest:
            raise TooDeep("#".join(at))
        return (*above, at)

    def _allows(self, one: Tuple) -> bool:
        direct = self._direct.get((type_of(one.object), one.relation), frozenset())
        return form_of(one.user) in direct

    def _known(self, type_: str, relation: str) -> None:
        if type_ not in self._model:
            raise UnknownType(type_)
        if relation not in self._model[type_]:
            raise UnknownRelation(f"{type_}#{relation}")

    def _known_user(self, user: str) -> None:
        object_, hash_, relation = user.partition("#")
        if object_.count(":") != 1:
            raise InvalidUser(user)
        type_ = type_of(object_)
        if type_ not in self._model:
            raise UnknownType(type_)
        if hash_:
            self._known(type_, relation)


def _node(userset: str) -> Node:
    object_, _, relation = userset.partition("#")
    return object_, relation


def _any(found: Iterable[Found]) -> Found:
    """The first proof; else a circle, if one was met."""
    best: Found = None
    for one in found:
        if one:
            return one
        best = one if best is None else best
    return best


def _all(found: Iterable[Found]) -> Found:
    """All proofs one after the other; nothing where one is missing, else a circle."""
    steps: tuple[Step, ...] = ()
    is_open = False
    for one in found:
        if one is None:
            return None
        is_open = is_open or not one
        steps += one
    return CIRCLE if is_open else steps


def _after(step: Step, found: Found) -> Found:
    return (step, *found) if found else found


def _join(sets: Iterable[Users]) -> Users:
    together = Users()
    for one in sets:
        together = together.joined(one)
    return together
