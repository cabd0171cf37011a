"""Whole runs over lines that fail: the run says so, closes nothing, and the next one is right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks.outcome import Outcome
from governance.ledger.rows import RunRow, RunStatus, StepStatus
from governance.sources import mysql, mysql_wire, postgresql_lines
from tests.runs.conftest import Company, founded
from tests.runs.test_drift_servers import change
from tests.sources.proxy import Fault, Proxy
from tests.worlds import settle_in_servers

pytestmark = pytest.mark.servers

BATCH, MORE = 10_000, 3_000
TABLES = {"crm": "customers", "oa": "base_customer"}
SECOND = {"crm": "payments", "oa": "form_payment"}
READS = {"crm": b"COPY (SELECT", "oa": b"SELECT `khbh`"}


@dataclass
class Firm:
    """The tiny worlds in two servers, with so many more customers, each behind a line."""

    company: Company
    urls: dict[str, str]
    lines: dict[str, Proxy]

    def run(self) -> RunRow:
        return self.company.run()

    def sound(self) -> list[tuple[Any, ...]]:
        """The findings of a run over lines that hold."""
        run = self.run()
        assert run.status is RunStatus.SUCCEEDED, self.failures(run)
        return self.findings(run)

    def failures(self, run: RunRow) -> list[tuple[str | None, ...]]:
        steps = self.company.ledger.steps.of_run(run.id)
        return [(s.source, s.entity, s.code) for s in steps if s.status is StepStatus.FAILED]

    def findings(self, run: RunRow) -> list[tuple[Any, ...]]:
        return self.company.query(
            run,
            "SELECT entity, record_key, kind, field, state, first_run FROM findings ORDER BY ALL",
        )


@pytest.fixture
def firm(
    postgres_url: str, mariadb_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Firm]:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    monkeypatch.setattr(mysql_wire, "BLOCK", BATCH)
    monkeypatch.setattr(mysql_wire, "PIECE", 1_000)
    monkeypatch.setattr(postgresql_lines, "BATCH_BYTES", BATCH)
    monkeypatch.setattr(postgresql_lines, "CANCEL_SECONDS", 0.2)
    monkeypatch.setattr(mysql, "CANCEL_SECONDS", 0.2)
    folder = tmp_path / "company"
    folder.mkdir()
    urls = {"crm": postgres_url, "oa": mariadb_url}
    path = settle_in_servers(postgres_url, mariadb_url, folder)
    more = "SELECT concat('K', i), repeat('名', 30), '13900000000', '1.00', 'A', '苏州' FROM"
    change(postgres_url, f"INSERT INTO customers {more} generate_series(1, {MORE}) AS g(i)")
    numbers = f"(SELECT seq AS i FROM seq_1_to_{MORE}) AS g"
    change(mariadb_url, f"INSERT INTO base_customer {more} {numbers}")
    with ExitStack() as stack:
        lines = {name: stack.enter_context(Proxy(url)) for name, url in urls.items()}
        words = path.read_text("utf-8")
        for name, url in urls.items():
            words = words.replace(f"url: {url}", f"url: {lines[name].url}, timeout: 5s")
        path.write_text(words, "utf-8")
        yield Firm(founded(folder, tmp_path / "home"), urls, lines)


@pytest.mark.parametrize("source", ["crm", "oa"])
def test_a_cut_in_every_tenth_batch_closes_nothing_and_the_next_run_is_right(
    firm: Firm, source: str
) -> None:
    wanted = firm.sound()
    for batch in (10, 20, 30):
        firm.lines[source].fault = Fault("cut", batch * BATCH - BATCH // 2, READS[source])
        cut = firm.run()
        assert cut.status is RunStatus.PARTIAL
        assert firm.failures(cut) == [(source, "customer", "source.lost")]
        results = firm.company.ledger.results.of_run(cut.id)
        assert {r.outcome for r in results} == {Outcome.NOT_EVALUABLE}
        assert {row[4] for row in firm.findings(cut)} == {"unchecked"}

        firm.lines[source].heal()
        assert firm.sound() == wanted


@pytest.mark.parametrize("source", ["crm", "oa"])
def test_a_line_that_falls_silent_costs_the_timeout_and_nothing_else(
    firm: Firm, source: str
) -> None:
    wanted = firm.sound()
    firm.lines[source].fault = Fault("silence", 3 * BATCH, READS[source])
    silent = firm.run()
    assert firm.failures(silent) == [(source, "customer", "source.timeout")]
    (step,) = [s for s in firm.company.ledger.steps.of_run(silent.id) if s.code]
    assert step.retryable
    assert {row[4] for row in firm.findings(silent)} == {"unchecked"}
    firm.lines[source].heal()
    assert firm.sound() == wanted


@pytest.mark.parametrize("source", ["crm", "oa"])
def test_a_table_emptied_between_two_reads_of_one_run_is_not_taken_for_empty(
    firm: Firm, source: str
) -> None:
    wanted = firm.sound()
    url, table = firm.urls[source], SECOND[source]
    change(url, f"CREATE TABLE kept AS SELECT * FROM {table}")
    read = {"crm": f'FROM "public"."{table}"', "oa": f".`{table}` WHERE TRUE"}[source]
    firm.lines[source].fault = Fault(lambda: change(url, f"TRUNCATE {table}"), 0, read.encode())
    torn = firm.run()
    # What was read of the customers before belongs to no consistent snapshot either.
    entities = ("customer", "payment")
    assert firm.failures(torn) == [(source, entity, "source.rebuilt") for entity in entities]
    assert {row[4] for row in firm.findings(torn)} == {"unchecked"}
    firm.lines[source].heal()
    change(url, f"INSERT INTO {table} SELECT * FROM kept")
    assert firm.sound() == wanted
