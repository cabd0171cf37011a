"""Errors as codes and parameters, so that one cause can be told in any language."""

from __future__ import annotations


class CodedError(Exception):
    """Base of every error Duiqi raises on purpose.

    `code` is the id of the message in the catalogue, `params` fill it in. Both are kept as they
    are in the ledger, so a page can tell yesterday's failure in the reader's language.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, str] = {name: str(value) for name, value in params.items()}

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code} ({shown})" if shown else self.code
