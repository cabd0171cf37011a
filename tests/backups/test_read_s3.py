"""Buckets of a server that answers as S3 does, on this machine: listed to the end, locks asked for,
and nothing believed that only looks like a date or a checksum."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checks.backups.model import Basis, Catalogue, Mark, State
from governance.backups.gather import gather
from governance.backups.readers import s3
from governance.errors import ConfigError, SourceRefused, SourceUnavailable
from governance.i18n import explain
from tests.backups.stores import codes, config, only, problem, read

KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "s3cr3t-of-the-reader"}
NOW = datetime.now(UTC)
TODAY = NOW - timedelta(hours=2)


def name(at: datetime, prefix: str = "crm") -> str:
    return f"{prefix}_{at:%Y%m%d_%H%M%S}Z.dump"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def client(endpoint: str) -> Any:
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="writer",
        aws_secret_access_key="writer",
    )


@pytest.fixture
def bucket(client: Any) -> str:
    found = f"b{uuid.uuid4().hex}"
    client.create_bucket(Bucket=found, ObjectLockEnabledForBucket=True)
    return found


@pytest.fixture
def plain(client: Any) -> str:
    found = f"b{uuid.uuid4().hex}"
    client.create_bucket(Bucket=found)
    return found


def put(client: Any, bucket: str, key: str, content: bytes = b"x" * 500, **more: Any) -> None:
    client.put_object(Bucket=bucket, Key=key, Body=content, **more)


def looked(endpoint: str, place: str, **more: Any) -> Catalogue:
    options = {
        "pattern": "{database}_{date}_{time}{zone}.dump",
        "endpoint": endpoint,
        "region": "us-east-1",
        "addressing": "path",
        **more.pop("options", {}),
    }
    now = more.pop("now", datetime.now(UTC))
    return read("s3", options, url=f"s3://{place}", environment=KEYS, now=now, **more)


def test_the_name_dates_the_data_and_not_the_upload(client: Any, endpoint: str, plain: str) -> None:
    at = (NOW - timedelta(days=9)).replace(microsecond=0)
    put(client, plain, f"nightly/{name(at)}")
    put(client, plain, "nightly/", b"")
    found = looked(endpoint, f"{plain}/nightly/")
    backup = only(found)
    assert (backup.id, backup.data_at, backup.basis) == (name(at), at, Basis.NAME)
    assert (backup.state, backup.size, backup.databases) == (State.DONE, 500, ("crm",))
    assert backup.digest is not None
    assert backup.digest.startswith("etag:")
    assert (found.is_whole, found.problems, backup.locked_until) == (True, (), None)


def test_without_a_time_in_the_name_nothing_dates_the_data(
    client: Any, endpoint: str, plain: str
) -> None:
    put(client, plain, "crm.dump")
    found = looked(endpoint, plain, options={"pattern": "crm.dump"})
    assert only(found).data_at is None
    assert problem(found, "no_time").mark is Mark.FRESH


def test_a_listing_is_read_to_its_last_page(client: Any, endpoint: str, plain: str) -> None:
    for minute in range(7):
        put(client, plain, name(TODAY - timedelta(minutes=minute)), b"%d" % minute * 300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3._Bucket, "_pages", in_pages_of(3))
        assert len(looked(endpoint, plain).backups) == 7


def test_a_listing_that_stops_half_way_proves_no_absence(
    client: Any, endpoint: str, plain: str
) -> None:
    for minute in range(4):
        put(client, plain, name(TODAY - timedelta(minutes=minute)), b"%d" % minute * 300)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3._Bucket, "_pages", in_pages_of(2))
        found = looked(endpoint, plain, timeout=timedelta(0))
    assert len(found.backups) == 2
    assert not found.is_whole
    assert "cut_listing" in codes(found)


def in_pages_of(size: int) -> Any:
    """The same reading with small pages; a thousand objects would only take longer."""
    real = s3._Bucket._pages

    def pages(self: Any, *args: Any) -> Any:
        class Small:
            def __init__(self, client: Any) -> None:
                self.client = client

            def list_objects_v2(self, **more: Any) -> Any:
                return self.client.list_objects_v2(**{**more, "MaxKeys": size})

            def __getattr__(self, word: str) -> Any:
                return getattr(self.client, word)

        if not isinstance(self.client, Small):
            self.client = Small(self.client)
        return real(self, *args)

    return pages


RETENTION = """<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Mode>{mode}</Mode><RetainUntilDate>{until:%Y-%m-%dT%H:%M:%SZ}</RetainUntilDate></Retention>"""
NO_RETENTION = "<Error><Code>NoSuchObjectLockConfiguration</Code><Message>no</Message></Error>"
NO_RIGHT = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


def answering(replies: dict[str, tuple[int, str]]) -> Any:
    """A client whose questions for the lock of an object are answered as Amazon documents it: the
    local server does not know that question."""
    from botocore.awsrequest import AWSResponse

    real = s3._client

    class Raw:
        def __init__(self, text: str) -> None:
            self.text = text

        def stream(self) -> Iterator[bytes]:
            yield self.text.encode()

    def answer(request: Any, **_: Any) -> Any:
        key = request.url.partition("?")[0].rpartition("/")[2]
        code, text = replies[key]
        return AWSResponse(request.url, code, {}, Raw(text))

    def client(given: Any) -> Any:
        made = real(given)
        made.meta.events.register("before-send.s3.GetObjectRetention", answer)
        return made

    return client


def test_a_lock_is_proved_by_the_store(client: Any, endpoint: str, bucket: str) -> None:
    until = (NOW + timedelta(days=30)).replace(microsecond=0)
    for place in range(4):
        put(client, bucket, name(TODAY, f"s{place}"), b"%d" % place * 300)
    replies = {
        name(TODAY, "s0"): (200, RETENTION.format(mode="COMPLIANCE", until=until)),
        name(TODAY, "s1"): (200, RETENTION.format(mode="GOVERNANCE", until=until)),
        name(TODAY, "s2"): (404, NO_RETENTION),
        name(TODAY, "s3"): (403, NO_RIGHT),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "_client", answering(replies))
        found = looked(endpoint, bucket)
    locked = {backup.id: backup.locked_until for backup in found.backups}
    assert locked == {
        name(TODAY, "s0"): until,
        name(TODAY, "s1"): until,
        name(TODAY, "s2"): None,
        name(TODAY, "s3"): None,
    }
    odd = {backup: codes(found, backup) for backup in locked}
    assert odd == {
        name(TODAY, "s0"): set(),
        name(TODAY, "s1"): {"weak_lock"},
        name(TODAY, "s2"): set(),
        name(TODAY, "s3"): {"locks_unseen"},
    }
    assert codes(found) == set()


def test_without_the_right_to_ask_the_object_itself_may_tell_its_lock(
    client: Any, endpoint: str, bucket: str
) -> None:
    until = (NOW + timedelta(days=30)).replace(microsecond=0)
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    put(client, bucket, name(TODAY), **lock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "_client", answering({name(TODAY): (403, NO_RIGHT)}))
        found = looked(endpoint, bucket)
    assert only(found).locked_until == until
    assert found.problems == ()


def test_an_object_in_an_archive_is_not_restorable_at_once(
    client: Any, endpoint: str, plain: str
) -> None:
    for kind in ("DEEP_ARCHIVE", "GLACIER", "STANDARD_IA", "GLACIER_IR"):
        word = kind.lower().replace("_", "")
        put(client, plain, name(TODAY, word), kind.encode() * 90, StorageClass=kind)
    found = looked(endpoint, plain)
    assert {p.backup for p in found.problems if p.mark is Mark.RESTORABLE} == {
        name(TODAY, "deeparchive"),
        name(TODAY, "glacier"),
    }


def test_a_deleted_backup_leaves_a_trace_in_a_versioned_bucket(
    client: Any, endpoint: str, bucket: str
) -> None:
    put(client, bucket, name(TODAY))
    put(client, bucket, name(TODAY - timedelta(days=1)))
    client.delete_object(Bucket=bucket, Key=name(TODAY - timedelta(days=1)))
    found = looked(endpoint, bucket)
    assert len(found.backups) == 1
    assert problem(found, "deleted").params["last"] == name(TODAY - timedelta(days=1))


def test_the_same_object_two_nights_running_is_told(client: Any, endpoint: str, plain: str) -> None:
    put(client, plain, name(TODAY))
    put(client, plain, name(TODAY - timedelta(days=1)))
    assert problem(looked(endpoint, plain), "same_content").backup == name(TODAY)


def test_the_tag_of_an_upload_in_parts_is_no_checksum(
    client: Any, endpoint: str, plain: str
) -> None:
    key = name(TODAY)
    upload = client.create_multipart_upload(Bucket=plain, Key=key)["UploadId"]
    part = client.upload_part(
        Bucket=plain, Key=key, PartNumber=1, UploadId=upload, Body=b"x" * 6_000_000
    )
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    client.complete_multipart_upload(Bucket=plain, Key=key, UploadId=upload, MultipartUpload=parts)
    found = looked(endpoint, plain)
    digest = only(found).digest or ""
    assert digest.startswith("etag:")
    assert digest.endswith("-1")
    assert found.verifications == ()


def test_an_empty_bucket_is_not_fresh(endpoint: str, plain: str) -> None:
    found = looked(endpoint, plain)
    assert (problem(found, "nothing").mark, problem(found, "nothing").breaks) == (Mark.FRESH, True)


def test_a_bucket_that_is_not_there_is_refused_without_telling_keys(endpoint: str) -> None:
    options = {"pattern": "*", "endpoint": endpoint, "addressing": "path", "region": "us-east-1"}
    asked = config("s3", options, url="s3://nowhere", environment=KEYS)
    gathered = gather(asked, NOW, lambda: False)
    assert isinstance(gathered.error, SourceRefused)
    words = explain(gathered.error, "en")
    assert "NoSuchBucket" in words
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in words


def test_a_store_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    with pytest.raises(SourceUnavailable):
        looked("http://127.0.0.1:9", "bucket")


@pytest.mark.parametrize(
    ("url", "endpoint"), [("https://host/x", "http://127.0.0.1:9"), ("s3://b", "no address")]
)
def test_an_address_that_is_none_is_refused(url: str, endpoint: str) -> None:
    options = {"pattern": "*", "endpoint": endpoint}
    with pytest.raises(ConfigError):
        read("s3", options, url=url, environment=KEYS)
