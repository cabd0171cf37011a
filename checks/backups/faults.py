"""What of a system's backups can be somebody's case. All that explains one fault is one finding."""

from __future__ import annotations

from enum import StrEnum

from checks.outcome import Severity


class Fault(StrEnum):
    """The four questions answered no, and what stands beside them. A finding's field."""

    FRESH = "fresh"
    COMPLETE = "complete"
    INTACT = "intact"
    RESTORABLE = "restorable"
    OVERDUE = "overdue"  # an expected backup did not come
    UNREAD = "unread"  # a catalogue could not be read
    VANISHED = "vanished"  # a backup that should be kept is gone
    ANOMALY = "anomaly"  # size or rows are not what they use to be
    TOGETHER = "together"  # the newest backups of several systems do not fit
    KEEPERS = "keepers"  # one person can delete the data and its backups, or alone restore
    COPIES = "copies"  # fewer copies, media or places than 3-2-1-1-0 wants


class Sureness(StrEnum):
    """How sure a fault is; a finding's class. `unknown`: what must be known is not."""

    BROKEN = "broken"
    UNKNOWN = "unknown"


SEVERITIES = {
    Fault.FRESH: Severity.CRITICAL,
    Fault.COMPLETE: Severity.CRITICAL,
    Fault.INTACT: Severity.CRITICAL,
    Fault.RESTORABLE: Severity.CRITICAL,
    Fault.OVERDUE: Severity.HIGH,
    Fault.UNREAD: Severity.HIGH,
    Fault.VANISHED: Severity.HIGH,
    Fault.ANOMALY: Severity.MEDIUM,
    Fault.TOGETHER: Severity.HIGH,
    Fault.KEEPERS: Severity.MEDIUM,
    Fault.COPIES: Severity.LOW,
}


def severity(fault: Fault, sureness: Sureness) -> Severity:
    """A fault that is only possible weighs medium at most."""
    stated = SEVERITIES[fault]
    if sureness is Sureness.UNKNOWN and stated in (Severity.CRITICAL, Severity.HIGH):
        return Severity.MEDIUM
    return stated
