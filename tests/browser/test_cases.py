"""A case from the queue to a waiver that two people made, in a real browser."""

from __future__ import annotations

from typing import Any

from governance.config import load
from governance.i18n import t
from tests.browser.harness import Reader, Server, reading


def act_as(reader: Reader, name: str) -> None:
    box = reader.page.locator(".st-key-as")
    box.locator("input").click()
    reader.page.get_by_role("option", name=name, exact=True).click()
    reader.page.wait_for_url(lambda url: "as=" in url)
    reader.settle()


def do(reader: Reader, action: str) -> None:
    reader.page.locator(f".st-key-f-do-{action} button").click()
    reader.settle()


def send(reader: Reader) -> None:
    reader.page.locator("[data-testid=stFormSubmitButton] button").click()
    reader.page.locator("[data-testid=stToast]").first.wait_for()
    reader.settle()


def test_the_oldest_case_is_assigned_and_waived_by_two_people(browser: Any, server: Server) -> None:
    config = load(server.home / "governance.yaml", environ={}, secrets=False)
    asking, granting = list(dict.fromkeys(rule.owner for rule in config.owners))[:2]
    with reading(browser, server) as reader:
        reader.open("findings", lang="en", q__tab="age", q__sort="oldest", q__sev="critical")
        reader.page.reload()
        reader.heading("findings")
        assert "q.sev=critical" in reader.page.url
        assert "q.sort=oldest" in reader.page.url
        reader.page.get_by_role("link", name=t("findings.first", "en")).click()
        reader.heading("finding")
        act_as(reader, asking)
        do(reader, "assign")
        reader.page.get_by_label(t("findings.form.owner", "en"), exact=False).first.click()
        reader.page.keyboard.type(asking)
        reader.page.keyboard.press("Enter")
        send(reader)
        assert t("findings.word.assign", "en", owner=asking) in reader.words()
        do(reader, "ask")
        reader.page.locator("textarea").first.fill("the contract is not signed yet")
        send(reader)
        act_as(reader, granting)
        do(reader, "grant")
        send(reader)
        words = reader.words()
        assert t("findings.word.waive_approve", "en") in words
        assert t("findings.status.waived", "en") in words
        reader.page.get_by_role("link", name=t("findings.back", "en")).click()
        reader.heading("findings")
        assert "q.sev=critical" in reader.page.url
