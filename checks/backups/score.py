"""3-2-1-1-0: three copies, on two media, one off-site, one that cannot be changed, zero errors.

The copies are the data itself and each place that holds a usable backup. What only the
configuration says is a claim: it counts as unknown, and is told apart from what was proved by
reading a catalogue there, or a lock from the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checks.backups.case import said, worst
from checks.backups.model import Backup, Claim, Mark, Verdict
from checks.backups.verdicts import Verdicts

# The media of the data itself, which is a copy too.
LIVE = "disk"
UNKNOWN = Claim()


class Digit(StrEnum):
    COPIES = "copies"
    MEDIA = "media"
    OFF_SITE = "off_site"
    IMMUTABLE = "immutable"
    ERRORS = "errors"


@dataclass(frozen=True)
class Copy:
    """A place and what is known of it. `holds`: does it hold a usable backup (True: a catalogue was
    read there, None: it could not be read). `medium` with its proof, where reading the catalogue
    showed it (an object store answered)."""

    place: str
    medium: str
    holds: bool | None
    medium_proof: str | None = None
    off_site: Claim = UNKNOWN
    immutable: Claim = UNKNOWN


@dataclass(frozen=True, slots=True)
class Graded:
    """One digit. `is_claimed`: unknown, but the configuration claims it. `proofs` are message ids
    of what was seen, and `places` where."""

    digit: Digit
    verdict: Verdict
    is_claimed: bool = False
    proofs: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """All five digits in their order."""

    digits: tuple[Graded, ...]

    @property
    def proved(self) -> int:
        return sum(d.verdict.value is True for d in self.digits)

    @property
    def claimed(self) -> int:
        """How many more there are, if the configuration is right."""
        return sum(d.is_claimed for d in self.digits)


def score(copies: Iterable[Copy], verdicts: Verdicts) -> Score:
    """The five digits of a system. `verdicts` are those of what would be restored today.

    Places of one name are one place. A place that is known to hold nothing counts for nothing.
    """
    known = _by_place(copies)
    held = [c for c in known if c.holds is not False]
    return Score(
        (
            _copies(held),
            _media(held),
            _one(Digit.OFF_SITE, held, [c.off_site for c in held]),
            _one(Digit.IMMUTABLE, held, [c.immutable for c in held]),
            _errors(verdicts),
        )
    )


def lock_of(backups: Iterable[Backup], now: datetime) -> Claim | None:
    """The proof of a lock that the store itself told of; None where it tells of none that holds."""
    until = [b.locked_until for b in backups if b.locked_until and b.locked_until > now]
    return Claim(True, "backups.why.score.locked", max(until)) if until else None


def _by_place(copies: Iterable[Copy]) -> list[Copy]:
    """Each place once, the best that is known of it first."""
    ranks = {True: 0, None: 1, False: 2}
    ordered = sorted(
        copies,
        key=lambda c: (
            c.place, ranks[c.holds], -_weight(c.off_site) - _weight(c.immutable), c.medium,
            c.medium_proof or "",
        ),
    )  # fmt: skip
    found: dict[str, Copy] = {}
    for copy in ordered:
        found.setdefault(copy.place, copy)
    return list(found.values())


def _weight(claim: Claim) -> int:
    return (2 if claim.proof else 1) if claim.value else 0


def _copies(held: Sequence[Copy]) -> Graded:
    sure = [c.place for c in held if c.holds]
    return _counted(
        Digit.COPIES, 1 + len(sure), 1 + len(held), 3, sure, ("backups.why.score.read",)
    )


def _media(held: Sequence[Copy]) -> Graded:
    sure = {c.medium: c.place for c in held if c.holds and c.medium_proof}
    media = {LIVE, *(c.medium for c in held)}
    proofs = tuple(sorted({c.medium_proof for c in held if c.holds and c.medium_proof}))
    return _counted(Digit.MEDIA, len({LIVE, *sure}), len(media), 2, sure.values(), proofs)


def _counted(
    digit: Digit, sure: int, perhaps: int, wanted: int, places: Iterable[str],
    proofs: tuple[str, ...],
) -> Graded:  # fmt: skip
    told = {"count": sure, "perhaps": perhaps, "wanted": wanted}
    named = tuple(sorted(places))
    if sure >= wanted:
        return Graded(digit, said(True, f"score.{digit}.proved", **told), False, proofs, named)
    if perhaps >= wanted:
        return Graded(digit, said(None, f"score.{digit}.claimed", **told), True, (), named)
    return Graded(digit, said(False, f"score.{digit}.too_few", **told), False, (), named)


def _one(digit: Digit, held: Sequence[Copy], claims: Sequence[Claim]) -> Graded:
    """Whether one of the places has it: proved there, claimed, denied by all, or unknown."""
    pairs = list(zip(held, claims, strict=True))
    proved = [(c.place, k) for c, k in pairs if c.holds and k.value and k.proof]
    if proved:
        places = tuple(place for place, _ in proved)
        at = max((k.at for _, k in proved if k.at is not None), default=None)
        verdict = said(True, f"score.{digit}.proved", at, places=", ".join(places))
        proofs = tuple(sorted({k.proof for _, k in proved if k.proof}))
        return Graded(digit, verdict, False, proofs, places)
    claimed = [c.place for c, k in pairs if k.value]
    if claimed:
        verdict = said(None, f"score.{digit}.claimed", places=", ".join(claimed))
        return Graded(digit, verdict, True, (), tuple(claimed))
    if any(k.value is None for _, k in pairs):
        return Graded(digit, said(None, f"score.{digit}.unknown"))
    return Graded(digit, said(False, f"score.{digit}.none"))


def _errors(verdicts: Verdicts) -> Graded:
    """No error, shown by a restore: nothing false of it, and a restore that proved it."""
    spoilt = [verdicts[m] for m in (Mark.COMPLETE, Mark.INTACT) if verdicts[m].value is False]
    verdict = worst([*spoilt, verdicts[Mark.RESTORABLE]])
    proofs = (verdict.code,) if verdict.value else ()
    return Graded(Digit.ERRORS, verdict, False, proofs)
