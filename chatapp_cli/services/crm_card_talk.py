"""The conversations of a card, as whoever opens it in the CRM may read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chatapp_cli.domain.crm.cards import DialogOnCard, MessageOnCard
from chatapp_cli.domain.ids import LinkId, MessageId
from chatapp_cli.domain.message import Direction, Origin
from chatapp_cli.domain.text import Text
from chatapp_cli.services import crm_owed, files, transcript, words
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

_MOST_DIALOGS: Final = 5
"""Of how many dialogs messages are shown: of those in which somebody wrote last."""
_MOST: Final = 20
"""Messages of each."""
_LONGEST: Final = 2000
"""Characters of a message, which may be a whole mail."""


def dialogs(tx: Tx, link: LinkId, found: Sequence[DialogCard]) -> Sequence[DialogOnCard]:
    """Dialogs of a card with their last messages, those first in which somebody wrote last."""
    return [
        DialogOnCard(
            id=card.id,
            name=card.name,
            channel=card.channel,
            last_at=card.last_at,
            messages=_last(tx, link, card) if place < _MOST_DIALOGS else (),
        )
        for place, card in enumerate(sorted(found, key=lambda card: card.last_at, reverse=True))
    ]


def _last(tx: Tx, link: LinkId, card: DialogCard) -> Sequence[MessageOnCard]:
    return [_message(tx, link, card, entry) for entry in transcript.in_crm(tx, card.id, link, n=_MOST)]


def _message(tx: Tx, link: LinkId, card: DialogCard, entry: TranscriptEntry) -> MessageOnCard:
    message = entry.message
    ours = message.direction == Direction.OUT
    name = message.author or ("" if ours else card.person or card.name)
    text = message.text if len(message.text) <= _LONGEST else f"{message.text[: _LONGEST - 1]}…"
    return MessageOnCard(
        by=Text("{name}", {"name": name}) if name else words.ORIGINS[Origin(message.origin)],
        at=message.at,
        text="\n\n".join(filter(None, (message.subject, text))),
        files=[files.sound_name(file) for file in entry.files],
        state=words.STATES[message.state] if ours else None,
        employee="" if name else _employee(tx, link, message.id),
    )


def _employee(tx: Tx, link: LinkId, message: MessageId) -> str:
    """The employee of a CRM who wrote a message there."""
    return next((one.employee for one in crm_owed.known_to(tx, message) if one.link_id == link and one.came), "")
