"""Reading what runs found. Sealed files are opened read-only; every call is made for an actor.

desk = Desk(open_home(), ledger.database)
view = desk.view(actor)
view.page(Filters(entity=("customer",)))
"""

from governance.reading.causes import CausePlace, Explained, RootCause, root_causes
from governance.reading.desk import Desk
from governance.reading.findings import Findings
from governance.reading.model import (
    STANDING,
    Facet,
    FieldCount,
    FieldScore,
    Filters,
    Finding,
    Order,
    Page,
    PairScore,
    Reading,
    State,
)
from governance.reading.record import Record, record, record_of
from governance.reading.scores import fields, pairs
from governance.reading.unread import UnreadCell, unread

__all__ = [
    "STANDING",
    "CausePlace",
    "Desk",
    "Explained",
    "Facet",
    "FieldCount",
    "FieldScore",
    "Filters",
    "Finding",
    "Findings",
    "Order",
    "Page",
    "PairScore",
    "Reading",
    "Record",
    "RootCause",
    "State",
    "UnreadCell",
    "fields",
    "pairs",
    "record",
    "record_of",
    "root_causes",
    "unread",
]
