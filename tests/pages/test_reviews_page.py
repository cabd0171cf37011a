"""The page of review campaigns, driven without a browser over the tiny company's permissions."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from governance.access import Actor
from governance.i18n import LANGUAGES, t
from governance.ledger import open_ledger
from governance.ledger.review_rows import Decision, ReviewStatus
from governance.reviews.opening import Opener, Wish
from tests.permissions.home import company
from tests.reviews.conftest import RIGHTS
from tests.ui.test_pages import opened, words
from tests.ui.world import Built

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One night of the tiny company, and one open campaign whose manager is the reader."""
    folder = tmp_path_factory.mktemp("reviewed")
    made = company(folder)
    run = made.run()
    now = datetime.now(UTC)
    wish = Wish("Q1 ![x](http://beacon.invalid/x.png)", now + DAY, fallback="周海")
    Opener(made.ledger, made.home, made.config).open(Actor("wang", RIGHTS), wish, now=now)
    made.ledger.close()
    assert run.as_of is not None
    return Built(made.home.path, made.folder / "governance.yaml", run.as_of)


@pytest.fixture
def mine(reviewed: Built, tmp_path: Path) -> Built:
    """A copy of it that a test may change."""
    folder = tmp_path / "mine"
    shutil.copytree(reviewed.config.parent.parent, folder)
    return Built(folder / "home", folder / "company" / "governance.yaml", reviewed.last)


@pytest.fixture
def as_lin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUIQI_OPERATOR", "林静")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_campaigns_and_the_form_with_what_it_would_come_to(
    language: str, reviewed: Built, at_home: Callable[[Built], None]
) -> None:
    at_home(reviewed)
    app = opened("reviews", language)
    assert not app.exception
    assert [metric.value for metric in app.metric][:2] == ["1", "8"]
    assert t("reviews.new.lines.other", language, n="8") in words(app)
    assert t("reviews.gap.title", language) in words(app)  # what was read long ago is told


@pytest.mark.parametrize("tab", ["lines", "progress", "difference", "end"])
def test_every_block_of_a_campaign_draws(
    tab: str, reviewed: Built, at_home: Callable[[Built], None]
) -> None:
    at_home(reviewed)
    app = opened("reviews", "en", review="1", rv__tab=tab)
    assert not app.exception
    assert "![x](http" not in words(app)  # a name that somebody typed is no markdown


@pytest.mark.usefixtures("as_lin")
def test_the_reviewer_decides_her_lines_with_a_reason(
    mine: Built, at_home: Callable[[Built], None]
) -> None:
    at_home(mine)
    app = opened("reviews", "en", review="1")
    app.toggle(key="rv.whole").set_value(True).run()
    app.button(key="rv.do.keep").click().run()
    send = next(b for b in app.button if b.label == t("reviews.send.keep.other", "en", n="3"))
    send.click().run()
    assert [error.value for error in app.error]  # some of them fail a rule: a reason is needed
    app.text_area(key="rv.reason.keep").set_value("still needed")
    send = next(b for b in app.button if b.label == t("reviews.send.keep.other", "en", n="3"))
    send.click().run()
    assert not app.exception
    assert not app.error
    assert decided(mine) == {"林静": 3}


@pytest.mark.usefixtures("as_lin")
def test_what_cannot_be_signed_can_be_closed_and_says_why(
    mine: Built, at_home: Callable[[Built], None]
) -> None:
    at_home(mine)
    app = opened("reviews", "en", review="1", rv__tab="end")
    assert app.button(key="rv.sign").disabled
    assert t("reviews.stop.open.other", "en", n="8") in words(app)
    app.button(key="rv.end.close").click().run()
    app.text_area(key="rv.why.close").set_value("read too long ago")
    close = [b for b in app.button if b.label == t("reviews.close", "en")][-1]
    close.click().run()
    assert not app.exception
    ledger = open_ledger(mine.home)
    row = ledger.reviews.get(1)
    ledger.close()
    assert row is not None
    assert (row.status, row.closed_by) == (ReviewStatus.INCOMPLETE, "林静")


def test_whoever_is_no_reviewer_is_told_whose_lines_they_are(
    reviewed: Built, at_home: Callable[[Built], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUIQI_OPERATOR", "nobody in particular")
    at_home(reviewed)
    app = opened("reviews", "en", review="1", rv__show="all")
    app.toggle(key="rv.whole").set_value(True).run()
    assert t("reviews.refused.other.other", "en", n="8") in words(app)
    assert not [b for b in app.button if b.key == "rv.do.keep"]


def test_an_unknown_campaign_leads_back_to_all_of_them(
    reviewed: Built, at_home: Callable[[Built], None]
) -> None:
    at_home(reviewed)
    app: AppTest = opened("reviews", "en", review="77")
    assert not app.exception
    assert "review" not in app.query_params


def decided(built: Built) -> dict[str, int]:
    ledger = open_ledger(built.home)
    found: dict[str, int] = {}
    for line in ledger.reviews.lines(1):
        if line.decision is Decision.KEEP and line.decided_by:
            found[line.decided_by] = found.get(line.decided_by, 0) + 1
    ledger.close()
    return found
