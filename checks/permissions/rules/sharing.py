"""The rule about accounts that several people use."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from fnmatch import fnmatchcase, translate
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from itertools import pairwise

from checks.permissions.company import Company
from checks.permissions.identity import Link, LinkKind
from checks.permissions.model import Account, Operation
from checks.permissions.rules.common import Hearing, account_subject, is_able
from checks.permissions.rules.executed import log_gap
from checks.permissions.verdict import Event, RuleResult, Witness

Pair = tuple[Operation, Operation]


def r23(company: Company) -> RuleResult:
    """Every account is one person's."""
    hearing = Hearing(company, "R23")
    gateways, parallel = hearing.names("gateways"), hearing.span("parallel")
    for name in hearing.systems("accounts"):
        log_gap(hearing, name)
        pairs = _parallel(company, name, gateways, parallel)
        for id, account in sorted(company.facts.systems[name].accounts.items()):
            if is_able(company, name, id):
                link = company.identities.links[name, id]
                _judge(hearing, account, link, pairs.get(id, []))
    return hearing.result()


def _judge(hearing: Hearing, account: Account, link: Link, pairs: Sequence[Pair]) -> None:
    system, subject = link.system, account_subject(link.system, account.id)
    hearing.look(subject)
    params = {"account": account.login or account.id, "system": system}
    witness = Witness(link.human, ((system, account.id),))
    is_service = link.kind is LinkKind.SERVICE
    if len(pairs) >= hearing.count("times") and not is_service:
        used = [line for pair in pairs for line in pair]
        places = sorted({line.address or "" for line in used})
        params |= {"addresses": ", ".join(places[:4]), "times": str(len(pairs))}
        events = tuple(
            Event(system, "used", line.id, line.at, account.id, line.address) for line in used[:4]
        )
        witness = Witness(link.human, ((system, account.id),), events=events)
        reason, say = "deeds.r23.parallel", hearing.fail
    elif link.kind is LinkKind.SHARED:
        reason, say = "deeds.r23.shared", hearing.fail
    elif is_service:
        reason, say = "deeds.r23.service", hearing.listed
    elif _is_generic(account, hearing.names("names")):
        reason, say = "deeds.r23.generic", hearing.fail
    elif link.kind is LinkKind.BUILT_IN:
        reason, say = "deeds.r23.built_in", hearing.listed
    elif link.kind in (LinkKind.UNSURE, LinkKind.NOBODY):
        reason, say = "deeds.r23.unsure", hearing.unclear
    else:
        return
    say(subject, reason, params=params, system=system, witness=witness)


def _is_generic(account: Account, patterns: tuple[str, ...]) -> bool:
    names = (account.login, account.name)
    return any(_any_of(patterns).match(n.casefold()) for n in names if n is not None)


@lru_cache(maxsize=8)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for several; for none, one that nothing matches."""
    return re.compile("|".join(translate(p.casefold()) for p in patterns) or "(?!)")


def _parallel(
    company: Company, system: str, gateways: Sequence[str], within: timedelta
) -> dict[str, list[Pair]]:
    """By account, uses from two networks within a span. Many people behind one address (NAT) are
    no sign, nor is one person whose address changes within a network or at a gateway."""
    lines: dict[str, list[tuple[Operation, str]]] = {}
    for line in company.facts.systems[system].operations:
        if line.address is None or any(fnmatchcase(line.address, g) for g in gateways):
            continue
        account = company.account(system, line.actor)
        if account is not None:
            lines.setdefault(account, []).append((line, _network(line.address)))
    found: dict[str, list[Pair]] = {}
    for account, mine in lines.items():
        mine.sort(key=lambda entry: (entry[0].at, entry[0].id))
        pairs = [
            (one, other)
            for (one, here), (other, there) in pairwise(mine)
            if here != there and other.at - one.at <= within
        ]
        if pairs:
            found[account] = pairs
    return found


@lru_cache(maxsize=100_000)
def _network(address: str) -> str:
    """The network of an address, as wide as one site usually is."""
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return ":".join(parsed.exploded.split(":")[:4])
    return str(parsed).rpartition(".")[0]


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R23": r23}
