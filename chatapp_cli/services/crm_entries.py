"""Entries of the ledger as a CRM is told them: as the message, its files and its dialog stand now."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, LedgerEntry, SharedFile
from chatapp_cli.domain.crm.failure import KINDS, FailureKind
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.states import CHANGING, OF_RUN, SHOWING, SIGNS, Act, TextFate
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import PairingId
from chatapp_cli.domain.message import Direction, Origin, State
from chatapp_cli.domain.preview import preview
from chatapp_cli.domain.stored_text import restored
from chatapp_cli.i18n import show
from chatapp_cli.services import (
    channels,
    crm_authors,
    crm_chats,
    crm_owed,
    crm_run_entries,
    dialogs,
    employees,
    files,
    media_links,
    pairings,
    transcript,
    words,
)
from chatapp_cli.services.crm_route_choice import RuleDesk
from chatapp_cli.services.crm_run_entries import OF_NO_CHANNEL, EntryNotReady
from chatapp_cli.store.rows.crm import ChatRow, EntryRow, KnownMessageRow, PairingRow, TextRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.messages import FileRow, MessageRow
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.domain.manifest import Manifest
    from chatapp_cli.store.rows.channels import ChannelRow

_WANTED = "wanted"
_FIRST_WORDS = 60
"""Characters of a quoted message that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLoader:
    """Makes entries of one kind of CRM; files get addresses under ``public_url``."""

    crm: CrmManifest
    manifest: Callable[[ChannelRow], Manifest]
    vault: Vault
    public_url: str
    rules: RuleDesk = field(default_factory=RuleDesk)

    def load(self, tx: Tx, row: EntryRow) -> LedgerEntry | None:
        """An entry as it stands; ``None`` if there is nothing to tell any more. Raises EntryNotReady."""
        if row.pairing_id is None:
            return self._of_no_channel(tx, row)
        pairing = pairings.one(tx, row.pairing_id)
        if row.dialog_id is None:
            return self._without_dialog(row, pairing_of(self.crm, pairing))
        try:
            card = dialogs.card(tx, row.dialog_id)
            message = None if row.message_id is None else transcript.message(tx, row.message_id)
        except NotFound:
            return None
        if message is not None and not _is_worth_telling(tx, row, message):
            return None
        told = LedgerEntry(
            id=row.id,
            act=Act(row.act),
            pairing=pairing_of(self.crm, pairing),
            chat=_chat_of(tx, pairing.id, card, row.chat),
            person=replace(_person(tx, card), username=self._username(tx, card)),
            remote=row.remote,
            employee=row.employee,
            reason=self._reason(tx, row, message, pairing),
            failure=_failure(row, message),
            at=row.created_at,
        )
        if told.act is Act.REMARK and not row.remote:
            told = replace(told, remote=told.chat.remote)
        return told if message is None else self._with_message(tx, row, told, card, message)

    def _username(self, tx: Tx, card: DialogCard) -> str:
        """The username of a client; empty if the same name may be another person's where it is looked for."""
        if not card.username or card.chat_kind != "private":
            return ""
        can = self.manifest(channels.one(tx, card.channel_id)).capabilities
        return card.username if can.bare_usernames else ""

    def _without_dialog(self, row: EntryRow, pairing: Pairing) -> LedgerEntry:
        """A text for what is no phone that the channel could write to, or of which nobody knows the channel."""
        return LedgerEntry(
            id=row.id,
            act=Act(row.act),
            pairing=pairing,
            chat=CrmChat(id="", name=""),
            person=CrmPerson(id="", name=""),
            remote=row.remote,
            employee=row.employee,
            reason=show(restored(json.loads(row.reason))),
            texted=True,
            fate=TextFate.FAILED,
        )

    def _of_no_channel(self, tx: Tx, row: EntryRow) -> LedgerEntry | None:
        """What an automation is told of its run, or what nobody knows the channel of."""
        if row.act in OF_RUN:
            return crm_run_entries.load(tx, row, self.manifest)
        return replace(self._without_dialog(row, OF_NO_CHANNEL), failure=FailureKind.CHANNEL_OFF)

    def _with_message(
        self, tx: Tx, row: EntryRow, told: LedgerEntry, card: DialogCard, message: MessageRow
    ) -> LedgerEntry:
        ours, origin = message.direction == Direction.OUT, Origin(message.origin)
        texted = ours and _is_texted(tx, row, message)
        shows = told.act in SHOWING
        author = crm_authors.name(tx, row, card, message)
        return replace(
            _quoting(tx, row, told, message),
            key=crm_chats.message_key(message.id),
            at=message.at,
            text=_text(message, card),
            files=self._files(tx, message) if shows else (),
            file_count=len(transcript.entry(tx, message.id).files) if told.act is Act.DELETE else 0,
            author=author,
            ours=ours,
            origin=origin,
            author_phone=crm_authors.phone(tx, card, message),
            employee=row.employee or (employees.of(tx, row.link_id, author) if ours else ""),
            texted=texted,
            fate=crm_owed.fate_of(message) if texted else None,
            sent_as=_sent_as(tx, message) if told.act is Act.DELIVERED else (),
            state=State(message.state) if ours and shows else None,
            remote=row.remote or _remote(tx, row, message),
            reaction=_reaction(tx, message) if told.act is Act.REACT else "",
            outcome=self.rules.outcome(tx, row, card, message) if _may_need_a_card(told, message) else None,
        )

    def _reason(self, tx: Tx, row: EntryRow, message: MessageRow | None, pairing: PairingRow) -> str:
        if row.reason:
            return show(restored(json.loads(row.reason)))
        if message is None or not (row.act == Act.FAILED or _is_bad_news(row, message)):
            return ""
        manifest = self.manifest(channels.one(tx, pairing.channel_id))
        return show(words.why(manifest, message.code, message.detail)[0])

    def _files(self, tx: Tx, message: MessageRow) -> Sequence[SharedFile]:
        found = transcript.entry(tx, message.id).files
        if any(file.state == _WANTED for file in found):
            raise EntryNotReady("files_awaited")
        return [self._shared(tx, file) for file in found if file.state == "here"]

    def _shared(self, tx: Tx, file: FileRow) -> SharedFile:
        name = files.sound_name(file)
        until = tx.now + media_links.LASTS
        content = media_links.SharedContent(sha256=file.sha256, mime=file.mime, until=until)
        url = media_links.address(self.vault, self.public_url, name, content)
        return SharedFile(name=name, url=url)


