"""Day 0: what years of two systems side by side have left behind.

Shares are of the entity's records, so the company looks the same at every size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from governance.demo import damage
from governance.demo.company import Key
from governance.demo.notation import Row, full_width, local
from governance.demo.planting import Planter, Where, in_no_drop

# What the CRM has learned and the OA has not; what the OA has learned; what both have changed.
STALE = (
    ("customer", "phone", 0.003), ("customer", "address", 0.003), ("customer", "owner", 0.003),
    ("customer", "level", 0.002), ("customer", "credit_limit", 0.001), ("customer", "name", 0.001),
    ("contact", "mobile", 0.006), ("contact", "job_title", 0.002),
    ("contract", "status", 0.006), ("contract", "amount", 0.001), ("contract", "ends_on", 0.001),
    ("payment", "method", 0.002), ("payment", "paid_on", 0.001), ("payment", "amount", 0.0005),
    ("staff", "post", 0.012), ("staff", "active", 0.008),
)  # fmt: skip
MOVED_IN_OA = (
    ("customer", "phone", 0.001), ("customer", "level", 0.001), ("contract", "owner", 0.001),
    ("staff", "branch", 0.010), ("staff", "mobile", 0.004), ("contact", "mobile", 0.001),
)  # fmt: skip
MOVED_ON_BOTH = (
    ("customer", "address", 0.001), ("contract", "status", 0.0008), ("contact", "mobile", 0.0004),
)  # fmt: skip
MISSING_VALUE = (
    ("customer", "phone", 0.003), ("customer", "address", 0.0015), ("contact", "email", 0.004),
    ("payment", "bank_serial", 0.002), ("staff", "mobile", 0.004),
)  # fmt: skip
NEVER_IN_OA = (
    ("customer", 0.0015), ("contact", 0.0012), ("contract", 0.0015), ("payment", 0.003),
)  # fmt: skip
NEVER_DELETED_IN_OA = (("customer", 0.0015), ("contact", 0.0008), ("contract", 0.0005))
COPIED_IN_OA = (
    ("customer", None, 0.001), ("customer", "level", 0.0006), ("contact", None, 0.0005),
    ("contract", "status", 0.0005), ("payment", None, 0.0008), ("payment", "method", 0.0003),
)  # fmt: skip
COPIED_IN_CRM = (("customer", 0.0004), ("contact", 0.0003))
KEYLESS = (
    ("customer", "code", "name", 0.0006), ("contract", "number", "title", 0.0005),
    ("payment", "contract", "payer", 0.0004),
)  # fmt: skip

# The branch whose people do not fill in what their form does not insist on.
FORGETFUL_BRANCH = "成都分公司"


@dataclass(frozen=True)
class Spoilt:
    """One way in which the OA's copy of a field goes bad, and the records it happens to."""

    entity: str
    field: str
    share: float
    cause: str
    written: Callable[[Row], Any]
    where: Where = lambda _row: True
    how: str = "different"


def in_fen(row: Row) -> str:
    return f"{row['amount'] * 100:.0f}"


def short_by(field: str, step: str) -> Callable[[Row], str]:
    """The amount less `step`, which is exactly what its tolerance forgives."""
    return lambda row: f"{row[field] - Decimal(step):,.2f}"


def lost_character(entity: str, field: str, share: float) -> Spoilt:
    """Names that GBK cannot hold; the share is of those, not of all records."""
    return Spoilt(
        entity, field, share, "lost_character",
        lambda row: damage.gbk_only(row[field]),
        lambda row: bool(damage.gbk_only(row[field]) != row[field]),
    )  # fmt: skip


