"""What a good governance.yaml becomes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from checks.dictionary import Condition, FieldType, Sensitivity
from governance.config import load
from governance.config.model import Schedule
from tests.config.worlds import ENVIRON, SMALL, changed, loaded, written

FULL = """\
# yaml-language-server: $schema=./data/schema/governance.schema.json
version: 1
company: {zh: 云帆装备, en: Yunfan Equipment}
locale: en
time_zone: Asia/Tokyo
schedule: "0 2 * * 1-5"
retention: {snapshots: 30d, runs: 1w}
sources:
  legacy: {kind: folder, path: drops, pattern: "ledger-{date}.xlsx", schedule: {every: 1h30m}}
  crm: {kind: postgresql, url: "${CRM_URL}", title: {zh: 客户系统, en: CRM}, timeout: 90s}
  oa:
    kind: mariadb
    url: mariadb://reader@db:3306/oa?charset=utf8mb4
    password: "${OA_PASSWORD}"
  branch: {kind: csv, path: /srv/branch.csv, encoding: GB18030}
entities:
  customer:
    title: {zh: 客户, en: Customer}
    key: [customer_no, branch]
    authority: crm
    display: name
    department: dept
    lag: 15m
    weight: 9
    fields:
      customer_no: {title: {zh: 编号, en: No.}, type: code, required: true}
      branch: {title: 分公司}
      name: {normalize: company_name, weight: 8, authority: oa}
      dept: {normalize: text}
      phone: {normalize: phone, sensitivity: personal}
      credit: {normalize: amount, tolerance: 0.10}
      rate: {type: decimal, tolerance: "1%"}
      seen_at: {normalize: datetime, tolerance: 5min}
    sources:
      oa:
        query: select * from kh;
        columns: {customer_no: khbh, branch: fgs, name: khmc, credit: ed}
      crm:
        table: sales.customers
        columns: {customer_no: no, branch: br, name: title, dept: d, phone: tel, credit: lim,
                  rate: r, seen_at: s}
        filter: {deleted: 0, kind: {not: [x, "007"]}, closed_at: null}
checks:
  customers:
    entity: customer
    sources: [oa, crm]
    thresholds: {strict: 98%, adjusted: 0.995}
    title: {en: Customers}
    schedule: {every: 1d}
alerts:
  channels: ["${ALERT_URL}"]
