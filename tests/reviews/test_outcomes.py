"""What later runs say of revocations: proven gone, still there, back again, or not seen."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from governance.demo.access.obeying import obey
from governance.demo.home import COMPANY
from governance.demo.schema import table_of
from governance.errors import EvidenceTampered
from governance.exports.review_evidence import document, verify
from governance.exports.reviews import ReviewFiles
from governance.ledger.review_rows import Decision, Outcome
from governance.reviews import closing
from governance.reviews.outcome import signed_revocations
from governance.store import Home
from tests.reviews.conftest import DAY, SIGNER, ZHOU, Desk, at, founded

INTERN, SELLER, LEADER = ("u3", "intern"), ("u3", "seller"), ("u1", "leader")
KEPT = ("u4", "admin")
TAKE = "DELETE FROM user_roles WHERE user_id = 'u3' AND role_id = 'intern'"
GIVE = "INSERT INTO user_roles VALUES ('u3', 'intern', 'u9')"
STANDS = "SELECT \"left_value\", state FROM findings WHERE field = 'REVOKED' ORDER BY 1"


@dataclass
class Story:
    """Five nights after a campaign was signed; what was seen of each line after each of them."""

    desk: Desk
    number: int
    seen: list[dict[tuple[str, str], Outcome | None]] = field(default_factory=list)
    findings: list[dict[str, str]] = field(default_factory=list)
    left: int = 0

    def night(self) -> None:
        run = self.desk.company.run()
        lines = self.desk.lines(self.number)
        self.seen.append({key: lines[key].outcome for key in (INTERN, SELLER, LEADER, KEPT)})
        self.findings.append(dict(self.desk.company.query(run, STANDS)))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    desk = founded(tmp_path_factory.mktemp("outcomes"))
    number = desk.open(rules=("person:周海",), due_at=at(2.5))
    acts = desk.acts(ZHOU, number)
    acts.decide([*range(1, 9)], Decision.KEEP, "looked at")
    acts.decide(desk.seqs(number, INTERN, SELLER), Decision.REVOKE)
    acts.decide(desk.seqs(number, LEADER), Decision.CHANGE, "department only")
    closing.sign(desk.company.ledger.reviews, SIGNER, number, now=at(0.5))
    story = Story(desk, number)
    story.left = len(signed_revocations(desk.company.ledger))
    desk.company.change("crm", TAKE)
    story.night()
    desk.company.change("crm", "ALTER TABLE user_roles RENAME TO hidden")
    story.night()  # not yet due
    desk.company.change("crm", "ALTER TABLE hidden RENAME TO user_roles")
    desk.company.change("crm", GIVE)
    desk.company.change("crm", "UPDATE roles SET scope = '3' WHERE id = 'leader'")
    story.night()
    desk.company.change("crm", TAKE)
    story.night()
    return story


def test_a_revoked_grant_is_proven_gone_by_the_next_snapshot(story: Story) -> None:
    assert story.seen[0] == {
        INTERN: Outcome.GONE, SELLER: Outcome.STILL, LEADER: Outcome.STILL, KEPT: None,
    }  # fmt: skip


def test_what_was_not_read_whole_is_not_taken_for_gone(story: Story) -> None:
    assert set(story.seen[1].values()) == {Outcome.NOT_SEEN, None}


def test_a_grant_that_returns_is_back_and_a_changed_one_is_done(story: Story) -> None:
    assert story.seen[2][INTERN] is Outcome.BACK
    assert story.seen[2][LEADER] is Outcome.CHANGED
    assert story.seen[3][INTERN] is Outcome.GONE


def test_after_the_due_date_what_is_still_there_is_a_finding(story: Story) -> None:
    assert story.findings[0] == story.findings[1] == {}
    assert story.findings[2] == {"role:intern": "open", "role:seller": "open"}
    assert story.findings[3] == {"role:intern": "gone", "role:seller": "open"}


def test_what_a_signed_campaign_takes_away_can_be_carried_out(story: Story) -> None:
    left = signed_revocations(story.desk.company.ledger)
    assert story.left == 2
    assert [(line.system, line.facts["account"], line.facts["into"]) for line in left] == [
        ("crm", "u3", "seller")
    ]


def test_evidence_recomputes_and_any_flipped_byte_is_noticed(story: Story) -> None:
    ledger = story.desk.company.ledger
    row = ledger.reviews.get(story.number)
    assert row is not None
    text = json.dumps(document(ledger, row, at(9)), ensure_ascii=False)
    assert verify(text) == row.population
    for old, new in (('"u3"', '"u4"'), ('"revoke"', '"keep"'), ("department only", "nothing")):
        with pytest.raises(EvidenceTampered):
            verify(text.replace(old, new, 1))


def test_files_for_people_name_what_to_take_away_and_cannot_act(
    story: Story, tmp_path: Path
) -> None:
    company = story.desk.company
    row = company.ledger.reviews.get(story.number)
    assert row is not None
    files = ReviewFiles(company.ledger, company.config, SIGNER, "en", at(9))
    assert files.revocations(tmp_path / "todo.csv", row) == 3
    told = (tmp_path / "todo.csv").read_text("utf-8-sig").splitlines()
    assert sum('"u3"' in line for line in told) == 2
    writers: tuple[tuple[str, Callable[[Path], int]], ...] = (
        ("all.xlsx", lambda path: files.evidence(path, row)),
        ("all.csv", lambda path: files.evidence(path, row)),
        ("all.json", lambda path: files.evidence(path, row)),
    )
    assert [write(tmp_path / name) for name, write in writers] == [8, 8, 8]
    assert verify((tmp_path / "all.json").read_text("utf-8")) == row.population
    actions = [event.detail["what"] for event in company.ledger.audit.recent(4, "review.export")]
    assert actions == ["evidence"] * 3 + ["revocations"]


def test_the_next_campaign_shows_what_changed_since(story: Story) -> None:
    number = story.desk.open(days=4, only_differences=True)
    lines = story.desk.lines(number)
    assert {key: line.change.value for key, line in lines.items()} == {LEADER: "changed"}
    row = story.desk.company.ledger.reviews.get(number)
    assert row is not None
    assert [(facts["account"], facts["into"]) for facts in row.gone] == [INTERN]
    assert row.due_at == at(4) + 7 * DAY


def test_the_demos_administrators_do_what_a_signed_campaign_wants(
    story: Story, tmp_path: Path
) -> None:
    """Seller is still to be taken away from u3; the made-up company has the row once."""
    home = Home(tmp_path)
    shape = table_of("crm", "membership")
    account, role = shape.column_of("account"), shape.column_of("role")
    (tmp_path / COMPANY).mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / COMPANY / "crm.sqlite")) as con, con:
        con.execute(f"CREATE TABLE {shape.name} ({account} TEXT, {role} TEXT)")
        con.execute(f"INSERT INTO {shape.name} VALUES ('u3', 'seller'), ('u2', 'seller')")
    assert obey(story.desk.company.ledger, home) == 1
    assert obey(story.desk.company.ledger, home) == 0
