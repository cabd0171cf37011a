"""The tables of the demo's CRM and OA, and which canonical field each column holds.

The OA names its columns as OAs do, by the initials of their pinyin, and keeps most things as text.
"""

from __future__ import annotations

from dataclasses import dataclass

from governance.demo.access.tables import ACCESS_TABLES
from governance.demo.shapes import TYPES, Dialect, Store, Table, table

RECORD_TABLES = (
    table("crm", "customers", "customer", """
        code text code
        name text name
        invoice_title text invoice_title
        credit_code text credit_code
        phone text phone
        address text address
        postcode text postcode
        industry text industry
        level text level
        credit_limit money credit_limit
        bank_account text bank_account
        branch text branch
        owner_code text owner
        opened_on date opened_on
        lead_source text lead_source
        updated_at instant updated_at
    """),
    table("oa", "base_customer", "customer", """
        khbh text code
        khmc text name
        fptt text invoice_title
        tyshxydm text credit_code
        lxdh text phone
        dz text address
        yb text postcode
        sshy text industry
        khjb text level
        sxed text credit_limit
        yhzh text bank_account
        ssfb text branch
        khjl text owner
        jdrq text opened_on
        spzt text approval
        xgsj local updated_at
    """),
    table("crm", "contacts", "contact", """
        code text code
        customer_code text customer
        name text name
        mobile text mobile
        email text email
        job_title text job_title
        branch text branch
    """),
    table("oa", "base_contact", "contact", """
        lxrbh text code
        khbh text customer
        xm text name
        sj text mobile
        yx text email
        zw text job_title
        ssfb text branch
    """),
    table("crm", "contracts", "contract", """
        number text number
        customer_code text customer
        title text title
        amount money amount
        tax_rate share tax_rate
        signed_at instant signed_at
        starts_on date starts_on
        ends_on date ends_on
        status text status
        owner_code text owner
        branch text branch
    """),
    table("oa", "form_contract", "contract", """
        htbh text number
        khbh text customer
        htmc text title
        htje text amount
        sl text tax_rate
        qdsj local signed_at
        ksrq text starts_on
        jsrq text ends_on
        zt text status
        jbr text owner
        ssfb text branch
        lcbh text workflow
    """),
    table("crm", "payments", "payment", """
        contract_number text contract
        installment integer installment
        payer text payer
        amount money amount
        paid_on date paid_on
        method text method
        bank_serial text bank_serial
        branch text branch
    """),
    table("oa", "form_payment", "payment", """
        htbh text contract
        qc text installment
        fkf text payer
        hkje text amount
        hkrq text paid_on
        fs text method
        lsh text bank_serial
        ssfb text branch
    """),
    table("crm", "staff", "staff", """
        code text code
        name text name
        mobile text mobile
        email text email
        id_number text id_number
        branch text branch
        post text post
        hired_on date hired_on
        active flag active
    """),
    table("oa", "hr_staff", "staff", """
        gh text code
        xm text name
        sj text mobile
        yx text email
        sfzh text id_number
        ssfb text branch
        gw text post
        rzrq text hired_on
        zzbz flag active
    """),
)  # fmt: skip
TABLES = (*RECORD_TABLES, *ACCESS_TABLES)
ENTITIES = ("customer", "contact", "contract", "payment", "staff")
KEYS = {
    "customer": ("code",),
    "contact": ("code",),
    "contract": ("number",),
    "payment": ("contract", "installment"),
    "staff": ("code",),
}


def table_of(store: Store, entity: str) -> Table:
    return next(t for t in TABLES if t.store == store and t.entity == entity)


@dataclass(frozen=True)
class Alteration:
    """On the morning of `day` a table gets a new column, or one of its columns another type."""

    day: int
    store: Store
    table: str
    column: str
    type: str
    is_new: bool


# What the vendors' releases bring: no value changes and nothing that is compared is lost.
ALTERATIONS = (
    Alteration(9, "crm", "customers", "wechat", "text", is_new=True),
    Alteration(16, "oa", "base_customer", "dz", "line", is_new=False),
    Alteration(24, "oa", "form_payment", "fs", "line", is_new=False),
    Alteration(26, "oa", "base_customer", "khly", "text", is_new=True),
)


def alter_statements(change: Alteration, dialect: Dialect) -> tuple[str, ...]:
    """The statements of one dialect. SQLite cannot change a type, so a new column takes over."""
    table, column, kind = change.table, change.column, TYPES[change.type][dialect]
    if change.is_new:
        return (f"ALTER TABLE {table} ADD COLUMN {column} {kind}",)
    if dialect == "postgresql":
        return (f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}",)
    if dialect == "mariadb":
        return (f"ALTER TABLE {table} MODIFY {column} {kind}",)
    return (
        f"ALTER TABLE {table} ADD COLUMN aside {kind}",
        f"UPDATE {table} SET aside = {column}",
        f"ALTER TABLE {table} DROP COLUMN {column}",
        f"ALTER TABLE {table} RENAME COLUMN aside TO {column}",
    )
