"""The interfaces of all sandbox servers: invented customers write and get the desk's answers, also from a CRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """An invented person."""

    number: int
    """A unique number, used by providers that identify people by number."""
    name: str
    username: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFile:
    """A file of a customer."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of the desk as received by a customer."""

    text: str
    subject: str = ""
    files: Sequence[StageFile] = ()
    reply_to: str = ""
    """The id of the customer's message that it answers, if the channel has quotations."""
    buttons: Sequence[str] = ()
    """What the buttons below it say."""


class Sandbox(Protocol):
    """A simulated provider, listening on loopback while entered as a context."""

    kind: str

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening; the provider's data is kept."""
        ...

    @property
    def answers(self) -> Mapping[str, str]:
        """The answers for binding this channel, by field name."""
        ...

    async def say(self, who: Customer, text: str, *, subject: str = "", files: Sequence[StageFile] = ()) -> str:
        """Let a customer write to the desk; returns the provider's id of the (last) message."""
        ...

    async def heard(self, who: Customer) -> Sequence[Heard]:
        """All messages that this customer has received, oldest first."""
        ...

    async def vanish(self) -> None:
        """Stop serving, as in an outage."""
        ...

    async def come_back(self) -> None:
        """Serve again at the same address with the same data."""
        ...


@runtime_checkable
class Approves(Protocol):
    """A sandbox of a channel that sends only approved templates; clients cannot write there."""

    @property
    def approved(self) -> Mapping[str, str]:
        """Name and text of each template."""
        ...


@runtime_checkable
class CallsHooks(Protocol):
    """A sandbox whose provider calls the desk at an address that a person enters."""

    def calls(self, url: str) -> None:
        """Set the webhook address.

        Calls not answered with 2xx are repeated, so customers may write before the desk listens.
        """
        ...


@runtime_checkable
class AnswersElsewhere(Protocol):
    """A sandbox whose account people use beside the desk too, such as a mailbox on a phone."""

    async def answer_from_phone(self, who: Customer, text: str, *, subject: str = "") -> str:
        """Let somebody of the desk answer this customer there; with a subject it is a new mail. Returns its id."""
        ...


@runtime_checkable
class HasButtons(Protocol):
    """A sandbox of a channel whose messages can have buttons."""

    async def press(self, who: Customer, text: str) -> None:
        """Let a customer press the button that says this, below the last message that has it."""
        ...

    @property
    def unanswered(self) -> int:
        """How many presses wait for the answer that the provider wants; 0 where it wants none."""
        ...


@runtime_checkable
class EndsLogins(Protocol):
    """A sandbox whose provider can revoke logins and keys."""

    async def end_login(self) -> None:
        """Revoke all credentials; ``answers`` bind the same account again.

        Customers continue to write meanwhile.
        """
        ...


@runtime_checkable
class SaysOddly(Protocol):
    """A sandbox that can deliver malformed data."""

    async def say_oddly(self, who: Customer, text: str, value: bytes) -> None:
        """Let a customer write a message with an extra JSON field that has these bytes as its value."""
        ...


class CrmSandbox(Protocol):
    """A simulated CRM with invented employees, listening on loopback while entered as a context."""

    kind: str
    place: str
    """The name of the place there that channels are paired with."""

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening."""
        ...

    @property
    def answers(self) -> Mapping[str, str]:
        """The answers for linking this CRM, by field name."""
        ...

    async def lets_in(self, url: str) -> bool:
        """An administrator lets in the desk that is called below this address; false if it did not take that."""
        ...

    async def replies(self, who: Customer, text: str) -> bool:
        """An employee answers this customer; false if there is no message of theirs without an answer."""
        ...

    async def shows(self, who: Customer, text: str) -> bool:
        """Whether the employees see this message of a customer."""
        ...

    async def deal_of(self, who: Customer) -> str:
        """The title of this customer's deal; empty as long as there is none."""
        ...


class StageRobot(Protocol):
    """A robot on a stage of deals."""

    async def writes(self, who: Customer, text: str) -> None:
        """Move this customer's deal to its stage."""
        ...

    async def was_answered(self, text: str) -> bool:
        """Whether the desk told it that the message with this text was sent."""
        ...


@runtime_checkable
class RobotSandbox(Protocol):
    """A simulated CRM with robots on the stages of deals. The desk's robots have to be installed."""

    @property
    def robot(self) -> StageRobot:
        """One that has the desk write to the client of a deal."""
        ...
