from tests.reading.conftest import store

__all__ = ["store"]
