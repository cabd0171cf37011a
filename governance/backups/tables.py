"""What a run's sealed file holds of backups, table by table.

Times are naive UTC as everywhere in sealed files, spans and ages seconds, sizes bytes. A verdict is
three columns: `X` (true, false or NULL), `X_code` with its reason and `X_params` as JSON. Other
columns that end in `_json` are JSON too.
"""

from __future__ import annotations

from checks.backups.model import Mark
from checks.sql import quoted

VERDICTS = {
    name: kind
    for mark in Mark
    for name, kind in (
        (mark.value, "BOOLEAN"),
        (f"{mark.value}_code", "VARCHAR"),
        (f"{mark.value}_params", "VARCHAR"),
        (f"{mark.value}_at", "TIMESTAMP"),
    )
}
# One line for each system: the verdicts are those of `today`, what would be restored today; so many
# newer ones are `passed_over`, as they are known to be incomplete or damaged. `data_at` is the
# moment of its data, `last_good` the newest backup none of whose verdicts is false. `due_state` is
# new, up, late, down or unwatched. `score_json`: a list of `digit` (copies, media, off_site,
# immutable, errors), `value`, `proof` (proved or claimed), `code`, `params`. `baseline_json`: what
# was expected of the newest backup, `size` with `low` and `high` in bytes.
SYSTEMS = {
    "system": "VARCHAR",
    "source": "VARCHAR",
    "rpo": "DOUBLE",
    "rto": "DOUBLE",
    "newest": "VARCHAR",
    "newest_catalogue": "VARCHAR",
    "today": "VARCHAR",
    "today_catalogue": "VARCHAR",
    "passed_over": "INTEGER",
    "last_good": "VARCHAR",
    "last_good_catalogue": "VARCHAR",
    "last_good_at": "TIMESTAMP",
    "data_at": "TIMESTAMP",
    "basis": "VARCHAR",
    "restore_seconds": "DOUBLE",
    "due_state": "VARCHAR",
    "due_at": "TIMESTAMP",
    "score": "INTEGER",
    "score_json": "VARCHAR",
    "baseline_json": "VARCHAR",
    **VERDICTS,
}
# One line for each catalogue: could it be read, and of what it told.
CATALOGUES = {
    "system": "VARCHAR",
    "catalogue": "VARCHAR",
    "kind": "VARCHAR",
    "place": "VARCHAR",
    "tool": "VARCHAR",
    "read_at": "TIMESTAMP",
    "ok": "BOOLEAN",
    "code": "VARCHAR",
    "params": "VARCHAR",
    "zone": "VARCHAR",
    "is_whole": "BOOLEAN",
    "backups": "INTEGER",
}
# Every backup that a catalogue lists. `is_newest`: of its series, which alone is alerted on.
# `problems_json`: a list of `code`, `params`, `mark`, `breaks`. `is_vanished`: an earlier run saw
# it, and it should still be there.
BACKUPS = {
    "system": "VARCHAR",
    "catalogue": "VARCHAR",
    "backup": "VARCHAR",
    "series": "VARCHAR",
    "kind": "VARCHAR",
    "place": "VARCHAR",
    "method": "VARCHAR",
    "state": "VARCHAR",
    "said": "VARCHAR",
    "started_at": "TIMESTAMP",
    "finished_at": "TIMESTAMP",
    "data_at": "TIMESTAMP",
    "basis": "VARCHAR",
    "size": "BIGINT",
    "data_size": "BIGINT",
    "needs_json": "VARCHAR",
    "log_from": "VARCHAR",
    "log_to": "VARCHAR",
    "encrypted": "BOOLEAN",
    "path": "VARCHAR",
    "digest": "VARCHAR",
    "locked_until": "TIMESTAMP",
    "expires_at": "TIMESTAMP",
    "kept": "BOOLEAN",
    "first_seen": "TIMESTAMP",
    "first_run": "INTEGER",
    "last_seen": "TIMESTAMP",
    "is_newest": "BOOLEAN",
    "is_vanished": "BOOLEAN",
    "problems_json": "VARCHAR",
    **VERDICTS,
}
# What reading a backup's content found; kept from run to run as long as the backup is listed and
# its `stamp` (the file, and what was asked of it) is the same.
CONTENTS = {
    "system": "VARCHAR",
    "catalogue": "VARCHAR",
    "backup": "VARCHAR",
    "kind": "VARCHAR",
    "read_at": "TIMESTAMP",
    "bytes_read": "BIGINT",
    "seconds": "DOUBLE",
    "ended": "BOOLEAN",
    "tool": "VARCHAR",
    "server": "VARCHAR",
    "newest": "TIMESTAMP",
    "started_at": "TIMESTAMP",
    "finished_at": "TIMESTAMP",
    "databases_json": "VARCHAR",
    "problems_json": "VARCHAR",
    "verified": "BOOLEAN",
    "verified_said": "VARCHAR",
    "stamp": "VARCHAR",
}
TABLES_INSIDE = {
    "system": "VARCHAR",
    "catalogue": "VARCHAR",
    "backup": "VARCHAR",
    "table_name": "VARCHAR",
    "entity": "VARCHAR",
    "rows": "BIGINT",
    "columns_json": "VARCHAR",
    "newest": "TIMESTAMP",
    "lost_columns_json": "VARCHAR",
    "unread": "VARCHAR",
    "snapshot": "BIGINT",
    "snapshot_at": "TIMESTAMP",
    "snapshot_rows": "BIGINT",
    "missing": "BIGINT",
    "extra": "BIGINT",
    "different": "BIGINT",
    "examples_json": "VARCHAR",
    "not_before": "TIMESTAMP",
    "before": "TIMESTAMP",
    "next_at": "TIMESTAMP",
}
# Archived logs, one line for each run of segments without a hole; two runs of one archive mean that
# segments between them are missing. `segments` is NULL where only the ends are known. `listed`:
# every segment was seen by name.
LOGS = {
    "system": "VARCHAR",
    "catalogue": "VARCHAR",
    "archive": "VARCHAR",
    "first": "VARCHAR",
    "last": "VARCHAR",
    "segments": "BIGINT",
    "last_at": "TIMESTAMP",
    "segment_size": "BIGINT",
    "listed": "BOOLEAN",
}
# What is wrong or unknown, each once; `finding_id` where it is a finding. `mark` is NULL for what
# bears on none of the four.
PROBLEMS = {
    "system": "VARCHAR",
    "catalogue": "VARCHAR",
    "backup": "VARCHAR",
    "code": "VARCHAR",
    "params": "VARCHAR",
    "mark": "VARCHAR",
    "breaks": "BOOLEAN",
    "severity": "VARCHAR",
    "finding_id": "VARCHAR",
}
# The calendar: one line for each system and business day from the first backup on. `state` is good,
# poor (something is false), unknown, hole (due and not there) or none (nothing was due).
# `rungs_json`: which rungs of the retention the day's backup stands for, and which have a hole.
DAYS = {
    "system": "VARCHAR",
    "day": "DATE",
    "state": "VARCHAR",
    "backup": "VARCHAR",
    "catalogue": "VARCHAR",
    "size": "BIGINT",
    "rungs_json": "VARCHAR",
}
# Whether backups of several systems fit together. `group_name` joins their names with `+`; `at` is
# the common point, `spread` the seconds between the oldest and the newest of it. `is_newest`: made
# of the newest backups; the others are earlier points. `backups_json`: by system catalogue, backup
# and moment. `torn` counts records that one has and another lacks (a contract without approval).
TOGETHER = {
    "group_name": "VARCHAR",
    "at": "TIMESTAMP",
    "spread": "DOUBLE",
    "consistent": "BOOLEAN",
    "code": "VARCHAR",
    "params": "VARCHAR",
    "is_newest": "BOOLEAN",
    "is_last_good": "BOOLEAN",
    "backups_json": "VARCHAR",
    "torn": "BIGINT",
    "torn_json": "VARCHAR",
}
# Who can delete or restore. `also` are systems whose customers the same human can delete.
KEEPERS = {
    "system": "VARCHAR",
    "human": "VARCHAR",
    "name": "VARCHAR",
    "can_delete": "BOOLEAN",
    "can_restore": "BOOLEAN",
    "also_json": "VARCHAR",
}
# Restores known to this run, ours and those that were told to us.
RESTORES = {
    "system": "VARCHAR",
    "drill": "VARCHAR",
    "by_whom": "VARCHAR",
    "at": "TIMESTAMP",
    "ok": "BOOLEAN",
    "seconds": "DOUBLE",
    "catalogue": "VARCHAR",
    "backup": "VARCHAR",
    "compared": "BOOLEAN",
    "differs": "BIGINT",
    "code": "VARCHAR",
    "params": "VARCHAR",
}

ALL = {
    "backup_systems": SYSTEMS,
    "backup_catalogues": CATALOGUES,
    "backup_list": BACKUPS,
    "backup_contents": CONTENTS,
    "backup_tables": TABLES_INSIDE,
    "backup_logs": LOGS,
    "backup_problems": PROBLEMS,
    "backup_days": DAYS,
    "backup_together": TOGETHER,
    "backup_keepers": KEEPERS,
    "backup_restores": RESTORES,
}
TABLES = {
    name: f"CREATE TABLE {name} ({', '.join(f'{quoted(c)} {kind}' for c, kind in columns.items())})"
    for name, columns in ALL.items()
}
# A metric of a run, one for each system, which stands as the left source: how old the data of what
# would be restored is, in seconds; none where nobody knows.
AGE = "data_age"
