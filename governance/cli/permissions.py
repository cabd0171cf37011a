"""`duiqi permissions`: what every account may really do, each right with the path that gives it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from governance.cli import common, language
from governance.cli.common import Format
from governance.errors import ConfigError
from governance.i18n import t

if TYPE_CHECKING:
    from checks.permissions.company import Company
    from checks.permissions.model import Account
    from checks.permissions.rights import Right
    from governance.permissions.standing import Standing

app = typer.Typer(add_completion=False)

# So many departments are named in a line for people; JSON has all.
NAMED = 4
# What rights are made of: without one of these, what is told of a system may lack some.
NEEDED = ("accounts", "memberships", "grants")


@dataclass(frozen=True)
class Asked:
    """Which part is wanted; None: all of it."""

    system: str | None = None
    account: str | None = None
    person: str | None = None
    function: str | None = None


@app.command()
def permissions(
    system: Annotated[str | None, typer.Option("--system")] = None,
    account: Annotated[str | None, typer.Option("--account")] = None,
    person: Annotated[str | None, typer.Option("--person")] = None,
    function: Annotated[str | None, typer.Option("--function")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DATE")] = None,
    config: common.ConfigOption = None,
    format: common.FormatOption = Format.TEXT,
) -> int:
    """List effective rights out of sealed snapshots; no source is asked.

    Ends with 0 when all that is mapped could be seen, 2 when part of it could not.
    """
    from governance.config import load
    from governance.ledger import open_ledger
    from governance.permissions.standing import standing
    from governance.store import engine, home_path, open_home
    from governance.worker.holder import utc_now

    place = home_path()
    loaded = load(common.find_config(config, place), environ=os.environ, secrets=False)
    at = None if as_of is None else moment(as_of, loaded.time_zone, utc_now())
    home = open_home(place)
    ledger = open_ledger(home.path)
    try:
        with engine(home) as con:
            found = standing(con, ledger, home, loaded, at=at)
    finally:
        ledger.close()
    asked = Asked(system, account, person, function)
    check(found.company, asked)
    blind = tuple(not_seen(found))
    if format is Format.JSON:
        write_json(sys.stdout.buffer, found, asked, blind)
    else:
        write_text(sys.stdout, found, asked, blind, loaded.time_zone)
    return 2 if blind else 0


def moment(told: str, zone: ZoneInfo, now: datetime) -> datetime:
    """A day means its end in the business zone, a time without a zone is of that zone. Raises
    ConfigError for what is no time, or has not come yet."""
    try:
        if len(told) == len("2026-03-03"):
            start = datetime.combine(date.fromisoformat(told), time(), zone)
            ends = start + timedelta(days=1) - timedelta(seconds=1)
            return min(ends.astimezone(UTC), now) if start <= now else _later(told)
        found = datetime.fromisoformat(told)
    except ValueError as error:
        raise ConfigError("cli.permissions_no_time", value=told) from error
    found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    return found if found <= now else _later(told)


def _later(told: str) -> datetime:
    raise ConfigError("cli.permissions_later", value=told)


def check(company: Company, asked: Asked) -> None:
    """Raises ConfigError for a name that nobody bears."""
    systems = company.facts.systems
    if asked.system is not None and asked.system not in systems:
        allowed = ", ".join(systems)
        raise ConfigError("cli.permissions_no_system", name=asked.system, allowed=allowed)
    functions = company.policy.functions
    if asked.function is not None and asked.function not in functions:
        allowed = ", ".join(functions)
        raise ConfigError("cli.permissions_no_function", name=asked.function, allowed=allowed)
    if asked.person is not None and asked.person not in {
        *company.identities.accounts, *company.facts.persons
    }:  # fmt: skip
        raise ConfigError("cli.permissions_no_person", name=asked.person)
    if asked.account is not None and not any(
        wanted(account, asked) for s in systems.values() for account in s.accounts.values()
    ):
        raise ConfigError("cli.permissions_no_account", name=asked.account)


def wanted(account: Account, asked: Asked) -> bool:
    return asked.account is None or asked.account in (account.id, account.login)


def chosen(company: Company, name: str, asked: Asked) -> Iterator[Account]:
    """The accounts of one system that are asked for, by their ids; numbers as numbers."""
    if asked.system in (None, name):
        accounts = company.facts.systems[name].accounts
        for account in sorted(accounts.values(), key=lambda a: (len(a.id), a.id)):
            human = company.identities.human(name, account.id) if asked.person else None
            if wanted(account, asked) and asked.person in (None, human):
                yield account


def not_seen(found: Standing) -> Iterator[dict[str, object]]:
    """What rights are made of and could not be seen: by system and kind, or by source."""
    for name, system in found.company.facts.systems.items():
        for kind, (code, params) in system.blind.items():
            told = common.reason(code, dict(params))
            yield {"system": name, "kind": kind, **(told or {})}
        for kind in NEEDED:
            if kind not in system.known and kind not in system.blind:
                told = common.reason("cli.permissions_not_mapped", {"kind": kind})
                yield {"system": name, "kind": kind, **(told or {})}
    from checks.permissions.bindings import unmatched

    for lost in unmatched(found.company):
        if lost.is_lost:
            named = {"function": lost.function, "code": lost.code}
            told = common.reason("permissions.unmatched", named)
            yield {"system": lost.system, "kind": "permissions", **(told or {})}
    for source, (code, params) in found.stale.items():
        yield {"source": source, **(common.reason(code, dict(params)) or {})}


def write_json(
    out: IO[bytes], found: Standing, asked: Asked, blind: Iterable[dict[str, object]]
) -> None:
    """One object, account by account, so that no number of accounts fills the memory."""
    from governance.permissions.listing import BETWEEN, Lines, text

    company = found.company
    functions = None if asked.function is None else (asked.function,)
    out.write(b'{"as_of": ' + text(common.instant(company.facts.as_of)))
    out.write(b', "run": ' + text(found.run))
    out.write(b', "systems": ' + text([counts(found, name) for name in company.facts.systems]))
    out.write(b',\n"grants": [')
    parted = b"\n"
    for name in company.facts.systems:
        lines = Lines(company, name, functions)
        for account in chosen(company, name, asked):
            for line in lines.of(account):
                out.write(parted)
                out.write(line)
                parted = BETWEEN
    out.write(b'\n],\n"not_evaluable": ' + text(list(blind)) + b"}\n")
    out.flush()


def counts(found: Standing, name: str) -> dict[str, object]:
    system = found.company.facts.systems[name]
    return {
        "system": name,
        "semantics": system.semantics,
        "read_at": common.instant(found.read_at.get(name)),
        "accounts": len(system.accounts),
        "roles": len(system.roles),
        "permissions": len(system.permissions),
        "not_read": sorted(system.blind),
    }


def write_text(
    out: IO[str],
    found: Standing,
    asked: Asked,
    blind: Iterable[dict[str, object]],
    zone: ZoneInfo,
) -> None:
    """The same for people: an account, and below it what it may do, where and through what."""
    from governance.compare.terminal import shown
    from governance.permissions.listing import Lines

    speak, company = language(), found.company
    when = company.facts.as_of.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    out.write(t("cli.permissions_as_of", speak, at=when, run=found.run) + "\n")
    functions = None if asked.function is None else (asked.function,)
    for name in company.facts.systems:
        lines = Lines(company, name, functions)
        for account in chosen(company, name, asked):
            rights = list(lines.rights(account))
            if rights or asked.account or asked.person:
                out.write("\n" + shown(titled(company, name, account)) + "\n")
            for right in rights:
                told = line(company, name, right, lines.giving.get(right.code, ()))
                out.write("  " + shown(told) + "\n")
            if not rights and (asked.account or asked.person):
                out.write("  " + t("cli.permissions_none", speak) + "\n")
    for one in blind:
        where = " ".join(str(one[key]) for key in ("system", "kind", "source") if key in one)
        common.say("cli.permissions_not_seen", what=where, why=one["text"])


def titled(company: Company, name: str, account: Account) -> str:
    human = company.identities.human(name, account.id)
    names = [name, account.login or account.id, account.name or ""]
    if account.login:
        names.insert(2, f"({account.id})")
    if human is not None:
        names.append(f"= {human}")
    if account.is_enabled is False:
        names.append(t("cli.permissions_disabled", language()))
    return " ".join(part for part in names if part)


def line(company: Company, name: str, right: Right, functions: Iterable[str]) -> str:
    """`CUST_VIEW crm:customer:query · own 北区 南区 · Sales › View`."""
    reach, speak = right.reach, language()
    known = company.facts.systems[name].departments
    flags = {"all": reach.is_all, "own": reach.own, "unknown": reach.unknown}
    words = [t(f"cli.scope_{word}", speak) for word, holds in flags.items() if holds]
    places = sorted(reach.departments)
    words += [(known[id_].name if id_ in known else None) or id_ for id_ in places[:NAMED]]
    if len(places) > NAMED:
        words.append(f"+{len(places) - NAMED}")
    rows = " ".join(words) or t("cli.scope_none", speak)
    path = " › ".join(hop.name or hop.id for hop in right.path[1:-1])
    return f"{' '.join([*functions, right.code])} · {rows} · {path}"
