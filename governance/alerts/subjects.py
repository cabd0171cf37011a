"""What an alert can be about: `run`, `config`, `source:NAME` or `check:NAME:PART`."""

from __future__ import annotations

from governance.config import Config

RUN, CONFIG = "run", "config"
THRESHOLD, EVALUABLE, CRITICAL = "threshold", "evaluable", "critical"


def is_known(config: Config, subject: str) -> bool:
    """Whether the configuration still holds what the alert is about."""
    kind, _, rest = subject.partition(":")
    if kind == "source":
        return any(source.name == rest for source in config.sources)
    if kind == "check":
        return any(check.name == rest.partition(":")[0] for check in config.every_check)
    return True
