"""The company as it truly is on day 0: every record in canonical values, before any fault.

A record's day-to-day fate (who edits it, who forgets it) is the matter of `backlog` and `life`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from governance.demo import firms, people
from governance.demo.notation import BUSINESS_ZONE, Row

Key = tuple[str, ...]
LEVELS = ("A", "B", "B", "C", "C", "C", "D")
JOB_TITLES = ("采购经理", "采购主管", "设备部长", "总经理", "财务主管", "生产厂长", "技术总监")
POSTS = ("销售工程师", "大客户经理", "售后工程师", "商务专员", "财务会计", "区域经理", "技术支持")
METHODS = ("银行转账", "银行转账", "银行承兑", "商业承兑", "信用证")
STATUSES = ("执行中", "执行中", "执行中", "已完成", "已验收", "质保期")
TAX_RATES = (Decimal("0.13"), Decimal("0.13"), Decimal("0.09"), Decimal("0.06"))
LEAD_SOURCES = ("展会", "老客户介绍", "官网", "电话开发", "招投标")
LEAST_SIZE = 200


def found(maker: Maker, size: int) -> dict[str, dict[Key, Row]]:
    """Every record of the company on the eve of its first day.

    `size` is the number of customers; the rest is in proportion. Raises ValueError under
    `LEAST_SIZE`, where not every kind of fault would find its record.
    """
    if size < LEAST_SIZE:
        raise ValueError(f"the demo company has at least {LEAST_SIZE} customers, not {size}")
    staff = maker.staff(max(40, size * 6 // 100))
    customers = maker.customers(size, staff)
    contacts = [maker.contact(customers[n % size]) for n in range(size * 14 // 10)]
    contracts = maker.contracts(size * 8 // 10, customers[: size * 6 // 10])
    payments = [row for contract in contracts for row in maker.payments(contract)]
    return {
        "staff": {(row["code"],): row for row in staff},
        "customer": {(row["code"],): row for row in customers},
        "contact": {(row["code"],): row for row in contacts},
        "contract": {(row["number"],): row for row in contracts},
        "payment": {(row["contract"], str(row["installment"])): row for row in payments},
    }


class Maker:
    """Makes records one after another; the same seed makes the same ones."""

    def __init__(self, seed: int, first_day: date) -> None:
        self.random = Random(f"{seed}:company")  # noqa: S311 - repeatable, not secret
        self.first_day = first_day
        self.made = {"staff": 0, "customer": 0, "contact": 0, "contract": 0}
        self.names: dict[str, str] = {}

    def next(self, entity: str) -> int:
        self.made[entity] += 1
        return self.made[entity]

    def before(self, most: int, least: int = 5) -> date:
        return self.first_day - timedelta(days=self.random.randrange(least, most))

    def staff(self, count: int) -> list[Row]:
        branches = firms.branch_slots(self.random, count)
        return [self.employee(branch) for branch in branches]

    def employee(self, branch: firms.Branch) -> Row:
        number = self.next("staff")
        who = people.person(self.random, rare=number % 37 == 0)
        return {
            "code": f"{number + 100:06d}",
            "name": who.name,
            "mobile": people.mobile(self.random),
            "email": people.mail(who, number, "yunfan-equipment"),
            "id_number": people.identity_number(self.random),
            "branch": branch.name,
            "post": self.random.choice(POSTS),
            "hired_on": self.before(5000, 90),
            "active": self.random.random() > 0.06,
        }

    def customers(self, count: int, staff: list[Row]) -> list[Row]:
        sellers: dict[str, list[str]] = {}
        for row in staff:
            sellers.setdefault(row["branch"], []).append(row["code"])
        return [
            self.customer(branch, self.random.choice(sellers[branch.name]))
            for branch in firms.branch_slots(self.random, count)
        ]

    def customer(self, branch: firms.Branch, owner: str, opened: date | None = None) -> Row:
        number = self.next("customer")
        industry = self.random.choice(list(firms.INDUSTRIES))
        level = self.random.choice(LEVELS)
        limit = Decimal(self.random.randrange(5, 900) * 10_000 + self.random.randrange(100) * 100)
        plain_code = self.random.random() < 0.3
        code = f"YF{10_000 + number:07d}"
        name = firms.company_name(self.random, branch, industry)
        self.names[code] = name
        return {
            "code": code,
            "name": name,
            "invoice_title": name,
            "credit_code": firms.credit_code(
                self.random, branch.region_code, digits_only=plain_code
            ),
            "phone": people.mobile(self.random),
            "address": firms.address(self.random, branch),
            "postcode": branch.postcode,
            "industry": industry,
            "level": level,
            "credit_limit": None if level == "D" else limit,
            "bank_account": firms.bank_account(self.random),
            "branch": branch.name,
            "owner": owner,
            "opened_on": opened or self.before(2600),
            "lead_source": self.random.choice(LEAD_SOURCES),
            "approval": "归档",
            "updated_at": self.instant(opened or self.before(200)),
        }

    def contact(self, customer: Row) -> Row:
        number = self.next("contact")
        who = people.person(self.random, rare=number % 61 == 0)
        email = people.mail(who, number, customer["code"].lower())
        return {
            "code": f"LX{number:07d}",
            "customer": customer["code"],
            "name": who.name,
            "mobile": people.mobile(self.random),
            "email": None if self.random.random() < 0.05 else email,
            "job_title": self.random.choice(JOB_TITLES),
            "branch": customer["branch"],
        }

    def contracts(self, count: int, customers: list[Row]) -> list[Row]:
        return [self.contract(self.random.choice(customers)) for _ in range(count)]

    def contract(self, customer: Row, signed: date | None = None) -> Row:
        number = self.next("contract")
        goods = self.random.choice(firms.GOODS)
        signed = signed or self.before(900)
        starts = signed + timedelta(days=self.random.randrange(1, 20))
        cents = self.random.choice((0, 0, 0, self.random.randrange(1, 10_000)))
        amount = Decimal(self.random.randrange(300, 40_000) * 100) + Decimal(cents) / 100
        return {
            "number": f"HT{signed.year}-{number:06d}",
            "customer": customer["code"],
            "title": f"{goods}{self.random.choice(('采购', '供货', '技术服务'))}合同",
            "amount": amount,
            "tax_rate": self.random.choice(TAX_RATES),
            "signed_at": self.instant(signed),
            "starts_on": starts,
            "ends_on": starts + timedelta(days=self.random.choice((180, 365, 730, 1095))),
            "status": self.random.choice(STATUSES),
            "owner": customer["owner"],
            "branch": customer["branch"],
            "workflow": f"LC{number:08d}",
        }

    def payments(self, contract: Row) -> list[Row]:
        """Between one and three instalments of 30 %, 50 % and what is left."""
        parts = self.random.choice((1, 2, 2, 3))
        shares = (Decimal("0.3"), Decimal("0.5"), Decimal("0.2"))[:parts]
        return [
            self.payment(contract, number, (contract["amount"] * share).quantize(Decimal("0.01")))
            for number, share in enumerate(shares, start=1)
        ]

    def payment(
        self, contract: Row, installment: int, amount: Decimal, paid: date | None = None
    ) -> Row:
        """One instalment; now and then a person pays for the firm, some with a rare name."""
        private = self.random.random() < 0.02
        payer = (
            people.person(self.random, rare=True).name
            if private
            else self.names[contract["customer"]]
        )
        paid = paid or min(contract["starts_on"] + timedelta(days=30 * installment), self.first_day)
        return {
            "contract": contract["number"],
            "installment": installment,
            "payer": payer,
            "amount": amount,
            "paid_on": paid,
            "method": self.random.choice(METHODS),
            "bank_serial": f"{paid:%Y%m%d}{self.random.randrange(1, 10**12):012d}",
            "branch": contract["branch"],
        }

    def instant(self, day: date) -> datetime:
        """A moment of that day's office hours."""
        second = self.random.randrange(9 * 3600, 18 * 3600)
        clock = time(second // 3600, second // 60 % 60, second % 60)
        return datetime.combine(day, clock, BUSINESS_ZONE).astimezone(UTC)
