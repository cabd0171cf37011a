"""One run, from reading the sources to sealed findings. `execute` is the way in."""

from governance.runs.execution import execute

__all__ = ["execute"]
