"""Objects of a bucket: Amazon S3, OSS, and whatever else answers alike."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from checks.backups.model import Backup, Catalogue, Mark, Problem
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.options import choice, count
from governance.backups.readers.stored import OPTIONS, Item, Listed, Rules, listed
from governance.config.backups import CatalogueConfig
from governance.errors import ConfigError, GovernanceError, SourceRefused, SourceUnavailable

if TYPE_CHECKING:
    from botocore.client import BaseClient

# Classes out of which an object must be brought back first, which takes minutes to days.
ARCHIVED = frozenset({"glacier", "deeparchive", "archive", "coldarchive", "deepcoldarchive"})
# Of each series so many of the newest are asked for their lock.
ASKED = 3
MOST = 200_000
ATTEMPTS = 3
ADDRESSING = ("auto", "path", "virtual")
# What a server says where there is no lock, as opposed to where we may not see it.
NO_LOCK = frozenset(
    {"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration", "InvalidRequest"}
)
REFUSALS = frozenset({
    "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "Forbidden",
    "PermanentRedirect", "AuthorizationHeaderMalformed", "ExpiredToken", "403", "404",
})  # fmt: skip


class S3:
    """Lists the objects below `url` (`s3://bucket/prefix`) to the end.

    When an object was put there does not date its data, and its ETag is a name for its content,
    not a checksum of it. Object lock is asked for, not believed.
    """

    KIND = "s3"
    PARTS: tuple[Part, ...] = ()
    OPTIONS: Mapping[str, bool] = {
        **OPTIONS,
        "endpoint": False,
        "region": False,
        "addressing": False,
        "locks": False,
    }

    def read(self, asked: Asked) -> Catalogue:
        rules = Rules.of(asked.catalogue)
        bucket = _Bucket.of(asked)
        locks = count(asked.catalogue.options, "locks", ASKED)
        items = list(bucket.items())
        found = listed(items, rules, asked.now, is_whole=bucket.is_whole)
        retained = bucket.retained(found, locks) if found.backups else {}
        problems = [*found.problems, *bucket.archived(found), *bucket.deleted(rules)]
        return Catalogue(
            kind=self.KIND,
            read_at=asked.now,
            backups=tuple(
                replace(backup, locked_until=retained.get(backup.id)) for backup in found.backups
            ),
            problems=(*problems, *bucket.problems),
            zone=asked.catalogue.zone.key,
            is_whole=bucket.is_whole,
        )


@dataclass
class _Bucket:
    """One bucket, and what could not be seen of it."""

    client: BaseClient
    asked: Asked
    name: str
    prefix: str
    deadline: float
    problems: list[Problem] = field(default_factory=list)
    classes: dict[str, str] = field(default_factory=dict)
    is_whole: bool = True

    @classmethod
    def of(cls, asked: Asked) -> _Bucket:
        config = asked.catalogue
        parts = urlsplit(config.url or "")
        if parts.scheme not in ("s3", "oss") or not parts.netloc:
            raise ConfigError("backups.store.bucket_address", catalogue=config.name)
        deadline = time.monotonic() + config.timeout.total_seconds()
        return cls(_client(config), asked, parts.netloc, parts.path.lstrip("/"), deadline)

    def items(self) -> Iterator[Item]:
        """Every object, page by page. Raises where not even the first page can be had; where a
        later one cannot, the listing is not whole."""
        seen = 0
        for page in self._pages("list_objects_v2", "ContinuationToken", "NextContinuationToken"):
            for entry in page.get("Contents", ()):
                seen += 1
                key = entry["Key"]
                if key.endswith("/") and not entry.get("Size"):
                    continue
                path = self._path(key)
                self.classes[path] = str(entry.get("StorageClass") or "")
                etag = str(entry.get("ETag") or "").strip('"').lower()
                yield Item(
                    path,
                    entry.get("Size"),
                    entry.get("LastModified"),
                    is_upload=True,
                    digest=f"etag:{etag}" if etag else None,
                )
            if seen > MOST:
                self._broken_off(seen)
                return

    def retained(self, found: Listed, locks: int) -> dict[str, datetime]:
        """Until when the newest of each series cannot be deleted, as the store itself says."""
        newest = [backup for series in found.newest.values() for backup in series[:locks]]
        if not newest or not self._has_lock():
            return {}
        until: dict[str, datetime] = {}
        for backup in newest:
            if self._late():
                self.problems.append(Problem("backups.store.locks_unseen", {"reason": "timeout"}))
                break
            held = self._retention(backup)
            if held.get("RetainUntilDate"):
                until[backup.id] = held["RetainUntilDate"]
            if held.get("Mode") == "GOVERNANCE":
                self.problems.append(Problem("backups.store.weak_lock", backup=backup.id))
        return until

    def archived(self, found: Listed) -> list[Problem]:
        """Backups that must be brought back from an archive before they can be read."""
        return [
            Problem(
                "backups.store.archived",
                {"class": self.classes[backup.id]},
                Mark.RESTORABLE,
                backup=backup.id,
            )
            for backup in found.backups
            if re.sub("[^a-z]", "", self.classes.get(backup.id, "").lower()) in ARCHIVED
        ]

    def deleted(self, rules: Rules) -> list[Problem]:
        """Backups that someone deleted, of which a versioned bucket still keeps the trace."""
        gone: list[str] = []
        try:
            if not self.client.get_bucket_versioning(Bucket=self.name).get("Status"):
                return []
            for page in self._listing("list_object_versions"):
                gone += [
                    self._path(entry["Key"])
                    for entry in page.get("DeleteMarkers", ())
                    if entry.get("IsLatest") and rules.pattern.read(self._path(entry["Key"]))
                ]
        except _errors() as error:
            params = {"reason": _code(error)}
            return [Problem("backups.store.versions_unseen", params)]
        if not gone:
            return []
        params = {"count": str(len(gone)), "last": max(gone)}
        return [Problem("backups.store.deleted", params)]

    def _listing(self, operation: str) -> Iterator[dict[str, Any]]:
        """The pages of a listing that tells more, as far as the time allows."""
        paginator = self.client.get_paginator(operation)
        for page in paginator.paginate(Bucket=self.name, Prefix=self.prefix):
            yield page
            if self._late():
                self.problems.append(
                    Problem("backups.store.versions_unseen", {"reason": "timeout"})
                )
                return

    def _pages(self, operation: str, token: str, following: str) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        seen = 0
        while True:
            try:
                page = getattr(self.client, operation)(
                    Bucket=self.name, Prefix=self.prefix, MaxKeys=1000, **more
                )
            except _errors() as error:
                if not seen:
                    raise _refusal(error, self.asked.catalogue) from None
                self._broken_off(seen)
                return
            seen += len(page.get("Contents", ()))
            yield page
            if not page.get("IsTruncated"):
                return
            after = page.get(following)
            if not after or after == more.get(token) or self._late():
                self._broken_off(seen)
                return
            more = {token: after}

    def _has_lock(self) -> bool:
        """Whether the bucket can lock objects. Where we may not see that, it is said."""
        try:
            found = self.client.get_object_lock_configuration(Bucket=self.name)
        except _errors() as error:
            if _code(error) not in NO_LOCK:
                params = {"reason": _code(error)}
                self.problems.append(Problem("backups.store.locks_unseen", params))
            return False
        enabled = found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled")
        return bool(enabled == "Enabled")

    def _retention(self, backup: Backup) -> dict[str, Any]:
        """An object's lock. Without the right to ask for it, or from a server that does not know
        the question, what it says along with the object; where that too says nothing, nobody
        knows."""
        key = self.base + backup.id
        try:
            found = self.client.get_object_retention(Bucket=self.name, Key=key)
            return dict(found.get("Retention", {}))
        except _errors() as error:
            reason = _code(error)
        if reason in NO_LOCK:
            return {}
        try:
            head = self.client.head_object(Bucket=self.name, Key=key)
        except _errors():
            head = {}
        if not head.get("ObjectLockRetainUntilDate"):
            params = {"reason": reason}
            self.problems.append(Problem("backups.store.locks_unseen", params, backup=backup.id))
            return {}
        return {
            "Mode": head.get("ObjectLockMode"),
            "RetainUntilDate": head["ObjectLockRetainUntilDate"],
        }

    @property
    def base(self) -> str:
        """What stands before the names of backups: the prefix up to its last `/`."""
        return self.prefix[: self.prefix.rfind("/") + 1]

    def _path(self, key: str) -> str:
        return key.removeprefix(self.base)

    def _late(self) -> bool:
        return self.asked.stop() or time.monotonic() > self.deadline

    def _broken_off(self, seen: int) -> None:
        self.is_whole = False
        self.problems.append(Problem("backups.store.cut_listing", {"seen": str(seen)}))


def _client(config: CatalogueConfig) -> BaseClient:
    """A client with the configured keys, or with those that boto finds by itself."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    options, given = config.options, config.environment
    style = choice(options, "addressing", "auto", ADDRESSING)
    patience = max(1.0, min(config.timeout.total_seconds(), 30.0))
    session = boto3.session.Session(
        aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=given.get("AWS_SESSION_TOKEN"),
        region_name=options.get("region") or given.get("AWS_REGION"),
    )
    try:
        return session.client(
            "s3",
            endpoint_url=options.get("endpoint"),
            config=Config(
                connect_timeout=patience,
                read_timeout=patience,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                s3={"addressing_style": style},
                # Other makers' servers refuse the checksums that newer clients add.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
    except (ValueError, BotoCoreError):
        raise ConfigError("backups.store.endpoint", catalogue=config.name) from None


def _errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError)


def _code(error: Exception) -> str:
    """The server's own word for what went wrong, or the client's."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def _refusal(error: Exception, config: CatalogueConfig) -> GovernanceError:
    code = _code(error)
    if code in REFUSALS or "Credential" in code:
        return SourceRefused("backups.store.bucket_refused", catalogue=config.name, reason=code)
    return SourceUnavailable("backups.store.bucket_silent", catalogue=config.name, reason=code)


READER = S3()
