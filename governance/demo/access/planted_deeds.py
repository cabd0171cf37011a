"""What was done that should not have been: approvals, lists taken away, contracts around them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from governance.demo.access import cast
from governance.demo.access.logbook import EXPORTED, LOOKED
from governance.demo.access.papers import BOARD_FROM, CONTRACT_FLOW, PAYMENT_FLOW, Step
from governance.demo.access.plot import Plot, human
from governance.demo.notation import Row


def document(row: Row, system: str = "crm") -> str:
    return f"document:{system}/{row['number']}"


def flows_were_drawn(plot: Plot) -> None:
    """The flows as they were brought in: nothing to find."""
    designer = plot.staff(cast.SYSTEM)[1]
    for flow in (CONTRACT_FLOW, PAYMENT_FLOW):
        plot.registers.add(
            "oa", "flow_edit", flow=flow, editor=designer.no, at=plot.registers.moment(-900)
        )


def approved_with_another_login(plot: Plot) -> None:
    """A head of sales makes contracts with a second login and approves them in the OA."""
    chief = plot.chiefs[1]
    second = plot.accounts.open(
        "crm", f"{chief.login}02", day=8, name=chief.name, staff=chief.no, mobile=chief.mobile,
        mail=chief.mail, dept=chief.dept, seen=8,
    )  # fmt: skip
    plot.accounts.join("crm", second, "sales_rep", 8)
    plot.tell("R05", human(chief), "second_login", 8)
    for day in (9, 13, 17)[: plot.size]:
        row = plot.papers.take()
        steps = plot.papers.decided([chief.no, next(plot.papers.lawyers)], day)
        plot.papers.contract(row, day, steps, creator=_somebody_else(plot), account=second)
        plot.tell("R04", document(row), "approved_with_another_login", day)


def _somebody_else(plot: Plot) -> str:
    """In the OA the request bears the name of a rep."""
    return plot.reps[-1].no


def approved_as_delegate(plot: Plot) -> None:
    """On holiday a head of sales lent the right to a rep, who used it for an own contract."""
    chief, rep = plot.chiefs[2], plot.reps[4]
    plot.delegate(chief, rep, 10, until=16)
    plot.tell("R17", plot.delegation(chief, rep), "delegate_without_right", 10, 16)
    row = plot.papers.take()
    at = plot.registers.moment(12, 11)
    lawyer = next(plot.papers.lawyers)
    steps = [Step(rep.no, at, chief.no), Step(lawyer, plot.registers.moment(12, 14))]
    plot.papers.contract(row, 12, steps, creator=rep.no)
    plot.tell("R04", document(row), "approved_as_delegate", 12)


def paid_by_one_hand(plot: Plot) -> None:
    """The accountant who may approve does, own entries: one with the manager, one alone."""
    one = plot.staff(cast.ACCOUNTANT)[0]
    plot.papers.payment(5, one.no, plot.papers.decided([one.no, plot.papers.board], 5))
    no = plot.papers.payment(10, one.no, plot.papers.decided([one.no], 10))
    plot.tell("R06", f"document:oa/{no}", "paid_by_one_hand", 10)


def administrator_approves(plot: Plot) -> None:
    one = plot.staff(cast.SYSTEM)[0]
    row = plot.papers.take()
    plot.papers.contract(row, 9, plot.papers.decided([plot.papers.board, one.no], 9))
    plot.tell("R08", human(one), "administrator_approves", 9)


def designer_approves(plot: Plot) -> None:
    """Changes the flow of contracts in the morning, decides in it in the afternoon."""
    one = plot.staff(cast.SYSTEM)[1]
    edited = plot.registers.moment(12, 9.5)
    plot.registers.add("oa", "flow_edit", 12, flow=CONTRACT_FLOW, editor=one.no, at=edited)
    row = plot.papers.take()
    plot.papers.contract(row, 12, plot.papers.decided([plot.papers.board, one.no], 12))
    for rule in ("R08", "R26"):
        plot.tell(rule, human(one), "designer_approves", 12)


def same_hand_twice(plot: Plot) -> None:
    """A lawyer lends the right to a head of sales, who then takes both steps."""
    chief, lawyer = plot.chiefs[0], plot.staff(cast.LEGAL)[0]
    plot.delegate(lawyer, chief, 6, until=14)
    row = plot.papers.take()
    steps = [
        Step(chief.no, plot.registers.moment(11, 10)),
        Step(chief.no, plot.registers.moment(11, 11), lawyer.no),
    ]
    plot.papers.contract(row, 11, steps)
    plot.tell("R18", document(row, "oa"), "same_hand_twice", 11)


def delegations(plot: Plot) -> None:
    """One that was never given an end, one that was used after it, one as it should be."""
    one, two, three = plot.chiefs[0], plot.chiefs[1], plot.chiefs[2]
    plot.delegate(two, one, 3, until=None)
    plot.tell("R17", plot.delegation(two, one), "delegation_without_end", 3)
    first, second = plot.staff(cast.LEGAL)[:2]
    plot.delegate(first, second, 0, until=4)
    row = plot.papers.take()
    steps = [
        Step(plot.papers.board, plot.registers.moment(15, 10)),
        Step(second.no, plot.registers.moment(15, 13), first.no),
    ]
    plot.papers.contract(row, 15, steps)
    plot.tell("R17", plot.delegation(first, second), "delegation_past_its_end", 15)
    plot.delegate(three, plot.chiefs[-1], 18, until=25)


def split_contract(plot: Plot) -> None:
    """One deal in three contracts, none of which the manager gets to see."""
    row = plot.papers.take()
    part = (BOARD_FROM * Decimal("0.45")).quantize(Decimal(1))
    for number, day in enumerate((10, 11, 13), start=1):
        piece = {**row, "number": f"{row['number']}-{number}", "amount": part + 1000 * number}
        steps = plot.papers.decided(plot.papers.deciders(row["owner"], part), day)
        plot.papers.contract(piece, day, steps)
    plot.tell("R19", f"human:{row['owner']}", "split_contract", 13)


def amount_raised_afterwards(plot: Plot) -> None:
    for day in (7, 12, 18)[: plot.size + 1]:
        row = plot.papers.take()
        decided = plot.papers.decided(plot.papers.deciders(row["owner"], row["amount"]), day)
        number = plot.papers.contract(row, day, decided)
        plot.registers.change(
            "crm", "e_contract", number, day + 1, amount=row["amount"] + 80_000,
            updated=plot.registers.moment(day + 1, 16),
        )  # fmt: skip
        plot.tell("R20", document(row), "amount_raised_afterwards", day + 1)


def in_force_without_approval(plot: Plot) -> None:
    """One was approved in the end, one never was."""
    for day, healed in ((0, None), (13, 19)):
        row = plot.papers.take()
        plot.papers.contract(row, day, [], in_oa=False)
        plot.tell("R21", document(row), "in_force_without_approval", day, healed)
        if healed is not None:
            made = plot.registers.moment(healed, 9)
            steps = plot.papers.decided(plot.papers.deciders(row["owner"], row["amount"]), healed)
            plot.papers.request(
                row["number"], "contract", row["owner"], row["customer"], row["amount"], healed,
                made,
            )  # fmt: skip
            plot.papers.steps(row["number"], CONTRACT_FLOW, healed, steps)


def lists_in_pages(plot: Plot) -> None:
    """Fifty pages of two hundred rows within two hours: more than anybody needs in a day."""
    chief = plot.chiefs[0]
    login = plot.accounts.logins["crm", plot.account("crm", chief)]
    for page in range(50):
        at = plot.registers.moment(plot.registers.workday(8), 14 + page / 30)
        plot.logbook.note(login, EXPORTED, at, 8, rows=200)
    plot.tell("R11", human(chief), "lists_in_pages", 8)


def lists_at_night(plot: Plot) -> None:
    chief = plot.chiefs[1]
    login = plot.accounts.logins["crm", plot.account("crm", chief)]
    at = plot.registers.moment(16, 23.5)
    plot.logbook.note(login, EXPORTED, at, 16, rows=180)
    plot.tell("R11", human(chief), "lists_at_night", 16)


def right_never_used(plot: Plot) -> None:
    """Two heads of sales may take lists away and have not for long; in the end one does."""
    for member, healed in zip(plot.idle, (21, None), strict=False):
        if healed is not None:
            login = plot.accounts.logins["crm", plot.account("crm", member)]
            at = plot.registers.moment(plot.registers.workday(healed), 11)
            plot.logbook.note(login, EXPORTED, at, healed, rows=45)
        account = plot.account("crm", member)
        plot.tell("R12", f"account:crm/{account}", "right_never_used", 0, healed)


def two_places_at_once(plot: Plot) -> None:
    """One login, again and again, from two addresses within minutes."""
    rep = plot.reps[5]
    account = plot.account("crm", rep)
    login = plot.accounts.logins["crm", account]
    for hour in (9, 10.5, 14, 15.5):
        for later, address in ((0.0, None), (0.05, "172.16.9.14")):
            at = plot.registers.moment(plot.registers.workday(15), hour + later)
            plot.logbook.note(login, LOOKED, at, 15, rows=1, address=address)
    plot.tell("R23", f"account:crm/{account}", "two_places_at_once", 15)


CASES: tuple[Callable[[Plot], None], ...] = (
    flows_were_drawn, approved_with_another_login, approved_as_delegate, paid_by_one_hand,
    administrator_approves, designer_approves, same_hand_twice, delegations, split_contract,
    amount_raised_afterwards, in_force_without_approval, lists_in_pages, lists_at_night,
    right_never_used, two_places_at_once,
)  # fmt: skip
