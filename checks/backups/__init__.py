"""Would the backup bring the data back: what tools say of their backups, judged.

Pure functions of catalogues, contents and drills that were read, and a moment. Nothing here reads
or asks.
"""

from __future__ import annotations

CODE = "backups"
# The kind of its findings.
BACKUP = "backup"
TITLE = "backups.check.title"
