"""Who can delete backups and customers, and who alone can restore."""

from __future__ import annotations

from checks.backups.keepers import Keeper, Keeping, keeping

DELETE, RESTORE = ("BACKUP_DELETE",), ("BACKUP_RESTORE",)
CUSTOMERS = {"crm": ("CUST_DELETE",), "oa": ("ARCHIVE_DELETE",)}


def kept(rights: dict[str, tuple[str, ...]] | None, strangers: int = 0, **named: object) -> Keeping:
    by = {"delete": DELETE, "restore": RESTORE, "customers": CUSTOMERS, **named}
    return keeping(rights, strangers=strangers, **by)  # type: ignore[arg-type]


APART = {
    "p1": ("BACKUP_DELETE", "BACKUP_RESTORE"),
    "p2": ("BACKUP_RESTORE",),
    "p3": ("CUST_DELETE", "ARCHIVE_DELETE"),
    "p4": (),
}


def test_people_who_only_keep_backups_are_separated() -> None:
    found = kept(APART)
    assert found.keepers == (Keeper("p1", True, True), Keeper("p2", False, True))
    assert (found.separated.value, found.shared.value) == (True, True)


def test_one_who_can_delete_both_is_named_with_the_systems() -> None:
    found = kept({**APART, "p1": ("BACKUP_DELETE", "CUST_DELETE")})
    assert found.keepers[0] == Keeper("p1", True, False, ("crm",))
    assert found.separated.value is False
    assert found.separated.params == {"count": "1", "systems": "crm"}
    restorer = kept({**APART, "p2": ("BACKUP_RESTORE", "CUST_DELETE")})
    assert restorer.separated.value is True


def test_a_single_restorer_is_named_and_none_is_worse() -> None:
    alone = kept({"p2": RESTORE}).shared
    assert (alone.value, alone.params) == (False, {"human": "p2"})
    assert kept({"p3": ("CUST_DELETE",)}).shared.code == "backups.why.keepers.nobody"


def test_an_account_of_nobody_may_be_anybody() -> None:
    found = kept({"p2": RESTORE}, strangers=1)
    assert (found.separated.value, found.shared.value) == (None, None)
    both = kept({"p1": (*DELETE, "CUST_DELETE"), "p2": RESTORE, "p3": RESTORE}, strangers=1)
    assert (both.separated.value, both.shared.value) == (False, True)


def test_what_is_not_known_or_not_named_proves_nothing() -> None:
    unknown = kept(None)
    assert (unknown.keepers, unknown.separated.value, unknown.shared.value) == ((), None, None)
    assert kept(APART, delete=()).separated.value is None
    assert kept(APART, customers={"crm": ()}).separated.value is None
    assert kept(APART, restore=()).shared.value is None


def test_the_order_of_people_does_not_matter() -> None:
    assert kept(dict(reversed(APART.items()))) == kept(APART)
