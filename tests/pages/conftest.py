"""The homes of the page tests."""

from tests.ui.conftest import at_home, history, own, unrun

__all__ = ["at_home", "history", "own", "unrun"]
