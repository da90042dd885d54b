"""What we call ourselves in an account: sources for pairings, conversations for chats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm_manifest import ChannelThere
from chatapp_cli.domain.ids import PairingId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound

KIND: Final = "amocrm"
SOURCE: Final = "chatapp-"
"""How the ``external_id`` of a source begins, whichever desk made it."""
_CONVERSATION: Final = re.compile(r"p([1-9][0-9]{0,17})\.(.+)", re.DOTALL | re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def channels() -> Mapping[str, ChannelThere]:
    """How our channels are called there, by kind."""
    return manifest(KIND).channels


class OurIds:
    """The ids under which an account knows what is ours: each bears the mark of its link.

    All desks that are linked to an account by the same chat channel share one scope there (providers' sheet §5.3), and
    count their dialogs, clients, messages and pairings from 1.
    """

    def __init__(self, mark: str) -> None:
        self._before, self._source = f"{mark}.", f"{SOURCE}{mark}-"

    def source(self, pairing: PairingId) -> str:
        """The ``external_id`` of a pairing's source, which never changes.

        At most 40 characters of ``a-z0-9-`` (addendum A on §4.7).
        """
        return f"{self._source}{pairing}"

    def pairing_of_source(self, external_id: str) -> PairingId | None:
        """Whose source it is; ``None`` for another's."""
        number = external_id.removeprefix(self._source)
        return PairingId(int(number)) if number != external_id and _NUMBER.fullmatch(number) else None

    def is_of_another_desk(self, external_id: str) -> bool:
        """Whether a source was made by this program, and not by this link."""
        return external_id.startswith(SOURCE) and self.pairing_of_source(external_id) is None

    def conversation(self, pairing: Pairing, chat: str) -> str:
        """Our id of a conversation: hooks of an account with one source tell no source (providers' sheet §5.5)."""
        return f"{self._before}p{pairing.id}.{chat}"

    def read_conversation(self, client_id: str) -> tuple[PairingId, str] | None:
        """The pairing and our id of the chat; ``None`` for a conversation that is none of ours."""
        found = _CONVERSATION.fullmatch(self._read(client_id))
        return (PairingId(int(found[1])), found[2]) if found else None

    def person(self, known: str) -> str:
        """What a client or an employee of ours is called there."""
        return f"{self._before}{known}"

    def message(self, key: str) -> str:
        """The ``msgid`` of a message, or of a part of one."""
        return f"{self._before}{key}"

    def read_message(self, msgid: str) -> str:
        """The key of a message; empty for one that is none of ours."""
        return self._read(msgid)

    def tag(self, chat: str) -> str:
        """The tag of a lead that was made to write a chat down in it."""
        return f"{self._source}{chat}"

    def _read(self, said: str) -> str:
        return said.removeprefix(self._before) if said.startswith(self._before) else ""


def our_ids(bound: Bound) -> OurIds:
    """The ids of a link."""
    return OurIds(bound.secrets["mark"])


def chat_of(remote: str) -> str:
    """A chat's id in the chats; empty for one that was written down as notes until now, whose lead has a number."""
    return remote if is_uuid(remote) else ""


def is_uuid(said: str) -> bool:
    """Whether it is an id of amojo's."""
    return _UUID.fullmatch(said) is not None
