"""Bindings that mean nothing: codes that a system does not have.

No mistake, for systems change and presets bind more than one release; but whoever misspelt a code
should see it before everybody passes.
"""

from __future__ import annotations

from dataclasses import dataclass

from checks.permissions.company import Company, matching
from checks.permissions.rules.common import unread_rights


@dataclass(frozen=True)
class Unmatched:
    """`function` is bound to `code` of `system`, which has no such permission. `is_lost`: no other
    binding gives the function there either."""

    system: str
    function: str
    code: str
    is_lost: bool


def unmatched(company: Company) -> tuple[Unmatched, ...]:
    """All of them, in the policy's order; of systems whose permissions were read whole."""
    found = []
    for name, system in sorted(company.facts.systems.items()):
        if unread_rights(company, name) is not None:
            continue
        known = {permission.code for permission in system.permissions.values()}
        for function in company.policy.functions.values():
            is_lost = not company.codes(name, function.name)
            for code in function.permissions.get(name, ()):
                if not code.startswith("!") and not matching(known, (code,)):
                    found.append(Unmatched(name, function.name, code, is_lost))
    return tuple(found)
