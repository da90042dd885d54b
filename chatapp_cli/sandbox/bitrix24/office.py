"""The portal's data: what survives an outage of its servers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

from chatapp_cli.ports.world import Clock
from chatapp_cli.sandbox.bitrix24.objects import (
    ADMIN,
    OPERATOR,
    EventBinding,
    Json,
    OpenLine,
    PlacementBinding,
    PortalCard,
    PortalChat,
    PortalComment,
    PortalDocument,
    PortalEmployee,
    PortalMessage,
    PortalNotice,
    PortalRefusal,
    PortalSms,
)
from chatapp_cli.sandbox.stage import StageFile

_LINE: Final[Json] = {
    "CRM": "Y", "CRM_CREATE": "deal", "CRM_CREATE_SECOND": "0", "CRM_CREATE_THIRD": "Y", "CRM_FORWARD": "Y",
    "CRM_TRANSFER_CHANGE": "Y", "CRM_CHAT_TRACKER": "Y", "CRM_SOURCE": "create", "QUEUE_TYPE": "evenly",
    "QUEUE_TIME": "60",
}  # fmt: skip
"""The settings that a new line of this portal has, see B1 of the facts: one active deal for each client."""


class PortalOffice:
    """Everything in the portal, and the finding of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.employees = {
            ADMIN: PortalEmployee(id=ADMIN, name="Анна", last_name="Смирнова", email="anna@firma.test", admin=True),
            OPERATOR: PortalEmployee(id=OPERATOR, name="Светлана", last_name="Белова", email="svetlana@firma.test"),
            29: PortalEmployee(id=29, name="Олег", last_name="Ким", email="oleg@firma.test"),
        }
        self.lines: dict[int, OpenLine] = {}
        self.connectors: dict[str, Json] = {}
        self.active: set[tuple[str, int]] = set()
        self.connector_data: dict[tuple[str, int], Json] = {}
        self.bindings: list[EventBinding] = []
        self.placements: list[PlacementBinding] = []
        self.senders: dict[str, Json] = {}
        self.sms: dict[str, PortalSms] = {}
        self.robots: dict[str, Json] = {}
        """The application's robots by their codes."""
        self.application_host = ""
        """Where the application is; it may name no handlers elsewhere."""
        self.entered: Callable[[PortalCard], None] = lambda _card: None
        """Told of each card that enters a stage."""
        self.chats: list[PortalChat] = []
        self._by_outside: dict[tuple[str, int, str], list[PortalChat]] = {}
        self._by_id: dict[int, PortalChat] = {}
        self._by_session: dict[int, PortalChat] = {}
        self.persons: dict[str, int] = {}
        """User ids of clients by connector, line and our id of the person."""
        self.cards: list[PortalCard] = []
        self.hidden: set[tuple[int, str, int]] = set()
        """Cards that an employee may not see: the employee, the kind and the id."""
        self.notices: list[PortalNotice] = []
        self.comments: list[PortalComment] = []
        self.funnels: dict[int, str] = {0: "Общая"}
        """The names of the deals' pipelines."""
        self.gone_stages: set[str] = set()
        """Stages that an administrator deleted, such as ``C9:PREPARATION``."""
        self.own_fields: dict[str, str] = {}
        """Titles of the fields that the company added to deals, such as ``ufCrm_1721`` → «Откуда»."""
        self.files: dict[int, StageFile] = {}
        self.documents: dict[int, PortalDocument] = {}
        self._line_numbers = itertools.count(107, 2)
        self._person_numbers = itertools.count(585)
        self._chat_numbers = itertools.count(1767)
        self._session_numbers = itertools.count(323)
        self._message_numbers = itertools.count(86_497)
        self._others = itertools.count(9043)
        self._card_numbers = {kind: itertools.count(first) for kind, first in (("lead", 1209), ("deal", 17))}
        self._card_numbers |= {"contact": itertools.count(2301), "company": itertools.count(4101)}
        self._card_numbers |= {"dynamic_1030": itertools.count(5)}
        self.add_line("Продажи")
        self.add_line("Поддержка")

    def add_line(self, name: str, *, active: bool = True, **settings: Any) -> int:
        """Add an open line; returns its id."""
        queue = [{"ENTITY_TYPE": "user", "ENTITY_ID": OPERATOR}]
        number = next(self._line_numbers)
        line = OpenLine(id=number, name=name, active=active, settings={**_LINE, "QUEUE": queue, **settings})
        self.lines[number] = line
        return number

    def line(self, number: Any) -> OpenLine:
        """A line by its id. Raises PortalRefusal."""
        line = self.lines.get(int(number))
        if line is None:
            raise PortalRefusal(400, "ERROR_ARGUMENT", "There is no such open line")
        return line

    def person(self, connector: str, line: int, outside: str) -> int:
        """The user id of a client, made if needed."""
        key = f"{connector}|{line}|{outside}"
        if key not in self.persons:
            self.persons[key] = next(self._person_numbers)
        return self.persons[key]

    def find_chat(self, connector: str, line: int, outside: str, person: int = 0) -> PortalChat | None:
        """The chat with our id; with a ``person`` only theirs, as connectors without groups have it."""
        chats = self._by_outside.get((connector, line, outside), ())
        return next((chat for chat in chats if person in {0, chat.person}), None)

    def add_chat(self, connector: str, line: int, outside: str, person_outside: str) -> PortalChat:
        """A new chat without a session."""
        person = self.person(connector, line, person_outside)
        chat = PortalChat(
            id=next(self._chat_numbers), connector=connector, line=line, outside=outside, person=person,
            person_outside=person_outside, closed=True,
        )  # fmt: skip
        chat.operator = next(iter(self.lines[line].queue), ADMIN)
        self.chats.append(chat)
        self._by_outside.setdefault((connector, line, outside), []).append(chat)
        self._by_id[chat.id] = chat
        return chat

    def open_session(self, chat: PortalChat) -> None:
        """Begin a new session in a chat."""
        chat.session = next(self._session_numbers)
        chat.sessions.append(chat.session)
        self._by_session[chat.session] = chat
        chat.closed = chat.tracked = False

    def chat_by(self, *, chat: Any = 0, session: Any = 0, code: str = "") -> PortalChat | None:
        """A chat by the portal's id, a session or its code."""
        found = self._by_id.get(int(chat or 0)) or self._by_session.get(int(session or 0))
        return found or next((one for one in self.chats if code and one.code == code), None)

    def post(self, chat: PortalChat, author: int, text: str, *, client: bool = False, **more: Any) -> PortalMessage:
        """Add a message to a chat's session."""
        message = PortalMessage(
            id=next(self._message_numbers), chat=chat.id, session=chat.session, author=author, text=text,
            at=self._clock.now(), by_client=client, **more,
        )  # fmt: skip
        chat.messages.append(message)
        return message

    def keep_file(self, file: StageFile) -> int:
        """Store a file; returns its id."""
        number = self.next_number()
        self.files[number] = file
        return number

    def file_ids(self, message: PortalMessage) -> list[int]:
        """The ids of a message's stored files."""
        wanted = [id(file) for file in message.files]
        return [number for number, file in self.files.items() if id(file) in wanted]

    def next_number(self) -> int:
        """A number for a notice, a comment or a file."""
        return next(self._others)

    def add_card(self, kind: str, **said: Any) -> PortalCard:
        """A new card."""
        card = PortalCard(kind=kind, id=next(self._card_numbers[kind]), updated=self._clock.now(), **said)
        self.cards.append(card)
        self.entered(card)
        return card

    def add_document(
        self,
        card: PortalCard,
        title: str,
        docx: StageFile,
        pdf: StageFile,
        *,
        pdf_after: float = 0,
        failed: bool = False,
    ) -> PortalDocument:
        """A document of a card, whose PDF is made so many seconds later, or never if that ``failed``."""
        number, now = self.next_number(), self._clock.now()
        made = PortalDocument(
            id=number, card=card, title=title, number=str(number), docx=docx, pdf=pdf, failed=failed, at=now,
            pdf_at=self._clock.monotonic() + pdf_after,
        )  # fmt: skip
        self.documents[number] = made
        return made

    def touch(self, card: PortalCard) -> None:
        """A field of a card changed."""
        card.updated = self._clock.now()

    def add_comment(self, card: PortalCard, text: str, author: int) -> PortalComment:
        """A comment in a card's timeline."""
        made = PortalComment(
            id=self.next_number(), kind=card.kind, entity=card.id, text=text, author=author, at=self._clock.now()
        )
        self.comments.append(made)
        return made

    def card(self, kind: str, number: Any) -> PortalCard | None:
        """A card by its kind and id."""
        return next((card for card in self.cards if card.kind == kind and card.id == int(number)), None)

    def cards_of(self, chat: PortalChat) -> Iterator[PortalCard]:
        """The cards that are bound to a chat, oldest first."""
        return (card for card in self.cards if chat.code in card.codes)
