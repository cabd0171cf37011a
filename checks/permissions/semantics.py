"""How each kind of system makes scopes, denials and administrators count.

One frozen value per kind. What the rules were read from, and which of them nobody could verify, is
said here (`is_verified`) and in docs/permissions.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from checks.permissions.model import Scope


class Meeting(StrEnum):
    """What several rights to one permission come to: their union, or the narrowest of them."""

    UNION = "union"
    NARROWEST = "narrowest"


class ScopeAt(StrEnum):
    """Where a system keeps the scope of a right."""

    ROLE = "role"
    GRANT = "grant"
    MEMBERSHIP = "membership"


@dataclass(frozen=True)
class Semantics:
    """The rules of one kind of system.

    - `scope_at`: the places that may tell the scope; the first that does counts.
    - `narrowed_by_membership`: a membership's scope only ever takes away.
    - `is_narrowing_sure`: if not, two places that disagree leave the reach partly unknown.
    - `default`: the scope of a right that no place tells. None: not known.
    - `meeting`: see `Meeting`. `denial_wins`: a denial takes the permission from the account.
    - `nearest_only`: of several ways to a permission the shortest outranks the others, and a
      built-in role (the defaults of everybody) any other.
    - `scope_of_all_roles`: a right reaches what all roles of the account reach together, also
      those that do not give it, unless the grant tells its own scope. An account without a role
      reaches its own rows.
    - `custom_with_own`: the account's own department belongs to every custom set.
    - `by_groups`: the departments of an account are the groups (teams) it is in.
    - `shared_with_own`: a department scope takes in the account's own rows wherever they are.
    - `branch`: departments whose ids begin so are companies; a subtree is that of the nearest.
    - `inherits_departments`: what a department is given holds for those below it.
    - `administrators`, `administrator_roles`: ids of accounts, codes of roles that the tables do
      not bind. Accounts marked as administrators never are.
    """

    name: str
    scope_at: tuple[ScopeAt, ...] = (ScopeAt.GRANT, ScopeAt.MEMBERSHIP, ScopeAt.ROLE)
    narrowed_by_membership: bool = False
    is_narrowing_sure: bool = True
    default: Scope | None = None
    meeting: Meeting = Meeting.UNION
    denial_wins: bool = True
    nearest_only: bool = False
    scope_of_all_roles: bool = False
    custom_with_own: bool = False
    by_groups: bool = False
    shared_with_own: bool = False
    branch: str | None = None
    inherits_departments: bool = False
    administrators: frozenset[str] = frozenset()
    administrator_roles: frozenset[str] = frozenset()
    is_verified: bool = False


_ALL = (
    # Any tables of roles. `plain` keeps no scopes: a right reaches every row.
    Semantics("plain", scope_at=(), default=Scope.ALL, is_verified=True),
    Semantics("widest", is_verified=True),
    Semantics("narrowest", meeting=Meeting.NARROWEST, is_verified=True),
    # The data scope counts only through roles that hold the permission of the method.
    Semantics(
        "ruoyi",
        scope_at=(ScopeAt.ROLE,),
        default=Scope.ALL,
        denial_wins=False,
        administrators=frozenset({"1"}),
        is_verified=True,
    ),
    # Methods that name no permission (older releases everywhere) take the scopes of all roles.
    Semantics(
        "ruoyi_all_roles",
        scope_at=(ScopeAt.ROLE,),
        default=Scope.ALL,
        denial_wins=False,
        scope_of_all_roles=True,
        administrators=frozenset({"1"}),
        is_verified=True,
    ),
    Semantics(
        "yudao",
        scope_at=(ScopeAt.GRANT, ScopeAt.ROLE),
        default=Scope.ALL,
        denial_wins=False,
        scope_of_all_roles=True,
        custom_with_own=True,
        administrator_roles=frozenset({"super_admin"}),
        is_verified=True,
    ),
    # That roles of a user outrank those of a group, and that the narrowest wins, is not verified.
    Semantics(
        "suitecrm",
        scope_at=(ScopeAt.GRANT,),
        meeting=Meeting.NARROWEST,
        nearest_only=True,
        by_groups=True,
        shared_with_own=True,
    ),
    Semantics(
        "suitecrm_additive",
        scope_at=(ScopeAt.GRANT,),
        denial_wins=False,
        nearest_only=True,
        by_groups=True,
        shared_with_own=True,
    ),
    Semantics(
        "espocrm",
        scope_at=(ScopeAt.GRANT,),
        denial_wins=False,
        by_groups=True,
        shared_with_own=True,
        is_verified=True,
    ),
    # Record rules are program text: where a model has any, its rows cannot be told.
    Semantics(
        "odoo",
        scope_at=(ScopeAt.GRANT,),
        denial_wins=False,
        administrators=frozenset({"1"}),
    ),
    # User permissions narrow the rows of one account; which rows is not worked out.
    Semantics(
        "frappe",
        scope_at=(ScopeAt.GRANT,),
        narrowed_by_membership=True,
        default=Scope.ALL,
        denial_wins=False,
        administrators=frozenset({"Administrator"}),
    ),
    # How the levels of a member and of a right combine is not verified: the narrower is taken, and
    # where they differ the right may reach more.
    Semantics(
        "weaver",
        scope_at=(ScopeAt.GRANT,),
        narrowed_by_membership=True,
        is_narrowing_sure=False,
        denial_wins=False,
        branch="S",
        administrators=frozenset({"1"}),
    ),
)

SEMANTICS = MappingProxyType({value.name: value for value in _ALL})
