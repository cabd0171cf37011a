"""JSON Lines: an object a line; a name that an object lacks is NULL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from governance.errors import SourceRefused
from governance.sources.filereader import Ask, Format, Opened
from governance.sources.jsontext import records
from governance.sources.landing import BATCH_ROWS
from governance.sources.model import Columns, Note

SAMPLE = 1000


@contextmanager
def opened(ask: Ask) -> Iterator[Opened]:
    """The objects of a file. Raises SourceRefused for a broken line, naming it."""
    columns = listed(ask)
    yield Opened(columns, lambda: pieces(ask, columns), remarks=lambda: remarks(ask, columns))


def listed(ask: Ask) -> Columns:
    """The names of the first objects, and of all when a wanted one is not among those."""
    names: dict[str, None] = {}
    for at, record in enumerate(records(ask.path, ask.config.name)):
        names.update(dict.fromkeys(record))
        if ask.watch is not None and not at % BATCH_ROWS:
            ask.watch.check()
        if at >= SAMPLE and all(name in names for name in ask.wanted):
            break
    else:
        if not names:
            # Nothing says which names an empty file would have had.
            names = dict.fromkeys(ask.wanted)
    return tuple((name, "json") for name in names)


def pieces(ask: Ask, columns: Columns) -> Iterator[tuple[str, list[Any]]]:
    import pyarrow as pa

    assert ask.con is not None
    rows = records(ask.path, ask.config.name)
    while batch := list(islice(rows, BATCH_ROWS)):
        try:
            arrays = [
                pa.array([row.get(name) for row in batch], pa.string()) for name, _ in columns
            ]
        except UnicodeEncodeError:
            raise SourceRefused(
                "source.not_text", source=ask.config.name, table=ask.path.name
            ) from None
        table = pa.table(arrays, names=[f"c{place}" for place in range(len(columns))])
        ask.con.register("_duiqi_batch", table)
        try:
            yield "_duiqi_batch", []
        finally:
            ask.con.unregister("_duiqi_batch")


def remarks(ask: Ask, columns: Columns) -> tuple[Note, ...]:
    if ask.path.stat().st_size and columns:
        return ()
    return (Note("source.empty", {"source": ask.config.name, "file": ask.path.name}),)


JSONL = Format(opened, lambda ask: [ask.path.name])
