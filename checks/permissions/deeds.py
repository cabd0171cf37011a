"""What was done to documents, by their numbers over all systems, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from checks.permissions.identity import LinkKind, Place
from checks.permissions.model import Approval, Document, Ref, RefersTo

if TYPE_CHECKING:
    from checks.permissions.company import Company

# A moment for what has none, so that it sorts first.
NO_TIME = datetime.min.replace(tzinfo=UTC)
# Accounts in which one login is no sign of one human.
MANY_HANDS = (LinkKind.SHARED, LinkKind.SERVICE)


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody whom a table names: the human, or at least the account, if either can be told."""

    system: str
    ref: Ref
    human: str | None = None
    account: str | None = None
    kind: LinkKind | None = None

    @property
    def place(self) -> Place | None:
        return None if self.account is None else (self.system, self.account)

    @property
    def is_found(self) -> bool:
        return self.human is not None or self.account is not None

    @property
    def is_one(self) -> bool:
        """Whether what this account did is the work of one human, known or not."""
        return self.human is not None or (self.account is not None and self.kind not in MANY_HANDS)

    @property
    def key(self) -> str:
        return self.human or f"{self.system}/{self.account or self.ref.value}"


def same(one: Who, other: Who) -> bool | None:
    """Whether two are one human; None where that cannot be told."""
    if one.human is not None and other.human is not None:
        return one.human == other.human
    if one.place is not None and one.place == other.place and one.is_one:
        return True
    return None


@dataclass(frozen=True, slots=True)
class Paper:
    """A document in one system, and who made it."""

    system: str
    document: Document
    creator: Who | None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an approval, who took it and in whose place."""

    system: str
    approval: Approval
    actor: Who
    behalf: Who | None

    @property
    def at(self) -> datetime:
        return self.approval.at or NO_TIME

    @property
    def order(self) -> tuple[datetime, str, str, str]:
        return self.at, self.system, self.approval.step, self.approval.actor.value


class Deeds:
    """Documents and approval steps by number; both in an order that rows cannot change."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._who: dict[tuple[str, Ref], Who] = {}
        papers: dict[str, list[Paper]] = {}
        steps: dict[str, list[Step]] = {}
        for name, system in sorted(company.facts.systems.items()):
            for document in system.documents:
                made = None if document.creator is None else self.who(name, document.creator)
                papers.setdefault(document.no, []).append(Paper(name, document, made))
            for approval in system.approvals:
                lent = approval.on_behalf_of
                behalf = None if lent is None else self.who(name, lent)
                step = Step(name, approval, self.who(name, approval.actor), behalf)
                steps.setdefault(approval.doc, []).append(step)
        self.papers = {
            no: tuple(sorted(found, key=lambda p: (p.system, p.document.type)))
            for no, found in sorted(papers.items())
        }
        self.steps = {
            no: tuple(sorted(found, key=lambda s: s.order)) for no, found in sorted(steps.items())
        }

    def who(self, system: str, ref: Ref) -> Who:
        """Whom a table of `system` means."""
        key = system, ref
        found = self._who.get(key)
        if found is None:
            found = self._who[key] = self._find(system, ref)
        return found

    def places(self, who: Who) -> tuple[Place, ...]:
        """All accounts of somebody."""
        if who.human is not None:
            return self._company.identities.accounts.get(who.human, ())
        return () if who.place is None else (who.place,)

    def _find(self, system: str, ref: Ref) -> Who:
        company = self._company
        account = company.account(system, ref)
        human = company.human(system, ref)
        link = None if account is None else company.identities.links.get((system, account))
        if ref.to is RefersTo.PERSON and human is not None:
            return Who(system, ref, human, account)
        return Who(system, ref, human, account, None if link is None else link.kind)
