"""What a portal has: lines, chats with messages, cards, bindings, and records of calls and events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from chatapp_cli.domain.ids import Millis
from chatapp_cli.sandbox.brackets import Pairs
from chatapp_cli.sandbox.stage import StageFile

Json: TypeAlias = dict[str, Any]

ADMIN: Final = 1
OPERATOR: Final = 27
SYSTEM: Final = 0
KINDS: Final = {"lead": 1, "deal": 2, "contact": 3, "company": 4, "dynamic_1030": 1030}
"""Kinds of cards by their ``entityTypeId``; the last is a smart process that the company made."""


class PortalRefusal(Exception):
    """An error answer: a status and Bitrix24's code."""

    def __init__(self, status: int, code: str, description: str = "") -> None:
        super().__init__(code)
        self.status, self.code = status, code
        self.description = description or "The call failed"

    @property
    def body(self) -> Json:
        """What is answered."""
        return {"error": self.code, "error_description": self.description}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the desk answered when the portal called it; status 0: nothing."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two tokens."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(slots=True, kw_only=True)
class PortalCall:
    """One call of a method, alone or inside a batch."""

    method: str
    """In lower case."""
    params: Json
    """Without tokens."""
    at: Millis
    context: str
    """``application`` or ``webhook``."""
    user: int = ADMIN
    inside: str = ""
    """The name of the command in its batch."""
    status: int = 0
    """0: cut off, or not answered yet."""
    lost: bool = False
    """Whether its answer is cut off because of a command inside."""
    error: str = ""
    answer: Any = None


@dataclass(slots=True, kw_only=True)
class PortalEvent:
    """One event for one handler."""

    name: str
    handler: str
    form: Pairs = field(repr=False)
    status: int = 0
    outcome: str = "waiting"
    """``waiting``, ``delivered`` or ``dropped``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBinding:
    """An event that is posted to a handler."""

    event: str
    handler: str
    id: int
    auth_type: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementBinding:
    """A page of ours in the portal."""

    placement: str
    handler: str
    title: str = ""
    user: int = 0


@dataclass(slots=True, kw_only=True)
class PortalEmployee:
    """Somebody who works in the portal."""

    id: int
    name: str
    last_name: str
    email: str
    admin: bool = False
    active: bool = True


@dataclass(slots=True, kw_only=True)
class OpenLine:
    """An open line with its settings."""

    id: int
    name: str
    active: bool = True
    settings: Json = field(default_factory=dict)

    @property
    def queue(self) -> list[int]:
        """The operators, in order."""
        return [int(one["ENTITY_ID"]) for one in self.settings.get("QUEUE", []) if one.get("ENTITY_TYPE") == "user"]


@dataclass(slots=True, kw_only=True)
class PortalMessage:
    """A message as the operator sees it."""

    id: int
    chat: int
    session: int
    author: int
    """A user id of the portal; 0: the system."""
    by_client: bool
    text: str
    at: Millis
    files: list[StageFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Why files could not be fetched."""
    connector_mid: list[str] = field(default_factory=list)
    """The outside ids."""
    delivered: bool = False
    deleted: bool = False
    edited: bool = False
    automatic: bool = False


@dataclass(slots=True, kw_only=True)
class PortalChat:
    """A chat of an open line."""

    id: int
    connector: str
    line: int
    outside: str
    """Our id of the chat."""
    person: int
    """The client's user id in the portal."""
    person_outside: str
    """Our id of the client."""
    session: int = 0
    sessions: list[int] = field(default_factory=list)
    closed: bool = False
    operator: int = OPERATOR
    name: str = ""
    url: str = ""
    messages: list[PortalMessage] = field(default_factory=list)
    tracked: bool = False
    """Whether the tracker has begun to look for the present session's card."""
    stale: dict[str, int] | None = None
    """The cards that its data still name after a change, see ``Misbehaviour.stale_cards``."""

    @property
    def code(self) -> str:
        """What joins connector, line, chat and client."""
        return f"{self.connector}|{self.line}|{self.outside}|{self.person}"


@dataclass(slots=True, kw_only=True)
class PortalCard:
    """A lead, a deal, a contact or a company."""

    kind: str
    id: int
    title: str
    responsible: int
    stage: str = ""
    category: int = 0
    contact: int = 0
    more_contacts: list[int] = field(default_factory=list)
    lead: int = 0
    """The lead that became it."""
    chat: int = 0
    """The chat that it was made for; 0 if none."""
    session: int = 0
    phone: str = ""
    more_phones: list[str] = field(default_factory=list)
    email: str = ""
    origin: tuple[str, str] = ("", "")
    """Which program made it, and that program's id for it."""
    codes: list[str] = field(default_factory=list)
    """The chats' codes bound to it."""
    updated: Millis = 0
    """When one of its fields last changed; a comment changes none."""
    fields: Json = field(default_factory=dict)

    @property
    def closed(self) -> bool:
        """Whether it is won, lost or converted."""
        return self.stage.rpartition(":")[2] in {"WON", "LOSE", "CONVERTED", "JUNK"}

    @property
    def semantic(self) -> str:
        """P: in progress, S: won or converted, F: lost."""
        last = self.stage.rpartition(":")[2]
        return "S" if last in {"WON", "CONVERTED"} else "F" if last in {"LOSE", "JUNK"} else "P"


@dataclass(slots=True, kw_only=True)
class PortalSms:
    """An SMS that somebody sent by a provider of ours."""

    id: str
    code: str
    """The provider's."""
    phone: str
    text: str
    author: int
    """The employee who sent it, or in whose name a robot did."""
    statuses: list[str] = field(default_factory=list)
    """What was told of it, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalNotice:
    """A notice that a user got from the system."""

    id: int
    user: int
    text: str


@dataclass(slots=True, kw_only=True)
class PortalDocument:
    """A document that was made for a card by a template."""

    id: int
    card: PortalCard
    title: str
    number: str
    docx: StageFile
    pdf: StageFile
    pdf_at: float
    """The moment on the clock at which its PDF is made."""
    failed: bool = False
    """Whether the portal could make no PDF."""
    at: Millis = 0


@dataclass(slots=True, kw_only=True)
class PortalComment:
    """A comment in a card's timeline."""

    id: int
    kind: str
    entity: int
    text: str
    author: int = ADMIN
    at: Millis = 0