def _failure(row: EntryRow, message: MessageRow | None) -> FailureKind | None:
    """What kind of failure is told, by the code of the message."""
    if row.act != Act.FAILED:
        return None
    return KINDS.get("" if message is None else message.code, FailureKind.OTHER)


def _remote(tx: Tx, row: EntryRow, message: MessageRow) -> str:
    """The CRM's id of a message that it shows; empty if that need not be told, or it has none."""
    if row.act not in SIGNS:
        return ""
    known = next((one for one in crm_owed.known_to(tx, message.id) if one.link_id == row.link_id), None)
    return "" if known is None else known.remote


def _reaction(tx: Tx, message: MessageRow) -> str:
    """The emoji with which somebody other than we reacts, the last one; empty if nobody does."""
    found = [one.emoji for one in transcript.entry(tx, message.id).reactions if one.person]
    return found[-1] if found else ""


def _may_need_a_card(told: LedgerEntry, message: MessageRow) -> bool:
    """Whether a CRM may make a card for a message: a client's, not in a group."""
    return told.act is Act.ADD and message.direction != Direction.OUT and told.chat.kind != "group"


def _is_texted(tx: Tx, row: EntryRow, message: MessageRow) -> bool:
    """Whether this CRM had us send a message to a phone."""
    return any(one.link_id == row.link_id for one in tx.all(TextRow, "texts.of_message", message=message.id))


