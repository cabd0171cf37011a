"""A case from the queue to a waiver that two people made, in a real browser."""

from __future__ import annotations

from typing import Any

from governance.config import load
from governance.i18n import t
from tests.browser.harness import Server, reading, sure


def test_the_oldest_case_is_assigned_and_waived_by_two_people(browser: Any, server: Server) -> None:
    config = load(server.home / "governance.yaml", environ={}, secrets=False)
    asking, granting = list(dict.fromkeys(rule.owner for rule in config.owners))[:2]
    with reading(browser, server) as reader:
        reader.open("findings", lang="en", q__tab="age", q__sort="oldest", q__sev="critical")
        reader.page.reload()
        reader.heading("findings")
        reader.at(q__sev="critical", q__sort="oldest")
        reader.page.get_by_role("link", name=t("findings.first", "en")).click()
        reader.heading("finding")
        reader.act_as(asking)
        reader.press("f.do.assign")
        reader.pick(reader.page.locator(".st-key-f-assign-owner"), asking)
        reader.send()
        reader.shows(t("findings.word.assign", "en", owner=asking))
        reader.press("f.do.ask")
        reader.page.locator("textarea").first.fill("the contract is not signed yet")
        reader.send()
        sure(reader.keyed("f.do.grant", "button")).to_be_disabled()  # nobody grants their own
        reader.act_as(granting)
        reader.press("f.do.grant")
        reader.send()
        reader.shows(t("findings.word.waive_approve", "en"))
        reader.shows(t("findings.status.waived", "en"))
        reader.page.get_by_role("link", name=t("findings.back", "en")).click()
        reader.heading("findings")
        reader.at(q__sev="critical")
