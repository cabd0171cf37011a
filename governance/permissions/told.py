"""Paths and witnesses as JSON, for sealed files and for what is exported."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from checks.permissions.verdict import Event, GrantPath, Hop, Witness


def text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def hops(path: Iterable[Hop]) -> list[dict[str, str]]:
    return [
        {"what": hop.what, "id": hop.id} | ({"name": hop.name} if hop.name else {}) for hop in path
    ]


def read_hops(told: Iterable[dict[str, str]]) -> tuple[Hop, ...]:
    return tuple(Hop(hop["what"], hop["id"], hop.get("name")) for hop in told)


def witness(proof: Witness) -> str:
    """A witness as text; `read_witness` gives it back."""
    return text(
        {
            "human": proof.human,
            "accounts": [list(place) for place in proof.accounts],
            "paths": [_path(path) for path in proof.paths],
            "events": [_event(event) for event in proof.events],
        }
    )


def read_witness(told: str) -> Witness:
    found = json.loads(told)
    return Witness(
        human=found["human"],
        accounts=tuple((system, account) for system, account in found["accounts"]),
        paths=tuple(
            GrantPath(p["system"], p["account"], p["function"], p["scope"], read_hops(p["hops"]))
            for p in found["paths"]
        ),
        events=tuple(
            Event(
                e["system"],
                e["what"],
                e["id"],
                datetime.fromisoformat(e["at"]) if e["at"] else None,
                e["account"],
                e["detail"],
            )
            for e in found["events"]
        ),
    )


def _path(path: GrantPath) -> dict[str, Any]:
    return {
        "system": path.system,
        "account": path.account,
        "function": path.function,
        "scope": path.scope,
        "hops": hops(path.hops),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "system": event.system,
        "what": event.what,
        "id": event.id,
        "at": event.at.isoformat() if event.at else None,
        "account": event.account,
        "detail": event.detail,
    }
