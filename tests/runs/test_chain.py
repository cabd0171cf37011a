"""A chain of base and deltas holds what full copies would have held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.dictionary import Entity, Field, FieldType, Mapping, Sensitivity, Title
from checks.prepare import prepare, spec_of
from governance.config.model import SourceConfig
from governance.errors import SourceUnavailable
from governance.ledger.rows import SnapshotKind, SnapshotRow
from governance.runs import snapshots
from governance.runs.snapshots import Reading, Taken, take
from governance.sources import Extract, Landed
from governance.store import Chains, Home, Link, Proofs, engine, open_home
from tests.runs.conftest import START
from tests.thorough import some

SECRET = b"a secret for this test"
ZONE = ZoneInfo("Asia/Shanghai")
TITLE = Title("客户", "Customer")
Row = tuple[str | None, ...]


def entity(*more: str) -> Entity:
    names = ("code", "phone", "name", *more)
    return Entity(
        name="customer",
        title=TITLE,
        key=("code",),
        fields=(
            Field("code", TITLE, FieldType.CODE),
            Field("phone", TITLE, normalizer="phone", sensitivity=Sensitivity.PERSONAL),
            Field("name", TITLE, normalizer="company_name"),
            *(Field(name, TITLE) for name in more),
        ),
        authority="crm",
        mappings=(Mapping("crm", {name: name for name in names}),),
    )


@dataclass
class World:
    """One source that says what `rows` holds, and the snapshots taken of it."""

    home: Home
    rows: list[Row] = field(default_factory=list)
    away: bool = False
    entity: Entity = field(default_factory=entity)
    taken: list[SnapshotRow] = field(default_factory=list)
    runs: int = 0

    @contextmanager
    def snapshot(self) -> Iterator[World]:
        yield self

    def read(self, extract: Extract, con: Any, into: str, *_: object) -> Landed:
        columns = list(extract.columns)
        con.execute(f"CREATE TABLE {into} ({', '.join(f'{c} VARCHAR' for c in columns)})")
        for at, row in enumerate(self.rows):
            if self.away and at == len(self.rows) // 2:
                break
            marks = ", ".join("?" for _ in columns)
            con.execute(f"INSERT INTO {into} VALUES ({marks})", list(row[: len(columns)]))
        if self.away:
            raise SourceUnavailable("source.lost", source="crm")
        types = tuple((name, "text") for name in columns)
        return Landed(len(self.rows), dict(types), types)

    def chain(self, snapshot: SnapshotRow) -> tuple[SnapshotRow, ...]:
        """As the ledger tells it."""
        mine = [s for s in self.taken if s.base_id == snapshot.base_id and s.id <= snapshot.id]
        return tuple(s for s in mine if s.kind is not SnapshotKind.SAME)

    def take(self, monkeypatch: pytest.MonkeyPatch) -> SnapshotRow | None:
        """One run's snapshot, noted as the ledger would; None where the source broke off."""
        monkeypatch.setattr(snapshots, "open_source", lambda *_, **__: self)
        self.runs += 1
        reading = Reading(
            home=self.home,
            proofs=Proofs(),
            secret=SECRET,
            zone=ZONE,
            run_id=self.runs,
            fence=1,
            before=lambda _: self.taken[-1] if self.taken else None,
            chain=self.chain,
            started=lambda _: None,
            progress=lambda _: None,
            stop=lambda: False,
        )
        try:
            (made,) = take(SourceConfig("crm", TITLE, "sqlite"), (self.entity,), reading)
        except SourceUnavailable:
            return None
        assert isinstance(made, Taken), made
        self.taken.append(self.noted(made))
        return self.taken[-1]

    def noted(self, made: Taken) -> SnapshotRow:
        number = len(self.taken) + 1
        return SnapshotRow(
            id=number,
            source="crm",
            entity="customer",
            run_id=self.runs,
            parent_id=made.parent.id if made.parent else None,
            kind=made.kind,
            file=made.sealed.file,
            sha256=made.sealed.sha256,
            bytes=made.sealed.bytes,
            rows=made.rows,
            taken_at=START,
            columns=made.columns,
            unread=made.unread,
            base_id=made.parent.base_id if made.parent else number,
            changes=made.changes,
        )

    def whole(self, snapshot: SnapshotRow) -> tuple[list[Any], list[Any]]:
        """What the chain says that the snapshot held: its rows, and its odd rows."""
        con = engine(self.home)
        links = [Link(s.file, s.sha256) for s in self.chain(snapshot)]
        opened = Chains(con, self.home, Proofs()).open(links)
        rows = con.execute(f"FROM {opened.rows} ORDER BY ALL").fetchall()
        odd = con.execute(f"FROM {opened.odd} ORDER BY ALL").fetchall()
        con.close()
        return rows, odd

    def copy(self) -> tuple[list[Any], list[Any], dict[str, int]]:
        """What a full copy of the rows as they are now would hold, and what of it is unread."""
        mapping = self.entity.mapping_of("crm")
        assert mapping is not None
        spec = spec_of(self.entity, mapping, secret=SECRET, zone=ZONE.key)
        with duckdb.connect() as con:
            self.away = False
            extract = Extract("customer", mapping.columns)
            self.read(extract, con, "landed")
            made = prepare(con, "landed", "", spec)
            tables = [
                con.execute(f"FROM {name} ORDER BY ALL").fetchall()
                for name in (made.rows, made.odd)
            ]
            return tables[0], tables[1], dict(made.unread)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


