"""The only entry point for new messages: previews and accepts a request.

Commands, window, robots, rules and campaigns fill in a request; none of them writes to the outbox directly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import spelled
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import ChatappError, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.option import LONGEST_UNDO
from chatapp_cli.domain.text import T
from chatapp_cli.domain.variables import canonical
from chatapp_cli.services import (
    access,
    beginning,
    chains,
    channels,
    dialogs,
    lines,
    reaching,
    replies,
    routes,
    sending,
    templates,
)
from chatapp_cli.services.beginning import Outlook
from chatapp_cli.services.options import Options, OptionScope
from chatapp_cli.services.routes import Able, ChainStep
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx


@dataclass(frozen=True, slots=True)
class InDialog:
    """The other side of an existing dialog."""

    dialog: DialogId


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A person by address, through the named channels, otherwise through those stored for them."""

    to: str
    channel: str = ""
    """The first channel to try, by kind, account or number; empty: the client's own chain."""
    others: Sequence[str] = ()
    """The next ones as ``CHANNEL`` or ``CHANNEL:ADDRESS``, if it fails for good in those before."""
    line: str = ""
    """The line of the channels, by name or number; empty: every line."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """One address in one channel; no other address of the client is tried."""

    channel: ChannelId
    to: str


@dataclass(frozen=True, slots=True)
class Along:
    """The rest of a chain, by which a failed message goes on."""

    steps: Sequence[ChainStep]


SendTarget: TypeAlias = InDialog | Address | Exactly | Along


@dataclass(frozen=True, slots=True)
class FromTemplate:
    """An approved template, by ``NAME`` or ``NAME/LANGUAGE``, and its values."""

    named: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FromReply:
    """A quick reply, by ``TITLE`` or ``SECTION/TITLE``, and its values."""

    named: str
    values: Mapping[str, str]
    options: Options
    """Options, for the company's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A new message: recipient, content, author and time."""

    to: SendTarget
    order: SendOptions
    draft: Draft | None = None
    """``None`` while nothing is written yet, for a preview."""
    words: FromTemplate | FromReply | None = None
    """The source of the text, if it was not written for this message."""
    held: Options | None = None
    """Set if a person can take it back with a key: the options that say for how long."""


def accept(tx: Tx, able: Able, request: MessageRequest) -> MessageId:
    """Accept a message, once per key.

    Raises Refused with the reason if it could not be delivered or the key was used for another request; NotFound and
    UsageError for unknown names.
    """
    access.require(tx, Right.ANSWER)
    request = replace(request, order=replace(request.order, asked=_digest(request)))
    already = _accepted_before(tx, able, request)
    if already is not None:
        return already
    match request.to:
        case InDialog(dialog):
            return _answer(tx, able, channels.one(tx, dialogs.card(tx, dialog).channel_id), dialog, request)
        case Exactly(number, to):
            channel = channels.one(tx, number)
            draft = _worded(tx, channel, request)
            dialog = reaching.dialog_for(tx, channel, able(channel), to.strip(), subject=draft.subject)
            return sending.enqueue(tx, able(channel), dialog, draft, _ordered(tx, channel, request))
        case Along(steps):
            return chains.accept(tx, able, steps, request.draft or Draft(), request.order, onward=True)
        case Address() as address:
            steps = _steps(tx, able, address)
            draft = _worded(tx, channels.one(tx, steps[0].channel), request)
            return chains.accept(tx, able, steps, draft, _ordered(tx, channels.one(tx, steps[0].channel), request))


class _Used(NamedTuple):
    """The request that a key was used for."""

    message: MessageId
    dialog: DialogId
    asked: str


def _accepted_before(tx: Tx, able: Able, request: MessageRequest) -> MessageId | None:
    """The message already accepted under this key. Raises Refused if the key was used for another request.

    Messages of earlier versions have no digest; they match every request.
    """
    key = request.order.key
    used = tx.through(None).one(_Used, "messages.asked", key=key)
    if used is None:
        return None
    seen = tx.value("messages.by_key", key=key) is not None
    if seen and (used.asked in {"", request.order.asked} or _asks_the_same(tx, able, request, used)):
        return used.message
    raise Refused(
        "key_taken",
        T("This key was used for another message: with other words, or to somebody else."),
        T("Use another key: a key always means the same message."),
    )


def _asks_the_same(tx: Tx, able: Able, request: MessageRequest, used: _Used) -> bool:
    """Whether the content is the same and the recipient, though named in another way, is the message's dialog."""
    same_content = used.asked.partition(".")[0] == request.order.asked.partition(".")[0]
    return same_content and _leads_to(tx, able, request.to, dialogs.card(tx, used.dialog))


def _leads_to(tx: Tx, able: Able, to: SendTarget, card: DialogCard) -> bool:
    match to:
        case InDialog(dialog):
            return dialog == card.id
        case Exactly(channel, address):
            return channel == card.channel_id and spelled(address) == spelled(card.address)
        case Address() if not to.others:
            return _begins_at(tx, able, to, card)
        case _:
            return False


def _begins_at(tx: Tx, able: Able, to: Address, card: DialogCard) -> bool:
    try:
        first = _steps(tx, able, to)[0]
    except ChatappError:
        return False
    return first.channel == card.channel_id and spelled(card.address) in map(spelled, first.addresses)


