"""What a channel can do, readable without importing it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from chatapp_cli.domain.buttons import NO_BUTTONS, ButtonLimits
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.text import T, Text

IntakeMode: TypeAlias = Literal["socket", "poll", "webhook"]
AddressKind: TypeAlias = Literal["email", "phone", "username", "chat_id"]
ProxyKind: TypeAlias = Literal["http", "socks5", "mtproxy"]
Lane: TypeAlias = Literal["dialog", "phone", "strangers"]
"""Sends that share a rate below the account: of one dialog, to bare phone numbers, to strangers."""
Receipts: TypeAlias = Literal["none", "bounce", "delivered", "read"]


class Rate(NamedTuple):
    """At most ``limit`` sends in any ``per`` seconds, counted for the account, each dialog or each group.

    ``phone`` counts sends to dialogs that are known only by a phone number, ``strangers`` sends to dialogs in which
    the other side never wrote: each of the two for the account as a whole.
    """

    scope: Literal["account", "dialog", "group", "phone", "strangers"]
    limit: int
    per: float
    paced: bool = True
    """Whether sends are spread evenly over the window; false if the provider only counts them."""
    option: str = ""
    """Name of the option with another limit for an account; if it is not for this account, it can only lower it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel supports; anything else is refused in advance. Sizes in bytes, lengths in characters."""

    intake: IntakeMode
    write_first: Sequence[AddressKind] = ()
    addresses: Sequence[AddressKind] = ("chat_id",)
    """Kinds of address that name an existing dialog."""
    chat_ids: str = ""
    """Regular expression of a ChatID; empty: anything may be one."""
    comments: str = ""
    """Regular expression of a public comment's ChatID: a comment may be answered at any time, even if its author never
    wrote to us."""
    max_text: int = 4096
    max_caption: int = 0
    """Longest text of a message with a file; 0: no separate limit."""
    max_upload: int = 0
    """Largest file out; 0: no files."""
    upload_types: Sequence[str] = ()
    """MIME types of the files that go out; empty: any."""
    max_download: int = 0
    """Largest file in; 0: no limit."""
    max_files: int = 10
    """Files in one message."""
    keeps_raw: bool = False
    """The raw arrival is the message itself, and is kept as long as it."""
    subject: bool = False
    copies: bool = False
    """A message can go to further addresses: Cc and Bcc."""
    signature_in: str = ""
    """Name of the field with the signature below a text; empty: the channel has none."""
    aliases_in: str = ""
    """Name of the field with further addresses of the account, separated by commas."""
    by_subject_when: str = ""
    """Name of the flag that makes each subject of an address a separate dialog."""
    replies: bool = False
    edits: bool = False
    deletes: bool = False
    delete_within: int = 0
    """Seconds after which a message can no longer be deleted; 0: no limit."""
    reactions: bool = False
    buttons: ButtonLimits = NO_BUTTONS
    """The buttons that answers may have."""
    groups: bool = False
    receipts: Receipts = "none"
    """The last state that the channel reports; beyond it a front end says «not available», not «unread»."""
    marks_read: bool = False
    """The client can see that we read."""
    shows_typing: bool = False
    """The client can see that we type."""
    finds_people: Sequence[AddressKind] = ()
    """Kinds of address by which the provider can look people up."""
    lists_contacts: bool = False
    """The account has an address book."""
    keeps_names: bool = False
    """A name given with a first message goes into that address book (S-056)."""
    reads_chats: bool = False
    """Groups and channels can be listed, followed and read back."""
    manages_groups: bool = False
    """Groups can be made, filled, renamed and ended."""
    templates: bool = False
    """The provider has to approve templates before they may be used."""
    free_text: bool = True
    """Whether anything other than an approved template may be sent."""
    window: int = 0
    """Seconds after the client's last message during which free text may be sent; 0: always."""
    markup: Literal["", "whatsapp"] = ""
    """The markup that the other side's application renders; empty: none."""
    segments: Literal["", "sms"] = ""
    """How texts are counted and charged in parts."""
    application: bool = False
    """The provider wants an application on paper before the channel works."""
    pool: bool = False
    """Several accounts may share a line, to spread the load."""
    proxies: Sequence[ProxyKind] = ()
    """Kinds of proxy that the account can use."""
    usernames_of: Sequence[str] = ()
    """Kinds of channels in which a username belongs to the same person as here."""
    bare_usernames: bool = False
    """An @username for which no messenger is named, as in the card of a CRM, is one of this kind of channels."""
    send_needs: str = ""
    """Name of the field without which the account only receives; empty: it can always send."""
    idempotent_send: bool = False
    """The provider delivers the same key only once, so a message with an unknown outcome may be sent again."""
    answers_arrive_on: Sequence[str] = ()
    """Channels in which answers arrive, if this one cannot receive."""
    rates: Sequence[Rate] = ()

    def may_begin(self, kind: AddressKind, address: str) -> bool:
        """Whether a dialog may be opened with an address from which nobody wrote."""
        comment = kind == "chat_id" and bool(self.comments) and re.fullmatch(self.comments, address) is not None
        alike = kind != "chat_id" or not self.chat_ids or re.fullmatch(self.chat_ids, address) is not None
        return comment or (alike and kind in self.write_first)


class NoCapabilities(Capabilities):
    """Of a channel whose kind is not installed: whatever is asked of it is refused for this reason."""

    __slots__ = ()


class ErrorWords(NamedTuple):
    """The explanation of an error code."""

    what: Text
    next_step: Text | None = None
    """What a person does about it."""
    running: Text | None = None
    """Said after it of a channel that is bound: what the desk does by itself, or that it is to be bound again."""

    @property
    def step_when_bound(self) -> Text | None:
        """The next step for a channel that is bound."""
        if self.next_step is None or self.running is None:
            return self.next_step or self.running
        return T("{step} {then}", step=self.next_step, then=self.running)

    @property
    def step_while_binding(self) -> Text | None:
        """The next step for a person who binds a channel: nothing repeats their attempt."""
        passes = self.next_step is None and self.running is not None
        return T("Try again in a few minutes.") if passes else self.next_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A channel's manifest.toml as a value."""

    kind: str
    """The folder's name, such as ``email``; other code uses it only as data."""
    title: Text
    label: str
    """Short name for narrow columns."""
    source_id: int
    """The stable number of S-036."""
    summary: Text
    capabilities: Capabilities
    fields: Sequence[Field] = ()
    source_name: str = ""
    """The name that pickers of kinds show: that of the table in S-036, or S-042; the same in every language."""
    later: Sequence[str] = ()
    """Names of fields that may be asked after the first form, such as a login code."""
    limits: Sequence[Text] = ()
    """What the channel cannot do, in words."""
    errors: Mapping[str, ErrorWords] = field(default_factory=dict)