def _is_bad_news(row: EntryRow, message: MessageRow) -> bool:
    return row.act == Act.TEXTED and crm_owed.fate_of(message) in {TextFate.FAILED, TextFate.UNDELIVERED}


def _is_worth_telling(tx: Tx, row: EntryRow, message: MessageRow) -> bool:
    """Whether there is something to tell: not of a deleted message, unless the CRM has it or may have it."""
    gone = message.deleted_at is not None
    if row.act in SHOWING:
        return not gone or bool(row.doubtful)
    if row.act in SIGNS:
        return not gone and bool(row.remote or _remote(tx, row, message))
    if row.act not in CHANGING:
        return True
    known = [one for one in tx.all(KnownMessageRow, "ledger.known", message=message.id) if one.link_id == row.link_id]
    return not (gone and row.act == Act.EDIT) and any(one.shows_ours for one in known)


def pairing_of(crm: CrmManifest, row: PairingRow) -> Pairing:
    """A pairing as a session gets it."""
    options = pairings.options(crm, row)
    return Pairing(
        id=row.id,
        kind=row.kind,
        account=row.channel,
        place=row.place,
        options=options,
        place_name=row.place_name,
        channel=row.channel_id,
    )


def sides(tx: Tx, pairing: PairingId, card: DialogCard) -> tuple[CrmChat, CrmPerson]:
    """The chat in which a CRM shows a dialog now, and its client without the username."""
    return _chat_of(tx, pairing, card), _person(tx, card)


def _person(tx: Tx, card: DialogCard) -> CrmPerson:
    """The client: the same for all their dialogs in a channel; of a group, the group."""
    if card.chat_kind != "private" or card.contact_id is None:
        return CrmPerson(id=crm_chats.new_name(card.id), name=card.name)
    ours = channels.is_own_phone(tx)(card.phone)  # as a client's it would join strangers in the CRM
    return CrmPerson(
        id=f"person-{card.contact_id}",
        name=card.person or card.username or card.name,
        first_name=card.first_name,
        last_name=card.last_name,
        phone="" if ours else card.phone,
        email=card.email,
    )


def _text(message: MessageRow, card: DialogCard) -> str:
    """What the message says, below its subject if the dialog is not named by that."""
    if not message.subject or message.subject == card.name:
        return message.text
    return f"{message.subject}\n\n{message.text}".strip()


def _quoting(tx: Tx, row: EntryRow, told: LedgerEntry, message: MessageRow) -> LedgerEntry:
    """The entry with the message that it answers: its first words, and what the CRM knows it by."""
    found = transcript.quoted(tx, message.dialog_id, message.reply_to) if message.reply_to else None
    if found is None:
        return told
    known = next((one for one in crm_owed.known_to(tx, found.id) if one.link_id == row.link_id), None)
    return replace(
        told,
        quoted=preview(found.text, [])[:_FIRST_WORDS],
        quoted_key=crm_chats.message_key(found.id) if known is not None and known.shows_ours else "",
        quoted_remote="" if known is None else known.remote,
    )


def _sent_as(tx: Tx, message: MessageRow) -> Sequence[str]:
    """The channel's ids of a message, all that it was split into."""
    parts = tx.all(lambda ext_id, _bears: str(ext_id), "messages.parts", message=message.id)
    return [message.ext_id or crm_chats.message_key(message.id), *parts]


def _chat_of(tx: Tx, pairing: PairingId, card: DialogCard, chat: str = "") -> CrmChat:
    """A chat as a CRM knows it, or will; without its id the one that the dialog has now."""
    chat = chat or crm_chats.name_of(tx, pairing, card.id)
    known = tx.one(ChatRow, "chats.find", pairing=pairing, chat=chat)
    if known is None:
        return CrmChat(id=chat, name=card.name, kind=card.chat_kind)
    return CrmChat(
        id=chat,
        name=card.name,
        kind=card.chat_kind,
        remote=known.remote,
        session=known.session,
    )
