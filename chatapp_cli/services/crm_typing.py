"""Who types, from a channel to the CRMs that can show it and back: it is never stored, and told at once or never."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.crm.states import Tells
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.journal.dialogs import AnswerTyped, ClientTyped
from chatapp_cli.services import channels, crm_signs, crm_targets
from chatapp_cli.services.crm_targets import NotYet
from chatapp_cli.store.rows.crm import ChatRow
from chatapp_cli.store.rows.dialogs import IngestDialog

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson
    from chatapp_cli.domain.crm.events import CrmTyping
    from chatapp_cli.domain.crm.link import Pairing
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.domain.ids import ChannelId, DialogId, LinkId
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.tx import Tx


def client_typed(tx: Tx, channel: ChannelId, keys: Collection[str]) -> None:
    """Tell that clients type in dialogs that are known, by the keys of their chats."""
    for key in keys:
        found = tx.one(IngestDialog, "dialogs.known", channel=channel, key=key)
        if found is not None and not found.blocked and crm_signs.telling(tx, found.id, Tells.TYPING):
            tx.emit(ClientTyped(channel=channel, dialog=found.id), actor=PROGRAM)


def employee_typed(tx: Tx, link: LinkId, event: CrmTyping, able: Able) -> None:
    """Tell that an employee types, if the channel can show it; what is none of ours is passed over."""
    try:
        pairing, chat = crm_targets.chat(
            tx, link, event.kind, event.place, event.chat, event.remote_chat, event.pairing
        )
        if not able(channels.one(tx, pairing.channel_id)).shows_typing:
            return
    except (NotFound, NotYet):
        return
    tx.emit(AnswerTyped(channel=pairing.channel_id, dialog=chat.dialog_id), actor=PROGRAM)


def shown(tx: Tx, link: LinkId, dialog: DialogId, crm: CrmManifest) -> tuple[Pairing, CrmChat, CrmPerson] | None:
    """Where a CRM shows that the client of a dialog types; ``None`` if it has no message of it."""
    from chatapp_cli.services import crm_entries, dialogs, pairings

    for paired in crm_signs.telling(tx, dialog, Tells.TYPING):
        known = tx.one(ChatRow, "chats.of_dialog", dialog=dialog, pairing=paired.id)
        if paired.link_id == link and known is not None and known.remote:
            pairing = crm_entries.pairing_of(crm, pairings.one(tx, paired.id))
            chat, person = crm_entries.sides(tx, paired.id, dialogs.card(tx, dialog))
            return pairing, chat, person
    return None
