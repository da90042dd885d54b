"""How a channel reaches a person: by an existing dialog, or an address to open one with (S-120, S-123)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import PROGRAM, Right
from chatapp_cli.domain.address import KINDS, called, canonical, kinds, openings, spellings
from chatapp_cli.domain.draft import not_installed
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.finding import search_text
from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId
from chatapp_cli.domain.journal.dialogs import DialogOpened, ParticipantJoined
from chatapp_cli.domain.manifest import AddressKind, Capabilities, NoCapabilities
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.recipients import is_address
from chatapp_cli.domain.subject import subject_key
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, channels, contacts, usernames
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.people import ContactRow
from chatapp_cli.store.tx import Tx

_OF_A_PERSON: Final = frozenset({"phone", "email", "username"})
_ASSIGN: Final = T("Ask a colleague who sees it to assign it to you.")


@dataclass(frozen=True, slots=True)
class Reach:
    """How a channel reaches a person: the normalised address, and the dialog if there is one."""

    address: str
    kind: AddressKind
    dialog: DialogId | None
    contact: ContactId | None = None
    """Whose username takes the place of the phone that was asked for."""


class Lookup:
    """Finds the dialogs of a channel and who has an address, by one question each."""

    def __init__(self, tx: Tx, channel: ChannelId) -> None:
        self.tx, self.channel = tx, channel

    def of_phone(self, phone: str) -> DialogId | None:
        """The dialog with whoever has a phone."""
        found = self.tx.value("dialogs.of_phone", channel=self.channel, phone=phone)
        return None if found is None else DialogId(found)

    def at_address(self, address: str) -> DialogId | None:
        """The dialog with this address."""
        found = self.tx.value("dialogs.at_address", channel=self.channel, address=address)
        return None if found is None else DialogId(found)

    def at_key(self, key: str) -> DialogId | None:
        """The dialog under a key: an address, or one with a subject."""
        found = self.tx.value("dialogs.at_key", channel=self.channel, key=key)
        return None if found is None else DialogId(found)

    def named(self, can: Capabilities, phone: str) -> ContactRow | None:
        """The contact by whose username somebody is written to whose phone is given."""
        return usernames.of_phone(self.tx, can, phone)

    def bearing(self, address: str) -> ContactRow | None:
        """The contact with a normalised phone or e-mail address."""
        return contacts.bearing(self.tx, address)


def dialog_for(tx: Tx, channel: ChannelRow, can: Capabilities, to: str, *, subject: str = "") -> DialogId:
    """Find the dialog with an address, or open one if the channel may write first (S-120)."""
    access.require(tx, Right.ANSWER)
    channels.one(tx, channel.id)
    limits.ADDRESS.require(to, field="to")
    found = reach(tx, channel, can, to, subject=subject)
    return _open(tx, channel, can, found, subject) if found.dialog is None else found.dialog


def reach(
    tx: Tx, channel: ChannelRow, can: Capabilities, to: str, *, subject: str = "", lookup: Lookup | None = None
) -> Reach:
    """How a channel reaches an address.

    Raises Refused if it cannot write first to such an address, or has a dialog there that is not the acting operator's.
    """
    require_unmet(tx, channel, can, to, subject=subject)
    return _reached(lookup or Lookup(tx, channel.id), channel, can, to, subject)


def require_unmet(tx: Tx, channel: ChannelRow, can: Capabilities, to: str, *, subject: str = "") -> None:
    """Raise Refused for an address of somebody whose dialogs are hidden from who sees only their own.

    That is so in this channel, also under a username that may have changed hands since, and in any other channel if the
    address is a phone, an e-mail address or a username, which name a person and no chat.
    """
    if tx.acting is None or not tx.acting.only_own:
        return
    whole = tx.whole()
    if _met(tx, channel, can, to, subject) is None and _met(whole, channel, can, to, subject) is not None:
        raise _not_own(channel, to)
    if known(tx, channel, to) is None and known(whole, channel, to) is not None:
        raise _not_own(channel, to)
    if is_a_colleagues(tx, to):
        raise Refused("not_own", T("The client with {to} is not yours.", to=to), _ASSIGN)


def _not_own(channel: ChannelRow, to: str) -> Refused:
    what = T("The dialog with {to} in {channel} is not yours.", to=to, channel=channel.title)
    return Refused("not_own", what, _ASSIGN)


def _met(tx: Tx, channel: ChannelRow, can: Capabilities, to: str, subject: str) -> DialogId | None:
    with suppress(Refused):  # it is raised again, if nobody has met them
        return _reached(Lookup(tx, channel.id), channel, can, to, subject).dialog
    return None


def is_a_colleagues(tx: Tx, to: str) -> bool:
    """Whether contacts have an address, and all of them are hidden from who sees only their own dialogs."""
    limited = tx.acting is not None and tx.acting.only_own
    return limited and not _is_of_somebody(tx, to) and _is_of_somebody(tx.whole(), to)


def _is_of_somebody(tx: Tx, to: str) -> bool:
    """Whether a contact has an address that is the same person's in every channel."""
    kind = openings(to)[0]
    address = canonical(to, kind) if kind == "phone" else to
    return kind in _OF_A_PERSON and bool(contacts.at(tx, address))


