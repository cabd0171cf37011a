"""Who can delete the backups, and could delete the customers too; and whether only one person can
restore."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from checks.backups.case import said
from checks.backups.model import Verdict


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody with a right over the backups of a system. `also`: systems whose customers the same
    human can delete."""

    human: str
    can_delete: bool
    can_restore: bool
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Keeping:
    """Who they are, by human. `separated`: nobody can delete both the backups and the customers.
    `shared`: more than one person can restore."""

    keepers: tuple[Keeper, ...]
    separated: Verdict
    shared: Verdict


def keeping(
    rights: Mapping[str, Collection[str]] | None,
    delete: Collection[str],
    restore: Collection[str],
    customers: Mapping[str, Collection[str]],
    strangers: int = 0,
) -> Keeping:
    """Who keeps the backups of a system.

    `rights` are the functions of each human, None: nobody knows them. `delete` and `restore` are
    the functions that do so; `customers` by system those that delete its customers. `strangers`
    counts accounts with one of these functions whose human is not known: they may be anybody, so
    that neither separation nor a lone restorer is proved.
    """
    if rights is None:
        return Keeping((), said(None, "keepers.unknown"), said(None, "keepers.unknown"))
    held = {human: frozenset(functions) for human, functions in rights.items()}
    keepers = tuple(
        Keeper(human, bool(own & set(delete)), bool(own & set(restore)), _also(own, customers))
        for human, own in sorted(held.items())
        if own & {*delete, *restore}
    )
    return Keeping(
        keepers,
        _separated(keepers, delete, customers, strangers),
        _shared(keepers, restore, strangers),
    )


def _also(own: frozenset[str], customers: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    return tuple(sorted(system for system, named in customers.items() if own & set(named)))


def _separated(
    keepers: tuple[Keeper, ...],
    delete: Collection[str],
    customers: Mapping[str, Collection[str]],
    strangers: int,
) -> Verdict:
    if not delete or not any(customers.values()):
        return said(None, "keepers.not_named")
    both = [k for k in keepers if k.can_delete and k.also]
    if both:
        systems = sorted({system for k in both for system in k.also})
        return said(False, "keepers.both", count=len(both), systems=", ".join(systems))
    if strangers:
        return said(None, "keepers.strangers", count=strangers)
    return said(True, "keepers.separated")


def _shared(keepers: tuple[Keeper, ...], restore: Collection[str], strangers: int) -> Verdict:
    if not restore:
        return said(None, "keepers.not_named")
    able = [k for k in keepers if k.can_restore]
    if len(able) > 1:
        return said(True, "keepers.shared", count=len(able))
    if strangers:
        return said(None, "keepers.strangers", count=strangers)
    if not able:
        return said(False, "keepers.nobody")
    return said(False, "keepers.single", human=able[0].human)
