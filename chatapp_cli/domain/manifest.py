"""What a channel can do, known before it is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from chatapp_cli.domain.form import Field
from chatapp_cli.domain.text import Text

Intake: TypeAlias = Literal["socket", "poll", "webhook"]
AddressKind: TypeAlias = Literal["email", "phone", "username", "chat_id"]
ProxyKind: TypeAlias = Literal["http", "socks5", "mtproxy"]
Lane: TypeAlias = Literal["dialog", "phone", "strangers"]
"""What shares a rate below the account: one dialog, all that are only a phone, all who never wrote."""
Receipts: TypeAlias = Literal["none", "bounce", "delivered", "read"]


class Rate(NamedTuple):
    """At most ``limit`` sends in any ``per`` seconds, counted for the account, each dialog or each group.

    ``phone`` counts what goes to dialogs that are known by nothing but a phone number, ``strangers`` what goes to
    those in which the other side never wrote: each of the two for the account as a whole.
    """

    scope: Literal["account", "dialog", "group", "phone", "strangers"]
    limit: int
    per: float
    paced: bool = True
    """Spread evenly over the window; where a provider only counts, a person may send as fast as they type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Answers before an attempt: what is not here is refused with a reason. Sizes in bytes, lengths in characters."""

    intake: Intake
    write_first: Sequence[AddressKind] = ()
    addresses: Sequence[AddressKind] = ("chat_id",)
    """Kinds of address that name an existing dialog."""
    chat_ids: str = ""
    """What a ChatID looks like, as a regular expression; empty: anything may be one."""
    comments: str = ""
    """What the ChatID of a public comment looks like, as a regular expression: such a one may be answered at any time,
    whether or not its writer ever wrote to us."""
    max_text: int = 4096
    max_caption: int = 0
    """Longest text beside a file; 0: no own limit."""
    max_upload: int = 0
    """Largest file out; 0: no files."""
    upload_types: Sequence[str] = ()
    """MIME types of the files that go out; empty: any."""
    max_download: int = 0
    """Largest file in; 0: no limit."""
    max_files: int = 10
    """Files in one message."""
    subject: bool = False
    by_subject_when: str = ""
    """Name of the flag that, while on, makes every subject of an address a dialog of its own."""
    replies: bool = False
    edits: bool = False
    deletes: bool = False
    delete_within: int = 0
    """Seconds after which a message can no longer be deleted; 0: no limit."""
    reactions: bool = False
    groups: bool = False
    receipts: Receipts = "none"
    """How far news of our own messages go; beyond it a front end says «not available», not «unread»."""
    marks_read: bool = False
    """The client can be shown that we read."""
    shows_typing: bool = False
    """The client can be shown that we write."""
    finds_people: Sequence[AddressKind] = ()
    """By which kinds of address the provider can be asked whether somebody is there."""
    lists_contacts: bool = False
    """The account has an address book of its own."""
    keeps_names: bool = False
    """A name given with a first message goes into that address book (S-056)."""
    reads_chats: bool = False
    """Groups and channels can be listed, followed and read back."""
    manages_groups: bool = False
    """Groups can be made, filled, renamed and ended."""
    templates: bool = False
    """Texts that the provider has to approve before they may be used."""
    free_text: bool = True
    """Anything but an approved template may be sent at all."""
    window: int = 0
    """Seconds after the client's last message in which anything but a template may be sent; 0: always."""
    markup: Literal["", "whatsapp"] = ""
    """Which signs in a text the other side's application draws as bold, italic and so on; empty: none."""
    segments: Literal["", "sms"] = ""
    """How texts are counted and paid for in parts."""
    application: bool = False
    """The provider wants an application on paper before the channel works."""
    pool: bool = False
    """Several accounts may share a line, to spread the load."""
    proxies: Sequence[ProxyKind] = ()
    """Kinds of proxy that the account can be reached through."""
    idempotent_send: bool = False
    """Sending the same key twice delivers once: an unknown outcome may be sent again."""
    answers_arrive_on: Sequence[str] = ()
    """Channels that carry the answers, when this one cannot."""
    rates: Sequence[Rate] = ()

    def may_begin(self, kind: AddressKind, address: str) -> bool:
        """Tell whether a dialog may be opened with an address before anybody wrote from there."""
        comment = kind == "chat_id" and bool(self.comments) and re.fullmatch(self.comments, address) is not None
        alike = kind != "chat_id" or not self.chat_ids or re.fullmatch(self.chat_ids, address) is not None
        return comment or (alike and kind in self.write_first)


class ErrorWords(NamedTuple):
    """What one of the channel's error codes means to a person."""

    what: Text
    next_step: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A channel's manifest.toml as a value."""

    kind: str
    """The folder's name, such as ``email``; used only inside that folder and as data."""
    title: Text
    label: str
    """Short name for narrow columns."""
    source_id: int
    """The stable number of S-036."""
    summary: Text
    capabilities: Capabilities
    fields: Sequence[Field] = ()
    later: Sequence[str] = ()
    """Names of what may be asked after the first form, such as a login code."""
    limits: Sequence[Text] = ()
    """What the channel cannot do, in words."""
    errors: Mapping[str, ErrorWords] = field(default_factory=dict)
