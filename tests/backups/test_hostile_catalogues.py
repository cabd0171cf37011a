"""Whatever a tool prints, its reader makes a catalogue of it: none breaks, none takes nonsense for
a good backup."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.model import Catalogue, State
from governance.backups.readers.model import Asked, Reply
from governance.backups.readers.registry import KINDS, PRINTED, reader_of
from governance.backups.storable import storable
from governance.i18n import t
from tests.backups.stores import NOW, config

PRINTING = sorted(name for name, kind in KINDS.items() if set(PRINTED) <= set(kind.takes))
OPTIONS = {
    "pgbackrest": {"stanza": "crm"},
    "barman": {"server": "crm"},
    "rclone": {"pattern": "{any}"},
}
# Names that readers look for, so that nonsense gets past the first door.
NAMES = [
    "crm", "backup", "backups", "archive", "archives", "archive_id", "label", "name", "id", "time",
    "start", "stop", "min", "max", "status", "code", "info", "size", "repo", "db", "database",
    "timestamp", "reference", "backup_id", "server", "end_time", "begin_wal", "end_wal",
    "start_segment", "end_segment", "backup_name", "wal_file_name", "start_lsn", "finish_lsn",
    "integrity", "timeline", "details", "hostname", "paths", "tags", "snapshot_id", "summary",
    "Path", "Size", "ModTime", "Hashes", "stats", "repository", "encryption", "state", "method",
]  # fmt: skip
WORDS = [
    "", "done", "DONE", "full", "ok", "crm", "20261121-192441F", "base_000000010000000000000004",
    "000000010000000000000004", "0/5000028", "2026-11-21T19:25:17.547342283Z", "\ud800", "\0",
    "Sat Nov 21 19:35:23 2026", "9999-12-31T23:59:59", "0001-01-01T00:00:00+14:00", "1e999",
]  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, 1, 3, 1795289093, 2**63, 10**30, 1.5, 1e300])
    | st.sampled_from(WORDS)
)
nonsense = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=20,
)
printed = (
    st.text(max_size=60)
    | nonsense.map(json.dumps)
    | st.tuples(st.text(max_size=10), nonsense.map(json.dumps), st.text(max_size=10)).map("\n".join)
)


def looked(kind: str, texts: list[str], code: int | None) -> Catalogue:
    reader = reader_of(kind)
    replies = {
        part.name: Reply(texts[n % len(texts)], NOW, code) for n, part in enumerate(reader.PARTS)
    }
    return storable(reader.read(Asked(config(kind, OPTIONS.get(kind)), NOW, replies)))


@pytest.mark.parametrize("kind", PRINTING)
@settings(deadline=None, max_examples=60)
@given(
    texts=st.lists(printed, min_size=1, max_size=3),
    code=st.sampled_from([None, 0, 1, -9]),
)
def test_no_reader_breaks_and_no_nonsense_is_good(
    kind: str, texts: list[str], code: int | None
) -> None:
    found = looked(kind, texts, code)
    assert len({b.id for b in found.backups}) == len(found.backups)
    for backup in found.backups:
        assert backup.data_at is None or backup.data_at.utcoffset() == timedelta(0)
    for problem in found.problems:
        assert t(problem.code, "zh", **problem.params)
        assert t(problem.code, "en", **problem.params)
    if not [b for b in found.backups if b.state is State.DONE]:
        assert found.problems
    # What was made storable needs no more making.
    assert storable(found) is found


@pytest.mark.parametrize("kind", PRINTING)
@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "0", "[" * 5000, '{"crm": ' * 3000])
def test_what_says_nothing_is_told(kind: str, text: str) -> None:
    found: Any = looked(kind, [text], 0)
    assert found.backups == ()
    assert found.problems
