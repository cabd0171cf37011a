"""Sealed snapshots opened as the sides of a comparison, those of today and those of last time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from checks.crosswalk import rekeyed
from checks.dictionary import Entity
from checks.prepare import Side, spec_of
from governance.config.model import Config
from governance.errors import GovernanceError
from governance.ledger import Ledger
from governance.ledger.rows import SnapshotRow
from governance.runs.bridge import Now, Then
from governance.runs.looks import Look, Made
from governance.runs.past import Last, Past
from governance.runs.snapshots import fingerprint, made_of, side_of
from governance.runs.walk import Step, Walk
from governance.store import Chains, Home, Link, Opened, Proofs

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Sides:
    """Opens the chains of snapshots on one connection; each file is proved and attached once."""

    def __init__(
        self,
        con: DuckDBPyConnection,
        ledger: Ledger,
        home: Home,
        config: Config,
        proofs: Proofs,
    ) -> None:
        self._con, self._ledger, self._config = con, ledger, config
        self._secret = home.secret().encode()
        self._chains = Chains(con, home, proofs)
        self._held: dict[int, Opened] = {}
        self._rules: dict[str, Made] = {}  # by the catalogue of a snapshot's own file
        self._walk: tuple[str, dict[str, str], str] | None = None

    @contextmanager
    def under(self, entity: str, which: dict[str, str], walk: str) -> Iterator[None]:
        """Meanwhile the sides of `entity` come under the joint keys of the table `walk`; `which`
        says for each source whether it is left or right."""
        self._walk = entity, which, walk
        try:
            yield
        finally:
            self._walk = None

    def side(self, entity: Entity, snapshot: SnapshotRow) -> Side:
        """As `own`, under joint keys where records are matched without a shared key."""
        return self._keyed(self.own(entity, snapshot), snapshot)

    def _keyed(self, side: Side, snapshot: SnapshotRow) -> Side:
        if self._walk is None or self._walk[0] != snapshot.entity:
            return side
        _, which, walk = self._walk
        return rekeyed(self._con, side, which[snapshot.source], walk, f"keyed_{snapshot.id}")

    def own(self, entity: Entity, snapshot: SnapshotRow) -> Side:
        """A snapshot ready to compare. Raises EvidenceTampered for a damaged file, GovernanceError
        for one that was sealed under another mapping, other normalisers or another secret."""
        mapping = entity.mapping_of(snapshot.source)
        assert mapping is not None
        opened = self.opened(snapshot)
        spec = spec_of(entity, mapping, secret=self._secret, zone=self._config.time_zone.key)
        if self._made(opened).form != fingerprint(spec):
            raise GovernanceError(
                "store.mapping_changed", source=snapshot.source, entity=entity.name
            )
        return side_of(opened, spec)

    def past(
        self, entity: Entity, last: Last, left: SnapshotRow, right: SnapshotRow
    ) -> Past | None:
        """The sides of the last comparison beside today's; None where they cannot be read."""
        then = [self._ledger.snapshots.get(number) for number in (last.left, last.right)]
        if any(snapshot is None or snapshot.pruned_at for snapshot in then):
            return None
        known = [snapshot for snapshot in then if snapshot is not None]
        try:
            sides = [self.side(entity, snapshot) for snapshot in known]
        except GovernanceError:
            return None
        if entity.match is not None:  # a pair may be another one without a row being touched
            return Past(last, sides[0], sides[1], None, None)
        links = [self._between(a, b) for a, b in zip(known, (left, right), strict=True)]
        return Past(last, sides[0], sides[1], links[0], links[1])

    def now(self, side: Side, snapshot: SnapshotRow) -> Now:
        """Today's `side` with the rules that its snapshot was made by."""
        return Now(side, self._made(self.opened(snapshot)))

    def then(self, look: Look | None) -> tuple[Look | None, tuple[Then | None, Then | None]]:
        """The sides of the last look as they can still be read, whatever rules hold today; and the
        look with the rules of its snapshots, where it did not know them itself."""
        if look is None:
            return None, (None, None)
        left, made_left = self._then(look.left_snapshot)
        right, made_right = self._then(look.right_snapshot)
        if look.left.form is None:
            look = replace(look, left=made_left, right=made_right)
        return look, (left, right)

    def walk(self, entity: Entity, look: Look | None, snapshot: SnapshotRow, number: int) -> Walk:
        """The way back from today's `snapshot` of one side, whose one of the last look is
        `number`."""

        def steps(most: int) -> list[Step]:
            found = self._ledger.snapshots.before(snapshot, most)
            return [Step(s.id, s.taken_at, partial(self._opened, entity, s)) for s in found]

        return Walk((number, look.at) if look else None, steps)

    def _opened(self, entity: Entity, snapshot: SnapshotRow) -> Side | None:
        try:
            return self.side(entity, snapshot)
        except GovernanceError:
            return None

    def _then(self, number: int) -> tuple[Then | None, Made]:
        snapshot = self._ledger.snapshots.get(number)
        if snapshot is None or snapshot.pruned_at:
            return None, Made()
        try:
            opened = self.opened(snapshot)
        except GovernanceError:
            return None, Made()
        made = self._made(opened)
        spec = made.spec
        if spec is None:
            return None, made
        side = side_of(opened, replace(spec, secret=self._secret))
        return Then(self._keyed(side, snapshot)), made

    def _made(self, opened: Opened) -> Made:
        if opened.newest not in self._rules:
            self._rules[opened.newest] = made_of(self._con, opened)
        return self._rules[opened.newest]

    def _between(self, then: SnapshotRow, now: SnapshotRow) -> tuple[str, ...] | None:
        """The catalogues of the files that lead from one snapshot to the other, if any do."""
        if then.base_id != now.base_id or then.id > now.id:
            return None
        return self.opened(now).files[len(self.opened(then).files) :]

    def opened(self, snapshot: SnapshotRow) -> Opened:
        """The files of a snapshot, attached. Raises EvidenceTampered for a damaged one."""
        if snapshot.id not in self._held:
            chain = self._ledger.snapshots.chain(snapshot)
            self._held[snapshot.id] = self._chains.open([Link(s.file, s.sha256) for s in chain])
        return self._held[snapshot.id]
