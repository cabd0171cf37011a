"""From a red mark to the missing table, to the drill that failed, to the evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.i18n import t
from tests.backups.sealed import LOG, Rows, watched
from tests.browser.harness import Server, reading, serving
from tests.ui.world import LAST


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    built = watched(tmp_path_factory.mktemp("backups"))
    with serving(built.home, built.config, built.config.parent / "log") as running:
        yield running


def test_from_a_red_mark_to_the_missing_table_the_drill_and_the_export(
    browser: Any, saved: Server, tmp_path: Path
) -> None:
    with reading(browser, saved) as reader:
        reader.open("backups", lang="en", k__system="crm")
        reader.heading("backups")
        complete = t("backups.page.mark.complete", "en")
        reader.shows(t("backups.page.answer.no", "en", mark=complete))
        newest = reader.page.get_by_role("link", name=t("backups.page.to_newest", "en"))
        newest.first.click()
        reader.heading("backup")
        reader.at(backup=Rows(LAST).dump(0), catalogue="dumps")
        reader.shows(t("backups.page.tables", "en"))
        reader.page.get_by_role("link", name=t("backups.page.to_drills", "en")).last.click()
        reader.heading("drills")
        reader.at(d__system="crm")
        reader.shows(t("backups.page.drills.broken", "en", names="CRM"))
        reader.open("drills", lang="en", d__system="crm", d__drill="2")
        reader.heading("drills")
        reader.shows(LOG)
        reader.page.get_by_role("link", name=t("backups.page.back", "en")).click()
        reader.heading("backups")
        with reader.page.expect_download() as coming:
            reader.page.get_by_role("button", name="JSON").click()
        file = tmp_path / "evidence.json"
        coming.value.save_as(file)
        told = json.loads(file.read_text("utf-8"))
        assert told["run"]["id"] == 30
        lost = [row for row in told["contents"] if row["missing"]]
        assert [(row["table"], row["missing"]) for row in lost] == [("customers", 312)]
