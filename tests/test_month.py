"""A month of one difference: every state a case can have, and every way from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from governance.access import Actor, Right
from governance.batches.making import Maker
from governance.cases.actions import Actions, Selection
from governance.cases.timeline import timeline
from governance.ledger.batches import NewBatch
from governance.ledger.rows import BatchKind, Verdict
from governance.reading import Desk, Finding, Findings
from tests.runs.conftest import START, Company, founded
from tests.worlds import CUSTOMERS, settle

KEY = "C002"
LI, SUN, QIAN = (Actor(name, frozenset(Right)) for name in ("li", "sun", "qian"))


@dataclass
class Month:
    """Runs are a day apart; in between people write into the systems and into Duiqi."""

    company: Company
    desk: Desk
    statuses: list[tuple[int, str | None]] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """An hour after the newest run."""
        return START + timedelta(days=self.company.day - 1, hours=1)

    def view(self, actor: Actor = LI) -> Findings:
        return self.desk.view(actor)

    def does(self, actor: Actor) -> Actions:
        return Actions(self.view(actor), self.now)

    def crm(self, value: str) -> None:
        self.company.change("crm", "UPDATE customers SET level = ? WHERE code = ?", value, KEY)

    def oa(self, value: str) -> None:
        sql = "UPDATE base_customer SET khjb = ? WHERE khbh = ?"
        self.company.change("oa", sql, value, KEY)

    def night(self, days: int = 1) -> None:
        self.company.day += days - 1
        self.company.run()
        self.note()

    def note(self) -> None:
        """Write down how the case stands, if it stands otherwise than before."""
        status = self.case.status
        if not self.statuses or self.statuses[-1][1] != status:
            self.statuses.append((self.company.day - 1, status))

    @property
    def case(self) -> Finding:
        (found,) = (f for f in self.view().of_record("customer", "crm~oa", KEY) if f.field)
        return found

    @property
    def one(self) -> Selection:
        return Selection(finding_ids=(self.case.finding_id,))


@pytest.fixture
def month(tmp_path: Path) -> Month:
    folder = tmp_path / "company"
    folder.mkdir()
    settle(folder, (CUSTOMERS,))
    path = folder / "governance.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    authority: crm\n", "    authority: crm\n    lag: 36h\n", 1))
    company = founded(folder, tmp_path / "home")
    made = Month(company, Desk(company.home, company.ledger.database, lambda: made.now))
    return made


def test_every_state_and_every_way_between_them(month: Month, tmp_path: Path) -> None:
    company = month.company
    company.run()  # both say B
    month.crm("A")
    month.night()
    month.night(2)
    month.does(LI).assign(month.one, "王芳")
    month.note()

    out = tmp_path / "import.csv"
    asked = NewBatch(BatchKind.IMPORT, "csv", "en", {"field": ["level"]}, system="oa")
    maker = Maker(month.view(), company.config, company.ledger, company.home)
    batch = maker.make(asked, out, now=month.now)
    month.note()
    month.oa("A")
    month.night()
    month.oa("B")  # the sync writes its old copy again
    month.night()
    month.night(2)
    month.does(LI).assign(month.one, "王芳")
    month.note()
    month.oa("A")
    month.night()
    month.crm("C")
    month.night()
    month.night(2)

    until = month.now + timedelta(days=20)
    month.does(QIAN).ask_waiver(month.one, "until the new form is there", until)
    month.does(SUN).grant(month.one)
    month.note()
    month.night()
    assert month.case.waiver is not None
    month.oa("D")  # one of the two values that were waived moves
    month.night()
    month.oa("A")
    month.crm("A")  # back to what they last agreed on
    month.night()
    month.crm("B")
    month.night()
    company.change("oa", "DELETE FROM base_customer WHERE khbh = ?", KEY)
    month.night()

    assert [status for _, status in month.statuses] == [
        "pending", "open", "assigned", "exported", "fixed", "pending", "bounced", "assigned",
        "fixed", "pending", "reopened", "waived", "reopened", "reverted", "pending", "withdrawn",
    ]  # fmt: skip
    told = timeline(month.view(), month.case)
    assert [moment.what for moment in told] == [
        "found", "opened", "assign", "export", "fixed", "bounced", "opened", "assign", "fixed",
        "reopened", "opened", "waive_request", "waive_approve", "changed", "waiver_void",
        "reverted", "reopened", "withdrawn",
    ]  # fmt: skip
    assert all(m.left_hash or m.right_hash for m in told if m.by_data and m.what != "withdrawn")
    assert {m.actor for m in told if not m.by_data} == {"li", "qian", "sun"}
    verdicts = [v for told in company.ledger.batches.judged(batch.number).values() for _, v in told]
    assert verdicts[:2] == [Verdict.FIXED, Verdict.BOUNCED]


def test_a_month_of_dark_days_changes_nothing(month: Month) -> None:
    month.company.run()
    month.crm("A")
    month.night()
    month.night(2)
    before = month.case
    path = month.company.folder / "oa.sqlite"
    aside = path.rename(path.with_suffix(".away"))
    for _ in range(3):
        month.night(5)
    assert (month.case.state, month.case.status) == ("unchecked", "open")
    aside.rename(path)
    month.night()
    after = month.case
    assert (after.state, after.since, after.opened_at, after.turn) == (
        before.state, before.since, before.opened_at, before.turn,
    )  # fmt: skip
