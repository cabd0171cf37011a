"""What the demo company's people do with their findings, on the mornings after the nightly runs.

They hand work over, say what they know, ask for waivers and grant them, and hand out the sheets
that `mends` enters. Everything goes the way it goes for a real user.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from governance.demo.mends import SHEETS, Sheet
from governance.demo.reviewing import decide_review, open_review, sign_review

if TYPE_CHECKING:
    from governance.cases.actions import Actions, Selection
    from governance.config import Config
    from governance.ledger import Ledger
    from governance.reading import Filters
    from governance.store import Home

MORNING = timedelta(hours=7)
# Names of the company's governance.yaml.
CHIEF, CLERK, BRANCH, FINANCE = "周海燕", "郭晓琳", "顾怡", "孙志远"


@dataclass(frozen=True)
class People:
    """Acts through the same doors as the pages. `config` is the demo's own, `fence` its lease."""

    ledger: Ledger
    home: Home
    config: Config
    fence: int

    def morning_after(self, day: int, night: datetime) -> None:
        """All that is done between the run of `night` and what happens on the day after."""
        now = night + MORNING
        for deed in DEEDS.get(day, ()):
            deed(self, now)
        for sheet in SHEETS:
            if sheet.day == day + 1:
                self.hand_out(sheet, now)

    @contextmanager
    def acting(self, name: str, now: datetime) -> Iterator[Actions]:
        """What `name` can do with what the newest run found."""
        from governance.access import Actor, Right
        from governance.cases.actions import Actions
        from governance.reading import Desk

        desk = Desk(self.home, self.ledger.database, lambda: now)
        try:
            checks = [check.name for check in self.config.checks]
            yield Actions(desk.view(Actor(name, frozenset(Right)), checks), now)
        finally:
            desk.close()

    def hand_out(self, sheet: Sheet, now: datetime) -> None:
        """An import sheet for the OA, as the page asks the worker for one."""
        from governance.batches.making import Maker
        from governance.ledger.batches import NewBatch
        from governance.ledger.rows import BatchKind

        batches = self.ledger.batches
        filters = {"entity": [sheet.entity], "field": [sheet.field]}
        new = NewBatch(BatchKind.IMPORT, "xlsx", "zh", filters, system="oa", reveal=True)
        with self.acting(CLERK, now) as actions:
            batches.request(actions.view.actor, new, now=now)
            batch = batches.claim(fence=self.fence)
            assert batch is not None
            Maker(actions.view, self.config, self.ledger, self.home).fulfil(batch, now=now)


def _some(actions: Actions, filters: Filters, most: int) -> Selection:
    """The first few findings of a list, as somebody ticks them."""
    from governance.cases.actions import Selection

    rows = actions.view.page(filters, limit=most).rows
    return Selection(finding_ids=tuple(row.finding_id for row in rows))


def _share_out(people: People, now: datetime) -> None:
    from governance.reading import Filters

    with people.acting(CHIEF, now) as actions:
        loose = Filters(owner=("",), status=("open",), entity=("customer",))
        actions.assign(_some(actions, loose, 12), BRANCH)
        actions.assign(_some(actions, Filters(entity=("payment",), field=("amount",)), 5), FINANCE)


def _ask_around(people: People, now: datetime) -> None:
    from governance.reading import Filters

    with people.acting(BRANCH, now) as actions:
        mine = _some(actions, Filters(owner=(BRANCH,), entity=("customer",)), 3)
        if mine.finding_ids:
            actions.comment(mine, "已电话联系客户，等回传盖章资料。")
    with people.acting(FINANCE, now) as actions:
        amounts = _some(actions, Filters(entity=("contract",), field=("amount",)), 2)
        if amounts.finding_ids:
            actions.comment(amounts, "纸质合同以 OA 为准，请法务确认后改 CRM。")


def _ask_for_waivers(people: People, now: datetime) -> None:
    from governance.reading import Filters

    with people.acting(BRANCH, now) as actions:
        old = _some(actions, Filters(entity=("branch_customer",), status=("open", "assigned")), 9)
        if old.finding_ids:
            why = "老系统月底下线，历史差异不再回改。"
            actions.ask_waiver(old, why, now + timedelta(days=45))


def _grant_waivers(people: People, now: datetime) -> None:
    from governance.reading import Filters

    with people.acting(CHIEF, now) as actions:
        asked = _some(actions, Filters(waiver=("asked",)), 9)
        if asked.finding_ids:
            actions.grant(type(asked)(finding_ids=asked.finding_ids[:-1]))
            actions.reject(type(asked)(finding_ids=asked.finding_ids[-1:]), "金额较大，请先核对。")


DEEDS: dict[int, tuple[Callable[[People, datetime], None], ...]] = {
    2: (_share_out,),
    3: (open_review,),
    4: (decide_review,),
    5: (_ask_around, sign_review),
    7: (_ask_for_waivers,),
    8: (_grant_waivers,),
    20: (_share_out, _ask_around),
    28: (_ask_for_waivers,),
}
