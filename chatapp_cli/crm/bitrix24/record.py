"""What a link's memory holds: the installation, one that is offered, and who stands on which line."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import msgspec

from chatapp_cli.crm.bitrix24 import bbcode
from chatapp_cli.domain.crm.link import Account
from chatapp_cli.domain.ids import Millis
from chatapp_cli.kit.records import remembered
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.memory import Memory

INSTALLED: Final = "portal"
OFFER: Final = "offer"
STATE_USED: Final = "state used"
ECHO: Final = "echo"
"""The nonce of a test event that is awaited, or ``HEARD`` and the nonce of one that came."""
HEARD: Final = "heard "
NONCE: Final = "chatapp"
"""The parameter of a test event that comes back."""
OFFERED: Final = "account "
"""Before the number of a channel of ours: what an administrator may choose on the page of a connector."""
CALLED_AT: Final = "called at"
"""The address at which the portal calls us."""
JOINED: Final = "joined "
"""Before connector and line: the account that is connected there."""

SENDER: Final = "sms "
"""Before the code of a provider of SMS: the digest of what it was registered with."""

ROBOT: Final = "robot "
"""Before the code of a robot: the digest of what it was registered with."""

ROBOTS_AT: Final = "robots at"
"""The address at which the portal calls the installed robots."""

COPY: Final = "copy "
"""Before the mark of a message of ours that was shown there as an employee's: when that was."""
COPY_RETURNS: Final[Millis] = 2 * 3_600_000
"""How long such a message may come back as if the employee had written it there, in milliseconds.

How long an event may wait at the portal is not known (addendum B11); whoever writes the same words meanwhile is found
by a look into the chat, a little later.
"""

WINDOW: Final[Millis] = 10 * 60_000
"""How long an installation is awaited after the linking, in milliseconds."""


def mark_of(secrets: Mapping[str, str], hook_key: str) -> str:
    """By what our cards are told from those of another desk, in whichever way the portal is linked."""
    return secrets.get("mark") or sha256(hook_key.encode()).hexdigest()[:12]


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """The application in its portal; the portal is known by ``member_id``, because its address may change."""

    member_id: str
    endpoint: str
    """Where its API is, with a slash at the end."""
    application_token: str = ""
    """The password of its events; empty until the portal has told it."""
    owner: str = ""
    """The employee who installed it, by their id."""

    def __repr__(self) -> str:
        return f"Installation(endpoint={self.endpoint!r})"

    @property
    def host(self) -> str:
        """The portal's host and port."""
        return urlsplit(self.endpoint).netloc

    @property
    def origin(self) -> str:
        """The portal's address, without a slash at the end."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"


def is_from(known: Installation, member_id: str, application_token: str) -> bool:
    """Whether a call is the linked portal's; takes the same time for any wrong password."""
    password = hmac.compare_digest(known.application_token.encode(), application_token.encode("utf-8", "replace"))
    portal = hmac.compare_digest(known.member_id.encode(), member_id.encode("utf-8", "replace"))
    return bool(known.application_token) and password and portal


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An installation that came from outside and is not proved yet: a pair of tokens, or a code for one."""

    at: Millis
    member_id: str
    endpoint: str
    access: str = ""
    refresh: str = ""
    expires_in: float = 3600.0
    code: str = ""
    application_token: str = ""
    owner: str = ""
    taken: str = ""
    """Who proves it now: noted ahead, because the tokens of an offer work once."""
    doubtful: bool = False
    """Whether it was taken before, and the answer may have been lost."""

    def __repr__(self) -> str:
        return f"Offer(endpoint={self.endpoint!r})"


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that stands on an open line."""

    account: str
    data: str = ""
    """Digest of what the portal was told about it."""
    names: bool = False
    """Whether clients are told the names of employees."""
    channel: int = 0
    """The channel's number."""
    options: dict[str, str] = {}
    """The pairing's options, as the page of the connector shows them."""


def on_line(connector: str, line: str) -> str:
    """The name under which a channel on a line is remembered."""
    return f"{JOINED}{connector}|{line}"


def copy_mark(chat: str, employee: str, text: str) -> str:
    """The name under which a message is remembered that an employee seems to write in a chat.

    The same for the same words, however a portal breaks their lines, and whether it signs them.
    """
    words = " ".join(bbcode.read(text).text.replace(bbcode.BREAK, "").split())
    return COPY + sha256(f"{chat}\0{employee}\0{words}".encode("utf-8", "replace")).hexdigest()[:32]


async def installation(bound: Bound) -> Installation | None:
    """The installation, if one was proved."""
    return await remembered(bound.memory, INSTALLED, Installation)


async def joined(memory: Memory) -> dict[str, Joined]:
    """Which channels stand on which lines, by ``connector|line``."""
    kept = await memory.known(JOINED)
    return {name.removeprefix(JOINED): msgspec.json.decode(text, type=Joined) for name, text in kept.items()}


async def offered(memory: Memory, kind: str) -> list[Account]:
    """The channels of a kind that may be chosen, by name."""
    found = [msgspec.json.decode(one, type=Account) for one in (await memory.known(OFFERED)).values()]
    return sorted((one for one in found if one.kind == kind), key=lambda one: (one.name, one.channel))
