"""Which runner carries out which kind of check; `checks.CHECKS` names those of entities."""

from __future__ import annotations

from checks import backups, consistency, permissions
from governance.backups.runner import Backups
from governance.permissions.runner import Permissions
from governance.runs.consistency import Consistency
from governance.runs.work import Runner

RUNNERS: dict[str, type[Runner]] = {
    consistency.CODE: Consistency,
    permissions.CODE: Permissions,
    backups.CODE: Backups,
}
