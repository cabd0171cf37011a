"""Configurations the tests start from."""

from __future__ import annotations

import textwrap
from pathlib import Path

from governance.config import Config, ConfigProblems, Problem, load

ENVIRON = {
    "CRM_URL": "postgresql://reader:pw-in-env@db/crm",
    "OA_PASSWORD": "p@ss/word",
    "ALERT_URL": "json://127.0.0.1/hook",
}

SMALL = """\
version: 1
company: {zh: 云帆装备, en: Yunfan Equipment}
sources:
  crm: {kind: postgresql, url: "${CRM_URL}"}
  oa: {kind: mariadb, url: "mariadb://reader@db/oa", password: "${OA_PASSWORD}"}
entities:
  customer:
    title: {zh: 客户, en: Customer}
    key: customer_no
    authority: crm
    fields:
      customer_no: {type: code}
      name: {normalize: company_name}
      phone: {normalize: phone, sensitivity: personal}
      credit: {normalize: amount, tolerance: 0.10}
    sources:
      crm: {table: customers, columns: {customer_no: no, name: title, phone: tel, credit: lim}}
      oa: {table: kh, columns: {customer_no: khbh, name: khmc}}
"""


def written(folder: Path, text: str, name: str = "governance.yaml") -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def loaded(folder: Path, text: str = SMALL, **environ: str) -> Config:
    return load(written(folder, text), environ=ENVIRON | environ)


def changed(old: str, new: str) -> str:
    """SMALL with one place changed."""
    assert SMALL.count(old) == 1, old
    return SMALL.replace(old, new)


def problems_of(folder: Path, text: str, **environ: str) -> tuple[Problem, ...]:
    """The problems of a configuration that must have some."""
    try:
        loaded(folder, text, **environ)
    except ConfigProblems as error:
        return error.problems
    raise AssertionError("the configuration was accepted")


def only_problem(folder: Path, text: str, **environ: str) -> Problem:
    found = problems_of(folder, text, **environ)
    assert len(found) == 1, [problem.rendered("en") for problem in found]
    return found[0]
