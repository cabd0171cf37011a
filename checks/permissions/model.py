"""What is read of systems' permissions, as plain values. Texts are as normalised at sealing.

Times are aware UTC, days are days of the business zone. Personal texts (`mobile`, `mail`, a
record's `phone`) are keyed tokens: equal where the values are, and nothing else can be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Scope(StrEnum):
    """Which rows a grant reaches, as systems declare it; from the narrowest to the widest."""

    NONE = "none"
    OWN = "own"
    CUSTOM = "custom"
    DEPARTMENT = "department"
    SUBTREE = "subtree"
    ALL = "all"


class Node(StrEnum):
    """What memberships and grants hang on."""

    ACCOUNT = "account"
    GROUP = "group"
    ROLE = "role"
    DEPARTMENT = "department"


class RefersTo(StrEnum):
    """What a text that names somebody means in the table it stands in."""

    ACCOUNT = "account"
    LOGIN = "login"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Ref:
    """Somebody as a table names them, within one system."""

    value: str
    to: RefersTo = RefersTo.ACCOUNT


class PersonStatus(StrEnum):
    ACTIVE = "active"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Person:
    """One human as the staff list has them. `status` None: the list does not say.

    `posts` are departments held beside the main one (concurrent posts).
    """

    no: str
    name: str | None = None
    status: PersonStatus | None = None
    department: str | None = None
    job: str | None = None
    manager: str | None = None
    hired_on: date | None = None
    left_on: date | None = None
    mobile: str | None = None
    mail: str | None = None
    posts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A person changed department. `at` is told by the source, or is when we first saw it."""

    person: str
    before: str
    after: str
    at: datetime


class AccountKind(StrEnum):
    """`shared` and `service` belong to no single human; `built_in` came with the system."""

    PERSON = "person"
    SHARED = "shared"
    SERVICE = "service"
    BUILT_IN = "built_in"


@dataclass(frozen=True, slots=True)
class Account:
    """`person` is the staff number that the system itself declares. None: not known, never no."""

    id: str
    login: str | None = None
    person: str | None = None
    name: str | None = None
    mobile: str | None = None
    mail: str | None = None
    department: str | None = None
    is_enabled: bool | None = None
    kind: AccountKind = AccountKind.PERSON
    is_admin: bool = False
    last_login: datetime | None = None
    created_at: datetime | None = None
    has_live_token: bool | None = None


@dataclass(frozen=True, slots=True)
class Department:
    id: str
    parent: str | None = None
    name: str | None = None
    leader: Ref | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Role:
    """A role or a group. `scope` is the rows it reaches where the system keeps that on the role."""

    id: str
    code: str | None = None
    name: str | None = None
    node: Node = Node.ROLE
    is_enabled: bool = True
    scope: Scope | None = None
    is_built_in: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """`member` is in `into`. `scope` narrows or widens what comes through it, where told."""

    member: str
    into: str
    member_node: Node = Node.ACCOUNT
    into_node: Node = Node.ROLE
    scope: Scope | None = None
    since: datetime | None = None
    until: datetime | None = None
    granted_by: Ref | None = None
    granted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """`code` is what functions are bound to; several permissions may bear one code."""

    id: str
    code: str
    name: str | None = None
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Grant:
    """`holder` has `permission` (an id). A denial is `is_denied`; `scope` where kept here.

    `above` and `below` bound the amounts a right to approve holds for.
    """

    holder: str
    permission: str
    holder_node: Node = Node.ROLE
    is_denied: bool = False
    scope: Scope | None = None
    above: Decimal | None = None
    below: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ScopeDepartment:
    """A department in the custom set of a role."""

    role: str
    department: str


class FieldAccess(StrEnum):
    NONE = "none"
    MASKED = "masked"
    READ = "read"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class FieldRight:
    """How a role sees a class of fields (`pii`, `financial`) of a type of records."""

    role: str
    record_type: str
    field_class: str
    access: FieldAccess
    channel: str = "page"


@dataclass(frozen=True, slots=True)
class Delegation:
    """`of` lets `to` act in their place. No `ends_at`: without an end. `flow` None: all flows."""

    id: str
    of: Ref
    to: Ref
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    flow: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """A contract, payment or the like. `frame` is the contract that its parts belong to,
    `currency` the code of the amount's currency where the source says it."""

    no: str
    type: str
    creator: Ref | None = None
    amount: Decimal | None = None
    customer: str | None = None
    is_effective: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    frame: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """One step of a document's approval. `on_behalf_of` is who lent the right.

    `is_automatic`: the system skipped the step itself, as some do for the same approver.
    """

    doc: str
    step: str
    actor: Ref
    on_behalf_of: Ref | None = None
    is_approved: bool | None = None
    at: datetime | None = None
    flow: str | None = None
    is_automatic: bool = False


@dataclass(frozen=True, slots=True)
class FlowEdit:
    flow: str
    editor: Ref
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A customer or other record whose rows are to be kept apart."""

    no: str
    type: str
    owner: Ref | None = None
    department: str | None = None
    phone: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of a log. `rows` is how many rows it gave out, None where the log does not say."""

    id: str
    actor: Ref
    action: str
    at: datetime
    object: str | None = None
    rows: int | None = None
    address: str | None = None
    is_successful: bool = True


@dataclass(frozen=True, slots=True)
class Activity:
    """What one actor did of one action, added up: how often, when, and on whose rows.

    `owners` counts operations by the owner and department of the record they touched.
    """

    actor: Ref
    action: str
    count: int
    first_at: datetime
    last_at: datetime
    last_id: str
    owners: tuple[tuple[Ref | None, str | None, int], ...] = ()


@dataclass(frozen=True)
class System:
    """Everything read of one system's permissions.

    `known` names the kinds that were read whole; `blind` says, by kind, why others that are
    mapped were not (a message code with its parameters). A kind in neither is not mapped.
    `activity` and `operations` reach back to `log_from`; the log itself may have begun later.
    """

    name: str
    semantics: str
    accounts: Mapping[str, Account] = field(default_factory=dict)
    departments: Mapping[str, Department] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    memberships: tuple[Membership, ...] = ()
    permissions: Mapping[str, Permission] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    scope_departments: tuple[ScopeDepartment, ...] = ()
    field_rights: tuple[FieldRight, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    documents: tuple[Document, ...] = ()
    approvals: tuple[Approval, ...] = ()
    flow_edits: tuple[FlowEdit, ...] = ()
    records: tuple[Record, ...] = ()
    operations: tuple[Operation, ...] = ()
    activity: tuple[Activity, ...] = ()
    log_from: datetime | None = None
    known: frozenset[str] = frozenset()
    blind: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """All systems at one moment. `persons` is the staff list, by number.

    `moves` are changes of department; `people_known` is false where no staff list was read.
    """

    as_of: datetime
    zone: str
    systems: Mapping[str, System]
    persons: Mapping[str, Person] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    people_known: bool = False