SPOILT = (
    Spoilt("customer", "address", 0.003, "truncated",
           lambda row: row["address"][: damage.OA_ADDRESS_LENGTH],
           lambda row: len(row["address"]) > damage.OA_ADDRESS_LENGTH),
    Spoilt("customer", "invoice_title", 0.0025, "title_without_form",
           lambda row: damage.without_legal_form(row["invoice_title"])),
    Spoilt("customer", "invoice_title", 0.002, "title_half_width",
           lambda row: row["invoice_title"].replace("（", "(").replace("）", ")"),
           lambda row: "（" in row["invoice_title"]),
    Spoilt("contact", "job_title", 0.005, "left_out_by_branch", lambda _row: None,
           lambda row: row["branch"] == FORGETFUL_BRANCH, how="null_vs_value"),
    Spoilt("customer", "credit_code", 0.0015, "damaged_id",
           lambda row: damage.scientific(row["credit_code"]),
           lambda row: not damage.survives_excel(row["credit_code"])),
    Spoilt("customer", "credit_limit", 0.0015, "beyond_tolerance",
           lambda row: f"{row['credit_limit'] + 500:,.2f}"),
    Spoilt("contract", "amount", 0.003, "amount_unit", in_fen),
    Spoilt("payment", "amount", 0.0015, "amount_unit", in_fen),
    Spoilt("contract", "signed_at", 0.003, "time_zone",
           lambda row: local(row["signed_at"], 0) - timedelta(hours=8)),
    Spoilt("contract", "ends_on", 0.0025, "unreadable", lambda _row: "长期"),
    Spoilt("contract", "amount", 0.0006, "unreadable", lambda _row: "待定"),
    Spoilt("customer", "credit_limit", 0.012, "within_tolerance",
           short_by("credit_limit", "100"), how="within_tolerance"),
    Spoilt("contract", "amount", 0.01, "within_tolerance",
           short_by("amount", "0.01"), how="within_tolerance"),
    Spoilt("payment", "amount", 0.01, "within_tolerance",
           short_by("amount", "0.01"), how="within_tolerance"),
    Spoilt("contract", "signed_at", 0.01, "within_tolerance",
           lambda row: local(row["signed_at"], 0).replace(second=0),
           lambda row: row["signed_at"].second > 0, "within_tolerance"),
)  # fmt: skip
LOST_CHARACTER = (
    lost_character("contact", "name", 0.4),
    lost_character("payment", "payer", 0.4),
    lost_character("staff", "name", 0.5),
)
# Same meaning, other signs: none of these may become a finding.
REWRITTEN: tuple[tuple[str, str, str, float, Callable[[Any, int], Any]], ...] = (
    ("customer", "name", "legal_form_dropped", 0.08, lambda v, _: damage.without_legal_form(v)),
    ("payment", "payer", "legal_form_dropped", 0.03, lambda v, _: damage.without_legal_form(v)),
    ("customer", "name", "formatting", 0.03, damage.restyled_name),
    ("customer", "address", "formatting", 0.02, damage.restyled_text),
    ("customer", "credit_code", "formatting", 0.02, lambda v, _: f" {v.lower()}"),
    ("customer", "owner", "formatting", 0.01, lambda v, _: full_width(v)),
    ("contract", "title", "formatting", 0.02, lambda v, _: f" {v} "),
    ("contact", "email", "formatting", 0.02, lambda v, _: v.upper()),
    ("customer", "code", "key_formatting", 0.012, damage.restyled_code),
    ("contract", "number", "key_formatting", 0.012, damage.restyled_code),
)


def plant_backlog(planter: Planter) -> None:
    """Everything that is already wrong on day 0; about a third of it is put right later."""
    for entity, field, share in STALE:
        each(planter, entity, field, share, planter.stale)
    for entity, field, share in MOVED_IN_OA:
        each(planter, entity, field, share, planter.moved_in_oa)
    for entity, field, share in MOVED_ON_BOTH:
        each(planter, entity, field, share, planter.moved_on_both)
    for entity, field, share in MISSING_VALUE:
        each(planter, entity, field, share, lambda e, k, f: planter.spoilt(
            e, k, f, None, "value_missing", "null_vs_value"
        ))  # fmt: skip
    plant_spoilt_values(planter)
    plant_together(planter)
    plant_rows(planter)
    plant_rewritten(planter)


def each(
    planter: Planter,
    entity: str,
    field: str,
    share: float,
    plant: Callable[[str, Key, str], int],
    where: Where = in_no_drop,
) -> None:
    """Plant one kind of fault in its share of the records; some are mended in the month."""
    keys = planter.take(
        entity,
        planter.portion(entity, share),
        present(field, where),
    )
    for key in keys:
        number = plant(entity, key, field)
        if planter.random.random() < 0.35:
            planter.mend_later(number, planter.random.randrange(1, 31))


