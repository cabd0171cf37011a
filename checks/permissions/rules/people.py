"""Whom a verdict is about, and what they did, in the words of a witness."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from checks.permissions.company import Company
from checks.permissions.deeds import Paper, Step, Who
from checks.permissions.identity import Place
from checks.permissions.model import Person, PersonStatus
from checks.permissions.rules.common import account_subject, human_subject
from checks.permissions.verdict import Event


def subject_of(who: Who) -> str:
    """A verdict's subject for somebody: the human, else the account."""
    if who.human is not None:
        return human_subject(who.human)
    return account_subject(who.system, who.account or who.ref.value)


def seen(company: Company, *people: Who) -> tuple[Place, ...]:
    """All accounts of these people, each once."""
    return tuple(dict.fromkeys(p for who in people for p in company.deeds.places(who)))


def login_of(company: Company, who: Who) -> str | None:
    if who.account is None:
        return None
    return company.facts.systems[who.system].accounts[who.account].login


def says(company: Company, types: Collection[str], field: str) -> bool:
    """Whether any document of these types has the field at all. Where none has, one verdict says
    so instead of one for each."""
    papers = company.deeds.papers.values()
    return any(
        getattr(p.document, field) is not None
        for mine in papers
        for p in mine
        if p.document.type in types
    )


def made(paper: Paper) -> Event:
    document = paper.document
    account = None if paper.creator is None else paper.creator.account
    return Event(paper.system, "created", document.no, document.created_at, account)


def approved(step: Step) -> Event:
    """A step taken; the detail is in whose place."""
    a = step.approval
    behalf = None if step.behalf is None else step.behalf.key
    return Event(step.system, "approved", a.doc, a.at, step.actor.account or a.actor.value, behalf)


class Standing(StrEnum):
    """How somebody stands to the company by the staff list."""

    HERE = "here"
    LEFT = "left"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Parting:
    standing: Standing
    day: date | None = None


def parting(person: Person, today: date) -> Parting:
    """Whether somebody has left by `today`, and on which day. The day itself is still worked.

    Whoever was hired again is here. Unclear where status and days contradict each other.
    """
    day, is_left = person.left_on, person.status is PersonStatus.LEFT
    if day is None:
        return Parting(Standing.LEFT if is_left else Standing.HERE)
    if person.hired_on is not None and person.hired_on > day:
        return Parting(Standing.UNCLEAR if is_left else Standing.HERE, day)
    if day >= today:
        return Parting(Standing.HERE, day)
    is_here = person.status is PersonStatus.ACTIVE
    return Parting(Standing.UNCLEAR if is_here else Standing.LEFT, day)


def begins(day: date, zone: str) -> datetime:
    """The first moment of a day in the business zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def after(day: date, span: timedelta, zone: str) -> datetime:
    """The first moment after a day and a span of days beyond it."""
    return begins(day + timedelta(days=1 + span.days), zone)
