"""What goes wrong with the company's backups, on which days, and what a run must find of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from governance.demo.books import Op
from governance.demo.faults import BackupFault

LOST_TABLE, HALF = "form_contract", (6, 7)
CUT, UNREADABLE, NOTHING = 9, 15, (17, 18)
# The replica that the OA is dumped from stands still from the first day on, until the second.
STUCK = (19, 28)
CLEARED, CLEARED_DAYS = 28, (21, 22)
# By day, what somebody who restored the CRM's copy of that night wrote down: seconds, who, and how.
DRILLS = {
    5: (1260, "顾怡", "恢复到测试机，与系统逐条核对一致"),
    19: (7500, "顾怡", "测试机磁盘过慢，逐条核对一致"),
}
TOGETHER = "crm+oa"

NO_COPIES = "there are too few copies, all on disks"
NO_DRILL = "nobody has restored a copy yet"
LEFT_OUT = "a table is left out of the dump"
CUT_SHORT = "a copy was cut short when the disk was full"
SWITCHED_OFF = "the job was switched off for maintenance"
STANDS_STILL = "the dump is made of a replica that stands still"

LAPSES = (
    BackupFault("crm", "copies", NO_COPIES, 1),
    BackupFault("oa", "copies", NO_COPIES, 1),
    BackupFault("crm", "restorable", NO_DRILL, 1, 5),
    BackupFault("oa", "complete", LEFT_OUT, HALF[0], HALF[-1] + 1),
    BackupFault(TOGETHER, "together", LEFT_OUT, HALF[0], HALF[-1] + 1),
    BackupFault("crm", "complete", CUT_SHORT, CUT, CUT + 1),
    BackupFault("crm", "intact", CUT_SHORT, CUT, CUT + 1),
    BackupFault("crm", "anomaly", CUT_SHORT, CUT, CUT + 1),
    BackupFault("crm", "keepers", "two people can delete customers and their backups", 11),
    BackupFault("crm", "unread", "the list of the second site is an error page", 15, 16),
    BackupFault("crm", "overdue", SWITCHED_OFF, NOTHING[0], NOTHING[-1] + 1),
    BackupFault(TOGETHER, "together", SWITCHED_OFF, NOTHING[0], NOTHING[-1] + 1),
    BackupFault("crm", "fresh", SWITCHED_OFF, NOTHING[0] + 1, NOTHING[-1] + 1),
    BackupFault("crm", "restorable", "a restore took longer than the RTO", 19),
    BackupFault("crm", "vanished", "copies were deleted to make room", CLEARED),
)


def lapses(ops: Mapping[int, Collection[Op]], entities: Collection[str]) -> Iterator[BackupFault]:
    """Everything there is to find. `ops` are the plan's steps by day, `entities` the records that
    dumps are held against."""
    yield from LAPSES
    start, end = STUCK
    changes = {
        day: {op.action for op in ops.get(day, ()) if op.store == "oa" and op.entity in entities}
        for day in range(start + 1, end)
    }
    first = next((day for day, actions in changes.items() if actions), None)
    if first is None or first + 1 >= end:
        return
    # The night after the first change shows that the dump lacks it; one more, and it is too old.
    yield BackupFault(TOGETHER, "together", STANDS_STILL, first + 1, end)
    if "insert" in changes[first]:
        yield BackupFault("oa", "complete", STANDS_STILL, first + 1, first + 2)
    if first + 2 < end:
        yield BackupFault("oa", "fresh", STANDS_STILL, first + 2, end)
