"""Effective rights as lines of JSON, for fifty thousand accounts as for five.

What a role gives is written once, with gaps for what differs between accounts; a line is a copy
with the gaps filled. A gap is a control character, which JSON text cannot contain.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from checks.permissions.company import Company
from checks.permissions.model import Account, Scope
from checks.permissions.resolve import Given, SystemResolver, account_hop, ending
from checks.permissions.rights import Reach, Right
from checks.permissions.verdict import Hop
from checks.permissions.ways import Way
from governance.permissions.told import hops as told

HEAD, FIRST, WHOLE, WHOLE_END = b"\x00", b"\x01", b"\x02", b"\x03"
BETWEEN = b",\n"
# A gap for each scope that a place gives: twice as many as there are scopes.
GAPS = tuple(bytes([gap]) for gap in range(0x0E, 0x20))
MOST_KEPT = 2_000

Key = tuple[Scope | None, str | None, bool]  # what one reach depends on, beside the account


def text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": ")).encode()


def scope(reach: Reach) -> dict[str, object]:
    """What a right reaches. `unknown`: perhaps more than this."""
    return {
        "words": sorted(word.value for word in reach.words),
        "all": reach.is_all,
        "own": reach.own,
        "departments": sorted(reach.departments),
        "unknown": reach.unknown,
    }


class Lines:
    """The rights within one system, account by account. `functions` limits them to the codes that
    give one of these; None: every right."""

    def __init__(
        self, company: Company, system: str, functions: Collection[str] | None = None
    ) -> None:
        self.company, self.name = company, system
        self.system = company.facts.systems[system]
        resolver = company.resolvers[system]
        assert isinstance(resolver, SystemResolver)
        self.resolver = resolver
        self.giving = self._functions()
        wanted = set(functions) if functions is not None else None
        self.codes = None if wanted is None else {
            code for code, names in self.giving.items() if wanted & set(names)
        }  # fmt: skip
        self._places: dict[tuple[Way, tuple[int, ...]], tuple[bytes, tuple[Key, ...]]] = {}
        self._scopes: dict[Reach, bytes] = {}
        self._tail: dict[tuple[Hop, ...], bytes] = {}
        self._bypass: bytes | None = None

    def rights(self, account: Account) -> Iterator[Right]:
        """The same as values, for text."""
        found: Iterable[Right] = self.resolver.rights(account.id)
        for right in found:
            if self.codes is None or right.code in self.codes:
                yield right

    def of(self, account: Account) -> Iterator[bytes]:
        """The JSON objects of one account, several at a time, parted by `BETWEEN`."""
        head = self._head(account)
        bypass = self.resolver.administrator(account)
        if bypass is not None:
            made = self._bypassed()
            if made:
                yield made.replace(HEAD, head).replace(FIRST, _hops(bypass))
            return
        first = _hops((account_hop(account),))
        own = self.resolver.own_departments(account)
        whole: tuple[Reach, tuple[Hop, ...]] | None = None
        for way, all_ in self.resolver.held(account):
            place, keys = self._place(way, all_)
            if not place:
                continue
            line = place.replace(HEAD, head).replace(FIRST, first)
            if WHOLE in place:
                whole = whole or self.resolver.whole_reach(account)
                line = line.replace(WHOLE, self._scope(whole[0]))
                line = line.replace(WHOLE_END, self._hops(ending(way, whole[1])))
            for gap, key in zip(GAPS, keys, strict=False):
                line = line.replace(gap, self._scope(self.resolver.reach_in(*key, own)))
            yield line

    def _place(self, way: Way, all_: Sequence[Given]) -> tuple[bytes, tuple[Key, ...]]:
        """What a place gives, with gaps."""
        key = way, () if self.resolver.shares else tuple(map(id, all_))
        found = self._places.get(key)
        if found is None:
            if len(self._places) >= MOST_KEPT:
                self._places.clear()
            found = self._places[key] = self._written(way, all_)
        return found

    def _written(self, way: Way, all_: Sequence[Given]) -> tuple[bytes, tuple[Key, ...]]:
        gaps: dict[Key, bytes] = {}
        lines = []
        path = _hops(way.hops)
        for given in all_:
            if self.codes is not None and given.code not in self.codes:
                continue
            if given.is_whole:
                reach, last = WHOLE, WHOLE_END
            else:
                key = given.scope, given.role, given.is_unsure
                reach = gaps.setdefault(key, GAPS[len(gaps)])
                last = _hops(given.hops[1:])
            hops = _joined(FIRST, path, _hops(given.hops[:1]), last)
            lines.append(self._line(given.code, reach, given.role, hops, given.above, given.below))
        return BETWEEN.join(lines), tuple(gaps)

    def _bypassed(self) -> bytes:
        """Everything, for whom no table binds: the same for each but for the path's beginning."""
        if self._bypass is None:
            reach = self._scope(self.resolver.reach_in(Scope.ALL, None, False, frozenset()))
            lines = []
            for right in self.resolver.unbound():
                if self.codes is None or right.code in self.codes:
                    hops = _joined(FIRST, _hops(right.path))
                    lines.append(self._line(right.code, reach, None, hops, None, None))
            self._bypass = BETWEEN.join(lines)
        return self._bypass

    def _line(
        self,
        code: str,
        reach: bytes,
        role: str | None,
        path: bytes,
        above: Decimal | None,
        below: Decimal | None,
    ) -> bytes:
        bounds = b""
        if above is not None or below is not None:
            told = {"above": _number(above), "below": _number(below)}
            bounds = b', "amount": ' + text(told)
        return b"".join((
            HEAD, b'"permission": ', text(code), b', "functions": ',
            text(self.giving.get(code, ())), b', "scope": ', reach, b', "role": ', text(role),
            bounds, b', "path": [', path, b"]}",
        ))  # fmt: skip

    def _head(self, account: Account) -> bytes:
        human = self.company.identities.human(self.name, account.id)
        about = {
            "system": self.name,
            "account": account.id,
            "login": account.login,
            "person": human,
            "enabled": account.is_enabled,
        }
        return text(about)[:-1] + b", "

    def _scope(self, reach: Reach) -> bytes:
        found = self._scopes.get(reach)
        if found is None:
            found = self._scopes[reach] = text(scope(reach))
        return found

    def _hops(self, hops: tuple[Hop, ...]) -> bytes:
        found = self._tail.get(hops)
        if found is None:
            found = self._tail[hops] = _hops(hops)
        return found

    def _functions(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for function in self.company.policy.functions:
            for code in self.company.codes(self.name, function):
                found.setdefault(code, []).append(function)
        return {code: tuple(names) for code, names in found.items()}


def _hops(hops: Iterable[Hop]) -> bytes:
    """A piece of a path, without the brackets."""
    return text(told(hops))[1:-1]


def _joined(*pieces: bytes) -> bytes:
    return b", ".join(piece for piece in pieces if piece)


def _number(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount.normalize(), "f")
