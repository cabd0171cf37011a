"""`governance.yaml`: what is read, what the records are called, what is checked.

Importing this package is cheap; YAML and cron are loaded when a file is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from governance.config.model import Config
from governance.config.problems import ConfigProblems, Problem

__all__ = ["Config", "ConfigProblems", "Problem", "load"]


def load(path: Path, *, environ: Mapping[str, str], secrets: bool = True) -> Config:
    """The checked configuration. Raises ConfigProblems with everything wrong, not just the first.

    With `secrets` false nothing secret is looked up (for readers that open no source): database
    addresses are None and there are no alert channels.
    """
    from governance.config.loader import load_config

    return load_config(path, environ=environ, secrets=secrets)
