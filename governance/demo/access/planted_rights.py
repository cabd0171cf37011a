"""Rights that nobody should have: what roles were made too wide, and who was let into too many."""

from __future__ import annotations

from collections.abc import Callable

from governance.demo import firms
from governance.demo.access import cast, departments
from governance.demo.access.plot import Plot, human


def role_without_scope(plot: Plot) -> None:
    """A role was made in a hurry: nobody chose whose customers it shows, so it shows all."""
    plot.role("crm", "key_account", "大客户专员", "", "crm:customer:view crm:customer:follow")
    days = (0, 0, 10, 14, 19)[: 2 * plot.size]
    for at, (day, member) in enumerate(zip(days, plot.reps, strict=False)):
        healed = 18 if at == 1 else None
        plot.give("crm", member, "key_account", day, healed)
        plot.tell("R01", human(member), "role_without_scope", day, healed)


def scope_of_another_branch(plot: Plot) -> None:
    """After the branches were arranged anew a custom list of departments was forgotten."""
    other = departments.branch_no(firms.BRANCHES[-1].name)
    plot.role("crm", "support", "区域支援", "custom", "crm:customer:view crm:customer:share",
              departments=(other,))  # fmt: skip
    for member, day, healed in zip(plot.chiefs, (0, 0), (None, 20), strict=False):
        plot.give("crm", member, "support", day, healed)
        plot.tell("R02", human(member), "scope_of_another_branch", day, healed)


def contacts_in_exports(plot: Plot) -> None:
    """The page hides contact details from finance; the export of a later role does not."""
    plot.role("crm", "finance_report", "财务报表", "all", "crm:customer:view crm:report:print", 8)
    plot.roles.show_fields("finance_report", "none", "read", "none", day=8)
    for member in plot.staff(cast.ACCOUNTANT)[:2]:
        plot.give("crm", member, "finance_report", 8, 26)
        plot.tell("R03", human(member), "contacts_in_exports", 8, 26)


def finance_seen_by_sales(plot: Plot) -> None:
    """Some sales people can see what finance pays."""
    plot.role("oa", "payment_view", "付款查询", "all", "wf:payment:view oa:ledger:view")
    cases = ((0, None), (3, 21), (3, None), (12, None), (16, None))[: plot.size + 1]
    for member, (day, healed) in zip(plot.reps[-4:-9:-1], cases, strict=False):
        plot.give("oa", member, "payment_view", day, healed)
        plot.tell("R05", human(member), "finance_seen_by_sales", day, healed)


def promoted_with_old_role(plot: Plot) -> None:
    """A head of sales kept the role of a rep: makes contracts in the CRM, approves in the OA."""
    chief = plot.chiefs[0]
    plot.give("crm", chief, "sales_rep", 4, 15)
    plot.tell("R05", human(chief), "promoted_with_old_role", 4, 15)


def cashier_and_treasurer(plot: Plot) -> None:
    """While a colleague was away an accountant was let approve, and then approved an own entry."""
    one = plot.staff(cast.ACCOUNTANT)[0]
    plot.give("oa", one, "treasurer", 2)
    plot.tell("R06", human(one), "cashier_and_treasurer", 2)


def buyer_who_pays(plot: Plot) -> None:
    buyer = plot.staff(cast.BUYER)[0]
    plot.give("oa", buyer, "cashier", 6, 17)
    plot.tell("R07", human(buyer), "buyer_who_pays", 6, 17)


def two_officers_in_one(plot: Plot) -> None:
    auditor = plot.staff(cast.AUDIT)[0]
    plot.give("crm", auditor, "user_admin", 7, 13)
    plot.tell("R09", human(auditor), "two_officers_in_one", 7, 13)


def auditors_clear_logs(plot: Plot) -> None:
    plot.role("crm", "log_clean", "日志清理", "all", "crm:log:clear crm:log:archive")
    for member in (plot.staff(cast.AUDIT)[1], plot.staff(cast.OPERATIONS)[0]):
        plot.give("crm", member, "log_clean")
        plot.tell("R10", human(member), "clears_logs", 0)


def customers_and_backups(plot: Plot) -> None:
    """To clean up test data the operators were let delete customers, and backups as well."""
    plot.role("crm", "cleaner", "数据清理", "all", "crm:customer:delete crm:backup:delete", 11)
    for member in plot.staff(cast.OPERATIONS)[:2]:
        plot.give("crm", member, "cleaner", 11)
        plot.tell("R25", human(member), "customers_and_backups", 11)


def role_made_twice(plot: Plot) -> None:
    codes = "crm:customer:view crm:customer:edit crm:contract:create crm:order:create"
    plot.role("crm", "sales_rep_old", "客户经理（旧）", "own", codes)
    for member in plot.reps[-2:]:
        plot.give("crm", member, "sales_rep_old")
    number = plot.roles.ids["crm", "sales_rep_old"]
    plot.tell("R27", f"role:crm/{number}", "role_made_twice", 0)


CASES: tuple[Callable[[Plot], None], ...] = (
    role_without_scope, scope_of_another_branch, contacts_in_exports, finance_seen_by_sales,
    promoted_with_old_role, cashier_and_treasurer, buyer_who_pays, two_officers_in_one,
    auditors_clear_logs, customers_and_backups, role_made_twice,
)  # fmt: skip
