"""Every mistake in the section `backups` has its own message, with a place and what is allowed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from governance.i18n import LANGUAGES
from tests.config.worlds import SMALL, loaded, only_problem

SECTION = """\
backups:
  together: [crm, oa]
  systems:
    crm:
      rpo: 26h
      due: "0 2 * * *"
      keep: {daily: 14, weekly: 8}
      timestamps: {customers: updated_at}
      catalogues:
        nightly:
          kind: directory
          path: /backup/crm
          options: {pattern: "crm_{date}_{time}.dump"}
        cluster:
          kind: pgbackrest
          commands: {info: [pgbackrest, info]}
          options: {stanza: crm}
        offsite:
          kind: restic
          environment: {RESTIC_REPOSITORY: /mnt/restic, RESTIC_PASSWORD: "${OA_PASSWORD}"}
          place: {name: second site, off_site: true}
      drill: {target: "postgresql://drill@scratch/db", password: "${OA_PASSWORD}", max_age: 90d}
    oa:
      catalogues:
        export: {kind: feed, files: {feed: /srv/feed.csv}}
"""
# What is changed, into what, the code, and a word of what is allowed or meant ("": none to name).
MISTAKES = {
    "an unknown key": ("      rpo: 26h", "      rpoo: 26h", "config.unknown_key_near", "rpo"),
    "a key misspelt": (
        "      rpo: 26h", "      catalogs: 1", "config.unknown_key_near", "catalogues"),
    "an unknown kind": ("kind: restic", "kind: tape", "backups.unknown_kind", "pgbackrest"),
    "a kind misspelt": ("kind: restic", "kind: resticc", "backups.unknown_kind_near", "restic"),
    "an unknown option": (
        "{stanza: crm}", "{stanza: crm, speed: 1}", "backups.unknown_option", "wal_segment_size"),
    "an option that is needed": ("{stanza: crm}", "{repo: 1}", "backups.option_needed", "stanza"),
    "a command as a line": (
        "[pgbackrest, info]", "pgbackrest info", "backups.command_is_a_list", ""),
    "an unknown part": (
        "{info: [pgbackrest, info]}", "{inform: [x]}", "backups.unknown_part_near", "info"),
    "a literal secret": ('"${OA_PASSWORD}"}\n          place', "geheim123}\n          place",
                         "config.literal_secret", ""),
    "an unknown system in a group": (
        "together: [crm, oa]", "together: [crm, oa, erp]", "backups.unknown_system", "oa"),
    "a group of one": ("together: [crm, oa]", "together: [crm]", "backups.group_too_small", ""),
    "a function without a policy": (
        "      rpo: 26h", "      delete: [BACKUP_DELETE]", "backups.no_policy", "delete"),
    "an unknown catalogue of a drill": (
        "max_age: 90d", "catalogue: nightli", "backups.unknown_catalogue_near", "nightly"),
    "an rpo that is none": ("rpo: 26h", "rpo: soon", "config.bad_duration", ""),
    "a key of another kind": (
        "path: /backup/crm", "path: /backup/crm\n          url: x", "config.not_for_kind", "path"),
    "no path": ("          path: /backup/crm\n", "", "config.missing", "path"),
    "an unknown source": ("      rpo: 26h", "      source: erp", "config.unknown_source", "crm"),
    "a negative count": ("daily: 14", "daily: -1", "config.bad_whole", ""),
}  # fmt: skip


def test_the_section_as_it_should_be_is_read(tmp_path: Path) -> None:
    backups = loaded(tmp_path, SMALL + SECTION).backups
    assert backups is not None
    crm, oa = backups.systems
    assert (crm.source, crm.rpo, crm.keep.daily) == ("crm", timedelta(hours=26), 14)
    assert [c.kind for c in crm.catalogues] == ["directory", "pgbackrest", "restic"]
    assert crm.catalogue("offsite").environment["RESTIC_PASSWORD"] == "p@ss/word"
    assert crm.catalogue("offsite").place.off_site is True
    assert backups.together == (("crm", "oa"),)
    assert "p@ss" not in repr(backups)
    assert oa.catalogue("export").files == {"feed": Path("/srv/feed.csv")}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_has_its_own_message_with_its_place(tmp_path: Path, name: str) -> None:
    old, new, code, allowed = MISTAKES[name]
    assert SECTION.count(old) == 1
    problem = only_problem(tmp_path, SMALL + SECTION.replace(old, new))
    assert problem.code == code
    for language in LANGUAGES:
        words = problem.rendered(language)
        assert words.startswith(f"{tmp_path}/governance.yaml:{problem.line}: backups")
        assert code not in words
        assert "geheim123" not in words
        assert allowed in words
    assert problem.line > SMALL.count("\n")
