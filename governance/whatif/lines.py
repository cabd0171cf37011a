"""The lines that make a change come true, and where in the configuration they belong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from checks.dictionary import Tolerance
from governance.config import Config
from governance.config.document import Node, parse
from governance.config.merge import with_used
from governance.config.problems import Problems
from governance.whatif.change import Change

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True)
class Lines:
    """YAML to paste. `file` and `line` say where the field stands now; a field that only a used
    file states is to be stated in the own file, over it (`is_over`), at the line of its entity."""

    text: str
    file: str
    line: int
    is_over: bool


def lines_of(config: Config, change: Change) -> Lines:
    """The change as it is written; the file itself is left alone."""
    root = _root(config.path)
    path = ("entities", change.entity, "fields", change.field)
    own = str(config.path)
    node, last = root, None
    for name in path:
        node = node.items.get(name) if node is not None else None
        if node is not None and node.file == own:
            last = node
    is_over = node is None or node.file != own
    line = last.line if last is not None else 1
    return Lines(_text(change), config.path.name, line, is_over)


def written(tolerance: Tolerance | None) -> str | None:
    """A tolerance as the configuration reads it: 0.01, 1%, 5min."""
    if tolerance is None:
        return None
    if tolerance.absolute is not None:
        return f"{tolerance.absolute.normalize():f}"
    if tolerance.relative is not None:
        return f"{(tolerance.relative * 100).normalize():f}%"
    seconds = int(tolerance.time.total_seconds()) if tolerance.time is not None else 0
    size, unit = next((u for u in _UNITS if seconds % u[0] == 0), _UNITS[-1])
    return f"{seconds // size}{unit}"


def _text(change: Change) -> str:
    value = {
        "tolerance": written(change.tolerance),
        "normalize": change.normalizer,
        "authority": change.authority,
    }[change.part]
    shown = "null" if value is None else json.dumps(value) if change.part == "tolerance" else value
    steps = ("entities", change.entity, "fields", change.field)
    nested = "".join(f"{'  ' * depth}{name}:\n" for depth, name in enumerate(steps))
    return f"{nested}{'  ' * len(steps)}{change.part}: {shown}\n"


def _root(path: Path) -> Node | None:
    problems = Problems()
    root = parse(path, str(path), problems)
    return None if root is None else with_used(root, path, problems)[0]
