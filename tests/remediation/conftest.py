"""A fresh store for each test."""

from reading.conftest import store

__all__ = ["store"]
