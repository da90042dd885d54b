"""What we call ourselves in an account: sources for pairings, conversations for chats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm_manifest import ChannelThere
from chatapp_cli.domain.ids import PairingId
from chatapp_cli.kit.crms import manifest

KIND: Final = "amocrm"
SOURCE: Final = "chatapp-"
"""How the ``external_id`` of a source of ours begins; it is unique in the integration and never changes."""
_CONVERSATION: Final = re.compile(r"p([1-9][0-9]{0,17})\.(.+)", re.DOTALL | re.ASCII)
_SOURCE: Final = re.compile(rf"{SOURCE}([1-9][0-9]{{0,17}})", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def channels() -> Mapping[str, ChannelThere]:
    """How our channels are called there, by kind."""
    return manifest(KIND).channels


def source_of(pairing: PairingId) -> str:
    """The ``external_id`` of a pairing's source: at most 40 characters of ``a-z0-9-`` (addendum A on §4.7)."""
    return f"{SOURCE}{pairing}"


def pairing_of_source(external_id: str) -> PairingId | None:
    """Whose source it is; ``None`` for another's."""
    found = _SOURCE.fullmatch(external_id)
    return PairingId(int(found[1])) if found else None


def conversation_of(pairing: Pairing, chat: str) -> str:
    """Our id of a conversation: hooks of an account with one source tell no source (providers' sheet §5.5)."""
    return f"p{pairing.id}.{chat}"


def read_conversation(client_id: str) -> tuple[PairingId, str] | None:
    """The pairing and our id of the chat; ``None`` for a conversation that is none of ours."""
    found = _CONVERSATION.fullmatch(client_id)
    return (PairingId(int(found[1])), found[2]) if found else None


def chat_of(remote: str) -> str:
    """A chat's id in the chats; empty for one that was written down as notes until now, whose lead has a number."""
    return remote if is_uuid(remote) else ""


def is_uuid(said: str) -> bool:
    """Whether it is an id of amojo's."""
    return _UUID.fullmatch(said) is not None
