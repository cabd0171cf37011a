"""The 27 rules as a table: what each needs, which controls it gives evidence for, what can be set.

The functions that judge are in the modules beside this one. Spans and counts are our proposals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from checks.outcome import Severity
from checks.permissions.verdict import RuleKind

Value = int | Decimal | timedelta | date | str | tuple[str, ...]


class Of(StrEnum):
    """What a setting holds; names are checked against the policy or the systems."""

    SPAN = "span"
    COUNT = "count"
    AMOUNT = "amount"
    DAY = "day"
    CLOCK = "clock"
    TEXTS = "texts"
    FUNCTIONS = "functions"
    FAMILIES = "families"
    RISKS = "risks"
    SYSTEMS = "systems"


@dataclass(frozen=True)
class Setting:
    """Something of a rule that a policy may set. Without a `default` it may be left out."""

    name: str
    of: Of
    default: Value | None = None


@dataclass(frozen=True)
class Spec:
    """One rule. `needs` are the kinds of tables without which it sees nothing; `controls` are
    lines of `data/controls.yaml`."""

    id: str
    kinds: tuple[RuleKind, ...]
    severity: Severity
    controls: tuple[str, ...]
    needs: tuple[str, ...]
    settings: tuple[Setting, ...] = ()

    @property
    def title(self) -> str:
        return f"rules.{self.id.lower()}.title"

    @property
    def definition(self) -> str:
        return f"rules.{self.id.lower()}.definition"

    def setting(self, name: str) -> Setting:
        return next(s for s in self.settings if s.name == name)


CAN, DID, GAP = RuleKind.CAN, RuleKind.DID, RuleKind.GAP
LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
RIGHTS = ("accounts", "grants")


def _days(name: str, days: int) -> Setting:
    return Setting(name, Of.SPAN, timedelta(days=days))


def _count(name: str, count: int) -> Setting:
    return Setting(name, Of.COUNT, count)


def _functions(*names: str, name: str = "functions") -> Setting:
    return Setting(name, Of.FUNCTIONS, names)


def _families(*names: str) -> Setting:
    return Setting("families", Of.FAMILIES, names)


def _risks(*names: str) -> Setting:
    return Setting("risks", Of.RISKS, names)


def _texts(name: str, *texts: str) -> Setting:
    return Setting(name, Of.TEXTS, texts)


_ALL = (
    Spec("R01", (CAN,), HIGH, ("C05",), (*RIGHTS, "persons"),
         (_families("sales_rep"), _functions("CUST_VIEW"))),
    Spec("R02", (CAN,), HIGH, ("C05",), (*RIGHTS, "persons", "departments"),
         (_families("sales_manager"), _functions("CUST_VIEW"))),
    Spec("R03", (CAN,), HIGH, ("C06", "C09"), (*RIGHTS, "persons", "field_rights"),
         (_families("finance", "finance_manager"), _functions("CUST_VIEW"),
          _texts("record_types", "customer"), _texts("field_classes", "pii"))),
    Spec("R04", (DID,), CRITICAL, ("C08",), ("documents", "approvals"),
         (_texts("types", "contract"),)),
    Spec("R05", (CAN,), HIGH, ("C07",), RIGHTS, (_risks("contract"),)),
    Spec("R06", (CAN, DID), CRITICAL, ("C07", "C08"), RIGHTS,
         (_risks("payment"), _texts("types", "payment"), _count("others", 1))),
    Spec("R07", (CAN,), HIGH, ("C07",), RIGHTS, (_risks("vendor"),)),
    Spec("R08", (DID,), CRITICAL, ("C08",), (*RIGHTS, "approvals"),
         (_functions("USER_ADMIN", "ROLE_ADMIN", "FLOW_DESIGN"),)),
    Spec("R09", (CAN,), HIGH, ("C07",), RIGHTS,
         (_risks("officers_system_security", "officers_system_audit", "officers_security_audit"),)),
    Spec("R10", (CAN,), CRITICAL, ("C07",), RIGHTS,
         (_functions("LOG_VIEW", name="view"), _functions("LOG_DELETE", name="delete"))),
    Spec("R11", (DID,), CRITICAL, ("C09",), ("operations",),
         (_functions("CUST_EXPORT"), _count("rows_a_day", 500), Setting("from", Of.CLOCK, "07:00"),
          Setting("to", Of.CLOCK, "21:00"), _days("notice", 30))),
    Spec("R12", (CAN,), MEDIUM, ("C12",), (*RIGHTS, "operations"),
         (_functions("CUST_EXPORT"), _days("unused", 90))),
    Spec("R13", (GAP,), CRITICAL, ("C02", "C01"), ("persons", "accounts"), (_days("grace", 1),)),
    Spec("R14", (DID,), CRITICAL, ("C02",), ("persons", "accounts"),
         (_days("handover", 1), _texts("jobs"))),
    Spec("R15", (GAP,), MEDIUM, ("C02",), ("persons", "records"),
         (_texts("record_types", "customer"), _texts("pools"))),
    Spec("R16", (GAP,), HIGH, ("C05",), (*RIGHTS, "persons"), (_days("grace", 14),)),
    Spec("R17", (GAP, DID), HIGH, ("C14",), ("delegations",),
         (_functions("CONTRACT_APPROVE", "PAY_APPROVE"),)),
    Spec("R18", (DID,), HIGH, ("C08",), ("approvals",), ()),
    Spec("R19", (DID,), HIGH, ("C08",), ("documents",),
         (Setting("limit", Of.AMOUNT), _days("within", 7), _texts("types", "contract"),
          _texts("currencies", "CNY", "RMB"))),
    Spec("R20", (DID,), CRITICAL, ("C15",), ("documents", "approvals"),
         (Setting("tolerance", Of.AMOUNT, Decimal("0.01")), _texts("types", "contract"),
          _texts("tax_rates", "0.13", "0.09", "0.06", "0.03", "0.01"))),
    Spec("R21", (GAP,), CRITICAL, ("C15",), ("documents", "approvals"),
         (Setting("since", Of.DAY), _texts("types", "contract"))),
    Spec("R22", (GAP,), HIGH, ("C11", "C03"), RIGHTS,
         (_days("dormant", 90), Setting("logins_elsewhere", Of.SYSTEMS, ()))),
    Spec("R23", (GAP,), HIGH, ("C04",), ("accounts",),
         (_texts("names", "test", "test[0-9_]*", "demo", "demo[0-9_]*", "guest*", "public*",
                 "shared*", "公共*", "公用*", "共享*", "共用*", "测试*"),
          Setting("parallel", Of.SPAN, timedelta(minutes=10)),
          _count("times", 3), _texts("gateways"))),
    Spec("R24", (DID,), CRITICAL, ("C16",), ("accounts", "memberships"),
         (_functions("USER_ADMIN", "ROLE_ADMIN"),)),
    Spec("R25", (CAN, GAP), HIGH, ("C07",), RIGHTS,
         (_risks("delete_both"), _functions("RESTORE", name="restore"))),
    Spec("R26", (CAN, DID), HIGH, ("C07", "C08"), (*RIGHTS, "approvals"),
         (_functions("FLOW_DESIGN"), _texts("importers"))),
    Spec("R27", (GAP,), LOW, ("C05",), RIGHTS,
         (Setting("roles_per_user", Of.AMOUNT, Decimal("0.5")), _count("least_roles", 20),
          _texts("templates"))),
)  # fmt: skip

SPECS = MappingProxyType({spec.id: spec for spec in _ALL})
