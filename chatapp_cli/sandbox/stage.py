"""The stage that every sandbox server offers: invented customers write, and hear what the desk answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """An invented person."""

    number: int
    """Unique; providers that count people use it."""
    name: str
    username: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFile:
    """A file in somebody's hand."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of the desk as it reached a customer."""

    text: str
    subject: str = ""
    files: Sequence[StageFile] = ()
    reply_to: str = ""
    """Id of the customer's message that it answers, where the channel carries one."""


class Sandbox(Protocol):
    """A provider in miniature, listening on loopback while it is entered as a context."""

    kind: str

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening; what the provider knows stays."""
        ...

    @property
    def answers(self) -> Mapping[str, str]:
        """What a person has to answer to bind this channel, by field name."""
        ...

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:
        """Let a customer write to the desk; returns the provider's id of the (last) message."""
        ...

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """Everything that reached this customer so far, oldest first."""
        ...

    async def vanish(self) -> None:
        """Stop serving, as in an outage."""
        ...

    async def come_back(self) -> None:
        """Serve again at the same address with everything that was known."""
        ...


@runtime_checkable
class Approves(Protocol):
    """A sandbox whose provider carries texts that its moderators approved; clients are not heard there."""

    @property
    def approved(self) -> Mapping[str, str]:
        """Name and text of each template."""
        ...


@runtime_checkable
class CallsHooks(Protocol):
    """A sandbox whose provider calls the desk and is told by a person where that is."""

    def calls(self, url: str) -> None:
        """Call this address from now on.

        Whatever is not answered with 2xx is delivered again, so that customers may write before the desk listens.
        """
        ...


@runtime_checkable
class EndsLogins(Protocol):
    """A sandbox whose provider ends logins and refuses keys, as real ones do."""

    async def end_login(self) -> None:
        """Accept no longer what was given out or agreed so far; ``answers`` bind the same account again.

        Customers go on writing meanwhile.
        """
        ...


@runtime_checkable
class SaysOddly(Protocol):
    """A sandbox that delivers what no decoder likes."""

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """Let a customer write a message that bears one more, unknown JSON field with these bytes as its value."""
        ...
