"""Every mistake has its own message with a place; all of them come at once; no secret leaks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from governance.config import ConfigProblems, load
from governance.i18n import LANGUAGES, explain
from tests.config.worlds import ENVIRON, SMALL, changed, only_problem, problems_of, written


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = SMALL.replace("version: 1", "version: 3").replace("amount", "amout")
    text = text.replace("kind: mariadb", "kind: maria").replace("table: kh,", "table: kh, x: 1,")
    found = problems_of(tmp_path, text)
    assert [(p.line, p.code) for p in found] == [
        (1, "config.bad_version"),
        (5, "config.unknown_kind_near"),
        (15, "config.unknown_normalizer_near"),
        (18, "config.unknown_key"),
    ]


def test_a_problem_names_file_line_key_and_allowed_names(tmp_path: Path) -> None:
    problem = only_problem(tmp_path, changed("normalize: company_name", "normalize: company"))
    assert problem.rendered("en").startswith(
        f"{tmp_path}/governance.yaml:13: entities.customer.fields.name.normalize: "
        "There is no normalizer 'company'."
    )
    for allowed in ("company_name", "person_name", "credit_code", "percent"):
        assert allowed in problem.params["allowed"]


def test_the_error_tells_every_problem_on_its_own_line(tmp_path: Path) -> None:
    text = changed("company: ", "compny: ")
    with pytest.raises(ConfigProblems) as caught:
        load(written(tmp_path, text), environ=ENVIRON)
    lines = explain(caught.value, "en").splitlines()
    assert len(lines) == 3
    assert "Did you mean 'company'?" in lines[2]


MISTAKES = {
    "an unknown key": ("authority: crm", "autority: crm", "unknown_key_near"),
    "a key twice": ("      phone: ", "      name: {}\n      phone: ", "stated_twice"),
    "an unknown source": ("      oa: {table", "      ao: {table", "unknown_source"),
    "an unknown authority": ("authority: crm", "authority: erp", "unknown_authority"),
    "an unknown field in columns": ("phone: tel", "fone: tel", "unknown_field_near"),
    "an unknown key field": ("key: customer_no", "key: [customer_no, nr]", "unknown_field"),
    "a key field no source maps there": ("{customer_no: khbh, name", "{name", "key_unmapped"),
    "a field nobody maps": ("credit: lim", "name: x", "field_unmapped"),
    "no key": ("    key: customer_no\n", "", "missing"),
    "an empty key": ("key: customer_no", "key: []", "empty_list"),
    "a key field twice": ("key: customer_no", "key: [customer_no, customer_no]", "repeated"),
    "no authority among two": ("    authority: crm\n", "", "missing"),
    "a field's authority that lacks it": (
        "{normalize: phone,", "{authority: oa, normalize: phone,", "unknown_authority"),
    "a tolerance on text": ("{type: code}", "{type: code, tolerance: 1}", "tolerance_on_text"),
    "a tolerance on the key": ("{type: code}", "{type: integer, tolerance: 1}", "tolerance_on_key"),
    "a time tolerance on a number": ("0.10", "5min", "tolerance_number"),
    "a number tolerance on a date": ("normalize: amount", "normalize: date", "tolerance_time"),
    "a tolerance on a masked field": (
        "tolerance: 0.10", "tolerance: 1, sensitivity: personal", "tolerance_masked"),
    "a negative tolerance": ("0.10", "-1", "negative_tolerance"),
    "a tolerance that is no number": ("0.10", "a bit", "bad_number"),
    "an infinite tolerance": ("0.10", "inf", "bad_number"),
    "a type that contradicts": (
        "{normalize: company_name}", "{normalize: company_name, type: date}", "type_conflict"),
    "an unknown type": ("type: code", "type: string", "unknown_type"),
    "an unknown sensitivity": ("personal", "privat", "unknown_sensitivity"),
    "an empty column": ("name: khmc", "name: ''", "want_text"),
    "an entity named as our own findings": ("  customer:\n", "  drift:\n", "reserved"),
    "a bad field name": ("      phone: ", "      a__b: {}\n      phone: ", "bad_name"),
    "a table and a query": ("{table: kh,", "{table: kh, query: select 1,", "table_and_query"),
    "neither table nor query": ("{table: kh, columns", "{columns", "table_or_query"),
    "a writing query": ("{table: kh,", "{query: delete from kh,", "query_not_select"),
    "a title that is a list": ("{zh: 客户, en: Customer}", "[a]", "want_text"),
    "an empty title": ("{zh: 客户, en: Customer}", "{}", "bad_title"),
    "a list for a mapping": ("{normalize: company_name}", "[a]", "want_mapping"),
    "a list for entries": ("{customer_no: khbh, name: khmc}", "[a]", "want_entries"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_in_an_entity_has_its_message(mistake: str, tmp_path: Path) -> None:
    old, new, code = MISTAKES[mistake]
    found = problems_of(tmp_path, changed(old, new))
    assert f"config.{code}" in {problem.code for problem in found}
    for problem in found:
        assert all(problem.text(language) for language in LANGUAGES)


TOP = {
    "locale: de": "unknown_locale",
    "time_zone: Asia/Shangai": "bad_zone_near",
    "time_zone: ../etc/passwd": "bad_zone",
    'schedule: "0 2 * *"': "bad_cron",
    'schedule: "61 2 * * *"': "bad_cron",
    'schedule: "0 2 * * 8"': "bad_cron",
    'schedule: "0 2 1 * 1"': "cron_both_days",
    'schedule: "0 2 30 2 *"': "cron_never",
    "schedule: {every: 0s}": "zero_duration",
    "schedule: {evry: 1h}": "unknown_key_near",
    "schedule: {}": "missing",
    "retention: {snapshots: 90}": "bad_duration",
    "retention: {runs: 99999999999999999999d}": "bad_duration",
    "checks: {a: {entity: custmer}}": "unknown_entity_near",
    "checks: {drift: {entity: customer}}": "reserved",
    "checks: {a: {kind: consistency}}": "missing",
    "checks: {a: {entity: customer, kind: drift}}": "unknown_check_kind",
    "checks: {a: {entity: customer, sources: [crm]}}": "two_sources",
    "checks: {a: {entity: customer, sources: [crm, crm]}}": "repeated",
    "checks: {a: {entity: customer, thresholds: {strict: 98}}}": "bad_share",
    "checks: {Bad-Name: {entity: customer}}": "bad_name",
    "checks: {a__b: {entity: customer}}": "bad_name",
    'alerts: {channels: ["dingtalk://token"]}': "literal_secret",
    'alerts: {channels: ["${NOT_SET}"]}': "env_unset",
    "use: [no-such.yaml]": "no_used_file",
    "demo: maybe": "bad_flag",
}


@pytest.mark.parametrize("line", TOP)
def test_each_mistake_at_the_top_has_its_message(line: str, tmp_path: Path) -> None:
    problem = only_problem(tmp_path, SMALL + line + "\n")
    assert problem.code == f"config.{TOP[line]}"
    assert problem.line == SMALL.count("\n") + 1


SOURCES = {
    "{kind: postgresql}": "missing",
    "{url: x}": "missing",
    '{kind: postgresql, url: "mysql://reader@h/d"}': "bad_address",
    "{kind: postgresql, url: just text}": "bad_address",
    '{kind: postgresql, url: "${NOT_SET}"}': "env_unset",
    '{kind: postgresql, url: "${CRM_URL}", path: x}': "not_for_kind",
    "{kind: csv, path: a.csv, pattern: x}": "not_for_kind",
    "{kind: folder, path: a}": "missing",
    "{kind: folder, path: a, pattern: a.csv}": "bad_pattern",
    "{kind: folder, path: a, pattern: '../{date}.csv'}": "bad_pattern",
    "{kind: csv, path: a.csv, encoding: klingon}": "bad_encoding",
    "{kind: csv, path: a.csv, encoding: latin-1}": "bad_encoding",
    "{kind: csv, path: a.csv, encoding: base64}": "bad_encoding",
    "{kind: csv, path: a.csv, timeout: 0s}": "zero_duration",
    '{kind: csv, path: "a\\0b"}': "control_character",
    '{kind: mysql, url: "mysql://u:${P}@h/d", password: "${OA_PASSWORD}"}': "password_twice",
    '{kind: mysql, url: "mysql://h/d", password: "${OA_PASSWORD}"}': "password_without_user",
    "{kind: mysql, url: {file: nothing}}": "secret_file",
    "{kind: mysql, url: {fil: nothing}}": "unknown_key_near",
}


@pytest.mark.parametrize("source", SOURCES)
def test_each_mistake_in_a_source_has_its_message(source: str, tmp_path: Path) -> None:
    text = changed("entities:", f"  other: {source}\nentities:")
    problem = only_problem(tmp_path, text, P="x")
    assert problem.code == f"config.{SOURCES[source]}"
    assert problem.line == 6


class TestSecrets:
    LITERAL = (
        "postgresql://reader:hunter2@db/crm",
        "postgresql://reader:hunt:er2@db/crm",
        "postgresql://reader:hunter2/x@db/crm",
        "postgresql://:hunter2@db/crm",
        "postgresql://reader@db/crm?password=hunter2",
        "postgresql://reader:${CRM_URL}hunter2@db/crm",
    )

    @pytest.mark.parametrize("address", LITERAL)
    def test_a_password_in_the_clear_is_refused_and_not_repeated(
        self, address: str, tmp_path: Path
    ) -> None:
        problem = only_problem(tmp_path, changed('"${CRM_URL}"', f'"{address}"'))
        assert problem.code == "config.literal_password"
        assert "hunt" not in problem.rendered("en") + problem.rendered("zh") + repr(problem)

    def test_a_literal_beside_the_address_is_refused_too(self, tmp_path: Path) -> None:
        problem = only_problem(tmp_path, changed('"${OA_PASSWORD}"', "hunter2"))
        assert problem.code == "config.literal_secret"
        assert "hunter2" not in repr(problem)

    def test_a_wrong_address_from_the_environment_is_not_repeated(self, tmp_path: Path) -> None:
        problem = only_problem(tmp_path, SMALL, CRM_URL="reader:hunter2@db")
        assert problem.code == "config.bad_address"
        assert "hunter2" not in repr(problem) + problem.rendered("en")

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
    def test_a_secret_file_that_others_can_read_is_refused(self, mode: int, tmp_path: Path) -> None:
        secret = tmp_path / "crm.url"
        secret.write_text("postgresql://reader:hunter2@h/d")
        secret.chmod(mode)
        problem = only_problem(tmp_path, changed('"${CRM_URL}"', "{file: crm.url}"))
        assert problem.code == "config.secret_file_open"
        assert "chmod 600 crm.url" in problem.text("en")

    def test_an_unset_variable_is_named(self, tmp_path: Path) -> None:
        problem = only_problem(tmp_path, SMALL, OA_PASSWORD="")
        assert (problem.code, problem.params["name"]) == ("config.env_unset", "OA_PASSWORD")


WRITING = {
    b"": "not_a_mapping",
    b"- a\n- b\n": "not_a_mapping",
    b"just text\n": "not_a_mapping",
    b"version: 1\n\tcompany: x\n": "tab",
    b"version: [1\n": "unclosed",
    b'company: "x\n': "unclosed",
    b"company: a: b\n": "colon",
    b"company: *nobody\n": "unknown_alias",
    b"version: 1\n---\nversion: 1\n": "many_documents",
    b"company: \x00x\n": "control_character",
    "version: 1\ncompany: 云帆\n".encode("gb18030"): "not_utf8",
    b"? [a, b]\n: x\nversion: 1\n": "key_not_text",
    b"%YAML 9.9.9\n---\na: 1\n": "syntax",
    b"version: 1\n  company: x\n": "colon",
    b"a: &a\n  b: *a\n": "too_deep",
    b"a: " + b"[" * 3000 + b"]" * 3000: "too_deep",
    b"x" * 2_000_000: "too_big",
}


@pytest.mark.parametrize("data", WRITING, ids=list(WRITING.values()))
def test_broken_writing_is_one_plain_message(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "governance.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigProblems) as caught:
        load(path, environ={})
    problems = caught.value.problems
    assert f"config.{WRITING[data]}" in {problem.code for problem in problems}
    assert all(problem.line >= 1 for problem in problems)
    assert "Traceback" not in explain(caught.value, "zh")


def test_an_alias_bomb_ends_quickly(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    path = written(tmp_path, "\n".join(lines))
    started = time.process_time()
    with pytest.raises(ConfigProblems) as caught:
        load(path, environ={})
    assert {problem.code for problem in caught.value.problems} == {"config.too_many"}
    assert time.process_time() - started < 5


def test_a_missing_or_unreadable_file_is_a_plain_message(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.yaml", "no_file"), (tmp_path, "unreadable")):
        with pytest.raises(ConfigProblems) as caught:
            load(path, environ={})
        assert [p.code for p in caught.value.problems] == [f"config.{code}"]


def test_a_mistake_under_an_anchor_is_told_once(tmp_path: Path) -> None:
    text = changed("{normalize: company_name}", "&n {normalise: company_name}")
    text = text.replace("{normalize: amount, tolerance: 0.10}", "*n")
    assert [p.code for p in problems_of(tmp_path, text)] == ["config.unknown_key_near"]


def test_every_message_of_the_area_is_in_both_languages_with_the_same_places() -> None:
    import string

    from governance.i18n import catalogue

    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    zh, en = catalogue("zh"), catalogue("en")
    names = {n for n in zh | en if n.split(".")[0] in ("config", "validate", "init")}
    assert names
    for name in names:
        assert places(zh[name]) == places(en[name]), name
