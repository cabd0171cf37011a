"""What people do, in a real browser. Every journey ends with: no request left the server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from governance.i18n import t
from tests.browser.harness import WORK, Server, reading, sure, working
from tests.thorough import some

PAGES = (
    "",
    "matching",
    "overreach",
    "reach",
    "backups",
    "drills",
    "findings",
    "consistency",
    "record",
    "runs",
    "dictionary",
    "lag",
    "drift",
    "remediation",
    "reviews",
)


# Each language and each scheme on every page; all four pairs of them where all is to be tried.
LOOKS = [("zh", "light"), ("en", "dark"), ("zh", "dark"), ("en", "light")]


@pytest.mark.parametrize(("language", "scheme"), LOOKS[: some(4, 2)])
def test_no_page_asks_anything_outside_for_anything(
    browser: Any, server: Server, language: str, scheme: str
) -> None:
    with reading(browser, server, scheme=scheme) as reader:
        for page in PAGES:
            reader.open(page, lang=language)
            reader.shows(t(f"ui.nav.{page or 'overview'}", language))


def test_from_the_overview_to_a_record_and_back(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        reader.open(lang="en")
        reader.page.locator("[data-testid=stPageLink] a[href*='c.class=']").first.click()
        first = reader.page.get_by_role("link", name=t("consistency.first", "en"))
        first.wait_for()
        reader.page.wait_for_url(re.compile(r"c\.entity="))
        reader.heading("consistency")
        findings = reader.page.url
        first.click()
        reader.heading("record")
        reader.page.wait_for_url(re.compile(r"r\.finding="))
        reader.page.go_back()
        reader.heading("consistency")
        reader.page.wait_for_url(findings)
        reader.page.go_back()
        reader.heading("overview")


def test_switching_the_language_keeps_the_filter(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        reader.open("consistency", lang="zh", c__entity="customer", c__sev="high")
        reader.page.get_by_role("radio", name=t("ui.language.en", "zh")).click()
        reader.heading("consistency")
        reader.at(lang="en", c__entity="customer", c__sev="high")


def test_the_browser_chooses_the_language_of_a_first_visit(browser: Any, server: Server) -> None:
    for locale, language in (("zh-CN", "zh"), ("en-GB", "en")):
        with reading(browser, server, locale=locale) as reader:
            reader.open()
            reader.heading("overview", language)
            reader.at(lang=language)
            reader.shows(t("ui.nav.runs", language))


def test_a_batch_is_handed_out_and_opens_in_a_spreadsheet(
    browser: Any, server: Server, company: Path, tmp_path: Path
) -> None:
    with (
        working(company, company / "governance.yaml", tmp_path / "worker.log"),
        reading(browser, server) as reader,
    ):
        reader.open("remediation", lang="en")
        reader.page.get_by_role("button", name=t("rem.make", "en")).click()
        reader.page.wait_for_url(re.compile(r"b\.batch=\d+"))
        button = reader.page.get_by_role("button", name=t("rem.download", "en", form="XLSX"))
        button.wait_for(timeout=WORK)
        with reader.page.expect_download() as downloading:
            button.click()
        path = tmp_path / "remediation.xlsx"
        downloading.value.save_as(path)
    book = openpyxl.load_workbook(path)
    assert len(book.sheetnames) > 1
    rows = [row for sheet in book for row in sheet.iter_rows(min_row=2)]
    assert rows
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n"}
    assert not [cell for row in rows for cell in row if cell.data_type == "n" and cell.value]


def test_run_now_shows_progress_and_ends(
    browser: Any, server: Server, company: Path, tmp_path: Path
) -> None:
    with (
        working(company, company / "governance.yaml", tmp_path / "worker.log"),
        reading(browser, server) as reader,
    ):
        reader.open("runs", lang="en")
        reader.page.get_by_role("button", name=t("runs.now", "en")).click()
        reader.page.wait_for_url(re.compile(r"n\.run=\d+"))
        run = int(re.search(r"n\.run=(\d+)", reader.page.url)[1])  # type: ignore[index]
        under_way = re.compile(rf"#{run} (under way|is queued)")
        reader.page.get_by_text(under_way).first.wait_for()
        done = re.compile(rf"Run #{run} · (Succeeded|Partial)")
        reader.page.get_by_text(done).first.wait_for(timeout=WORK)
        reader.settle()
        sure(reader.page.get_by_role("button", name=t("runs.now", "en"))).to_be_enabled()
