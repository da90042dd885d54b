"""Conversations that an employee begins in a chat of the CRM, which is there before the dialog (S-186)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain import border
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import kinds
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.text import T
from chatapp_cli.services import (
    access,
    channels,
    composing,
    crm_cards,
    crm_chats,
    crm_elsewhere,
    crm_gaps,
    crm_owed,
    links,
    pairings,
    transcript,
)
from chatapp_cli.services.message_request import InDialog, MessageRequest, ToAddress
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.store.rows.crm import ChatRow, PairedRow, PairingRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatapp_cli.domain.crm.events import CrmWroteFirst
    from chatapp_cli.domain.draft import StagedFile
    from chatapp_cli.domain.ids import LinkId, MessageId
    from chatapp_cli.domain.manifest import Capabilities
    from chatapp_cli.domain.text import Text
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.tx import Tx


def send(tx: Tx, link: LinkId, event: CrmWroteFirst, able: Able, files: Sequence[StagedFile] = ()) -> None:
    """Accept the message once for its mark, and join the dialog to its chat there, or have the author told why not.

    What they write in that chat before the CRM knows whose it is goes to the same dialog. ``tx`` acts in the name of
    the author. Nothing is done about what a look found from before the link or its first pairing: a link that ended
    may have sent it. Raises NotFound if the channel is not paired with the CRM.
    """
    access.require(tx, Right.ANSWER)
    if _is_from_before(tx, link, event):
        return
    pairing = _pairing(tx, link, event)
    options = SendOptions(key=key_of(f"crm {link} {event.remote}"), origin=Origin.CRM)
    try:
        with tx.trial():
            crm_gaps.require_fresh(tx, event.at)
            request = MessageRequest(
                to=_to(tx, pairing, event, able), options=options, draft=Draft(text=event.text, files=files)
            )
            message = composing.accept(tx, able, request)
            chat = _joined(tx, pairing, message, event.remote_chat)
            crm_owed.came_from(tx, link, message, event.remote, chat=chat, employee=event.author)
    except (Refused, NotFound, UsageError) as refusal:
        _tell(tx, pairing, event, refusal.what)


def refuse(tx: Tx, link: LinkId, event: CrmWroteFirst, reason: Text) -> None:
    """Have the author told why their message cannot go out, unless ``send`` passes it over. Raises NotFound."""
    if not _is_from_before(tx, link, event):
        _tell(tx, _pairing(tx, link, event), event, reason)


def _is_from_before(tx: Tx, link: LinkId, event: CrmWroteFirst) -> bool:
    """Whether a look found what was written before anything was paired by this link: nobody knows what became of it."""
    if not event.found or event.at is None:
        return False
    paired = [row.since for row in pairings.everything(tx) if row.link_id == link]
    return not paired or event.at < max(links.one(tx, link).created_at, min(paired))


def _tell(tx: Tx, pairing: PairingRow, event: CrmWroteFirst, reason: Text) -> None:
    paired = PairedRow(pairing.id, pairing.link_id, pairing.after)
    crm_owed.refuse_text(tx, paired, event.remote, reason, employee=event.author, act=Act.FAILED)


def _to(tx: Tx, pairing: PairingRow, event: CrmWroteFirst, able: Able) -> InDialog | ToAddress:
    """The dialog of the chat, if one was joined to it; otherwise the address. Raises Refused."""
    remote = border.external_id(event.remote_chat)
    chat = tx.one(ChatRow, "chats.by_remote", pairing=pairing.id, remote=remote) if remote else None
    if chat is not None:
        return InDialog(chat.dialog_id)
    channel = channels.one(tx, pairing.channel_id)
    return ToAddress(channel.id, _address(tx, event, able(channel)))


def _pairing(tx: Tx, link: LinkId, event: CrmWroteFirst) -> PairingRow:
    """The pairing of the channel that was chosen. Raises NotFound."""
    if event.pairing is not None:
        return pairings.active(tx, link, event.pairing)
    if not event.channel:
        raise NotFound(T("It is not told by which of the paired channels it was to go. Write it once more."))
    found = pairings.of_channel(tx, link, event.channel)
    if found is None:
        raise NotFound(T("Channel {n} is not paired with this CRM.", n=event.channel))
    return found


def _address(tx: Tx, event: CrmWroteFirst, can: Capabilities) -> str:
    """A phone, a username or an e-mail address as it is stored. Raises Refused."""
    said = event.phone.strip()
    if not said and event.found:
        raise Refused(
            "address_unknown",
            T("It was written while the desk was away, and it is not told any more to whom. Write it once more."),
        )
    if not said:
        raise Refused("bad_address", T("There is no phone, no address and no @username to write to."))
    found = [kind for kind in kinds(said) if kind != "chat_id"]
    if found == ["username"] and not can.bare_usernames:
        raise Refused(
            "cannot_write_first",
            T("{name} is a name in another messenger, where it may be another person's.", name=said),
        )
    if not found or found[0] == "phone":
        return crm_cards.require_phone(tx, event.phone)
    return said


def _joined(tx: Tx, pairing: PairingRow, message: MessageId, remote_chat: str) -> str:
    """Our id of the dialog's chat; one that the CRM has already stays where it is, and the author is told that."""
    dialog, remote = transcript.message(tx, message).dialog_id, border.external_id(remote_chat)
    chat = crm_chats.name_of(tx, pairing.id, dialog)
    known = tx.one(ChatRow, "chats.find", pairing=pairing.id, chat=chat)
    if known is None or not known.remote:
        tx.run("chats.keep", pairing=pairing.id, chat=chat, dialog=dialog, remote=remote, session="")
    elif remote and remote != known.remote:
        paired = PairedRow(pairing.id, pairing.link_id, pairing.after)
        crm_elsewhere.left(tx, paired, dialog, remote)
    return chat
