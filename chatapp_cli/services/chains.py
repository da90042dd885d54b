"""Chains of channels: a message goes to the first channel that can carry it, and stores the rest of its chain.

``onward`` continues a chain after a final failure; it composes a message, and composing needs this module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.draft import Draft, require_deliverable
from chatapp_cli.domain.errors import ChatappError, NotFound, Refused
from chatapp_cli.domain.health import STOPPED
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.chains import ChannelPassed, LeftBehind
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import State
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, channels, journal, reaching, sending, standings
from chatapp_cli.services.routes import Able, ChainStep
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.services.transcript import message as message_of
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.tx import Tx


class ChainRest(NamedTuple):
    """What is left of a chain: the channels to try next, and the priority in them."""

    steps: Sequence[ChainStep]
    priority: int | None
    """``None`` in a chain of an earlier version: that of the origin."""

    @classmethod
    def from_json(cls, text: str) -> ChainRest:
        """The rest as it is stored with a message."""
        found = json.loads(text)
        steps = [ChainStep(ChannelId(channel), tuple(addresses)) for channel, *addresses in found["steps"]]
        return cls(steps, found.get("priority"))

    def as_json(self) -> str:
        """The same in stored form."""
        steps = [[one.channel, *one.addresses] for one in self.steps]
        return json.dumps({"priority": self.priority, "steps": steps}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Passed:
    """A skipped channel, and why."""

    channel: ChannelId
    refusal: ChatappError


def require_unmet(tx: Tx, able: Able, steps: Sequence[ChainStep]) -> None:
    """Raise Refused if any channel of a chain leads to a dialog that is hidden from who sees only their own."""
    for one in steps:
        channel = channels.one(tx, one.channel)
        for address in one.addresses:
            reaching.require_unmet(tx, channel, able(channel), address)


def enqueue_first(
    tx: Tx, able: Able, steps: Sequence[ChainStep], draft: Draft, options: SendOptions, *, adapts: bool = True
) -> MessageId:
    """Enqueue a message in the first channel that can carry it. Raises the last channel's Refused if none can.

    For `composing` only. With ``adapts`` a draft loses what a channel cannot carry, such as a subject.
    """
    access.require(tx, Right.ANSWER)
    already = tx.value("messages.by_key", key=options.key)
    if already is not None:
        return MessageId(already)
    return _first(tx, able, steps, draft, options, adapts=adapts)


def _first(
    tx: Tx, able: Able, steps: Sequence[ChainStep], draft: Draft, options: SendOptions, *, adapts: bool
) -> MessageId:
    passed: list[_Passed] = []
    for n, one in enumerate(steps, 1):
        rest = steps[n:]
        try:
            with tx.trial():
                channel = _channel(tx, one, last=not rest)
                can = able(channel)
                fitting = _fitting(draft, can, first=n == 1) if adapts else draft
                message = sending.enqueue(tx, can, _dialog(tx, channel, can, one, fitting), fitting, options)
        except (Refused, NotFound) as refusal:
            if not rest:
                raise
            passed.append(_Passed(one.channel, refusal))
        else:
            _keep(tx, message, rest, options)
            _emit_passed(tx, message, passed)
            return message
    raise NotFound(T("None of these channels is bound."), T("See them with: {how}", how=to_do(Next.CHANNELS)))


def _channel(tx: Tx, one: ChainStep, *, last: bool) -> ChannelRow:
    """The step's channel; a stopped one is used only if nothing else is left."""
    channel = channels.one(tx, one.channel)
    if channel.health in STOPPED and not last:
        said = standings.without_reason(channel, tx.now).word
        raise Refused(channel.health, T("{title}: {said}", title=channel.title, said=said))
    return channel


def _fitting(draft: Draft, can: Capabilities, *, first: bool) -> Draft:
    """The draft adapted to another channel: no subject, copies or signature where it has none, no foreign quotation."""
    subject = draft.subject if can.subject else ""
    quote, template = (draft.reply_to, draft.template) if first else (None, None)
    cc, bcc = (draft.cc, draft.bcc) if can.copies else ((), ())
    signature = draft.signature if can.signature_in else ""
    return replace(
        draft,
        subject=subject,
        reply_to=quote,
        answers=draft.answers if first else None,
        template=template,
        cc=cc,
        bcc=bcc,
        signature=signature,
        invitation=draft.invitation if can.copies else None,
    )


def _dialog(tx: Tx, channel: ChannelRow, can: Capabilities, one: ChainStep, draft: Draft) -> DialogId:
    require_deliverable(can, draft)
    refusal = no_address(channel)
    for address in one.addresses:
        try:
            return reaching.dialog_for(tx, channel, can, address, subject=draft.subject)
        except Refused as error:
            refusal = error
    raise refusal


def no_address(channel: ChannelRow) -> Refused:
    """Why a channel of a chain cannot be tried."""
    return Refused("no_address", T("No address of the client is known in {channel}.", channel=channel.title))


def _keep(tx: Tx, message: MessageId, rest: Sequence[ChainStep], options: SendOptions) -> None:
    if rest:
        tx.run("chain.put", id=message, chain=ChainRest(rest, options.rank).as_json())


def _emit_passed(tx: Tx, message: MessageId, passed: Sequence[_Passed]) -> None:
    for one in passed:
        tx.emit(ChannelPassed(channel=one.channel, message=message, why=why(one.refusal)))


def why(refusal: ChatappError) -> Mapping[str, object]:
    """The reason in stored form, to be translated for the reader."""
    return {"msgid": refusal.what.msgid, "params": {name: str(value) for name, value in refusal.what.params.items()}}


def continuation_key(key: str) -> str:
    """The key of a message's continuation in the next channel."""
    return sending.key_of(f"{key} goes on")


def continuation_of(tx: Tx, message: MessageId) -> MessageId | None:
    """A message's continuation in the next channel."""
    found = tx.value("messages.by_key", key=continuation_key(message_of(tx, message).key or ""))
    return None if found is None else MessageId(found)


def with_onward(tx: Tx, entries: Sequence[TranscriptEntry]) -> Sequence[TranscriptEntry]:
    """The same entries; failed ones with their continuations."""
    return [_with_continuation(tx, one) if one.message.state == State.FAILED else one for one in entries]


def _with_continuation(tx: Tx, entry: TranscriptEntry) -> TranscriptEntry:
    onward = continuation_of(tx, entry.message.id)
    if onward is None:
        return entry
    told = (one.event for one in journal.of_message(tx, entry.message.id))
    left = next((one.what for one in told if isinstance(one, LeftBehind)), ())
    return entry._replace(onward=onward, left_behind=left)


def still_open(tx: Tx, message: MessageId) -> bool:
    """Whether a message has channels left if it fails."""
    return bool(tx.value("chain.open", id=message))