"""


def test_every_key_of_the_format_reaches_the_model(tmp_path: Path) -> None:
    config = loaded(tmp_path, FULL)
    assert (config.company.zh, config.locale, config.time_zone.key) == (
        "云帆装备",
        "en",
        "Asia/Tokyo",
    )
    assert config.retention.snapshots == timedelta(days=30)
    assert config.retention.runs == timedelta(days=7)
    assert [source.name for source in config.sources] == ["legacy", "crm", "oa", "branch"]
    assert config.source("crm").timeout == timedelta(seconds=90)
    assert config.source("legacy").schedule == Schedule(every=timedelta(minutes=90))
    assert config.source("branch").encoding == "gb18030"
    assert config.alert_urls == ("json://127.0.0.1/hook",)
    entity = config.entity("customer")
    assert (entity.key, entity.display, entity.department) == (
        ("customer_no", "branch"),
        "name",
        "dept",
    )
    assert (entity.lag, entity.weight) == (timedelta(minutes=15), 9)
    assert entity.authority_of("name") == "oa"
    assert entity.authority_of("phone") == "crm"
    assert entity.field_named("branch").title.en == "分公司"
    assert entity.field_named("phone").sensitivity is Sensitivity.PERSONAL


def test_sources_keep_the_order_of_their_section_everywhere(tmp_path: Path) -> None:
    config = loaded(tmp_path, FULL)
    assert [mapping.source for mapping in config.entity("customer").mappings] == ["crm", "oa"]
    assert config.check("customers").sources == ("crm", "oa")


def test_numbers_are_the_digits_that_were_written(tmp_path: Path) -> None:
    entity = loaded(tmp_path, FULL).entity("customer")
    credit, rate, seen = (entity.field_named(n).tolerance for n in ("credit", "rate", "seen_at"))
    assert credit is not None
    assert str(credit.absolute) == "0.10"
    assert rate is not None
    assert rate.relative == Decimal("0.01")
    assert seen is not None
    assert seen.time == timedelta(minutes=5)
    thresholds = loaded(tmp_path, FULL).check("customers").thresholds
    assert (thresholds.strict, thresholds.adjusted) == (Decimal("0.98"), Decimal("0.995"))


def test_filters_keep_text_null_and_negation(tmp_path: Path) -> None:
    mapping = loaded(tmp_path, FULL).entity("customer").mapping_of("crm")
    assert mapping is not None
    assert mapping.filter == (
        Condition("deleted", ("0",)),
        Condition("kind", ("x", "007"), negated=True),
        Condition("closed_at", (None,)),
    )


def test_a_type_follows_from_the_normaliser(tmp_path: Path) -> None:
    entity = loaded(tmp_path, FULL).entity("customer")
    assert entity.field_named("credit").type is FieldType.DECIMAL
    assert entity.field_named("seen_at").type is FieldType.DATETIME
    assert entity.field_named("name").type is FieldType.TEXT


def test_cron_weekdays_mean_what_cron_means_by_them(tmp_path: Path) -> None:
    """Sunday is 0 in cron and 6 to the scheduler; names mean the same to both."""
    for written_as, kept in (
        ("1-5", "mon-fri"), ("0", "sun"), ("7", "sun"), ("5-7", "fri-sun"), ("0,3", "wed,sun"),
        ("*/2", "tue,thu,sat,sun"), ("mon,wed", "mon,wed"), ("0-6", "*"), ("sat-sun", "sat,sun"),
    ):  # fmt: skip
        config = loaded(tmp_path, FULL.replace('"0 2 * * 1-5"', f'"0 2 * * {written_as}"'))
        assert config.schedule == Schedule(cron=f"0 2 * * {kept}"), written_as


def test_a_password_beside_the_address_is_put_into_it_encoded(tmp_path: Path) -> None:
    url = loaded(tmp_path, FULL).source("oa").url
    assert url == "mariadb://reader:p%40ss%2Fword@db:3306/oa?charset=utf8mb4"


def test_a_reference_inside_an_address_is_encoded(tmp_path: Path) -> None:
    text = changed('"${CRM_URL}"', '"postgresql://u:${OA_PASSWORD}@h/d"')
    assert loaded(tmp_path, text).source("crm").url == "postgresql://u:p%40ss%2Fword@h/d"


def test_a_secret_file_is_read_when_only_its_owner_can(tmp_path: Path) -> None:
    secret = tmp_path / "secrets" / "crm.url"
    secret.parent.mkdir()
    secret.write_text("postgresql://reader:x@h/d\n")
    secret.chmod(0o600)
    text = changed('"${CRM_URL}"', "{file: secrets/crm.url}")
    assert loaded(tmp_path, text).source("crm").url == "postgresql://reader:x@h/d"


def test_paths_start_at_the_configuration_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "company"
    folder.mkdir()
    written(folder, FULL)
    monkeypatch.chdir(tmp_path)
    config = load(Path("company/governance.yaml"), environ=ENVIRON)
    assert config.source("legacy").path == folder / "drops"
    assert config.source("branch").path == Path("/srv/branch.csv")
    assert config.path == folder / "governance.yaml"


def test_no_secret_shows_when_a_configuration_is_printed(tmp_path: Path) -> None:
    shown = repr(loaded(tmp_path, FULL))
    for secret in ("pw-in-env", "p@ss/word", "p%40ss", "hook"):
        assert secret not in shown


def test_a_reader_without_secrets_needs_no_environment(tmp_path: Path) -> None:
    config = load(written(tmp_path, FULL), environ={}, secrets=False)
    assert config.source("crm").url is None
    assert config.alert_urls == ()
    assert config.digest == loaded(tmp_path, FULL).digest


def test_without_checks_each_entity_with_two_sources_is_checked(tmp_path: Path) -> None:
    (check,) = loaded(tmp_path).checks
    assert (check.name, check.kind, check.sources) == ("customer", "consistency", ("crm", "oa"))


def test_one_source_needs_no_authority(tmp_path: Path) -> None:
    text = "\n".join(line for line in SMALL.splitlines() if "authority" not in line)
    text = text.replace("      oa: {table: kh, columns: {customer_no: khbh, name: khmc}}", "")
    config = loaded(tmp_path, text)
    assert config.entity("customer").authority == "crm"
    assert config.checks == ()


def test_a_text_folded_over_several_lines_is_one_line(tmp_path: Path) -> None:
    folded = "query: >-\n          select *\n          from kh"
    config = load(written(tmp_path, FULL.replace("query: select * from kh;", folded)),
                  environ=ENVIRON)  # fmt: skip
    assert config.entity("customer").mapping_of("oa").query == "select * from kh"  # type: ignore[union-attr]


class TestDigest:
    def test_stays_for_comments_order_and_secrets(self, tmp_path: Path) -> None:
        digest = loaded(tmp_path).digest
        assert loaded(tmp_path, "# hello\n" + SMALL).digest == digest
        moved = SMALL.replace("version: 1\n", "") + "version: 1\n"
        assert loaded(tmp_path, moved).digest == digest
        assert loaded(tmp_path, SMALL, OA_PASSWORD="other").digest == digest

    def test_changes_with_the_content_and_the_order_of_sources(self, tmp_path: Path) -> None:
        digest = loaded(tmp_path).digest
        assert loaded(tmp_path, changed("0.10", "0.1")).digest != digest
        lines = SMALL.splitlines(keepends=True)
        swapped = "".join([*lines[:3], lines[4], lines[3], *lines[5:]])
        assert loaded(tmp_path, swapped).digest != digest


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    text = changed(
        "name: {normalize: company_name}", "name: &n {normalize: company_name, weight: 7}"
    )
    text = text.replace(
        "credit: {normalize: amount, tolerance: 0.10}", "credit: {<<: *n, weight: 2}"
    )
    credit = loaded(tmp_path, text).entity("customer").field_named("credit")
    assert (credit.normalizer, credit.weight) == ("company_name", 2)
