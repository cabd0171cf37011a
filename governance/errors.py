"""Errors that carry what the caller decides on: try again or not, and what to do next.

The children are cut by decision, not by place. A code is also the id of its message in the
catalogue; `governance.i18n.explain` renders it in the reader's language.
"""

from __future__ import annotations

from checks.errors import CodedError


class GovernanceError(CodedError):
    """Base of everything raised on purpose; a person gets one plain message and exit code 2."""

    retryable = False


class ConfigError(GovernanceError):
    """The configuration or a command's words are wrong; only a change helps."""


class SourceUnavailable(GovernanceError):
    """A source is down, slow or dropped the connection; the same read may succeed later."""

    retryable = True


class SourceRefused(GovernanceError):
    """A source answered no: wrong password, missing right, unreadable file. A person must act."""


class SchemaDrift(GovernanceError):
    """A mapped table or column is no longer there; the mapping or the source must change."""


class PermissionRefused(GovernanceError):
    """The actor lacks the right."""


class EvidenceTampered(GovernanceError):
    """A sealed file is not what the ledger says it is."""


class StoreError(GovernanceError):
    """The store itself could not be read or written: disk full, ledger locked."""

    retryable = True
