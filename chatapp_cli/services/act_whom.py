"""For whom an act is, as its fields say: phones, chat ids, a CRM's field of messengers (S-172)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chatapp_cli.domain.address import meant
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.possible_phone import phone_in_field
from chatapp_cli.domain.text import T
from chatapp_cli.services import crm_chats, dialogs
from chatapp_cli.services.act_targets import names_portals_chat

if TYPE_CHECKING:
    from chatapp_cli.store.tx import Tx

_SEPARATORS: Final = re.compile(r"[,;\n]")
_LINK: Final = re.compile(r"(?:https?://)?t\.me/(?:(\w{2,})|(\+\d{7,15}))/?", re.ASCII)
"""A username or a phone in Telegram as a link to it (``core.telegram.org/api/links``)."""


class Whom(NamedTuple):
    """Somebody whom a field names."""

    called: str
    """Their address; what was written if it cannot be one."""
    refusal: Refused | None = None

    def address(self) -> str:
        """Where they are looked for. Raises Refused for what the field does not take."""
        if self.refusal is not None:
            raise self.refusal
        return self.called


def listed(said: str) -> list[str]:
    """What is separated by commas and semicolons, each once, in its order."""
    found: dict[str, str] = {}
    for one in _SEPARATORS.split(said):
        if one.strip():
            found.setdefault(meant(one), one.strip())
    return list(found.values())


def phones(said: str) -> Sequence[Whom]:
    """Whom a field of phones names: what is none is nobody's chat id either."""
    return _each_once([_phone(one.strip()) for one in _SEPARATORS.split(said) if one.strip()])


def recipients(tx: Tx, *, phone: str, chat_id: str, messenger: str) -> Sequence[Whom]:
    """Whom the fields name, each once; that of messengers counts only where the others are empty."""
    given = [*phones(phone), *map(Whom, listed(chat_id))]
    return _each_once(given or [Whom(_of_messenger(tx, one)) for one in listed(messenger)])


def _each_once(found: Sequence[Whom]) -> Sequence[Whom]:
    kept: dict[tuple[bool, str], Whom] = {}
    for one in found:
        kept.setdefault((one.refusal is None, meant(one.called)), one)
    return list(kept.values())


def _phone(said: str) -> Whom:
    found = phone_in_field(said)
    return Whom(found) if found else Whom(said, Refused("no_phone", T("{phone} is no phone number.", phone=said)))


def _of_messenger(tx: Tx, said: str) -> str:
    """An address in a CRM's field of messengers: that of a chat of ours, or what stands behind the messenger's name.

    A portal writes a chat of an open line as ``imol|connector|line|chat|user``; one that is not ours stays as it is,
    and nobody is found under it.
    """
    if names_portals_chat(said):
        dialog = crm_chats.dialog_of(said.split("|", 4)[3])
        try:
            return said if dialog is None else dialogs.card(tx, dialog).address
        except NotFound:
            return said
    address = said.rpartition(": ")[2].strip()
    link = _LINK.fullmatch(address)
    return address if link is None else link[2] or f"@{link[1]}"
