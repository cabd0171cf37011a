"""`duiqi serve`: both processes come, and both go, whatever happens to one of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from governance.errors import ConfigError
from governance.ledger import Ledger
from governance.worker.holder import utc_now
from governance.worker.serve import refuse_strangers
from governance.worker.workbench import Bench
from tests.worker.child import duiqi, until
from tests.worker.world import company


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def worker_pid(ledger: Ledger) -> int | None:
    """The process that holds the lease."""
    lease = ledger.leases.alive(now=utc_now())
    return None if lease is None else int(lease.holder.split(":")[-2])


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def serving(config: Path, port: int) -> subprocess.Popen[bytes]:
    return duiqi("serve", "--port", str(port), "--config", str(config))


def test_both_come_and_both_go(bench: Bench, tmp_path: Path) -> None:
    config, port = company(tmp_path), free_port()
    process = serving(config.path, port)
    until(lambda: worker_pid(bench.ledger), "the worker")
    until(lambda: is_healthy(port), "the dashboard")
    worker = worker_pid(bench.ledger)
    assert worker is not None
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert f"http://127.0.0.1:{port}".encode() in said
    assert is_gone(worker)
    assert not is_healthy(port)
    assert bench.ledger.leases.alive(now=utc_now()) is None


def test_a_worker_that_dies_is_started_again(bench: Bench, tmp_path: Path) -> None:
    config, port = company(tmp_path), free_port()
    process = serving(config.path, port)
    until(lambda: worker_pid(bench.ledger), "the worker")
    first = worker_pid(bench.ledger)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: worker_pid(bench.ledger) not in (None, first), "another worker")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert b"The worker ended" in said


def test_when_serve_is_killed_outright_nothing_is_left_behind(bench: Bench, tmp_path: Path) -> None:
    config, port = company(tmp_path), free_port()
    process = serving(config.path, port)
    until(lambda: worker_pid(bench.ledger), "the worker")
    until(lambda: is_healthy(port), "the dashboard")
    worker = worker_pid(bench.ledger)
    assert worker is not None
    process.kill()
    process.wait()
    until(lambda: is_gone(worker), "the worker to notice")
    until(lambda: not is_healthy(port), "the dashboard to notice")


def test_a_port_in_use_is_2_with_a_plain_message(home: object, tmp_path: Path) -> None:
    config = company(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = serving(config.path, port)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"Port {port} is in use".encode() in said
    assert b"Traceback" not in said


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_nothing_but_this_machine_may_reach_the_dashboard(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        refuse_strangers(address)
    assert refused.value.code == "cli.not_loopback"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_this_machine_may(address: str) -> None:
    try:
        refuse_strangers(address)
    except ConfigError as refused:
        pytest.fail(f"{address} is this machine and was refused: {refused}")


def test_a_configuration_that_does_not_hold_is_2_before_anything_starts(
    home: object, tmp_path: Path
) -> None:
    config = company(tmp_path)
    config.path.write_text(config.path.read_text("utf-8") + "shedule: x\n", "utf-8")
    process = serving(config.path, free_port())
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"shedule" in said
