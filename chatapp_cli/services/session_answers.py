"""What the answer of a channel's session says of one person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chatapp_cli.domain import border
from chatapp_cli.domain.address import named
from chatapp_cli.domain.session_request import SessionMethod, SessionRequestState
from chatapp_cli.domain.text import T, Text
from chatapp_cli.store.rows.channels import SessionRequestRow


@dataclass(frozen=True, slots=True)
class SessionAnswer:
    """Whether a request did for a person what it was to do, why not, and what was found out."""

    done: bool
    code: str = ""
    detail: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    reason: Text | None = None
    """Why not, where no provider has said it."""


def read(row: SessionRequestRow, address: str) -> SessionAnswer:
    """The answer to an ended request, of whom it names by an address."""
    if row.state != SessionRequestState.DONE:
        return SessionAnswer(done=False, code=row.code, detail=row.detail)
    answer = json.loads(row.result)
    if row.what == SessionMethod.FIND:
        return _found(answer)
    if not isinstance(answer, dict):
        return SessionAnswer(done=True)
    missing: Mapping[str, str] = answer.get("missing") or {}
    group = {"group_id": border.address(answer["peer"]["address"])}
    code = missing.get(named(address)) or missing.get(address)
    return SessionAnswer(done=not code, code=code or "", facts=group)


def _found(answer: Mapping[str, Any] | None) -> SessionAnswer:
    if not answer:
        return SessionAnswer(done=False, code="nobody", reason=T("Nobody has this messenger under this address."))
    names: dict[str, str] = {
        name: border.name(answer.get(name) or "") for name in ("username", "first_name", "last_name", "name")
    }
    if not names["first_name"] and not names["last_name"]:
        names["first_name"], _, names["last_name"] = names["name"].partition(" ")
    return SessionAnswer(done=True, facts=names)
