"""The only entry point for new messages: previews and accepts a request.

Commands, window, forwarding, approvals, mailings and chains fill in a request; none writes to the outbox directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from chatapp_cli.domain import buttons
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import Draft, require_deliverable
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.option import LONGEST_UNDO
from chatapp_cli.domain.text import T
from chatapp_cli.domain.variables import canonical
from chatapp_cli.services import (
    access,
    beginning,
    chains,
    channels,
    dialogs,
    reaching,
    replies,
    request_key,
    routes,
    sending,
    signatures,
    templates,
)
from chatapp_cli.services.beginning import Outlook
from chatapp_cli.services.message_request import (
    FromReply,
    FromTemplate,
    InDialog,
    MessageRequest,
    SendTarget,
    ToAddress,
    ToChainRest,
    ToPerson,
)
from chatapp_cli.services.options import OptionScope
from chatapp_cli.services.replies import FilledReply
from chatapp_cli.services.routes import Able, ChainStep
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx


class Accepted(NamedTuple):
    """An accepted message."""

    message: MessageId
    before: bool
    """Whether it was accepted earlier under the same key."""


def accept(tx: Tx, able: Able, request: MessageRequest) -> MessageId:
    """Accept a message, once per key.

    Raises Refused with the reason if it could not be delivered or the key was used for another request; NotFound and
    UsageError for unknown names.
    """
    access.require(tx, Right.ANSWER)
    return accept_once(tx, able, request).message


def accept_once(tx: Tx, able: Able, request: MessageRequest) -> Accepted:
    """Accept a message as ``accept`` does, and tell whether its key had been used for it before."""
    access.require(tx, Right.ANSWER)
    request = replace(request, options=replace(request.options, asked=str(request_key.digest(request))))
    already = request_key.accepted_before(tx, able, request)
    return Accepted(_accept_new(tx, able, request) if already is None else already, already is not None)


def _accept_new(tx: Tx, able: Able, request: MessageRequest) -> MessageId:
    match request.to:
        case InDialog(dialog):
            return _answer(tx, able, channels.one(tx, dialogs.card(tx, dialog).channel_id), dialog, request)
        case ToAddress(number, to):
            channel = channels.one(tx, number)
            draft = worded(tx, able, channel, request)
            dialog = reaching.dialog_for(tx, channel, able(channel), to.strip(), subject=draft.subject)
            return sending.enqueue(tx, able(channel), dialog, draft, send_options(tx, channel, request))
        case ToChainRest(steps):
            return chains.enqueue_first(tx, able, steps, request.draft or Draft(), request.options, adapts=True)
        case ToPerson() as address:
            only = only_channel(tx, address)
            if only is not None:
                return _in_only_channel(tx, able, only, address.to, request)
            steps = _steps(tx, able, address)
            chains.require_unmet(tx, able, steps)
            first = channels.one(tx, steps[0].channel)
            draft, options = worded(tx, able, first, request), send_options(tx, first, request)
            return chains.enqueue_first(tx, able, steps, draft, options, adapts=len(steps) > 1)


def only_channel(tx: Tx, to: ToPerson) -> ChannelRow | None:
    """The channel that is named with no other after it. Raises NotFound and UsageError if it is not exactly one."""
    return None if to.others else routes.first_named(tx, channel=to.channel, others=(), line=to.line)


def _in_only_channel(tx: Tx, able: Able, channel: ChannelRow, to: str, request: MessageRequest) -> MessageId:
    """Accept a message to an address in a channel, or to where else the channel has met who has it."""
    can, draft, options = able(channel), worded(tx, able, channel, request), send_options(tx, channel, request)
    require_deliverable(can, draft)
    try:
        dialog = reaching.dialog_for(tx, channel, can, to, subject=draft.subject)
    except Refused:
        return chains.enqueue_first(tx, able, routes.named(tx, able, channel, to), draft, options, adapts=False)
    return sending.enqueue(tx, can, dialog, draft, options)


def require_named(tx: Tx, to: ToPerson, request: MessageRequest) -> None:
    """Raise NotFound, UsageError or Refused for what is wrong in the request whoever it goes to: names and words."""
    channel = routes.first_named(tx, channel=to.channel, others=to.others, line=to.line)
    if channel is not None:
        _filled(tx, channel, request)


def _answer(tx: Tx, able: Able, channel: ChannelRow, dialog: DialogId, request: MessageRequest) -> MessageId:
    draft = worded(tx, able, channel, request)
    if isinstance(request.words, FromReply):
        replies.count_use(tx, replies.find(tx, request.words.named).id)
    return sending.enqueue(tx, able(channel), dialog, draft, send_options(tx, channel, request))


def send_options(tx: Tx, channel: ChannelRow, request: MessageRequest) -> SendOptions:
    """The options; with a hold of the channel's undo time if it can be taken back with a key."""
    if request.undo_options is None or request.options.at is not None:
        return request.options
    seconds = request.undo_options.number(tx, "undo_send", OptionScope(line=channel.line_id, channel=channel.id))
    return replace(request.options, hold=min(max(0, seconds), LONGEST_UNDO) * 1000)


