"""The dashboard and the worker as one command: started, watched, and stopped together."""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from governance.errors import ConfigError, StoreError

ROOT = Path(__file__).resolve().parents[2]
POLL = 0.3
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
# A worker that lived this long has recovered: its next death is a first one.
SETTLED_SECONDS = 60.0
# A worker waits for the source read under way to notice, then seals nothing and leaves.
GRACE_SECONDS = 20.0


@dataclass(frozen=True)
class Service:
    """What to serve and where. `say` takes a message id and its parameters, for the person."""

    config: Path
    home: Path
    port: int
    address: str
    stop: threading.Event
    say: Callable[..., None]

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"


def serve(service: Service) -> None:
    """Serve until `stop` is set. Both processes are gone when this returns or raises.

    A worker that dies is started again, ever more slowly. Raises ConfigError for an address that
    others could reach and for a port in use, StoreError when the dashboard ends by itself.
    """
    refuse_closed(service)
    dashboard = launch(service)
    try:
        supervise(service, dashboard)
    finally:
        end(dashboard)


def launch(service: Service) -> subprocess.Popen[bytes]:
    """The dashboard, which answers once it is warm."""
    return start(dashboard_command(service), service)


def supervise(service: Service, dashboard: subprocess.Popen[bytes], told: bool = False) -> None:
    """Keep a worker beside the dashboard until `stop` is set; `told` once the address was said."""
    worker, born = start(worker_command(service), service), time.monotonic()
    pause = FIRST_PAUSE / 2
    try:
        while not service.stop.wait(POLL):
            refuse_dead(dashboard)
            if not told and answers(service.address, service.port):
                told = True
                service.say("cli.serving", url=service.url)
            if worker.poll() is None:
                continue
            lived = time.monotonic() - born
            pause = FIRST_PAUSE if lived > SETTLED_SECONDS else min(pause * 2, LONGEST_PAUSE)
            service.say("cli.worker_ended", status=worker.returncode, seconds=f"{pause:.0f}")
            if service.stop.wait(pause):
                return
            worker, born = start(worker_command(service), service), time.monotonic()
    finally:
        end(worker)


def refuse_dead(dashboard: subprocess.Popen[bytes]) -> None:
    """Raises StoreError when the dashboard has ended by itself."""
    if dashboard.poll() is not None:
        raise StoreError("cli.dashboard_ended", status=dashboard.returncode)


def refuse_closed(service: Service) -> None:
    """Raises ConfigError where the address is not ours alone or the port is taken."""
    refuse_strangers(service.address)
    refuse_busy_port(service.address, service.port)


def refuse_strangers(address: str) -> None:
    """Until there are accounts, whoever reaches the dashboard may do everything it can."""
    try:
        inside = address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise ConfigError("cli.not_loopback", address=address)


def refuse_busy_port(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        # As servers do, so that connections of a server just stopped do not count.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except (OSError, OverflowError) as error:
            raise ConfigError("cli.port_busy", port=port) from error


def answers(address: str, port: int) -> bool:
    """Whether the dashboard is warm; an ill one answers too, and its pages say what is wrong."""
    asking = http.client.HTTPConnection(address, port, timeout=5)
    try:
        asking.request("GET", "/healthz")
        return asking.getresponse().status in (200, 503)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def dashboard_command(service: Service) -> list[str]:
    options = {
        "server.address": service.address,
        "server.port": str(service.port),
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    return ["streamlit", "run", str(ROOT / "app.py"), *words]


def worker_command(service: Service) -> list[str]:
    return ["governance.cli", "worker", "--config", str(service.config)]


def start(words: list[str], service: Service) -> subprocess.Popen[bytes]:
    """A child in a session of its own: Ctrl-C reaches us alone, and we stop it in order."""
    environment = {
        **os.environ,
        "DUIQI_CONFIG": str(service.config),
        "DUIQI_HOME": str(service.home),
    }
    return subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        [sys.executable, "-m", "governance.worker.attended", str(os.getpid()), *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask it to leave, and insist when it does not."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
