"""A fresh store for each test."""

from tests.reading.conftest import store

__all__ = ["store"]
