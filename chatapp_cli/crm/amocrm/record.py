"""What a link's memory holds: the account, a code that came, the scope of the chats, and sources by pairing."""

from __future__ import annotations

from typing import Final

import msgspec

from chatapp_cli.domain.ids import Millis, PairingId
from chatapp_cli.kit.records import remembered
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import Memory

HELD: Final = "account"
OFFER: Final = "offer"
STATE_USED: Final = "state used"
MADE: Final = "integration"
"""The keys of an integration that amoCRM made by its button."""
SCOPE: Final = "scope"
"""What the chats were connected with, and the scope that came of it."""
PAIRED: Final = "source "
"""Before the number of a pairing."""
FIRST: Final = "first "
"""Before amojo's id of a conversation that an employee began: the client's id there, until ours are told."""
CALLS: Final = "calls"
"""The events for which the account has to call us, separated by spaces."""
CALLS_REFUSED: Final = "refused calls"
"""What the account said as it refused to call us, where the chats go on without it."""
STAFF: Final = "staff "
"""Before amojo's id of an employee: their number in the account."""

WINDOW: Final[Millis] = 10 * 60_000
"""How long a code is awaited after the linking, in milliseconds."""


class HeldAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The account that a link belongs to."""

    number: int
    origin: str
    """Where its API is, without a slash at the end."""
    subdomain: str = ""
    amojo_id: str = ""
    """Its id in the chats."""
    user: int = 0
    """The employee whose rights the tokens have."""
    user_amojo_id: str = ""
    doubtful: bool = False
    """Whether newer tokens have to be proved to be of this account. Its hooks are still taken: they come once."""


class OfferedCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that a browser brought and that is not redeemed yet."""

    at: Millis
    code: str
    taken: bool = False
    """Whether a session redeems it, or was stopped while it did: it works once."""

    def __repr__(self) -> str:
        return f"OfferedCode(at={self.at})"


class MadeIntegration(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of an integration."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"MadeIntegration(client_id={self.client_id!r})"


class PairedSource(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing as hooks name it."""

    kind: str
    place: str
    channel: int = 0


class ConnectedChats(msgspec.Struct, frozen=True, kw_only=True):
    """The chats of the account, connected to our channel there."""

    scope: str
    data: str


async def held(bound: Bound) -> HeldAccount | None:
    """The account, if its tokens were proved."""
    return await remembered(bound.memory, HELD, HeldAccount)


async def paired(memory: Memory) -> dict[PairingId, PairedSource]:
    """The pairings that the account knows."""
    kept = await memory.known(PAIRED)
    return {
        PairingId(int(name.removeprefix(PAIRED))): msgspec.json.decode(text, type=PairedSource)
        for name, text in kept.items()
    }


async def paired_with(memory: Memory, pairing: PairingId) -> PairedSource | None:
    """One of them."""
    return await remembered(memory, f"{PAIRED}{pairing}", PairedSource)


async def employee(bound: Bound, amojo_id: str) -> str:
    """The account's number of an employee by the id in the chats; empty for one not known yet, such as the bot."""
    name = f"{STAFF}{amojo_id}"
    return (await bound.memory.known(name)).get(name, "") if amojo_id else ""


async def integration(bound: Bound) -> MadeIntegration | None:
    """The keys that a person typed in, or that amoCRM's button brought; ``None`` until it did."""
    if bound.settings.get("client_id"):
        return MadeIntegration(
            client_id=bound.settings["client_id"], client_secret=bound.secrets.get("client_secret", "")
        )
    return await remembered(bound.memory, MADE, MadeIntegration)


def has_chats(bound: Bound) -> bool:
    """Whether the support of amoCRM has registered a chat channel for this link."""
    return bool(bound.settings.get("channel_id") and bound.secrets.get("channel_secret"))
