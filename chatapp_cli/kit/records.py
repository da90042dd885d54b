"""What CRMs keep in the memory of a link: structures by name, marks of what was told, the present tokens."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from chatapp_cli.domain.crm.link import Account
from chatapp_cli.kit.tokens import AccessToken, name_of
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import Memory

R = TypeVar("R", bound=msgspec.Struct)


def digest(said: Any) -> str:
    """A mark of what a CRM was told, by which it is not told the same twice."""
    return sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()[:32]


def written(value: msgspec.Struct | Account) -> str:
    """As it is remembered."""
    return msgspec.json.encode(value).decode()


async def remembered(memory: Memory, name: str, kind: type[R]) -> R | None:
    """An entry of the memory."""
    text = (await memory.known(name)).get(name, "")
    return msgspec.json.decode(text, type=kind) if text else None


async def token(bound: Bound) -> AccessToken | None:
    """The present pair of tokens, if there is one."""
    return await remembered(bound.memory, name_of(bound), AccessToken)
