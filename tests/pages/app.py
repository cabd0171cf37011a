"""Pages driven without a browser, as every page test needs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from governance.access import Actor

ROOT = Path(__file__).parents[2]
SHELL = ROOT / "governance" / "ui" / "shell.py"


def opened(page: str, language: str = "en", **query: str | list[str]) -> AppTest:
    """The page after its first run; a `__` in a key stands for the dot."""
    app = AppTest.from_file(str(SHELL), default_timeout=60)
    app.query_params["lang"] = language
    for key, value in query.items():
        app.query_params[key.replace("__", ".")] = value
    app.run()
    return app.switch_page(str(ROOT / "pages" / f"{page}.py")).run()


def words(app: AppTest) -> str:
    """Everything the page says outside of tables and charts."""
    spoken = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.text, *app.error]
    return "\n".join(str(element.value) for element in spoken)


def rendered(app: AppTest) -> list[str]:
    """Everything that the browser reads as markdown."""
    spoken = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    links = [link.proto.label for link in app.get("page_link")]
    return [*(str(element.value) for element in spoken), *links]


def rows(app: AppTest, *columns: str) -> list[dict[str, Any]]:
    """The rows of the first table that has these columns."""
    for frame in app.dataframe:
        if set(columns) <= set(frame.value.columns):
            found: list[dict[str, Any]] = frame.value.to_dict("records")
            return found
    raise AssertionError(f"no table has {columns}")


def acting(monkeypatch: pytest.MonkeyPatch, actor: Actor) -> None:
    """Whoever opens a page from now on is `actor`."""

    def who() -> Actor:
        return actor

    monkeypatch.setattr("governance.ui.here.local_operator", who)
