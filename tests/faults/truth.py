"""What must hold of a home and its ledger, whatever was killed, filled up or put back.

Each function returns what is wrong, in words; nothing at all is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Table, func, select

from checks.sql import only_row
from governance.access import local_operator
from governance.errors import EvidenceTampered
from governance.ledger import Ledger
from governance.ledger.rows import RunRow, RunStatus, SnapshotRow, StepStatus
from governance.ledger.snapshots import KEPT, fetch
from governance.ledger.tables import check_results, metrics, run_snapshots, slots, snapshots
from governance.reading import Desk, Filters
from governance.store import Chains, Home, Link, Opened, Proofs, engine, verify
from governance.store.sealed import attached
from governance.worker.tidy import SEALED_FOLDERS

ALL = 100_000
MOST_ATTACHED = 500
CHANGED = ("C1", "S1")
Records = set[tuple[str, str]]
KEYS = {"customer": "customer_no", "person": "staff_no"}
SEALED = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)


@dataclass
class Truth:
    """Remembers what it has proved, since sealed files never change; `again` forgets it."""

    ledger: Ledger
    home: Home
    proved: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.con = engine(self.home)
        self.chains = Chains(self.con, self.home, Proofs())

    def visible(self, newest: int = 40) -> list[str]:
        """What any reader may see of the newest runs and snapshots: whole, proven and readable."""
        return [*self._runs(newest), *self._snapshots(newest)]

    def settled(self) -> list[str]:
        """What must hold besides once a holder of the lease has tidied up and nobody works."""
        return [*self.visible(ALL), *self._unfinished(), *self._leftovers(), *self._slots()]

    def again(self) -> Truth:
        return Truth(self.ledger, self.home)

    def _runs(self, newest: int) -> Iterator[str]:
        for run in self.ledger.runs.recent(limit=newest):
            if ("run", run.id) in self.proved:
                continue
            found = list(self._sealed(run) if run.status in SEALED else self._hidden(run))
            if run.status.is_over and not found:
                self.proved.add(("run", run.id))
            yield from (f"run {run.id} ({run.status.value}): {what}" for what in found)

    def _sealed(self, run: RunRow) -> Iterator[str]:
        if run.pruned_at is not None:
            return
        if run.file is None or run.sha256 is None:
            yield "has results and no file"
            return
        try:
            path = verify(self.home, run.file, run.sha256)
        except EvidenceTampered as error:
            yield str(error)
            return
        results = {r.check_name: r.open_findings for r in self.ledger.results.of_run(run.id)}
        with attached(self.con, path, "run"):
            counted = dict(
                self.con.execute(
                    "SELECT check_name, count(*) FROM run.main.findings"
                    " WHERE state <> 'gone' GROUP BY 1"
                ).fetchall()
            )
        if not results:
            yield "has a file and no results"
        if {name: number for name, number in results.items() if number} != counted:
            yield f"the ledger says {results}, the file {counted}"

    def _hidden(self, run: RunRow) -> Iterator[str]:
        """A run that did not end well shows nothing, and a run that goes on nothing yet."""
        shown = [t.name for t in (check_results, metrics, run_snapshots) if self._count(t, run.id)]
        now = self.ledger.runs.get(run.id)  # it may have ended since it was listed
        if now is not None and now.status not in SEALED and (shown or now.file):
            yield f"shows {now.file} and rows in {shown}"

    def _count(self, table: Table, run: int) -> int:
        query = select(func.count()).select_from(table).where(table.c.run_id == run)
        with self.ledger.database.read() as connection:
            return connection.scalar(query) or 0

    def _snapshots(self, newest: int) -> Iterator[str]:
        query = select(snapshots).where(KEPT).order_by(snapshots.c.id.desc()).limit(newest)
        with self.ledger.database.read() as connection:
            found = fetch(connection, query)
        for snapshot in found:
            if ("snapshot", snapshot.id) in self.proved:
                continue
            rows = self._rows_of(snapshot)
            if rows == snapshot.rows:
                self.proved.add(("snapshot", snapshot.id))
            else:
                yield f"snapshot {snapshot.id} ({snapshot.file}): {rows}, not {snapshot.rows}"

    def _rows_of(self, snapshot: SnapshotRow) -> int | str:
        """How many rows a snapshot holds, its chain read as readers do; else what is wrong."""
        try:
            opened = self._opened(snapshot)
        except EvidenceTampered as error:
            return str(error)
        return sum(
            int(only_row(self.con, f"SELECT count(*) FROM {part}")[0])
            for part in (opened.rows, opened.odd)
        )

    def _opened(self, snapshot: SnapshotRow) -> Opened:
        if self.chains.size > MOST_ATTACHED:
            self.con = engine(self.home)
            self.chains = Chains(self.con, self.home, Proofs())
        chain = self.ledger.snapshots.chain(snapshot)
        return self.chains.open([Link(link.file, link.sha256) for link in chain])

    def names(self, snapshot: SnapshotRow) -> Records:
        """Every record of a snapshot of a test's company: its key and its name."""
        opened, keyed = self._opened(snapshot), KEYS[snapshot.entity]
        found = self.con.execute(f"SELECT {keyed}, name FROM {opened.rows}").fetchall()
        return {(str(key), str(name)) for key, name in found}

    def contents(self, states: dict[str, dict[str, Records]]) -> list[str]:
        """Every snapshot of the OA, rebuilt, is what the OA held at one moment, and every run's
        findings are the differences between its two. `states` are those moments, by the name that
        C1 and S1 had."""
        wrong = []
        for run in [run for run in self.ledger.runs.sealed() if run.pruned_at is None]:
            for snapshot in self.ledger.snapshots.of_run(run.id):
                if snapshot.source == "oa":
                    wrong += self._of_a_moment(snapshot, states)
            moments = {
                name
                for s in self.ledger.snapshots.of_run(run.id)
                if s.source == "oa"
                for key, name in self.names(s)
                if key in CHANGED
            }
            if len(moments) != 1:
                wrong.append(f"run {run.id} saw the OA at {moments}")
            wrong += self._findings(run)
        return wrong

    def _of_a_moment(
        self, snapshot: SnapshotRow, states: dict[str, dict[str, Records]]
    ) -> Iterator[str]:
        found = self.names(snapshot)
        (moment,) = (name for key, name in found if key in CHANGED)
        if found != states[moment][snapshot.entity]:
            yield f"snapshot {snapshot.id} ({snapshot.kind}) is not the OA as it was at {moment}"

    def _findings(self, run: RunRow) -> Iterator[str]:
        sides: dict[str, list[Records]] = {}
        for snapshot in self.ledger.snapshots.of_run(run.id):
            sides.setdefault(snapshot.entity, []).append(self.names(snapshot))
        path = verify(self.home, str(run.file), str(run.sha256))
        with attached(self.con, path, "run"):
            standing = self.con.execute(
                "SELECT entity, key_shown FROM run.main.findings WHERE state <> 'gone'"
            ).fetchall()
        expected = {(e, key) for e, (left, right) in sides.items() for key, _ in left ^ right}
        if set(standing) != expected:
            yield f"run {run.id} found {set(standing) ^ expected} too much or too little"

    def _unfinished(self) -> Iterator[str]:
        for run in self.ledger.runs.recent(limit=ALL):
            if run.status is RunStatus.RUNNING:
                yield f"run {run.id} is still running"
            elif run.status.is_over:
                steps = self.ledger.steps.of_run(run.id)
                open_ = [step.seq for step in steps if step.status is StepStatus.RUNNING]
                if open_:
                    yield f"run {run.id} is over, its steps {open_} are not"

    def _leftovers(self) -> Iterator[str]:
        known = self.ledger.snapshots.files() | self.ledger.runs.files()
        for folder in SEALED_FOLDERS:
            for path in (self.home.path / folder).rglob("*"):
                name = path.relative_to(self.home.path).as_posix()
                if path.is_file() and name not in known:
                    yield f"orphan {name}"
        for path in self.home.tmp.rglob("*"):
            if path.is_file():
                yield f"left in tmp: {path.name}"

    def _slots(self) -> Iterator[str]:
        with self.ledger.database.read() as connection:
            taken = connection.execute(select(slots.c.job, slots.c.slot, slots.c.run_id)).all()
        for what, number in Counter((job, slot) for job, slot, _ in taken).items():
            if number > 1:
                yield f"slot {what} was taken {number} times"
        for run, number in Counter(run for _, _, run in taken if run is not None).items():
            if number > 1:
                yield f"run {run} stands for {number} slots"


def seen(ledger: Ledger, home: Home) -> int:
    """How many findings a reader sees, who looks at everything there is to see."""
    desk = Desk(home, ledger.database)
    try:
        view = desk.view(local_operator())
        page = view.page(Filters(state=()), limit=1000)
        assert page.total == len(page.rows)
        return page.total
    finally:
        desk.close()
