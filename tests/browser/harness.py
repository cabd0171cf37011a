"""Chromium, the dashboard under test, and a reader who notes every request that leaves it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from governance.i18n import t

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Patience costs nothing where all is well. Seconds; milliseconds, for a page and for a whole run.
STARTS_WITHIN = 120.0
PATIENCE, WORK = 120_000, 300_000
QUIET = "[data-testid=stApp][data-test-script-state=notRunning]"


def chromium() -> str | None:
    """`DUIQI_CHROMIUM`, else a browser on the path, else the one Playwright brings, else None."""
    named = os.environ.get("DUIQI_CHROMIUM")
    found = named or next((path for path in map(shutil.which, NAMES) if path), None)
    if found:
        return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


@dataclass(frozen=True)
class Server:
    """A running dashboard on a home of its own. `ready_in` is seconds from start to healthy."""

    url: str
    home: Path
    ready_in: float

    def address(self, page: str = "", **query: Any) -> str:
        """A page's address; a `__` in a key stands for the dot."""
        words = {key.replace("__", "."): value for key, value in query.items()}
        return f"{self.url}/{page}" + (f"?{urlencode(words, doseq=True)}" if words else "")

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


@contextmanager
def serving(home: Path, config: Path, log: Path) -> Iterator[Server]:
    """`streamlit run app.py` on a free port until the block ends; raises its log if it dies."""
    port, began = free_port(), time.monotonic()
    words = ["-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with process(words, home, config, log) as child:
        server = Server(f"http://127.0.0.1:{port}", home, 0.0)
        while time.monotonic() - began < STARTS_WITHIN:
            if child.poll() is not None:
                raise RuntimeError(log.read_text("utf-8"))
            try:
                server.health()
            except OSError:
                time.sleep(0.05)
            else:
                yield Server(server.url, home, time.monotonic() - began)
                return
        raise RuntimeError(f"not healthy after {STARTS_WITHIN} s: {log.read_text('utf-8')}")


@contextmanager
def working(home: Path, config: Path, log: Path) -> Iterator[None]:
    """A worker on the same home until the block ends."""
    words = ["-m", "governance.cli", "worker", "--config", str(config)]
    with process(words, home, config, log):
        yield


@contextmanager
def process(
    words: list[str], home: Path, config: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "DUIQI_HOME": str(home), "DUIQI_CONFIG": str(config), "TZ": "UTC"}
    environment.pop("DUIQI_LEDGER_URL", None)
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, *words], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
        try:
            yield child
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@dataclass
class Reader:
    """A browser page that belongs to one person. `strays` are requests that left the server.

    A click returns before the server knows of it, so nothing is read or pressed at once: every
    method waits for the very thing that it names.
    """

    page: Any
    server: Server
    strays: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def watch(self) -> None:
        host = urlsplit(self.server.url).netloc

        def note(request: Any) -> None:
            parts = urlsplit(request.url)
            if parts.scheme not in ("data", "blob") and parts.netloc != host:
                self.strays.append(request.url)

        self.page.on("request", note)
        self.page.on("websocket", note)
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.broken.append("dialog"), dialog.dismiss()))

    def open(self, page: str = "", **query: Any) -> None:
        self.page.goto(self.server.address(page, **query))
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and nothing is stale; refuses a page that failed.

        Says nothing of a click that the server may not have seen yet: wait for what it brings.
        """
        self.page.wait_for_selector(QUIET, timeout=PATIENCE)
        self.page.wait_for_function(
            "() => !document.querySelector('[data-stale=true]')"
            " && !document.querySelector('[data-testid=stSkeleton]')",
            timeout=PATIENCE,
        )
        assert self.page.locator("[data-testid=stException]").count() == 0

    def heading(self, page: str, language: str = "en") -> None:
        """Wait for the title of `page`, then for its script to be done."""
        title = t(f"ui.nav.{page}", language)
        self.page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
        self.settle()

    def shows(self, words: str) -> None:
        """Wait until `words` can be read outside of tables and charts, and the script is done."""
        app = self.page.locator("[data-testid=stApp]")
        sure(app).to_contain_text(words, use_inner_text=True)
        self.settle()

    def at(self, **query: str) -> None:
        """Wait until the address says this; a `__` in a key stands for the dot."""
        wanted = {key.replace("__", "."): value for key, value in query.items()}

        def says(url: str) -> bool:
            told = parse_qs(urlsplit(url).query)
            return all(told.get(key) == [value] for key, value in wanted.items())

        self.page.wait_for_url(says)
        self.settle()

    def keyed(self, key: str, what: str) -> Any:
        """The visible `what` of the widget `key`.

        Streamlit draws a button with a help text twice: one is hidden, for narrow screens.
        """
        return self.page.locator(f".st-key-{key.replace('.', '-')} {what}:visible")

    def press(self, key: str) -> None:
        """Press the button `key` once there is exactly one and it can be pressed."""
        self.settle()
        button = self.keyed(key, "button")
        sure(button).to_have_count(1)
        sure(button).to_be_enabled()
        button.click()

    def pick(self, box: Any, name: str) -> None:
        """Choose `name` in a select box, and see it chosen."""
        box.locator("input").click()
        self.page.get_by_role("option", name=name, exact=True).click()
        sure(box.locator("input")).to_have_value(name)

    def act_as(self, name: str) -> None:
        """Go on as another person of the demo; the page has been drawn for them."""
        self.settle()
        self.pick(self.page.locator(".st-key-as"), name)
        self.at(**{"as": name})

    def send(self) -> None:
        """Send the one form of the page, which is gone once it was accepted."""
        self.settle()
        button = self.page.locator("[data-testid=stFormSubmitButton] button:visible")
        sure(button).to_have_count(1)
        button.click()
        sure(button).to_have_count(0)
        self.settle()


def sure(locator: Any) -> Any:
    """What is said of it is waited for: Playwright's own assertions, with our patience."""
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    return expect(locator)


@contextmanager
def reading(
    browser: Any, server: Server, *, locale: str = "zh-CN", scheme: str = "light"
) -> Iterator[Reader]:
    """A reader with a fresh session; afterwards nothing may have left the server or broken."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale=locale, color_scheme=scheme
    )
    context.set_default_timeout(PATIENCE)
    reader = Reader(context.new_page(), server)
    reader.watch()
    try:
        yield reader
        assert reader.strays == []
        assert reader.broken == []
    finally:
        context.close()
