"""What an account has: people, pipelines, cards, sources, hooks, and records of calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from chatapp_cli.domain.ids import Millis
from chatapp_cli.sandbox.brackets import Pairs

Json: TypeAlias = dict[str, Any]

ADMIN: Final = 55
MANAGER: Final = 56
WON: Final = 142
LOST: Final = 143
CLOSED: Final = frozenset({WON, LOST})
"""Stages with the same ids in every pipeline (providers-crm.md 4.5)."""
UNSORTED: Final = 1
"""The type of the stage «Неразобранное»."""


class AmoRefusal(Exception):
    """An error answer in the provider's form, ``application/problem+json`` (4.3)."""

    def __init__(self, status: int, detail: str = "", **more: Any) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status
        self.body: Json = {
            "title": _TITLES.get(status, "Error"), "type": f"https://httpstatus.es/{status}", "status": status,
            "detail": detail, **more,
        }  # fmt: skip


_TITLES: Final = {
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    422: "Unprocessable Entity", 429: "Too Many Requests",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """Two tokens."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(slots=True, kw_only=True)
class AmoCall:
    """One request, to the account or to its chats."""

    method: str
    path: str
    query: Json = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    """Without secrets."""
    at: Millis = 0
    token: str = ""
    """Who asks: ``access``, ``long-lived``, ``channel`` (a signature) or nobody."""
    status: int = 0
    """0: cut off, or not answered yet."""
    planned: bool = False
    """Whether a misbehaviour answered, and nothing was read or carried out."""
    answer: Any = field(default=None, repr=False)
    """Without secrets."""


@dataclass(slots=True, kw_only=True)
class AmoUser:
    """Somebody who works in the account."""

    id: int
    name: str
    email: str
    amojo_id: str
    admin: bool = False
    active: bool = True


@dataclass(slots=True, kw_only=True)
class AmoStage:
    """A stage of a pipeline."""

    id: int
    name: str
    sort: int
    type: int = 0


@dataclass(slots=True, kw_only=True)
class AmoPipeline:
    """A pipeline with its stages."""

    id: int
    name: str
    stages: list[AmoStage]
    main: bool = False
    unsorted_on: bool = True

    def stage(self, number: int) -> AmoStage | None:
        """A stage by its id."""
        return next((one for one in self.stages if one.id == number), None)

    @property
    def unsorted(self) -> AmoStage:
        """The stage of incoming leads."""
        return next(one for one in self.stages if one.type == UNSORTED)

    @property
    def first(self) -> AmoStage:
        """The first stage of sorted leads."""
        return next(one for one in self.stages if one.type != UNSORTED and one.id not in CLOSED)


@dataclass(slots=True, kw_only=True)
class AmoField:
    """A custom field of one kind of card."""

    id: int
    kind: str
    """``leads``, ``contacts`` or ``companies``."""
    name: str
    type: str
    code: str | None = None
    enums: dict[int, str] = field(default_factory=dict)
    """Texts of the choices, or their codes at a field of phones or addresses."""


@dataclass(slots=True, kw_only=True)
class AmoCard:
    """What contacts, companies and leads have in common."""

    id: int
    name: str
    responsible: int
    created_at: int
    updated_at: int
    created_by: int = 0
    values: dict[int, list[Json]] = field(default_factory=dict)
    """Values of custom fields, by field id."""
    tags: list[str] = field(default_factory=list)
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class AmoContact(AmoCard):
    """A contact or a company."""

    kind: str = "contacts"
    first_name: str = ""
    last_name: str = ""


@dataclass(slots=True, kw_only=True)
class AmoLead(AmoCard):
    """A lead («сделка»)."""

    pipeline: int
    status: int
    price: int = 0
    closed_at: int | None = None
    contacts: list[int] = field(default_factory=list)
    """The main one first."""
    companies: list[int] = field(default_factory=list)
    source: str = ""
    """The ``external_id`` of the source from which it came."""

    @property
    def open(self) -> bool:
        """Whether somebody has still to work on it."""
        return not self.deleted and self.status not in CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class AmoHandover:
    """Somebody became responsible for a card."""

    kind: str
    card: int
    before: int
    after: int
    author: int
    at: int


@dataclass(slots=True, kw_only=True)
class AmoNote:
    """A note in a card."""

    id: int
    kind: str
    card: int
    type: str
    params: Json
    author: int
    at: int


@dataclass(slots=True, kw_only=True)
class AmoTask:
    """A task."""

    id: int
    text: str
    till: int
    card: int | None = None
    kind: str | None = None
    responsible: int = ADMIN
    type: int = 1


@dataclass(slots=True, kw_only=True)
class AmoSource:
    """One of our lines in their channel."""

    id: int
    name: str
    external_id: str
    pipeline: int
    default: bool = False
    origin_code: str | None = None
    services: list[Json] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class AmoWebhook:
    """An address that is told of what happens in the account."""

    id: int
    destination: str
    settings: list[str]
    disabled: bool = False
    sort: int = 5
    bad: list[float] = field(default_factory=list)
    """Moments of bad answers, on the monotonic clock."""


@dataclass(slots=True, kw_only=True)
class AmoHook:
    """One call of the account for one address."""

    name: str
    destination: str
    form: Pairs = field(repr=False)
    attempts: int = 0
    status: int = 0
    outcome: Literal["queued", "waiting", "delivered", "given up", "dropped"] = "queued"


@dataclass(slots=True, kw_only=True)
class ChatHook:
    """One call of the chats to the channel's address, which is never repeated."""

    url: str
    body: bytes = field(repr=False)
    status: int = 0
    outcome: Literal["queued", "delivered", "lost", "dropped"] = "queued"


@dataclass(slots=True, kw_only=True)
class AmoPerson:
    """A client as the chats know them."""

    id: str
    """The chats' id, a UUID."""
    client_id: str = ""
    """Our id; empty until we told it."""
    name: str = ""
    phone: str = ""
    email: str = ""
    avatar: str = ""
    contact: int | None = None


@dataclass(slots=True, kw_only=True)
class AmoMessage:
    """A message as the manager sees it."""

    id: str
    """The chats' id, a UUID."""
    client_id: str
    """Our ``msgid``; empty if a manager wrote it."""
    text: str
    type: str
    at: Millis
    author: str
    """The chats' id of who wrote it: a person, a user or the channel's bot."""
    author_name: str = ""
    by_client: bool = True
    silent: bool = False
    edited: bool = False
    media: str = ""
    file_name: str = ""
    file_size: int = 0
    file: bytes | None = field(default=None, repr=False)
    """What was fetched from ``media``."""
    problem: str = ""
    """Why ``media`` could not be fetched."""
    reply_to: str = ""
    """The chats' id of the quoted message."""
    status: int = 0
    """0 sent, 1 delivered, 2 read, -1 failed."""
    error_code: int = 0
    error: str = ""
    reactions: dict[str, str] = field(default_factory=dict)
    """By who reacted."""


@dataclass(slots=True, kw_only=True)
class AmoChat:
    """A chat of the channel."""

    id: str
    """The chats' id, a UUID."""
    client_id: str
    """Our id; empty in a chat that a manager began until we told it."""
    person: AmoPerson
    talk: int
    source: str = ""
    """The ``external_id`` of its source."""
    lead: int | None = None
    messages: list[AmoMessage] = field(default_factory=list)
    typing_until: Millis = 0
    closed: bool = False


@dataclass(slots=True, kw_only=True)
class AmoUnsorted:
    """An incoming lead («Неразобранное»)."""

    uid: str
    category: Literal["chats", "forms", "sip"] = "chats"
    chat: str = ""
    """The chats' id of the chat that brought it; empty if a form or a call did."""
    pipeline: int
    lead: int
    contact: int | None
    created_at: int
    source_name: str = ""
    state: Literal["open", "accepted", "declined", "linked"] = "open"


@dataclass(slots=True, kw_only=True)
class AmoBotRun:
    """A bot that works on one card, and stands still until its widget's request is continued."""

    id: int
    bot: int
    card: int
    kind: str
    return_url: str
    started: float
    """On the monotonic clock."""
    data: Json
    claims: Json
    answered: int = 0
    """The status with which the widget's address answered; 0: not within two seconds."""
    state: Literal["waiting", "continued", "stopped"] = "waiting"
    result: Json = field(default_factory=dict)
    """``{{json.…}}`` in the bot from now on."""
    shown: list[str] = field(default_factory=list)
    exit: Json | None = None
    """Parameters of the last ``goto``."""


@dataclass(slots=True, kw_only=True)
class AmoCapabilities:
    """What the support switched on when the channel was registered (5.1, C3)."""

    write_first: bool = True
    reactions: bool = True
    typing: bool = True
    """Asked for separately in life."""
    delivery: bool = True