CODES = st.sampled_from([None, "", *(f"c{n}" for n in range(30))])
VALUES = st.sampled_from([None, "", "138 0000 0001", "+86 138-0000-0001", "x", "恒泰有限公司"])
NEW_ROW = st.tuples(CODES, VALUES, VALUES, VALUES)
# What may happen between two runs: rows come, go and change; the mapping changes; a read breaks.
STEP = st.one_of(
    st.tuples(st.just("insert"), st.lists(NEW_ROW, min_size=1, max_size=3)),
    st.tuples(st.just("delete"), st.integers(0, 200)),
    st.tuples(st.just("update"), st.tuples(st.integers(0, 200), VALUES)),
    st.tuples(st.just("copy"), st.integers(0, 200)),
    st.tuples(st.just("remap"), st.none()),
    st.tuples(st.just("break"), st.none()),
    st.tuples(st.just("rest"), st.none()),
)


def live(world: World, what: str, how: Any) -> None:
    rows = world.rows
    if what == "insert":
        rows += how
    elif what == "delete" and rows:
        del rows[how % len(rows)]
    elif what == "update" and rows:
        at, value = how
        rows[at % len(rows)] = (*rows[at % len(rows)][:2], value, *rows[at % len(rows)][3:])
    elif what == "copy" and rows:
        rows.append(rows[how % len(rows)])
    elif what == "remap":
        world.entity = entity() if len(world.entity.fields) > 3 else entity("level")
    elif what == "break":
        world.away = True


@settings(max_examples=some(12, 5), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(STEP, max_size=3), min_size=4, max_size=7))
def test_any_snapshot_equals_a_full_copy_of_its_moment(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    history: list[list[tuple[str, Any]]],
) -> None:
    home = open_home(tmp_path_factory.mktemp("chains"))
    world = World(home, [(f"C{n}", "13800000001", "a", "b") for n in range(40)])
    expected = []
    for steps in history:
        for what, how in steps:
            live(world, what, how)
        made = world.take(monkeypatch)
        assert (made is None) == world.away
        if made is not None:
            expected.append((made, world.copy()))
        world.away = False
    # Looked at when all is over, so that nothing later has changed what was sealed before.
    for made, (rows, odd, unread) in expected:
        assert world.whole(made) == (rows, odd)
        assert made.unread == unread
        assert made.rows == len(rows) + len(odd)


def kinds(world: World) -> list[str]:
    return [snapshot.kind.value for snapshot in world.taken]


def test_a_chain_begins_anew_when_its_deltas_pass_a_fifth_of_the_base(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(home, [(f"C{n}", "1", "a", "b") for n in range(100)])
    for day in range(5):
        world.take(monkeypatch)
        for row in range(8):
            world.rows[row] = (f"C{row}", "1", f"day {day}", "b")
    assert kinds(world) == ["base", "delta", "delta", "base", "delta"]
    assert [snapshot.base_id for snapshot in world.taken] == [1, 1, 1, 4, 4]


def test_another_secret_begins_a_new_chain(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(home, [("C1", "13800000001", "a", "b")])
    world.take(monkeypatch)
    monkeypatch.setattr("tests.runs.test_chain.SECRET", b"another")
    world.take(monkeypatch)
    assert kinds(world) == ["base", "base"]


def test_a_damaged_link_begins_a_new_chain(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(home, [(f"C{n}", "1", "a", "b") for n in range(100)])
    world.take(monkeypatch)
    world.rows[0] = ("C0", "1", "b", "b")
    delta = world.take(monkeypatch)
    assert delta is not None
    home.file(delta.file).unlink()
    world.rows[1] = ("C1", "1", "b", "b")
    world.take(monkeypatch)
    assert kinds(world) == ["base", "delta", "base"]


def test_a_failed_entity_leaves_the_chain_as_it_was(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(home, [(f"C{n}", "1", "a", "b") for n in range(100)])
    world.take(monkeypatch)
    world.away = True
    assert world.take(monkeypatch) is None
    world.away = False
    world.rows[0] = ("C0", "1", "b", "b")
    delta = world.take(monkeypatch)
    assert delta is not None
    assert (delta.kind, delta.parent_id, delta.changes) == (SnapshotKind.DELTA, 1, 1)
