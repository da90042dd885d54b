"""What kind of failure keeps a message of an employee from the client, for CRMs that tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class FailureKind(StrEnum):
    """Whose failure it is."""

    CLIENT_LEFT = "client_left"
    """The client deleted the chat, left it, or is there no more."""
    CHANNEL_OFF = "channel_off"
    """The channel is paired no more, or its account is shut out."""
    INTERNAL = "internal"
    """Our own program or machine."""
    NO_CONVERSATION = "no_conversation"
    """Nobody can be reached there under this address."""
    OTHER = "other"


_CODES: Final[Mapping[FailureKind, str]] = {
    FailureKind.CLIENT_LEFT: "chat_closed chat_gone chat_not_found not_in_group user_deactivated user_gone",
    FailureKind.CHANNEL_OFF: (
        "account_banned account_deleted another_account community_gone device_gone logged_out login_refused "
        "not_installed not_registered unauthorised unauthorized"
    ),
    FailureKind.INTERNAL: "file_vanished interrupted no_child no_libmagic no_library not_prepared store unexpected",
    FailureKind.NO_CONVERSATION: (
        "bad_address bad_phone no_such_mailbox not_a_user not_on_whatsapp peer_unknown unknown_host username_not_found"
    ),
}
KINDS: Final[Mapping[str, FailureKind]] = MappingProxyType(
    {code: kind for kind, codes in _CODES.items() for code in codes.split()}
)
"""By the codes of failed messages; a code that is not here is of some other kind."""
