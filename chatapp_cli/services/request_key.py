"""What makes two requests under one key the same: their content, and whom they reach."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chatapp_cli.domain.address import spelled
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import ChatappError, Refused
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.portions import portions
from chatapp_cli.domain.text import T
from chatapp_cli.services import dialogs, routes
from chatapp_cli.services.message_request import InDialog, MessageRequest, SendTarget, ToAddress, ToChainRest, ToPerson
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import key_of
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

_AT_ONCE = 500
"""Keys asked for in one statement."""


class RequestDigest(NamedTuple):
    """A digest of the content and one of the recipient as it was named, stored as ``CONTENT.RECIPIENT``."""

    content: str
    recipient: str

    def __str__(self) -> str:
        """The digest as it is stored."""
        return f"{self.content}.{self.recipient}"

    @classmethod
    def parse(cls, stored: str) -> RequestDigest:
        """A stored digest."""
        content, _, recipient = stored.partition(".")
        return cls(content, recipient)


def digest(request: MessageRequest) -> RequestDigest:
    """What makes a request the same as another; its time and its author do not count.

    A template or quick reply counts by name and values, since its text may change between attempts.
    """
    match request.to:
        case InDialog(dialog):
            to: object = dialog
        case ToAddress(channel, address):
            to = [channel, spelled(address)]
        case ToChainRest(steps):
            to = [[step.channel, *step.addresses] for step in steps]
        case ToPerson() as one:
            to = [spelled(one.to), one.channel, list(one.others), one.line]
    words = request.words and [type(request.words).__name__, request.words.named, dict(request.words.values)]
    draft = request.draft or Draft()
    content: list[object] = [
        draft.text,
        draft.subject,
        draft.reply_to,
        [[file.name, file.sha256] for file in draft.files],
    ]
    if draft.cc or draft.bcc:  # added later: digests of messages without copies stay as they were
        content += [list(draft.cc), list(draft.bcc)]
    if draft.invitation:
        content += [draft.invitation.event, draft.invitation.decision]
    if draft.buttons:
        content.append({"buttons": list(draft.buttons)})
    return RequestDigest(*(key_of(json.dumps(part, sort_keys=True)) for part in ([content, words], to)))


class _Used(NamedTuple):
    """The request that a key was used for."""

    message: MessageId
    dialog: DialogId
    asked: str


class _UsedKey(NamedTuple):
    """A key and the digest of the request that it was used for."""

    key: str
    asked: str


def accepted_before(tx: Tx, able: Able, request: MessageRequest) -> MessageId | None:
    """The message already accepted under this key. Raises Refused if the key was used for another request.

    Messages of earlier versions have no digest; they match every request.
    """
    key = request.options.key
    used = tx.whole().one(_Used, "messages.asked", key=key)
    if used is None:
        return None
    seen = tx.value("messages.by_key", key=key) is not None
    if seen and (used.asked in {"", request.options.asked} or _asks_the_same(tx, able, request, used)):
        return used.message
    raise _taken()


def require_same_content(tx: Tx, request: MessageRequest, keys: Sequence[str]) -> None:
    """Raise Refused if one of the keys was used for another content than the request's."""
    content = digest(request).content
    for some in portions(keys, _AT_ONCE):
        asked = used(tx, some).values()
        if any(one and RequestDigest.parse(one).content != content for one in asked):
            raise _taken()


def used(tx: Tx, keys: Sequence[str]) -> Mapping[str, str]:
    """Those of some keys that were used, by whoever it was, each with the digest of its request."""
    return dict(tx.whole().all(_UsedKey, "messages.used_keys", keys=json.dumps(list(keys))))


def _taken() -> Refused:
    return Refused(
        "key_taken",
        T("This key was used for another message: with other words, or to somebody else."),
        T("Use another key: a key always means the same message."),
    )


def _asks_the_same(tx: Tx, able: Able, request: MessageRequest, used: _Used) -> bool:
    """Whether the content is the same and the recipient, though named in another way, is the message's dialog."""
    same_content = RequestDigest.parse(used.asked).content == RequestDigest.parse(request.options.asked).content
    return same_content and _leads_to(tx, able, request.to, dialogs.card(tx, used.dialog))


def _leads_to(tx: Tx, able: Able, to: SendTarget, card: DialogCard) -> bool:
    match to:
        case InDialog(dialog):
            return dialog == card.id
        case ToAddress(channel, address):
            return channel == card.channel_id and spelled(address) == spelled(card.address)
        case ToPerson() if not to.others:
            return _begins_at(tx, able, to, card)
        case _:
            return False


def _begins_at(tx: Tx, able: Able, to: ToPerson, card: DialogCard) -> bool:
    try:
        first = routes.to_person(tx, able, to.to, channel=to.channel, others=to.others, line=to.line)[0]
    except ChatappError:
        return False
    return first.channel == card.channel_id and spelled(card.address) in map(spelled, first.addresses)
