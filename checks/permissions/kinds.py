"""The tables that permissions are read from: what each kind of table may hold.

A configuration maps the columns of a source onto these fields; nothing else is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from checks.dictionary import Field, FieldType, Sensitivity, Title
from checks.permissions import model, semantics


@dataclass(frozen=True)
class AccessField:
    """One field of a kind. `words` are the values it may take, which a configuration's `values`
    translates the source's codes into; `refers` marks a field that names somebody."""

    name: str
    type: FieldType = FieldType.CODE
    normalizer: str | None = None
    words: tuple[str, ...] = ()
    refers: bool = False
    is_personal: bool = False


@dataclass(frozen=True)
class AccessKind:
    """One kind of table. `needed` must be mapped or constant; rows are told apart by `key`."""

    name: str
    title: Title
    key: tuple[str, ...]
    needed: tuple[str, ...]
    fields: tuple[AccessField, ...]

    def field(self, name: str) -> AccessField:
        return next(f for f in self.fields if f.name == name)


YES_NO = ("true", "false")


def _staff(name: str) -> AccessField:
    """A staff number, which several systems spell in their own way."""
    return AccessField(name)


def _code(name: str) -> AccessField:
    """A system's own name or number for something, as it spells it."""
    return AccessField(name, FieldType.TEXT, "text")


def _text(name: str) -> AccessField:
    return AccessField(name, FieldType.TEXT, "text")


def _who(name: str) -> AccessField:
    return AccessField(name, FieldType.TEXT, "text", refers=True)


def _at(name: str) -> AccessField:
    return AccessField(name, FieldType.DATETIME, "datetime")


def _day(name: str) -> AccessField:
    return AccessField(name, FieldType.DATE, "date")


def _money(name: str) -> AccessField:
    return AccessField(name, FieldType.DECIMAL, "amount")


def _word(name: str, words: tuple[str, ...]) -> AccessField:
    return AccessField(name, FieldType.TEXT, "text", words)


def _flag(name: str) -> AccessField:
    return AccessField(name, FieldType.TEXT, "text", YES_NO)


def _private(name: str, normalizer: str) -> AccessField:
    return AccessField(name, FieldType.TEXT, normalizer, is_personal=True)


# By whose rules a system adds scopes up.
SEMANTICS = tuple(semantics.SEMANTICS)
SCOPES = tuple(scope.value for scope in model.Scope)
NODES = tuple(node.value for node in model.Node)

_ALL = (
    AccessKind("persons", Title("人员", "People"), ("no",), ("no",), (
        _staff("no"), AccessField("name", FieldType.TEXT, "person_name"),
        _word("status", tuple(s.value for s in model.PersonStatus)), _code("department"),
        _text("job"), _staff("manager"), _day("hired_on"), _day("left_on"),
        _private("mobile", "phone"), _private("mail", "email"),
    )),
    AccessKind("posts", Title("兼岗", "Concurrent posts"), ("person", "department"),
               ("person", "department"), (_staff("person"), _code("department"))),
    AccessKind("moves", Title("调岗记录", "Changes of department"), ("person", "after", "at"),
               ("person", "before", "after", "at"),
               (_staff("person"), _code("before"), _code("after"), _at("at"))),
    AccessKind("accounts", Title("账号", "Accounts"), ("id",), ("id",), (
        _code("id"), _code("login"), _staff("person"),
        AccessField("name", FieldType.TEXT, "person_name"), _private("mobile", "phone"),
        _private("mail", "email"), _code("department"), _flag("enabled"),
        _word("kind", tuple(k.value for k in model.AccountKind)), _flag("admin"),
        _at("last_login"), _at("created_at"), _flag("live_token"),
    )),
    AccessKind("departments", Title("部门", "Departments"), ("id",), ("id",), (
        _code("id"), _code("parent"), _text("name"), _who("leader"), _flag("active"),
    )),
    AccessKind("roles", Title("角色", "Roles"), ("id", "node"), ("id",), (
        _code("id"), _code("code"), _text("name"), _word("node", NODES), _flag("enabled"),
        _word("scope", SCOPES), _flag("built_in"),
    )),
    AccessKind("memberships", Title("角色成员", "Memberships"),
               ("member", "member_node", "into", "into_node"), ("member", "into"), (
        _code("member"), _word("member_node", NODES), _code("into"), _word("into_node", NODES),
        _word("scope", SCOPES), _at("since"), _at("until"), _who("granted_by"), _at("granted_at"),
    )),
    AccessKind("permissions", Title("权限点", "Permissions"), ("id",), ("id", "code"), (
        _code("id"), AccessField("code", FieldType.TEXT, "text"), _text("name"), _flag("enabled"),
    )),
    AccessKind("grants", Title("授权", "Grants"), ("holder", "holder_node", "permission"),
               ("holder", "permission"), (
        _code("holder"), _word("holder_node", NODES), AccessField("permission", FieldType.TEXT,
        "text"), _flag("denied"), _word("scope", SCOPES), _money("above"), _money("below"),
    )),
    AccessKind("scope_departments", Title("自定义数据范围", "Custom scopes"),
               ("role", "department"), ("role", "department"),
               (_code("role"), _code("department"))),
    AccessKind("field_rights", Title("字段权限", "Field rights"),
               ("role", "record_type", "field_class", "channel"),
               ("role", "record_type", "field_class", "access"), (
        _code("role"), _code("record_type"), _code("field_class"),
        _word("access", tuple(a.value for a in model.FieldAccess)), _code("channel"),
    )),
    AccessKind("delegations", Title("审批代理", "Delegations"), ("id",), ("id", "of", "to"), (
        _code("id"), _who("of"), _who("to"), _at("starts_at"), _at("ends_at"), _code("flow"),
        _flag("active"),
    )),
    AccessKind("documents", Title("单据", "Documents"), ("no", "type"), ("no", "type"), (
        _code("no"), _code("type"), _who("creator"), _money("amount"), _code("customer"),
        _flag("effective"), _at("created_at"), _at("updated_at"), _code("frame"),
        _code("currency"),
    )),
    AccessKind("approvals", Title("审批步骤", "Approval steps"), ("doc", "step", "actor"),
               ("doc", "step", "actor"), (
        _code("doc"), _code("step"), _who("actor"), _who("on_behalf_of"), _flag("approved"),
        _at("at"), _code("flow"), _flag("automatic"),
    )),
    AccessKind("flow_edits", Title("流程修改", "Flow edits"), ("flow", "editor", "at"),
               ("flow", "editor", "at"), (_code("flow"), _who("editor"), _at("at"))),
    AccessKind("records", Title("业务记录", "Records"), ("no", "type"), ("no", "type"), (
        _code("no"), _code("type"), _who("owner"), _code("department"),
        _private("phone", "phone"), _text("name"),
    )),
    AccessKind("operations", Title("操作日志", "Operation log"), ("id",),
               ("id", "actor", "action", "at"), (
        _code("id"), _who("actor"), _text("action"), _at("at"), _code("object"),
        AccessField("rows", FieldType.INTEGER), _code("address"), _flag("successful"),
    )),
)  # fmt: skip

KINDS = MappingProxyType({kind.name: kind for kind in _ALL})


def dictionary_field(field: AccessField, *, required: bool) -> Field:
    """The field as the data dictionary knows it. Its title is its name: only checks read it."""
    level = Sensitivity.PERSONAL if field.is_personal else Sensitivity.INTERNAL
    return Field(
        field.name, Title(field.name, field.name), field.type, field.normalizer, required, level
    )
