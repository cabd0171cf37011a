"""The demo with one entity to look at, where what is looked at makes no difference.

A night of the whole demo looks at 38 tables and costs some 6 CPU s however small the company is.
"""

from __future__ import annotations

from pathlib import Path

from governance.demo import home as folder

HEAD = """\
version: 1
company: {zh: 云帆装备, en: Yunfan Equipment}
time_zone: Asia/Shanghai
schedule: "5 2 * * *"
demo: true
sources:
  crm: {kind: sqlite, path: company/crm.sqlite}
  oa: {kind: sqlite, path: company/oa.sqlite}
entities:"""
CHECKS = """
checks:
  staff: {entity: staff}
"""


def lighten(place: Path) -> Path:
    """A configuration like the shipped one, of the staff alone; written to `place`."""
    shipped = folder.SHIPPED_CONFIG.read_text(encoding="utf-8")
    staff = shipped[shipped.index("\n  staff:\n") : shipped.index("\n  branch_customer:\n")]
    place.write_text(HEAD + staff + CHECKS, encoding="utf-8")
    return place
