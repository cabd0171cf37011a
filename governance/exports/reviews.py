"""A campaign as files for people: its evidence, what to take away where, what has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from checks.permissions.model import Scope
from governance.access import Actor, Right
from governance.config.model import Config
from governance.errors import ConfigError, PermissionRefused
from governance.exports.exporter import Line, replaced, write_csv, write_xlsx
from governance.exports.review_evidence import document
from governance.exports.sheets import Layout
from governance.i18n import explain_code, t
from governance.i18n.formats import moment, span
from governance.ledger import Ledger
from governance.ledger.review_rows import TO_DO, ReviewLine, ReviewRow, SourceState
from governance.reviews.progress import Pace, paces

FORMS = ("xlsx", "csv", "json")

# Column and its width in characters.
LINES = (
    ("line", 6),
    ("system", 12),
    ("account", 14),
    ("login", 14),
    ("name", 12),
    ("human", 12),
    ("department", 16),
    ("job", 14),
    ("into", 18),
    ("scope", 12),
    ("functions", 30),
    ("path", 40),
    ("granted_by", 12),
    ("granted_at", 17),
    ("since", 17),
    ("last_used", 17),
    ("fails", 16),
    ("excepted", 12),
    ("orphan", 8),
    ("change", 10),
    ("reviewer", 12),
    ("rule", 12),
    ("delegate", 12),
    ("decision", 10),
    ("reason", 30),
    ("decided_by", 12),
    ("on_behalf_of", 12),
    ("decided_at", 17),
    ("after", 14),
    ("together", 10),
    ("outcome", 12),
)
REVOCATIONS = (
    ("system", 14),
    ("login", 16),
    ("account", 14),
    ("name", 12),
    ("department", 16),
    ("action", 12),
    ("node", 10),
    ("into", 20),
    ("into_id", 16),
    ("reason", 36),
    ("decided_by", 12),
    ("review", 16),
    ("outcome", 14),
)
GONE = (("system", 14), ("account", 14), ("login", 16), ("name", 12), ("into", 20), ("scope", 12))


@dataclass(frozen=True)
class ReviewFiles:
    """Writes files of campaigns for one reader. Each one is an audit event."""

    ledger: Ledger
    config: Config
    actor: Actor
    language: str
    now: datetime

    def evidence(self, path: Path, review: ReviewRow) -> int:
        """Everything of one campaign; in a spreadsheet, the lines with a sheet that heads them."""
        lines = self.ledger.reviews.lines(review.id)
        if path.suffix == ".json":
            told = document(self.ledger, review, self.now)
            text = json.dumps(told, ensure_ascii=False, indent=1)
            return self._json(path, review, "evidence", text, len(lines))
        rows: list[Line] = [
            (self._t("reviews.sheet.lines"), self._cells(review, x), {}) for x in lines
        ]
        first = self._t("reviews.sheet.about")
        about = Layout(
            (self._t("reviews.column.what"), self._t("reviews.column.told")), (30, 90), ""
        )
        head: list[Line] = [(first, cells, {}) for cells in self._about(review, lines)]
        return self._table(path, review, "evidence", LINES, rows, {first: about}, head)

    def revocations(self, path: Path, review: ReviewRow) -> int:
        """What to take away or change, a sheet a system, in that system's own words."""
        lines = [x for x in self.ledger.reviews.lines(review.id) if x.decision in TO_DO]
        rows: list[Line] = [
            (self._system(line.system), self._revocation(review, line), {}) for line in lines
        ]
        return self._table(path, review, "revocations", REVOCATIONS, rows)

    def difference(self, path: Path, review: ReviewRow) -> int:
        """New, changed and gone grants since the last signed review."""
        sheet = self._t("reviews.sheet.difference")
        columns = (("change", 12), *GONE)
        rows: list[Line] = []
        for line in self.ledger.reviews.lines(review.id):
            if line.change.value != "same":
                word = self._t(f"reviews.change.{line.change.value}")
                rows.append((sheet, (word, *self._short(line.facts)), {}))
        for facts in review.gone:
            rows.append((sheet, (self._t("reviews.change.gone"), *self._short(facts)), {}))
        return self._table(path, review, "difference", columns, rows)

    def _table(
        self,
        path: Path,
        review: ReviewRow,
        what: str,
        columns: Iterable[tuple[str, int]],
        rows: list[Line],
        layouts: Mapping[str, Layout] | None = None,
        head: Iterable[Line] = (),
    ) -> int:
        layout = Layout(
            header=tuple(self._t(f"reviews.column.{name}") for name, _ in columns),
            widths=tuple(width for _, width in columns),
            cut_mark=self._t("remediation.cut", length="{length}"),
        )
        self._may()
        with replaced(path) as aside:
            if path.suffix == ".xlsx":
                write_xlsx(aside, layout, [*head, *rows], layouts)
            elif path.suffix == ".csv":
                write_csv(aside, layout, rows)
            else:
                raise ConfigError("remediation.format", file=path.name, allowed=", ".join(FORMS))
            self._note(review, what, path, len(rows))
        return len(rows)

    def _json(self, path: Path, review: ReviewRow, what: str, text: str, count: int) -> int:
        self._may()
        with replaced(path) as aside:
            aside.write_text(text + "\n", encoding="utf-8", errors="surrogatepass")
            self._note(review, what, path, count)
        return count

    def _may(self) -> None:
        """A campaign goes out whole, so nobody who sees some departments alone may have it."""
        self.actor.require(Right.EXPORT)
        if self.actor.departments is not None:
            raise PermissionRefused("record.outside", actor=self.actor.name)

    def _note(self, review: ReviewRow, what: str, path: Path, count: int) -> None:
        detail = {"what": what, "form": path.suffix.lstrip("."), "lines": count}
        self.ledger.audit.record(
            self.actor, "review.export", str(review.id), now=self.now, detail=detail
        )

    def _about(self, review: ReviewRow, lines: Iterable[ReviewLine]) -> list[tuple[str, str]]:
        """The head sheet: what it is, its digest, what could not be seen, and who took how long."""
        zone = self.config.time_zone
        told = [
            ("name", review.name),
            ("status", self._t(f"reviews.status.{review.status.value}")),
            ("opened", f"{moment(review.opened_at, zone)} · {review.opened_by}"),
            ("due", moment(review.due_at, zone)),
            ("closed", f"{moment(review.closed_at, zone)} · {review.closed_by or '–'}"),
            ("closing_reason", review.reason or "–"),
            ("run", f"#{review.run_id} · {moment(review.run_as_of, zone)} · {review.run_sha256}"),
            ("population", f"{review.lines} · SHA-256 {review.population}"),
            ("method", self._t("reviews.method")),
            ("rules", " → ".join(self.rule(rule) for rule in review.rules)),
        ]
        cells = [(self._t(f"reviews.about.{name}"), words) for name, words in told]
        seen = self._t("reviews.about.source")
        cells += [(seen, self.source_words(source)) for source in review.sources]
        for pace in paces(review, lines):
            cells.append((self._t("reviews.about.reviewer"), self._pace_words(review, pace)))
        return cells

    def source_words(self, source: SourceState) -> str:
        """One table of the population: how fresh, and what is wrong with it."""
        name = f"{self._system(source.system)} · {self._t(f'reviews.kind.{source.kind}')}"
        taken = moment(source.taken_at, self.config.time_zone)
        words = self._t("reviews.source.taken", name=name, when=taken)
        if source.code:
            why = explain_code(source.code, dict(source.params or {}), self.language)
            return f"{words} · {self._t('reviews.source.not_whole', why=why)}"
        return f"{words} · {self._t('reviews.source.stale')}" if source.is_stale else words

    def rule(self, rule: str) -> str:
        """A rule for reviewers in words."""
        if rule.startswith("person:"):
            return self._t("reviews.rule.person", name=rule.partition(":")[2])
        return self._t(f"reviews.rule.{rule}")

    def _pace_words(self, review: ReviewRow, pace: Pace) -> str:
        who = review.people.get(pace.reviewer or "", self._t("reviews.nobody"))
        first, last = (span(s, self.language) if s else "–" for s in (pace.first, pace.last))
        return self._t(
            "reviews.pace",
            who=who,
            decided=pace.decided,
            lines=pace.lines,
            acts=pace.acts,
            largest=pace.largest,
            first=first,
            last=last,
        )

    def _cells(self, review: ReviewRow, line: ReviewLine) -> tuple[str | None, ...]:
        facts, people = line.facts, review.people
        zone = self.config.time_zone
        decided, after = line.decided_at, None
        if decided is not None:
            after = span(decided - review.opened_at, self.language)
        return (
            str(line.seq),
            self._system(line.system),
            facts["account"],
            facts["login"],
            facts["name"] or facts["account_name"],
            facts["human"],
            facts["department_name"] or facts["department"],
            facts["job"],
            facts["into_name"] or facts["into"],
            ", ".join(self._t(f"reviews.scope.{word}") for word in facts["scope"]),
            ", ".join(facts["functions"]),
            path_words(facts, self.language),
            facts["granted_by"],
            local(facts["granted_at"], zone),
            local(facts["since"], zone),
            local(facts["last_used"], zone),
            ", ".join(facts["fails"]),
            ", ".join(facts["excepted"]),
            self._t("reviews.orphan") if facts["orphan"] else None,
            self._t(f"reviews.change.{line.change.value}"),
            people.get(line.reviewer or "", line.reviewer),
            self._rule_of(line),
            people.get(line.delegate or "", line.delegate),
            self._t(f"reviews.decision.{line.decision.value}") if line.decision else None,
            line.reason,
            line.decided_by,
            people.get(line.on_behalf_of or "", line.on_behalf_of),
            moment(decided, zone) if decided else None,
            after,
            None if line.batch is None else str(line.batch),
            self._t(f"reviews.outcome.{line.outcome.value}") if line.outcome else None,
        )

    def _revocation(self, review: ReviewRow, line: ReviewLine) -> tuple[str | None, ...]:
        facts = line.facts
        assert line.decision is not None
        return (
            self._system(line.system),
            facts["login"],
            facts["account"],
            facts["name"] or facts["account_name"],
            facts["department_name"] or facts["department"],
            self._t(f"reviews.todo.{line.decision.value}"),
            self._t(f"reviews.node.{facts['into_node']}"),
            facts["into_name"] or facts["into"],
            facts["into"],
            line.reason,
            line.decided_by,
            f"#{review.id} {review.name}",
            self._t(f"reviews.outcome.{line.outcome.value}") if line.outcome else None,
        )

    def _short(self, facts: Mapping[str, Any]) -> tuple[str | None, ...]:
        return (
            self._system(facts["system"]),
            facts["account"],
            facts["login"],
            facts["name"] or facts["account_name"],
            facts["into_name"] or facts["into"],
            ", ".join(self._t(f"reviews.scope.{word}") for word in facts["scope"]),
        )

    def _rule_of(self, line: ReviewLine) -> str:
        return self.rule(line.reviewer_rule)

    def _system(self, name: str) -> str:
        access = self.config.permissions
        known = {s.name: s.title for s in access.systems} if access else {}
        return known[name].in_language(self.language) if name in known else name

    def _t(self, name: str, /, **params: object) -> str:
        return t(name, self.language, **params)


def path_words(facts: Mapping[str, Any], language: str) -> str:
    """How the account comes to what it has, in one line."""
    words = {word.value: t(f"reviews.scope.{word.value}", language) for word in Scope}
    return " → ".join(
        words.get(hop["id"], hop["id"])
        if hop["what"] == "scope"
        else str(hop.get("name") or hop["id"])
        for hop in facts["path"]
    )


def local(told: str | None, zone: ZoneInfo) -> str | None:
    """A moment of the facts in the business zone; a day stays as it is."""
    if told is None or not told.endswith("Z"):
        return told
    return moment(datetime.fromisoformat(told), zone)
