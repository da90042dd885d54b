"""A new message before it is accepted: to whom, what, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.services.options import Options
from chatapp_cli.services.routes import ChainStep
from chatapp_cli.services.sending import SendOptions


@dataclass(frozen=True, slots=True)
class InDialog:
    """The other side of an existing dialog."""

    dialog: DialogId


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPerson:
    """A person by address, through the named channels, otherwise through those stored for them."""

    to: str
    channel: str = ""
    """The first channel to try, by kind, account or number; empty: the client's own chain."""
    others: Sequence[str] = ()
    """The next ones as ``CHANNEL`` or ``CHANNEL:ADDRESS``, if it fails for good in those before."""
    line: str = ""
    """The line of the channels, by name or number; empty: every line."""


@dataclass(frozen=True, slots=True)
class ToAddress:
    """One address in one channel; no other address of the client is tried."""

    channel: ChannelId
    to: str


@dataclass(frozen=True, slots=True)
class ToChainRest:
    """The rest of a chain, by which a failed message goes on; only for `onward`."""

    steps: Sequence[ChainStep]


SendTarget: TypeAlias = InDialog | ToPerson | ToAddress | ToChainRest


@dataclass(frozen=True, slots=True)
class FromTemplate:
    """An approved template, by ``NAME`` or ``NAME/LANGUAGE``, and its values."""

    named: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FromReply:
    """A quick reply, by ``TITLE`` or ``SECTION/TITLE``, and its values."""

    named: str
    values: Mapping[str, str]
    options: Options
    """Options, for the company's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A new message: recipient, content, author and time."""

    to: SendTarget
    options: SendOptions
    draft: Draft | None = None
    """``None`` while nothing is written yet, for a preview."""
    signing: Options | None = None
    """Options of the operator who writes, for the signature below a mail; ``None``: it goes without."""
    words: FromTemplate | FromReply | None = None
    """The source of the text, if it was not written for this message."""
    undo_options: Options | None = None
    """Set if a person can take it back with a key: the options that say for how long."""
