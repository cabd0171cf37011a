"""What a reader sees of findings: every one once, only what matches, only what is theirs."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from checks.outcome import Outcome
from governance.errors import ConfigError, EvidenceTampered, PermissionRefused
from governance.ledger.rows import CheckResult
from governance.reading import Facet, Filters, Order
from governance.reading.comments import comment, comments
from governance.reading.shelf import Shelf
from tests.reading.build import ALICE, BOB, CHARLIE, START, World, finding, pair

ALL = Filters(state=())


def ids(rows: object) -> set[str]:
    return {row.finding_id for row in rows}


@pytest.mark.parametrize("order", Order)
def test_paging_shows_each_finding_once(store: World, order: Order) -> None:
    store.run([finding(n, weight=n % 3, key_shown=f"C{n % 5}") for n in range(237)])
    view = store.desk.view(ALICE)
    seen = []
    for offset in range(0, 250, 50):
        page = view.page(ALL, order=order, offset=offset)
        assert page.total == 237
        seen += [row.finding_id for row in page.rows]
    assert len(seen) == 237
    assert len(set(seen)) == 237


def test_the_most_severe_come_first_and_whole_lists_agree_with_pages(store: World) -> None:
    store.run([finding(n, weight=n % 10) for n in range(100)])
    view = store.desk.view(ALICE)
    page = view.page(ALL, limit=100)
    assert [row.weight for row in page.rows] == sorted((n % 10 for n in range(100)), reverse=True)
    assert [row.finding_id for row in view.every(ALL, Order.SEVERITY)] == [
        row.finding_id for row in page.rows
    ]


VARIED = {
    "entity": {"entity": "contract"},
    "pair": {"right_source": "legacy"},
    "field": {"field": "phone"},
    "kind": {"kind": "only_left", "class": None, "field": None},
    "cls": {"class": "null_vs_value"},
    "severity": {"severity": "critical"},
    "department": {"department": "华南"},
    "state": {"state": "pending"},
}
CHOSEN = {
    "entity": "contract",
    "pair": "crm~legacy",
    "field": "phone",
    "kind": "only_left",
    "cls": "null_vs_value",
    "severity": "critical",
    "department": "华南",
    "state": "pending",
}


@pytest.mark.parametrize("name", VARIED)
def test_each_filter_keeps_what_it_names_and_nothing_else(store: World, name: str) -> None:
    store.run([finding(1), finding(2, **VARIED[name]), finding(3)])
    view = store.desk.view(ALICE)
    narrowed = replace(ALL, **{name: (CHOSEN[name],)})
    assert ids(view.page(narrowed).rows) == {"f000002"}
    assert view.count(narrowed) == 1
    both = Facet.CLASS if name == "cls" else Facet(name)
    counts = view.counts(narrowed, both)
    assert counts[CHOSEN[name]] == 1, "a facet leaves its own filter out"
    assert sum(counts.values()) == 3


def test_whole_rows_and_unknown_departments_can_be_asked_for(store: World) -> None:
    store.run(
        [
            finding(1),
            finding(2, **{"kind": "only_left", "class": None, "field": None}),
            finding(3, department=None),
        ]
    )
    view = store.desk.view(ALICE)
    assert ids(view.page(replace(ALL, field=("",))).rows) == {"f000002"}
    assert ids(view.page(replace(ALL, cls=("only_left",))).rows) == {"f000002"}
    assert ids(view.page(replace(ALL, department=("",))).rows) == {"f000003"}
    assert view.counts(ALL, Facet.DEPARTMENT) == {"华东": 2, "": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C000002", {"f000002"}),
        ("c000002", {"f000002"}),
        ("云帆 3", {"f000003"}),
        ("科贸", {"f000001", "f000002", "f000003"}),
        ("nobody", set()),
        ("%", set()),
        ("' OR 1=1 --", set()),
        ("  C000001  ", {"f000001"}),
    ],
)
def test_text_is_sought_in_key_name_and_values(store: World, text: str, expected: set[str]) -> None:
    store.run([finding(1), finding(2), finding(3)])
    view = store.desk.view(ALICE)
    assert ids(view.page(replace(ALL, text=text)).rows) == expected
    assert ids(view.every(replace(ALL, text=text))) == expected
    assert view.count(replace(ALL, text=text)) == len(expected)


def test_filters_add_up(store: World) -> None:
    store.run(
        [
            finding(1, severity="critical"),
            finding(2, severity="critical", department="华南"),
            finding(3, department="华南"),
        ]
    )
    view = store.desk.view(ALICE)
    asked = Filters(severity=("critical",), department=("华南",), text="C0")
    assert ids(view.page(asked).rows) == {"f000002"}
    per_field = view.per_field(Filters(department=("华南",)))
    assert [(line.field, line.counts) for line in per_field] == [("name", {"different": 2})]


def test_gone_findings_are_shown_only_when_asked_for(store: World) -> None:
    store.run([finding(1), finding(2, state="gone"), finding(3, state="unchecked")])
    view = store.desk.view(ALICE)
    assert ids(view.page(Filters()).rows) == {"f000001", "f000003"}
    assert ids(view.page(Filters(state=("gone",))).rows) == {"f000002"}


def test_without_the_right_to_view_nothing_is_told(store: World) -> None:
    store.run([finding(1)])
    view = store.desk.view(CHARLIE)
    for ask in (
        lambda: view.page(ALL),
        lambda: view.count(ALL),
        lambda: view.counts(ALL, Facet.FIELD),
        lambda: view.per_field(ALL),
        lambda: view.finding("f000001"),
        lambda: view.of_record("customer", "crm~oa", "C000001"),
        lambda: list(view.every(ALL)),
        lambda: comments(view, ["f000001"]),
    ):
        with pytest.raises(PermissionRefused):
            ask()


def test_a_reader_sees_the_rows_of_their_departments_alone(store: World) -> None:
    store.run([finding(1), finding(2, department="华南"), finding(3, department=None)])
    view = store.desk.view(BOB)
    assert ids(view.page(ALL).rows) == {"f000001"}
    assert ids(view.every(ALL)) == {"f000001"}
    assert view.count(replace(ALL, department=("华南",))) == 0
    assert view.counts(ALL, Facet.DEPARTMENT) == {"华东": 1}
    assert view.finding("f000001") is not None
    for hidden in ("f000002", "f000003"):
        with pytest.raises(PermissionRefused):
            view.finding(hidden)
        with pytest.raises(PermissionRefused):
            comment(view, hidden, "hello", now=START)
    assert view.finding("f999999") is None
    with pytest.raises(PermissionRefused):
        view.of_record("customer", "crm~oa", "C000002")


def test_a_reader_of_no_department_sees_nothing(store: World) -> None:
    store.run([finding(1), finding(2, department="")])
    nobody = replace(BOB, departments=frozenset({""}))
    assert store.desk.view(nobody).page(ALL).total == 0
    assert store.desk.view(replace(BOB, departments=frozenset())).page(ALL).total == 0


def test_nothing_has_run_yet(store: World) -> None:
    view = store.desk.view(ALICE)
    assert view.page(ALL).rows == ()
    assert view.count(ALL) == 0
    assert view.counts(ALL, Facet.FIELD) == {}
    assert view.finding("f000001") is None
    assert list(view.every(ALL)) == []
    assert view.reading.newest is None


def test_each_check_is_read_from_its_own_newest_run(store: World) -> None:
    contracts = {"check_name": "contracts", "entity": "contract"}
    store.run(
        [finding(1), finding(2, **contracts)],
        pairs=[pair(), pair(**contracts)],
        results=[
            CheckResult("customers", Outcome.FAILED),
            CheckResult("contracts", Outcome.FAILED),
        ],
    )
    newest = store.run([finding(3)])
    view = store.desk.view(ALICE)
    assert ids(view.page(ALL).rows) == {"f000002", "f000003"}
    assert view.reading.newest is not None
    assert view.reading.newest.run == newest
    assert {row.run for row in view.page(ALL).rows} == {1, newest}
    only = store.desk.view(ALICE, checks=["contracts"])
    assert ids(only.page(ALL).rows) == {"f000002"}


@pytest.mark.parametrize("outcome", [Outcome.NOT_EVALUABLE, Outcome.ERROR])
def test_a_check_that_could_not_be_evaluated_keeps_its_findings_as_unchecked(
    store: World, outcome: Outcome
) -> None:
    store.run([finding(1), finding(2, state="gone")])
    store.run([], pairs=[pair(outcome=outcome.value)], results=[CheckResult("customers", outcome)])
    rows = store.desk.view(ALICE).page(ALL).rows
    assert {row.finding_id: row.state for row in rows} == {
        "f000001": "unchecked",
        "f000002": "gone",
    }


def test_findings_that_a_run_carried_on_itself_are_taken_from_it(store: World) -> None:
    store.run([finding(1), finding(2)])
    store.run(
        [finding(1, state="unchecked")],
        results=[CheckResult("customers", Outcome.NOT_EVALUABLE)],
    )
    rows = store.desk.view(ALICE).page(ALL).rows
    assert [(row.finding_id, row.state, row.run) for row in rows] == [("f000001", "unchecked", 2)]


def test_a_changed_run_file_is_refused_by_name(store: World) -> None:
    number = store.run([finding(1)])
    file = store.home.path / "runs" / f"{number}.duckdb"
    file.chmod(0o600)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(EvidenceTampered) as refused:
        store.desk.view(ALICE).page(ALL)
    assert refused.value.params["file"] == f"runs/{number}.duckdb"


def test_a_missing_run_file_is_refused_by_name(store: World) -> None:
    number = store.run([finding(1)])
    (store.home.path / "runs" / f"{number}.duckdb").unlink()
    with pytest.raises(EvidenceTampered) as refused:
        store.desk.view(ALICE).count(ALL)
    assert refused.value.params["file"] == f"runs/{number}.duckdb"


def test_hostile_values_come_back_as_they_are(store: World) -> None:
    hostile = ["=1+1", "![x](http://a.b/c)", "<script>", "'; DROP TABLE findings; --", "\x01", "👾"]
    store.run(
        [
            finding(n, left_value=value, display=value, department=value, key_shown=value)
            for n, value in enumerate(hostile)
        ]
    )
    view = store.desk.view(ALICE)
    assert [row.left_value for row in view.every(ALL, Order.OLDEST)] == hostile
    for value in hostile:
        assert view.page(replace(ALL, department=(value,))).rows[0].left_value == value
        assert value in view.counts(ALL, Facet.DEPARTMENT)
        if value.strip():
            assert view.count(replace(ALL, text=value)) == 1


def test_a_megabyte_in_a_cell_is_found_and_returned_whole(store: World) -> None:
    store.run([finding(1, left_value="start" + "x" * 1_000_000)])
    page = store.desk.view(ALICE).page(replace(ALL, text="startx"))
    assert len(page.rows[0].left_value or "") == 1_000_005


def test_comments_are_counted_and_read_in_order(store: World) -> None:
    store.run([finding(1), finding(2)])
    view = store.desk.view(ALICE)
    comment(view, "f000001", "  first  ", now=START)
    comment(view, "f000001", "=second", now=START + timedelta(minutes=1))
    assert {r.finding_id: r.comments for r in view.page(ALL).rows} == {"f000001": 2, "f000002": 0}
    said = comments(view, ["f000001", "f000002", "f000404"])
    assert [(c.actor, c.text) for c in said] == [("alice", "first"), ("alice", "=second")]
    assert store.ledger.audit.recent(action="decision.comment")[0].object == "f000001"


def test_a_comment_must_say_something_about_something(store: World) -> None:
    store.run([finding(1)])
    view = store.desk.view(ALICE)
    for about, words in (("f000001", " \n"), ("f000001", "x" * 4001), ("f000404", "hello")):
        with pytest.raises(ConfigError):
            comment(view, about, words, now=START)
    assert comments(view, ["f000001"]) == ()


def test_only_who_may_decide_may_comment(store: World) -> None:
    store.run([finding(1)])
    reader = replace(ALICE, rights=frozenset({"view"}))
    with pytest.raises(PermissionRefused):
        comment(store.desk.view(reader), "f000001", "hello", now=START)


def test_a_handle_that_is_being_read_outlives_its_place_on_the_shelf(store: World) -> None:
    store.run([finding(n) for n in range(5)])
    first = store.desk.view(ALICE).reading
    store.run([finding(9)])
    second = store.desk.view(ALICE).reading
    shelf = Shelf(store.home, kept=1)
    with shelf.open(first) as handle:
        with shelf.open(second):
            pass
        assert handle.con.execute("SELECT count(*) FROM findings").fetchone() == (5,)
    shelf.close()


def test_many_threads_read_at_once(store: World) -> None:
    store.run([finding(n) for n in range(500)])
    wrong: list[object] = []

    def read(number: int) -> None:
        view = store.desk.view(ALICE)
        for offset in range(0, 500, 100):
            rows = view.page(replace(ALL, text="C000"), offset=offset, order=Order.KEY).rows
            if [r.key_shown for r in rows] != [f"C{n:06d}" for n in range(offset, offset + 50)]:
                wrong.append((number, offset, rows))

    threads = [threading.Thread(target=read, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_counts_made_ready_by_one_look_are_those_made_one_by_one(store: World) -> None:
    store.run(
        [
            finding(n, severity=("high", "low")[n % 2], department=(None, "华南", "华东")[n % 3])
            for n in range(30)
        ]
    )
    facets = (Facet.SEVERITY, Facet.DEPARTMENT, Facet.STATUS, Facet.DUE, Facet.FIELD)
    for filters in (Filters(), Filters(severity=("high",)), Filters(text="C00000")):
        ready, alone = store.desk.view(ALICE), store.desk.view(ALICE)
        expected = {by: alone.counts(filters, by) for by in facets}
        with ready.shelf.open(ready.reading) as handle:
            handle.known.clear()
        ready.count_ahead(filters, facets)
        assert ready.count(filters) == sum(expected[Facet.FIELD].values())
        asked = len(handle.known)
        assert {by: ready.counts(filters, by) for by in facets} == expected
        assert len(handle.known) - asked == len(
            [f for f in facets if filters.without(f) != filters]
        )
