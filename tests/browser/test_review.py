"""A leaver who can still do everything: found, reviewed, revoked, and proven gone the next day."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.access import WORKER
from governance.config import load
from governance.i18n import t
from governance.ledger import open_ledger
from governance.ledger.rows import Trigger
from governance.runs import execute
from governance.store import open_home
from tests.browser.harness import Server, reading, serving, sure
from tests.permissions.home import settled

# The manager of the leaver, who reviews; somebody else, who signs.
MANAGER, SIGNER = "林静", "陈晨"
DEMO = f"demo: true\nowners: [{{owner: {MANAGER}}}, {{owner: {SIGNER}}}]\n"


def night(home: Path, config: Path) -> None:
    """One run, now: a campaign over sources that were read long ago could not be signed."""
    now = datetime.now(UTC)
    opened = open_home(home)
    ledger = open_ledger(opened.path)
    with closing(ledger):
        fence = ledger.leases.acquire("tests", now=now, ttl=timedelta(minutes=5))
        assert fence is not None
        made = ledger.runs.enqueue(WORKER, trigger=Trigger.MANUAL, now=now)
        loaded = load(config, environ=os.environ)
        execute(
            ledger, opened, loaded, made, fence=fence, clock=lambda: now, stop=lambda: False
        )  # fmt: skip
        ledger.leases.release(fence, now=datetime.now(UTC))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("review")
    path = settled(made)
    path.write_text(path.read_text("utf-8") + DEMO, encoding="utf-8")
    night(made / "home", path)
    return made


@pytest.fixture(scope="module")
def watched(folder: Path) -> Iterator[Server]:
    with serving(folder / "home", folder / "governance.yaml", folder / "log") as running:
        yield running


def test_a_leavers_rights_are_found_reviewed_revoked_and_proven_gone(
    browser: Any, watched: Server, folder: Path
) -> None:
    with reading(browser, watched) as reader:
        reader.open("rule", lang="en", rule="R13")
        reader.heading("rule")
        reader.open("person", lang="en", person="1002")
        reader.heading("person")
        picture = reader.page.locator("[data-testid=stGraphVizChart]")
        sure(picture).to_contain_text("销售")  # the role that gives the right
        reader.page.get_by_role("link", name=t("person.review", "en")).click()
        reader.heading("reviews")
        reader.press("rv.open")
        reader.at(review="1")
        reader.act_as(MANAGER)
        reader.keyed("rv.whole", "label").click()
        reader.press("rv.do.revoke")
        reader.send()
        reader.act_as(SIGNER)
        reader.page.get_by_text(t("reviews.tab.end", "en"), exact=True).first.click()
        reader.press("rv.sign")
        reader.shows(t("reviews.ended.signed", "en"))
        revoke(folder)
        night(folder / "home", folder / "governance.yaml")
        reader.open("reviews", lang="en", review="1")
        reader.heading("reviews")
        gone = reader.page.locator("[data-testid=stMetric]", has_text=t("reviews.done", "en"))
        sure(gone.locator("[data-testid=stMetricValue]")).to_have_text("1")
        reader.open("person", lang="en", person="1002")
        reader.heading("person")
        reader.shows(t("person.rights.none", "en"))


def revoke(folder: Path) -> None:
    """What an administrator of the CRM does by the checklist."""
    with closing(sqlite3.connect(folder / "crm.sqlite")) as connection, connection:
        connection.execute("DELETE FROM user_roles WHERE user_id = 'u2'")
