"""The roles of both systems and what they allow, when nothing is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from governance.demo.access import cast
from governance.demo.access.registers import Registers
from governance.demo.shapes import Store

# How the systems write a scope: the CRM in numbers, the OA in words.
SCOPES: dict[Store, dict[str, str]] = {
    "crm": {"all": "1", "custom": "2", "department": "3", "subtree": "4", "own": "5"},
    "oa": {"all": "全部", "custom": "指定部门", "department": "本部门", "subtree": "本部门及下级",
           "own": "本人"},
}  # fmt: skip


@dataclass(frozen=True)
class Role:
    """`codes` are permission codes. `jobs` are whom it is for."""

    store: Store
    key: str
    name: str
    scope: str
    codes: tuple[str, ...]
    jobs: tuple[str, ...]


def _role(store: Store, key: str, name: str, scope: str, codes: str, *jobs: str) -> Role:
    return Role(store, key, name, scope, tuple(codes.split()), jobs)


ROLES = (
    _role("crm", "sales_rep", "客户经理", "own",
          "crm:customer:view crm:customer:edit crm:contract:create crm:order:create", cast.REP),
    _role("crm", "sales_chief", "销售主管", "subtree",
          "crm:customer:view crm:customer:edit crm:customer:reassign crm:customer:export",
          cast.CHIEF),
    _role("crm", "finance", "应收会计", "all",
          "crm:customer:view crm:payment:view crm:invoice:issue", cast.ACCOUNTANT),
    _role("crm", "finance_head", "财务经理", "all",
          "crm:customer:view crm:payment:view crm:budget:view", cast.TREASURER),
    _role("crm", "board", "管理层", "all", "crm:customer:view crm:report:view", cast.MANAGER,
          cast.DEPUTY),
    _role("crm", "legal", "法务查询", "all", "crm:contract:view", cast.LEGAL),
    _role("crm", "user_admin", "系统管理员", "all", "crm:user:add crm:user:edit", cast.SYSTEM),
    _role("crm", "role_admin", "安全管理员", "all", "crm:role:edit", cast.SECURITY),
    _role("crm", "auditor", "审计员", "all", "crm:log:view", cast.AUDIT),
    _role("crm", "operations", "运维", "all", "crm:backup:run crm:backup:restore",
          cast.OPERATIONS),
    _role("oa", "employee", "员工", "own", "oa:notice:view", *(job for job, *_ in cast.STAFFED),
          cast.REP, cast.CHIEF),
    _role("oa", "seller", "合同申请", "own", "wf:contract:apply", cast.REP),
    _role("oa", "chief", "销售审批", "subtree", "wf:contract:approve wf:team:view", cast.CHIEF),
    _role("oa", "legal", "法务审批", "all", "wf:contract:approve wf:clause:edit", cast.LEGAL),
    _role("oa", "board", "管理层审批", "all", "wf:contract:approve wf:payment:approve",
          cast.MANAGER, cast.DEPUTY),
    _role("oa", "cashier", "付款录入", "all", "wf:payment:create wf:payment:view",
          cast.ACCOUNTANT),
    _role("oa", "treasurer", "付款审批", "all", "wf:payment:approve wf:payment:view",
          cast.TREASURER),
    _role("oa", "buyer", "采购", "all", "oa:vendor:edit", cast.BUYER),
    _role("oa", "user_admin", "系统管理员", "all", "oa:user:edit wf:flow:design", cast.SYSTEM),
    _role("oa", "role_admin", "安全管理员", "all", "oa:role:edit", cast.SECURITY),
    _role("oa", "auditor", "审计员", "all", "oa:log:view", cast.AUDIT),
    _role("oa", "operations", "运维", "all", "oa:backup:run oa:backup:restore", cast.OPERATIONS),
)  # fmt: skip
CHANNELS = ("page", "export", "api")
# What the permissions are called, by their codes without the part before the first colon.
NAMES = {
    "customer:view": "查看客户",
    "customer:edit": "修改客户",
    "customer:reassign": "转移客户",
    "customer:export": "导出客户",
    "customer:delete": "删除客户",
    "customer:share": "共享客户",
    "customer:follow": "跟进客户",
    "contract:create": "新建合同",
    "contract:view": "查看合同",
    "contract:apply": "发起合同审批",
    "contract:approve": "审批合同",
    "clause:edit": "维护合同条款",
    "order:create": "新建订单",
    "invoice:issue": "开具发票",
    "payment:view": "查看付款审批",
    "payment:create": "录入付款",
    "payment:approve": "审批付款",
    "budget:view": "查看预算",
    "report:view": "查看报表",
    "report:print": "打印报表",
    "ledger:view": "查看台账",
    "team:view": "查看团队",
    "notice:view": "查看公告",
    "vendor:edit": "维护供应商",
    "user:add": "新增用户",
    "user:edit": "修改用户",
    "role:edit": "修改角色",
    "flow:design": "设计流程",
    "log:view": "查看日志",
    "log:clear": "清空日志",
    "log:archive": "归档日志",
    "backup:run": "执行备份",
    "backup:restore": "恢复数据",
    "backup:delete": "删除备份",
}


class Roles:
    """The roles as they stand in the registers, by system and key."""

    def __init__(self, registers: Registers) -> None:
        self.registers = registers
        self.ids: dict[tuple[Store, str], int] = {}
        self.codes: dict[tuple[Store, str], int] = {}
        for role in ROLES:
            self.create(role)
        for key in ("finance", "finance_head"):
            self.show_fields(key, *("none" for _ in CHANNELS))

    def create(self, role: Role, day: int = 0, *, departments: tuple[str, ...] = ()) -> int:
        """A role with what it allows. An empty scope is one that nobody chose."""
        store = role.store
        scope = SCOPES[store].get(role.scope)
        number = self.registers.add(
            store, "role", day, key=role.key, name=role.name, scope=scope, status="0"
        )
        self.ids[store, role.key] = number
        for code in role.codes:
            self.registers.add(
                store, "grant", day, role=number, permission=self.permission(store, code)
            )
        for department in departments:
            self.registers.add(store, "scope_department", day, role=number, dept=department)
        return number

    def permission(self, store: Store, code: str) -> int:
        """The number of a permission, which the system has known from the beginning."""
        if (store, code) not in self.codes:
            self.codes[store, code] = self.registers.add(
                store, "permission", code=code, name=NAMES[code.partition(":")[2]]
            )
        return self.codes[store, code]

    def show_fields(self, key: str, *accesses: str, day: int = 0) -> None:
        """How a role of the CRM sees what is personal about customers, channel by channel."""
        for channel, access in zip(CHANNELS, accesses, strict=True):
            self.registers.add(
                "crm", "field_right", day, role=self.ids["crm", key], record="customer",
                **{"class": "pii"}, access=access, channel=channel,
            )  # fmt: skip
