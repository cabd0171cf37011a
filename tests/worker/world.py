"""A company small enough to count: CRM and OA as SQLite files, or CRM in PostgreSQL.

Three customers, two staff. As built, everything is aligned.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from governance.config import Config, load

CUSTOMERS = (("C1", "云帆科技"), ("C2", "金石矿业"), ("C3", "远山物流"))
STAFF = (("S1", "李雷"), ("S2", "韩梅梅"))

YAML = """\
version: 1
company: {{zh: 云帆装备, en: Yunfan Equipment}}
time_zone: Asia/Shanghai
locale: zh
{schedule}
{alerts}
sources:
  crm: {{title: {{zh: 客户系统, en: CRM}}, {crm_kind}{crm}}}
  oa: {{title: {{zh: 办公系统, en: OA}}, kind: sqlite, path: oa.sqlite}}
entities:
  customer:
    title: {{zh: 客户, en: Customer}}
    key: customer_no
    authority: crm
    fields: {{customer_no: {{type: code}}, name: {{}}}}
    sources:
      crm: {{table: customers, columns: {{customer_no: no, name: title}}}}
      oa: {{table: kh, columns: {{customer_no: khbh, name: khmc}}}}
  person:
    title: {{zh: 员工, en: Staff}}
    key: staff_no
    authority: oa
    fields: {{staff_no: {{type: code}}, name: {{}}}}
    sources:
      crm: {{table: staff, columns: {{staff_no: no, name: name}}}}
      oa: {{table: yg, columns: {{staff_no: gh, name: xm}}}}
checks:
  customers:
    entity: customer
    title: {{zh: 客户一致, en: Customers}}
    thresholds: {{strict: 0.9}}
  staff: {{entity: person, title: {{zh: 员工一致, en: Staff}}{staff}}}
"""


def company(
    folder: Path,
    *,
    schedule: str = "",
    alerts: str = "",
    crm: str = "",
    staff: str = "",
    crm_url: str | None = None,
    environ: dict[str, str] | None = None,
) -> Config:
    """Write the configuration and both systems into `folder`, and load it.

    With `crm_url` the CRM is that PostgreSQL database, which the caller fills.
    """
    kind = (
        "kind: sqlite, path: crm.sqlite"
        if crm_url is None
        else f'kind: postgresql, url: "{crm_url}"'
    )
    text = YAML.format(schedule=schedule, alerts=alerts, crm=crm, staff=staff, crm_kind=kind)
    (folder / "governance.yaml").write_text(text, encoding="utf-8")
    fill(folder / "crm.sqlite", "customers(no, title)", "staff(no, name)")
    fill(folder / "oa.sqlite", "kh(khbh, khmc)", "yg(gh, xm)")
    return load(folder / "governance.yaml", environ={**os.environ, **(environ or {})})


def fill(path: Path, customers: str, staff: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, rows in ((customers, CUSTOMERS), (staff, STAFF)):
            name = table.partition("(")[0]
            columns = table.partition("(")[2].rstrip(")").replace(",", " TEXT,") + " TEXT"
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
            connection.execute(f"DELETE FROM {name}")
            connection.executemany(f"INSERT INTO {name} VALUES (?, ?)", rows)


def say(path: Path, statement: str, *values: str) -> None:
    """Change something in a system, as its people would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)