def plant_spoilt_values(planter: Planter) -> None:
    """Truncated, rounded, in the wrong unit or zone, unreadable, just beyond a tolerance."""
    for spoilt in SPOILT:
        spoil(planter, spoilt, spoilt.share)
    for lost in LOST_CHARACTER:
        rows = planter.books.records[lost.entity].values()
        rare = sum(1 for row in rows if lost.where(row))
        spoil(planter, lost, lost.share * rare / len(rows))


def spoil(planter: Planter, spoilt: Spoilt, share: float) -> None:
    """Write the spoilt value into the OA for a share of the records that it can happen to."""

    def plant(entity: str, key: Key, field: str) -> int:
        value = spoilt.written(planter.books.records[entity][key])
        return planter.spoilt(entity, key, field, value, spoilt.cause, spoilt.how)

    def where(row: Row) -> bool:
        return in_no_drop(row) and spoilt.where(row)

    each(planter, spoilt.entity, spoilt.field, share, plant, where)


def plant_together(planter: Planter) -> None:
    """What happened to records that belong together: those of one account manager, whose levels
    nobody carries over any more, and those of one import."""
    owners = Counter(row["first_owner"] for row in planter.books.records["customer"].values()
                     if in_no_drop(row))  # fmt: skip
    owner = max(owners, key=lambda code: (owners[code], code))
    most = planter.portion("customer", 0.0025)
    for key in planter.take("customer", most, lambda row: row["first_owner"] == owner):
        planter.stale("customer", key, "level", "one_manager")
    numbers = sorted(row["number"] for row in planter.books.records["contract"].values()
                     if in_no_drop(row))  # fmt: skip
    count = planter.portion("contract", 0.006)
    batch = set(numbers[len(numbers) // 2 :][:count])
    for key in planter.take("contract", count, lambda row: row["number"] in batch):
        planter.moved_in_oa("contract", key, "tax_rate", "import_batch")


def plant_rows(planter: Planter) -> None:
    """Rows that are missing, too many, without a key, or with a key that a sheet has spoilt."""

    def some(entity: str, share: float) -> list[tuple[str, Key]]:
        return [(entity, key) for key in planter.take(entity, planter.portion(entity, share))]

    gone = [taken for entity, share in NEVER_IN_OA for taken in some(entity, share)]
    for entity, key in gone:
        planter.gone_from_oa(entity, key, "never_created")
    kept = [taken for entity, share in NEVER_DELETED_IN_OA for taken in some(entity, share)]
    for entity, key in kept:
        planter.gone_from_crm(entity, key)
    plant_copies(planter, some)
    for entity, part, shown, share in KEYLESS:
        for _, key in some(entity, share):
            planter.keyless_in_oa(entity, key, part, shown)
    for entity, key in some("customer", 0.0004):
        planter.key_lost_in_oa(entity, key, "code", "name")
    for entity, key in some("staff", 0.02):
        planter.key_rounded_in_oa(entity, key, "code", str(int(key[0])))


def plant_copies(planter: Planter, some: Callable[[str, float], list[tuple[str, Key]]]) -> None:
    """Records entered twice: the same, with one field changed, and with no copy that is right."""
    for entity, field, share in COPIED_IN_OA:
        for _, key in some(entity, share):
            planter.copied_in_oa(entity, key, field)
    for entity, share in COPIED_IN_CRM:
        for _, key in some(entity, share):
            planter.copied_in_crm(entity, key)
    for entity, key in some("customer", 0.0002):
        planter.conflicting_copies(entity, key, "level")


def present(field: str, where: Where = in_no_drop) -> Where:
    """Records that have a value in `field`."""
    return lambda row: row.get(field) is not None and where(row)


def plant_rewritten(planter: Planter) -> None:
    """Differences in writing only; the rules of the dictionary make them equal."""
    for entity, field, cause, share, rewrite in REWRITTEN:
        keys = planter.take(
            entity,
            planter.portion(entity, share),
            present(field),
        )
        for key in keys:
            style = planter.books.styles[entity, key]
            value = planter.books.records[entity][key][field]
            written = rewrite(value, style)
            if written != value:
                planter.spoilt(entity, key, field, written, cause, "normalized")
