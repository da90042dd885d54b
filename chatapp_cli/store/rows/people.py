"""Contacts: who stands behind dialogs."""

from typing import NamedTuple

from chatapp_cli.domain.ids import ChannelId, ContactId, DialogId, Millis


class ContactRow(NamedTuple):
    """A person outside, and the order of channels in which they are tried."""

    id: ContactId
    name: str
    username: str
    phone: str
    email: str
    chain: str


class WayRow(NamedTuple):
    """A dialog among those of a person: by which channel and to which address they can be answered."""

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
    """A merge of two contacts that holds."""

    id: int
    kept: ContactId
    gone: ContactId


class AlikeRow(NamedTuple):
    """Two contacts that stand for people, and what they have in common."""

    one: ContactId
    other: ContactId
    strength: int
    shared: str
