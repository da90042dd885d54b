"""Contacts of clients."""

from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, Millis


class ContactRow(NamedTuple):
    """A contact with its chain of channels."""

    id: ContactId
    name: str
    username: str
    phone: str
    email: str
    chain: str


class BearerRow(NamedTuple):
    """A contact and which of many phones and e-mail addresses it has."""

    address: str
    id: ContactId
    name: str
    username: str
    phone: str
    email: str
    chain: str

    @property
    def contact(self) -> ContactRow:
        """The contact itself."""
        return ContactRow(*self[1:])


class WayRow(NamedTuple):
    """A dialog of a person, with the channel and address to answer by."""

    id: DialogId
    contact_id: ContactId
    channel_id: ChannelId
    kind: str
    """Of the channel."""
    channel: str
    line: str
    name: str
    address: str
    unread: int
    blocked: int
    reachable: int
    heard_at: Millis | None
    last_at: Millis


class MergeRow(NamedTuple):
    """A current merge of two contacts."""

    id: int
    kept: ContactId
    gone: ContactId


class AlikeRow(NamedTuple):
    """Two contacts of possibly one person, and what they have in common."""

    one: ContactId
    other: ContactId
    strength: int
    shared: str