def _reached(lookup: Lookup, channel: ChannelRow, can: Capabilities, to: str, subject: str) -> Reach:
    if not (subject and by_subject(channel, can)):
        met = _address(lookup, to) if asks_whose(can, to) else _known(lookup, to)
        if met is not None:
            return Reach(to, kinds(to)[0], met)
    for kind in openings(to):
        address = canonical(to, kind)
        if can.may_begin(kind, address):
            if kind == "email" and not is_address(address):
                raise Refused("bad_address", T("{address} is no e-mail address.", address=address), T("Correct it."))
            found = _better(lookup, can, Reach(address, kind, None))
            return replace(found, dialog=_at_key(lookup, channel, can, found.address, subject))
    raise _out_of_reach(channel, can, to)


def _at_key(lookup: Lookup, channel: ChannelRow, can: Capabilities, address: str, subject: str) -> DialogId | None:
    keys = (_key(channel, can, one, subject) for one in spellings(address))
    return next((met for key in keys if (met := lookup.at_key(key)) is not None), None)


def _better(lookup: Lookup, can: Capabilities, found: Reach) -> Reach:
    """By the username of who has the phone, if the channel takes it and it is surely still theirs."""
    named = lookup.named(can, found.address) if found.kind == "phone" else None
    address = canonical(named.username, "username") if named else ""
    if named is None or not can.may_begin("username", address):
        return found
    return Reach(address, "username", None, named.id)


def _out_of_reach(channel: ChannelRow, can: Capabilities, to: str) -> Refused:
    if isinstance(can, NoCapabilities):
        return not_installed()
    step = T("Wait until the client writes, or use a channel that can: {how}", how=to_do(Next.KINDS))
    if not can.write_first:
        what = T(
            "{to} has no dialog in {channel} yet, and this channel cannot write first.", to=to, channel=channel.title
        )
        return Refused("cannot_write_first", what, step)
    if "chat_id" in can.write_first and any(map(str.isspace, to.strip())):
        what = T("An address in {channel} has no spaces.", channel=channel.title)
        return Refused("cannot_write_first", what, T("Check the address; in a file each has a line of its own."))
    first, *others = (KINDS[kind] for kind in can.write_first)
    named = reduce(lambda listed, kind: T("{kinds}, {kind}", kinds=listed, kind=kind), others, first)
    what = T("{to} is not what {channel} can begin with: {kinds}.", to=to, channel=channel.title, kinds=named)
    return Refused("cannot_write_first", what, step)


def asks_whose(can: Capabilities, to: str) -> bool:
    """Whether a channel resolves a username at its provider on every send, since usernames change hands."""
    likeliest = kinds(to)[0]
    return likeliest == "username" and can.may_begin(likeliest, canonical(to, likeliest))