def _digest(request: MessageRequest) -> str:
    """Digests of the content and of the recipient as it was named, with a dot between them; of no time and no author.

    A template or quick reply counts by name and values, since its text may change between attempts.
    """
    match request.to:
        case InDialog(dialog):
            to: object = dialog
        case Exactly(channel, address):
            to = [channel, spelled(address)]
        case Along(steps):
            to = [[step.channel, *step.addresses] for step in steps]
        case Address() as one:
            to = [spelled(one.to), one.channel, list(one.others), one.line]
    words = request.words and [type(request.words).__name__, request.words.named, dict(request.words.values)]
    draft = request.draft or Draft()
    content = [draft.text, draft.subject, draft.reply_to, [[file.name, file.sha256] for file in draft.files]]
    return ".".join(key_of(json.dumps(part, sort_keys=True)) for part in ([content, words], to))


def _answer(tx: Tx, able: Able, channel: ChannelRow, dialog: DialogId, request: MessageRequest) -> MessageId:
    draft = _worded(tx, channel, request)
    if isinstance(request.words, FromReply):
        replies.count_use(tx, replies.find(tx, request.words.named).id)
    return sending.enqueue(tx, able(channel), dialog, draft, _ordered(tx, channel, request))


def _ordered(tx: Tx, channel: ChannelRow, request: MessageRequest) -> SendOptions:
    """The order; held for the channel's undo time if it can be taken back with a key."""
    if request.held is None or request.order.at is not None:
        return request.order
    seconds = request.held.number(tx, "undo_send", OptionScope(line=channel.line_id, channel=channel.id))
    return replace(request.order, hold=min(max(0, seconds), LONGEST_UNDO) * 1000)


def _steps(tx: Tx, able: Able, to: Address) -> Sequence[ChainStep]:
    """The channels to try for a person, in order. Raises UsageError if none is named or stored."""
    line = lines.find(tx, to.line).id if to.line else None
    if to.channel:
        first = channels.find(tx, to.channel, line=line)
        parts = [word.partition(":") for word in to.others]
        others = [(channels.find(tx, name, line=line), address) for name, _colon, address in parts]
        return routes.named(tx, able, first, to.to, others)
    steps = [] if to.others else routes.stored(tx, able, to.to, line=line)
    if not steps:
        raise UsageError(
            T("--channel is missing."),
            T("Name it, or keep a chain for the client: {how}", how=to_do(Next.CHAIN, to=to.to)),
            field="channel",
        )
    return steps


def _worded(tx: Tx, channel: ChannelRow, request: MessageRequest) -> Draft:
    """The draft for a channel, with the text of the named template or quick reply."""
    draft = request.draft or Draft()
    match request.words:
        case None:
            return draft
        case FromTemplate(named, values):
            template, text = templates.filled(tx, channel, named, values)
            return replace(draft, text=text, template=template)
        case FromReply() as words:
            text, files = _replied(tx, request.to, words)
            return replace(draft, text=text, files=(*draft.files, *files))


def _replied(tx: Tx, to: SendTarget, words: FromReply) -> tuple[str, Sequence[StagedFile]]:
    if not isinstance(to, InDialog):
        raise Refused("no_dialog", T("A quick reply answers in a dialog."))
    row, card = replies.find(tx, words.named), dialogs.card(tx, to.dialog)
    company = words.options.text(tx, "company_name", OptionScope(line=card.line_id, channel=card.channel_id))
    known = replies.values(card, company=company, operator=tx.name, now=tx.now)
    return replies.filled(tx, row, known | {canonical(name): text for name, text in words.values.items()})


def preview(tx: Tx, able: Able, request: MessageRequest) -> Outlook:
    """What would happen to a message: when it would go, or why not. Changes nothing.

    Raises NotFound and UsageError for unknown names.
    """
    at = request.order.at or 0
    match request.to:
        case InDialog(dialog):
            card = dialogs.card(tx, dialog)
            draft = _written(tx, channels.one(tx, card.channel_id), request)
            return beginning.within(tx, able, card, draft, at=at)
        case Exactly(number, to):
            channel = channels.one(tx, number)
            return beginning.outlook(tx, able, channel, to, _written(tx, channel, request), at=at)
        case Address() | Along() as to:
            steps = to.steps if isinstance(to, Along) else _steps(tx, able, to)
            draft = _written(tx, channels.one(tx, steps[0].channel), request)
            outlooks = [_through(tx, able, one, draft, at) for one in steps]
            return next((one for one in outlooks if one.refusal is None and not one.stopped), outlooks[-1])


def _written(tx: Tx, channel: ChannelRow, request: MessageRequest) -> Draft | None:
    """The draft as ``accept`` would use it; ``None`` while nothing is written."""
    return None if request.draft is None and request.words is None else _worded(tx, channel, request)


def _through(tx: Tx, able: Able, one: ChainStep, draft: Draft | None, at: Millis) -> Outlook:
    """The outlook in one channel, for the first address that it can reach."""
    channel = channels.one(tx, one.channel)
    refused = Outlook(channel=channel, refusal=chains.no_address(channel))
    for address in one.addresses:
        found = beginning.outlook(tx, able, channel, address, draft, at=at)
        if found.kind is not None:
            return found
        refused = found
    return refused
