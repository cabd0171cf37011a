"""The demo opens early: its dashboard answers while most of its nights are still to come."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.access import Actor, Right
from governance.demo import home as folder
from governance.demo.home import told
from governance.demo.living import HANDOVER, Living, living
from governance.demo.replay import last_night
from governance.ledger import Ledger, open_ledger
from governance.ledger.rows import RunStatus, Trigger
from governance.worker.holder import utc_now
from tests.demo.small import lighten
from tests.worker.child import duiqi, no_leftovers, until
from tests.worker.test_serve import free_port, is_gone, is_healthy

DAYS = 4


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No process outlives its test, and none finds another home than the one it is told."""
    monkeypatch.delenv("DUIQI_HOME", raising=False)
    monkeypatch.delenv("DUIQI_LEDGER_URL", raising=False)
    with no_leftovers():
        yield


def demo(home: Path, port: int, days: int = DAYS) -> subprocess.Popen[bytes]:
    words = ["--size", "200", "--days", str(days), "--port", str(port), "--home", str(home)]
    return duiqi("demo", *words)


def health(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def holder(home: Path) -> tuple[str, int] | None:
    """The role and the process that hold the lease in `home`."""
    ledger = open_ledger(home, folder.address_of(home))
    try:
        lease = ledger.leases.alive(now=utc_now())
    finally:
        ledger.close()
    if lease is None:
        return None
    return lease.holder.partition("@")[0], int(lease.holder.split(":")[-2])


def role(home: Path) -> str | None:
    found = holder(home)
    return found and found[0]


def test_the_dashboard_answers_before_the_last_night_and_a_worker_goes_on(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    process = demo(home, port)
    until(lambda: is_healthy(port), "the dashboard")
    first = health(port)
    assert told(home)[1] is False
    assert first["run"] is None or first["run"] <= DAYS  # the first look is a run too
    until(lambda: role(home) == "worker", "the worker")
    assert health(port)["run"] == DAYS + 1
    assert told(home)[1] is True
    worker = holder(home)
    assert worker is not None
    process.send_signal(signal.SIGTERM)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert said.count(f"http://127.0.0.1:{port}".encode()) == 1
    assert str(home).encode() in out
    assert is_gone(worker[1])
    assert not is_healthy(port)


def test_stopped_among_its_days_it_leaves_nothing_and_starts_over(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    process = demo(home, port, days=60)
    until(lambda: is_healthy(port), "the dashboard")
    until(lambda: (health(port)["run"] or 0) > 2, "the second night")
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert b"starts it over" in said
    assert not is_healthy(port)
    assert holder(home) is None
    assert told(home)[1] is False
    before = (home / "ledger.sqlite").stat().st_ino
    again = duiqi("demo", "--no-serve", "--size", "200", "--days", "1", "--home", str(home))
    _, said = again.communicate(timeout=90)
    assert again.returncode == 0, said
    assert told(home)[1] is True
    assert (home / "ledger.sqlite").stat().st_ino != before


def test_a_port_in_use_is_said_before_anything_is_built(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = demo(tmp_path / "home", port)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"Port {port} is in use".encode() in said
    assert not (tmp_path / "home").exists()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path)
    yield opened
    opened.close()


def test_the_days_go_on_only_while_somebody_lives_them(ledger: Ledger, tmp_path: Path) -> None:
    wish = folder.Wish(200, 30, last_night(utc_now()).date())
    folder.mark(tmp_path, wish, ready=False, day=12)
    now = utc_now()
    assert living(tmp_path, ledger, now) is None
    fence = ledger.leases.acquire("demo@here:1:abc", now=now)
    assert fence is not None
    assert living(tmp_path, ledger, now) == Living(12, 30)
    dead = now + timedelta(seconds=30) + HANDOVER
    assert living(tmp_path, ledger, dead) is None
    ledger.leases.release(fence, now=now)
    assert living(tmp_path, ledger, now) == Living(12, 30)  # the worker is on its way
    ledger.leases.acquire("worker@here:2:abc", now=now)
    assert living(tmp_path, ledger, now) is None


def test_a_run_asked_for_among_the_days_waits_and_is_the_newest_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "SHIPPED_CONFIG", lighten(tmp_path / "light.yaml"))
    home = tmp_path / "home"
    home.mkdir()
    wish = folder.Wish(200, 2, last_night(utc_now()).date())
    address = folder.address_of(home)
    reader = Actor("li", frozenset({Right.VIEW, Right.RUN}))

    def ask(done: int, _days: int) -> None:
        if done == 1:
            page = open_ledger(home, address)
            page.runs.enqueue(reader, trigger=Trigger.PAGE, now=utc_now())
            page.close()

    folder.build(home, wish, ask)
    built = open_ledger(home, address)
    try:
        waiting = built.runs.active()
        assert [run.status for run in waiting] == [RunStatus.QUEUED]
        assert (waiting[0].requested_by, waiting[0].trigger) == ("li", Trigger.PAGE)
        newest = built.runs.last_sealed()
        assert newest is not None
        assert newest.id < waiting[0].id
        put_off = [r for r in built.runs.recent() if r.status is RunStatus.STOPPED]
        assert [run.error_code for run in put_off] == ["demo.put_off"]
    finally:
        built.close()