def known(tx: Tx, channel: ChannelRow, to: str) -> DialogId | None:
    """The channel's existing dialog with an address; for a @username, that of the last person who wrote under it."""
    return _known(Lookup(tx, channel.id), to)


def known_as(tx: Tx, channel: ChannelRow, to: str, kind: AddressKind) -> DialogId | None:
    """The same where an address is read as of one kind only."""
    return _known_as(Lookup(tx, channel.id), kind, canonical(to, kind))


def _known(lookup: Lookup, to: str) -> DialogId | None:
    found = (_known_as(lookup, kind, canonical(to, kind)) for kind in kinds(to))
    return next((dialog for dialog in found if dialog is not None), None)


def _known_as(lookup: Lookup, kind: AddressKind, address: str) -> DialogId | None:
    if kind == "username":
        return contacts.met_as(lookup.tx, lookup.channel, address)
    return lookup.of_phone(address) if kind == "phone" else _address(lookup, address)


def _address(lookup: Lookup, address: str) -> DialogId | None:
    return next((met for one in spellings(address) if (met := lookup.at_address(one)) is not None), None)


def by_subject(channel: ChannelRow, can: Capabilities) -> bool:
    """Whether the account keeps a dialog for each subject."""
    return bool(can.by_subject_when) and channel.settings.get(can.by_subject_when) == "on"


def _key(channel: ChannelRow, can: Capabilities, address: str, subject: str) -> str:
    return subject_key(address, subject) if subject and by_subject(channel, can) else address


def _open(tx: Tx, channel: ChannelRow, can: Capabilities, new: Reach, subject: str) -> DialogId:
    limits.SUBJECT.require(subject, field="subject")
    contact = _contact(tx, new) if new.contact is None else contacts.one(tx, new.contact)
    values = opened(tx, channel, new, contact, _key(channel, can, new.address, subject), subject)
    dialog = DialogId(tx.value("dialogs.add", **values))
    tx.emit(DialogOpened(channel=channel.id, dialog=dialog), actor=PROGRAM)
    if tx.acting is not None and tx.acting.only_own:  # who sees only their own dialogs goes on seeing this one
        tx.run("duties.join", dialog=dialog, name=tx.name, role="participant")
        tx.emit(ParticipantJoined(dialog=dialog, name=tx.name))
    return dialog


def opened(
    tx: Tx, channel: ChannelRow, new: Reach, contact: ContactRow, key: str, subject: str = ""
) -> dict[str, object]:
    """The values of a new dialog with a contact."""
    address = new.address
    name = subject if key != address else called(address, contact.name)
    phone = address if new.kind == "phone" else ""
    return {
        "channel": channel.id,
        "contact_id": contact.id,
        "key": key,
        "address": address,
        "kind": "private",
        "name": name,
        "search": search_text(name, contact.name, *spellings(address), phone=phone),
        "last_at": tx.now,
        "now": tx.now,
    }


def _contact(tx: Tx, new: Reach) -> ContactRow:
    """The contact with this phone or e-mail address in any channel; otherwise a new one.

    A username that a known contact has is given to the new one only when the channel confirms it.
    """
    if new.kind in {"phone", "email"} and (known_so := contacts.bearing(tx, new.address)):
        return known_so
    taken = new.kind == "username" and bool(contacts.at(tx, f"@{new.address}"))
    values = unknown_contact(tx, new, taken=taken)
    number = ContactId(tx.insert("contacts.add", **values))
    return ContactRow(number, "", values["username"], values["phone"], values["email"], "")


def unknown_contact(tx: Tx, new: Reach, *, taken: bool = False) -> dict[str, Any]:
    """The values of a contact of whom nothing is known but an address; not even that if it is ``taken``."""
    known = {name: "" if taken or name != new.kind else new.address for name in ("username", "phone", "email")}
    return {"name": "", "now": tx.now, **known}
