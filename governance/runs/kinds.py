"""Which runner carries out which kind of check; `checks.CHECKS` names the kinds."""

from __future__ import annotations

from checks import consistency
from governance.runs.consistency import Consistency
from governance.runs.work import Runner

RUNNERS: dict[str, type[Runner]] = {consistency.CODE: Consistency}
