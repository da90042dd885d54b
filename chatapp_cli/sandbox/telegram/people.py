"""People with an account, and what they think of one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

from chatapp_cli.sandbox.telegram.letters import Box
from chatapp_cli.sandbox.telegram.password import CloudPassword

SERVICE_ID = 777_000
"""Telegram itself, which writes login codes."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody is called in an address book; without a phone if they were added by name."""

    first_name: str
    last_name: str = ""
    phone: str = ""


@dataclass(eq=False, slots=True)
class Person:
    """An account of Telegram; ours and the customers' are alike."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    phone: str = ""
    """Digits only."""
    phone_hidden: bool = False
    """Nobody finds them by it, and nobody sees it."""
    invites_refused: bool = False
    """Only a link brings them into a group."""
    strangers_refused: bool = False
    """Only their contacts may write first."""
    frozen: bool = False
    """It may read and nothing else."""
    of_tomorrow: bool = False
    """Today's clients cannot read how they are described."""
    banned: bool = False
    deleted: bool = False
    password: CloudPassword | None = None
    contacts: dict[int, Contact] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        self.box = Box(lambda: [self])

    @property
    def name(self) -> str:
        """As they call themselves."""
        return f"{self.first_name} {self.last_name}".strip()

    def shows_phone_to(self, viewer: Person) -> bool:
        """Their own contacts see it, and those who had it in the first place."""
        had = viewer.contacts.get(self.id)
        allowed = viewer is self or viewer.id in self.contacts or bool(had and had.phone)
        return allowed and (viewer is self or not self.phone_hidden)


def access_hash(viewer: Person, number: int) -> int:
    """What this account has to name beside the id of a user or channel; it differs for everybody."""
    digest = blake2b(f"{viewer.id}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def digits(phone: str) -> str:
    """A phone number as Telegram keeps it."""
    return "".join(filter(str.isdigit, phone))