def _steps(tx: Tx, able: Able, to: ToPerson) -> Sequence[ChainStep]:
    return routes.to_person(tx, able, to.to, channel=to.channel, others=to.others, line=to.line)


def worded(tx: Tx, able: Able, channel: ChannelRow, request: MessageRequest) -> Draft:
    """The draft for a channel, with the text of the named template or quick reply, and the signature."""
    draft = _filled(tx, channel, request)
    if request.signing is None or draft.template or not able(channel).signature_in:
        return draft
    return replace(draft, signature=signatures.below(tx, able(channel), channel, request.signing))


def _filled(tx: Tx, channel: ChannelRow, request: MessageRequest) -> Draft:
    draft = request.draft or Draft()
    if draft.buttons:
        draft = replace(draft, buttons=buttons.checked(draft.buttons))
    match request.words:
        case None:
            return draft
        case FromTemplate(named, values):
            template, text = templates.filled(tx, channel, named, values)
            return replace(draft, text=text, template=template)
        case FromReply() as words:
            answer = _replied(tx, request.to, words)
            files, below = (*draft.files, *answer.files), draft.buttons or answer.buttons
            return replace(draft, text=answer.text, files=files, buttons=below)


def _replied(tx: Tx, to: SendTarget, words: FromReply) -> FilledReply:
    from chatapp_cli.services import business_hours  # with calendars, which most messages do without

    if not isinstance(to, InDialog):
        raise Refused("no_dialog", T("A quick reply answers in a dialog."))
    row, card = replies.find(tx, words.named), dialogs.card(tx, to.dialog)
    company = words.options.text(tx, "company_name", OptionScope(line=card.line_id, channel=card.channel_id))
    opens = business_hours.opening(tx, words.options, words.options.settings.folder, card.line_id)
    known = replies.values(card, company=company, operator=tx.name, now=tx.now, opens=opens)
    return replies.filled(tx, row, known | {canonical(name): text for name, text in words.values.items()})


def preview(tx: Tx, able: Able, request: MessageRequest) -> Outlook:
    """What would happen to a message: when it would go, or why not. Changes nothing.

    Raises NotFound and UsageError for unknown names.
    """
    at = request.options.at or 0
    match request.to:
        case InDialog(dialog):
            card = dialogs.card(tx, dialog)
            draft = _written(tx, able, channels.one(tx, card.channel_id), request)
            return beginning.within(tx, able, card, draft, at=at)
        case ToAddress(number, to):
            channel = channels.one(tx, number)
            return beginning.outlook(tx, able, channel, to, _written(tx, able, channel, request), at=at)
        case ToPerson() | ToChainRest() as to:
            steps = to.steps if isinstance(to, ToChainRest) else _steps(tx, able, to)
            draft = _written(tx, able, channels.one(tx, steps[0].channel), request)
            outlooks = [_through(tx, able, one, draft, at) for one in steps]
            return next((one for one in outlooks if one.refusal is None and not one.stopped), outlooks[-1])


def _written(tx: Tx, able: Able, channel: ChannelRow, request: MessageRequest) -> Draft | None:
    """The draft as ``accept`` would use it; ``None`` while nothing is written."""
    return None if request.draft is None and request.words is None else worded(tx, able, channel, request)


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
