"""While a demo lives its days every page says how far it is, and goes with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from governance.i18n import LANGUAGES, t
from governance.ledger import Ledger, open_ledger
from tests.ui.test_pages import opened, words
from tests.ui.world import Built, run

Point = Callable[[Built], None]


@pytest.fixture
def demo(own: Built) -> Built:
    """`own` as a demo of which twelve of thirty nights are over."""
    text = own.config.read_text("utf-8")
    own.config.write_text(text + "demo: true\n", encoding="utf-8")
    mark(own, 12)
    return own


def mark(built: Built, day: int) -> None:
    told = {"ready": False, "day": day, "wish": {"days": 30}}
    (built.home / "demo.json").write_text(json.dumps(told))


@pytest.fixture
def ledger(demo: Built) -> Iterator[Ledger]:
    """With the lease in the hands of the demo."""
    found = open_ledger(demo.home)
    assert found.leases.acquire("demo@here:1:abc", now=datetime.now(UTC)) is not None
    yield found
    found.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["overview", "consistency", "runs"])
def test_every_page_says_how_far_the_days_are(
    name: str, language: str, demo: Built, ledger: Ledger, at_home: Point
) -> None:
    at_home(demo)
    app = opened(name, language)
    assert not app.exception
    said = words(app)
    assert t("ui.demo.living", language, day=12, days=30) in said
    assert t("ui.worker.absent", language) not in said
    assert "duiqi worker" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_demo_that_died_no_longer_lives(language: str, demo: Built, at_home: Point) -> None:
    at_home(demo)
    said = words(opened("overview", language))
    assert t("ui.demo.living", language, day=12, days=30) not in said
    assert "duiqi worker" in said


def test_a_night_that_passes_is_seen_and_a_worker_ends_it(
    demo: Built, ledger: Ledger, at_home: Point
) -> None:
    at_home(demo)
    app = opened("overview", "en")
    assert t("ui.caption.run", "en", run=5) in words(app)
    lease = ledger.leases.alive(now=datetime.now(UTC))
    assert lease is not None
    ledger.leases.release(lease.fence, now=datetime.now(UTC))
    newest = run(demo, datetime.now(UTC))
    assert ledger.leases.acquire("demo@here:1:abc", now=datetime.now(UTC)) is not None
    mark(demo, 13)
    said = words(app.run())
    assert t("ui.caption.run", "en", run=newest) in said
    assert t("ui.demo.living", "en", day=13, days=30) in said
    lease = ledger.leases.alive(now=datetime.now(UTC))
    assert lease is not None
    ledger.leases.release(lease.fence, now=datetime.now(UTC))
    assert ledger.leases.acquire("worker@here:2:abc", now=datetime.now(UTC)) is not None
    said = words(app.run())
    assert t("ui.demo.living", "en", day=13, days=30) not in said
    assert "duiqi worker" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_asked_for_meanwhile_is_said_to_wait(
    language: str, demo: Built, ledger: Ledger, at_home: Point
) -> None:
    at_home(demo)
    app = opened("runs", language)
    app.button(key="run-now").click().run()
    assert not app.exception
    assert t("runs.after_the_days", language) in words(app)
    assert t("runs.no_worker", language) not in words(app)
