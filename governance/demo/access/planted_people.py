"""What those leave behind who leave, move, or are nobody in particular."""

from __future__ import annotations

from collections.abc import Callable

from governance.demo.access import cast, departments
from governance.demo.access.accounts import DISABLED, ENABLED, SHARED
from governance.demo.access.cast import Member
from governance.demo.access.personnel import GONE
from governance.demo.access.plot import Plot, human


def _gone(plot: Plot, at: int) -> Member | None:
    people = plot.accounts.people
    return people.members[people.former[at]] if at < len(people.former) else None


def _going(plot: Plot, at: int) -> Member | None:
    people = plot.accounts.people
    return people.members[people.leavers[at]] if at < len(people.leavers) else None


def former_still_enabled(plot: Plot) -> None:
    """Left long ago; the OA's account was closed, the CRM's never was."""
    for member in (_gone(plot, 0), _gone(plot, 2), _gone(plot, 3)):
        if member is not None:
            account = plot.account("crm", member)
            plot.registers.change("crm", "account", account, status=ENABLED)
            plot.accounts.join("crm", account, "sales_rep")
            plot.tell("R13", human(member), "former_still_enabled", 0)
            plot.customers.keep(member, 4)
            plot.tell("R15", human(member), "customers_of_a_leaver", 0)


def former_logged_in(plot: Plot) -> None:
    """Somebody used a leaver's account before it was closed."""
    member = _gone(plot, 1)
    if member is not None and member.left_on is not None:
        later = (member.left_on - plot.registers.start).days + 9
        used = plot.registers.moment(min(later, -1), 20)
        plot.registers.change("crm", "account", plot.account("crm", member), last_login=used)
        plot.tell("R14", human(member), "logged_in_after_leaving", 0)


def closed_too_late(plot: Plot) -> None:
    """Personnel tells of it ten days after; the CRM closes the account a week later still."""
    member = _going(plot, 0)
    if member is not None:
        plot.customers.keep(member, 3)
        plot.personnel.leave(member.no, 5, plot.registers.date_of(-5))
        plot.accounts.disable("oa", plot.account("oa", member), 5)
        plot.accounts.disable("crm", plot.account("crm", member), 12)
        plot.tell("R13", human(member), "closed_too_late", 5, 12)
        plot.customers.hand_over(member, 14)
        plot.tell("R15", human(member), "customers_of_a_leaver", 5, 14)


def never_closed(plot: Plot) -> None:
    """The account stays open, and a week later somebody logs in."""
    for at, day in ((1, 9), (3, 14), (4, 22)):
        member = _going(plot, at)
        if member is not None:
            account = plot.account("crm", member)
            plot.customers.keep(member, 5)
            plot.personnel.leave(member.no, day, plot.registers.date_of(day - 4))
            plot.accounts.disable("oa", plot.account("oa", member), day)
            plot.tell("R13", human(member), "never_closed", day)
            plot.tell("R15", human(member), "customers_of_a_leaver", day)
            used = plot.registers.moment(day + 7, 21)
            plot.registers.change("crm", "account", account, day + 7, last_login=used)
            plot.tell("R14", human(member), "logged_in_after_leaving", day + 7)


def lists_before_leaving(plot: Plot) -> None:
    """In the last weeks, customers are taken along. The accounts are closed in time."""
    member = _going(plot, 2)
    if member is not None:
        last = plot.registers.date_of(19)
        plot.personnel.leave(member.no, 6, last)
        when = plot.registers.moment(plot.registers.workday(14), 15)
        login = plot.accounts.logins["crm", plot.account("crm", member)]
        plot.logbook.note(login, "客户导出", when, 14, rows=310)
        plot.tell("R11", human(member), "lists_before_leaving", 14)
        plot.registers.change("oa", "person", plot.personnel.rows[member.no], 20, status=GONE)
        plot.personnel.inactive(member.no, 20)
        for store in ("crm", "oa"):
            plot.accounts.disable(store, plot.account(store, member), 20)


def moved_with_old_scope(plot: Plot) -> None:
    """A head of sales moved to another branch; the CRM still shows the customers of the old."""
    if len(plot.chiefs) < 4:
        return
    member = plot.chiefs[3]
    target = next(c for c in plot.chiefs if c.branch != member.branch).dept
    plot.personnel.move(member.no, 6, target, plot.registers.date_of(-14))
    plot.registers.change("oa", "account", plot.account("oa", member), 6, dept=target)
    plot.registers.change("crm", "account", plot.account("crm", member), 24, dept=target)
    plot.tell("R16", human(member), "moved_with_old_scope", 6, 24)
    plot.tell("R02", human(member), "moved_with_old_scope", 6, 24)


def moved_as_it_should_be(plot: Plot) -> None:
    """A rep changes teams and both accounts follow: nothing to find."""
    member = plot.reps[-3]
    base = departments.branch_no(member.branch)
    target = next(base + t for t in departments.SALES_TEAMS if base + t != member.dept)
    plot.personnel.move(member.no, 8, target, plot.registers.date_of(6))
    for store in ("crm", "oa"):
        plot.registers.change(store, "account", plot.account(store, member), 8, dept=target)


def dormant_privilege(plot: Plot) -> None:
    """A security officer has a second account from the time of the introduction."""
    officer = plot.staff(cast.SECURITY)[0]
    account = plot.accounts.open(
        "crm", f"{officer.login}adm", name=officer.name, staff=officer.no, seen=-140,
        mobile=officer.mobile, mail=officer.mail, dept=officer.dept,
    )  # fmt: skip
    plot.accounts.join("crm", account, "role_admin", by=plot.accounts.built_in)
    plot.registers.change("crm", "account", account, 22, status=DISABLED)
    plot.tell("R22", f"account:crm/{account}", "dormant_privilege", 0, 22)


def shared_account(plot: Plot) -> None:
    account = plot.accounts.open("crm", "zhanhui01", name="展会公用", type=SHARED)
    plot.accounts.join("crm", account, "sales_rep")
    plot.tell("R23", f"account:crm/{account}", "shared_account", 0)


def self_grant(plot: Plot) -> None:
    """A security officer who may give roles takes one."""
    officer = plot.staff(cast.SECURITY)[1]
    account = plot.account("crm", officer)
    plot.accounts.join("crm", account, "board", 10, by=account)
    plot.accounts.leave("crm", account, "board", 22)
    plot.tell("R24", f"account:crm/{account}", "self_grant", 10, 22)


CASES: tuple[Callable[[Plot], None], ...] = (
    former_still_enabled, former_logged_in, closed_too_late, never_closed, lists_before_leaving,
    moved_with_old_scope, moved_as_it_should_be, dormant_privilege, shared_account, self_grant,
)  # fmt: skip
