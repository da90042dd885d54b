"""Accepting one message for many addresses of a channel together.

What is the same for all of them is read once, what differs in one statement for all, and the rows are written table by
table in the order of the list, so that a piece of a mass send holds the writer for a dozen statements instead of
twenty an address. An address that leaves a question open has to be accepted by itself: a @username, a phone of two
contacts, a key that was used before, whatever is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.draft import Draft, require_deliverable
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, MessageId, Millis
from chatapp_cli.domain.journal.base import JournalEvent
from chatapp_cli.domain.journal.dialogs import DialogOpened
from chatapp_cli.domain.journal.messages import MessageWritten
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Operation, State
from chatapp_cli.services import access, channels, composing, dialogs, mails, reaching, request_key, sending
from chatapp_cli.services.known_addressees import KnownAddressees, Unsure, is_sure
from chatapp_cli.services.message_request import MessageRequest, ToAddress, ToPerson
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import Plan, SendOptions
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import MetDialog
from chatapp_cli.store.rows.messages import AddressedMessage
from chatapp_cli.store.rows.people import ContactRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind

_UNKNOWN = ContactRow(ContactId(0), name="", username="", phone="", email="", chain="")


@dataclass(frozen=True, slots=True)
class Shared:
    """What is the same for all addresses."""

    channel: ChannelRow
    can: Capabilities
    draft: Draft
    options: SendOptions


def shared(tx: Tx, able: Able, request: MessageRequest) -> Shared | None:
    """What is the same for all addresses of a request; ``None`` if each of them has to be accepted by itself.

    So it is with a chain of channels, and with what is refused to all: then each is told why.
    """
    try:
        channel = _channel(tx, request)
        if channel is None or not access.has(tx, Right.ANSWER):
            return None
        can = able(channel)
        draft, options = composing.worded(tx, able, channel, request), composing.send_options(tx, channel, request)
        require_deliverable(can, draft)
        sending.require_sending(tx, can, channel.id)
    except (Refused, NotFound, UsageError):
        return None
    return Shared(channel, can, draft, options) if _is_plain(channel, can, draft, options) else None


def _channel(tx: Tx, request: MessageRequest) -> ChannelRow | None:
    match request.to:
        case ToAddress(number):
            return channels.one(tx, number)
        case ToPerson() as to:
            return composing.only_channel(tx, to)
        case _:
            return None


def _is_plain(channel: ChannelRow, can: Capabilities, draft: Draft, options: SendOptions) -> bool:
    """Whether the message asks for nothing in each dialog but to be said there."""
    said = Draft(
        text=draft.text,
        subject=draft.subject,
        files=draft.files,
        template=draft.template,
        signature=draft.signature,
        inherits_subject=draft.inherits_subject,
    )
    whole_dialog = not draft.subject if can.subject else False
    by_subject = bool(draft.subject) and reaching.by_subject(channel, can)
    return draft == said and not (whole_dialog or by_subject or options.assignee)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """The other side in a dialog, existing or yet to be opened."""

    id: DialogId
    """0: it is yet to be opened."""
    address: str
    name: str
    channel: str
    channel_id: ChannelId
    chat_kind: ChatKind
    created_at: Millis
    heard_at: Millis | None = None
    blocked: int = 0
    reachable: int = 1


@dataclass(frozen=True, slots=True)
class NewDialog:
    """A dialog that a message opens."""

    values: Mapping[str, object]
    contact: ContactRow
    """Whose it is, if they are known."""
    unknown: Mapping[str, object] | None
    """The values of a contact who is not."""


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """A message that may be said, before it is written."""

    side: Addressee
    plan: Plan
    options: SendOptions
    opens: NewDialog | None = None


class MailingBatch:
    """Messages to the addresses of a list that are written together; each key means one of them."""

    def __init__(self, tx: Tx, found: Shared, addresses: Sequence[str], keys: Sequence[str]) -> None:
        self._tx, self._shared = tx, found
        self._addresses = [address for address in addresses if is_sure(address)]
        self._used = request_key.used(tx, keys).keys()
        self._only_own = tx.acting is not None and tx.acting.only_own
        self._ahead: KnownAddressees | None = None
        self._planned: list[PlannedMessage] = []

    def forget(self) -> None:
        """Read again before the next plan: something else was written."""
        self._ahead = None

    def plan(self, request: MessageRequest) -> PlannedMessage | None:
        """How the message begins at the request's address; ``None`` if it has to be accepted by itself."""
        assert isinstance(request.to, ToAddress | ToPerson), "a list is one of addresses"
        if self._only_own or request.options.key in self._used or not is_sure(to := request.to.to):
            return None
        if limits.ADDRESS.why_not(to) is not None:
            return None
        asked = str(request_key.digest(request))
        options = replace(request.options, hold=self._shared.options.hold, asked=asked)
        try:
            return self._plan(to, options)
        except (Refused, UsageError, Unsure):
            return None

    def _plan(self, to: str, options: SendOptions) -> PlannedMessage:
        tx, found = self._tx, self._shared
        if self._ahead is None:
            self._ahead = KnownAddressees(tx, found.channel.id, self._addresses)
        reach = reaching.reach(tx, found.channel, found.can, to, lookup=self._ahead)
        if reach.dialog is not None:
            return self._said_in(_met(found.channel, self._ahead.dialogs[reach.dialog]), options)
        known = self._ahead.bearing(reach.address) if reach.kind in {"phone", "email"} else None
        values = reaching.opened(tx, found.channel, reach, known or _UNKNOWN, reach.address)
        side = _new(tx, found.channel, reach.address, str(values["name"]))
        unknown = None if known else reaching.unknown_contact(tx, reach)
        return replace(self._said_in(side, options), opens=NewDialog(values, known or _UNKNOWN, unknown))

    def _said_in(self, side: Addressee, options: SendOptions) -> PlannedMessage:
        plan = sending.planned(self._tx, self._shared.can, side, self._shared.draft, options)
        return PlannedMessage(side, plan, options)

    def add(self, planned: PlannedMessage) -> None:
        """Write this message as well."""
        self._planned.append(planned)
        if self._ahead is not None and planned.opens is not None:
            contact = planned.opens.contact
            self._ahead.changed(planned.side.address, contact.phone, contact.email)

    def write(self) -> Sequence[tuple[MessageId, AddressedMessage]]:
        """Write what was added, in that order; the messages and whom they are for."""
        planned, self._planned = self._planned, []
        if not planned:
            return []
        where = self._open(planned)
        messages = self._say(planned, where)
        with self._tx.unanswered():
            self._queue(planned, where, messages)
            self._show(planned, where, messages)
            self._emit(planned, where, messages)
        text = self._shared.draft.text
        return [
            (message, _addressed(one.side, dialog, text))
            for one, dialog, message in zip(planned, where, messages, strict=True)
        ]

    def _open(self, planned: Sequence[PlannedMessage]) -> Sequence[DialogId]:
        """The dialogs, those opened that are not there yet."""
        new = [one.opens for one in planned if one.opens is not None]
        unknown = [one.unknown for one in new if one.unknown]
        added = iter(self._tx.insert_each("contacts.add", unknown))
        values = [{**one.values, "contact_id": next(added) if one.unknown else one.contact.id} for one in new]
        opened = iter(self._tx.insert_each("dialogs.add", values))
        return [DialogId(_there(next(opened)) if one.opens else one.side.id) for one in planned]

    def _say(self, planned: Sequence[PlannedMessage], where: Sequence[DialogId]) -> Sequence[MessageId]:
        """The messages, each with its files."""
        tx, draft, channel = self._tx, self._shared.draft, self._shared.channel.id
        rows = [
            sending.message_values(tx, one.plan, draft, one.options) | {"dialog": dialog, "channel": channel}
            for one, dialog in zip(planned, where, strict=True)
        ]
        messages = [MessageId(_there(one)) for one in tx.insert_each("messages.say", rows)]
        files = [sending.file_values(tx, file) | {"channel": channel} for file in draft.files]
        tx.insert_each("files.add", [file | {"message": message} for message in messages for file in files])
        for message, dialog in zip(messages, where, strict=True):
            mails.keep_written(tx, message, dialog, draft)
        return messages

    def _queue(
        self, planned: Sequence[PlannedMessage], where: Sequence[DialogId], messages: Sequence[MessageId]
    ) -> None:
        tx, channel = self._tx, self._shared.channel.id
        queued = [
            sending.outbox_values(tx, one.options, Operation.SEND, one.plan.state)
            | {"message": message, "dialog": dialog, "channel": channel}
            for one, dialog, message in zip(planned, where, messages, strict=True)
        ]
        tx.run_for_each("outbox.add", queued)

    def _show(
        self, planned: Sequence[PlannedMessage], where: Sequence[DialogId], messages: Sequence[MessageId]
    ) -> None:
        """Show those that go now as the last in their dialogs; one that is opened nobody has to read."""
        tx, shown = self._tx, sending.shown(self._shared.draft)
        now = [one for one in zip(planned, where, messages, strict=True) if one[0].plan.state is State.QUEUED]
        tx.run_for_each(
            "dialogs.show_last",
            [dialogs.last_values(tx, dialog, message, shown, answers=one.plan.answers) for one, dialog, message in now],
        )
        tx.run_for_each(
            "unread.read",
            [
                {"operator": tx.name, "dialog": dialog}
                for one, dialog, _message in now
                if one.plan.answers and not one.opens
            ],
        )

    def _emit(
        self, planned: Sequence[PlannedMessage], where: Sequence[DialogId], messages: Sequence[MessageId]
    ) -> None:
        channel, events = self._shared.channel.id, list[tuple[JournalEvent, str | None]]()
        for one, dialog, message in zip(planned, where, messages, strict=True):
            if one.opens:
                events.append((DialogOpened(channel=channel, dialog=dialog), PROGRAM))
            written = MessageWritten(channel=channel, dialog=dialog, message=message, state=one.plan.state)
            events.append((written, None))
        self._tx.emit_each(events)


def _new(tx: Tx, channel: ChannelRow, address: str, name: str) -> Addressee:
    return Addressee(
        id=DialogId(0),
        address=address,
        name=name,
        channel=channel.title,
        channel_id=channel.id,
        chat_kind="private",
        created_at=tx.now,
    )


def _met(channel: ChannelRow, row: MetDialog) -> Addressee:
    return Addressee(
        id=row.id,
        address=row.address,
        name=row.name,
        channel=channel.title,
        channel_id=channel.id,
        chat_kind=row.chat_kind,
        created_at=row.created_at,
        heard_at=row.heard_at,
        blocked=row.blocked,
        reachable=row.reachable,
    )


def _addressed(side: Addressee, dialog: DialogId, text: str) -> AddressedMessage:
    return AddressedMessage(
        dialog, side.channel_id, side.address, side.name, side.chat_kind, side.created_at, side.heard_at, text
    )


def _there(number: int | None) -> int:
    """The number of a row that nothing kept from being inserted: only one process writes, and its key was free."""
    assert number is not None, "a row that was looked for is there already"
    return number
