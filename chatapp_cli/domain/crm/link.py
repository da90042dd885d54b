"""A link to a CRM: places there, channels that are paired with them, and the people and cards of the CRM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chatapp_cli.domain.ids import ChannelId, PairingId

_NONE: Final = ChannelId(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the CRM that a channel can be paired with, such as an open line."""

    id: str
    name: str
    active: bool = True
    warnings: Sequence[str] = ()
    """Codes of settings of the place that make trouble; the manifest's ``[errors]`` explains them."""
    mends: Mapping[str, str] = field(default_factory=dict)
    """What ``CrmSession.mend`` would set there, as the CRM writes it, by those ``warnings`` that it can mend."""
    makes: str = ""
    """The kind of card that the CRM itself makes there of a new client: ``deal``, ``lead``; empty for none."""
    pipeline: str = ""
    """The pipeline into which those deals go, by its name; by its number if the CRM does not tell the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A channel of ours that is joined to a place of the CRM."""

    id: PairingId
    kind: str
    """The channel's kind, such as ``telegram``; a CRM uses it only to look into its manifest."""
    account: str
    """The channel's account, as people see it."""
    place: str
    options: Mapping[str, str] = field(default_factory=dict)
    """By the names of the manifest's ``pairing_fields``, defaults included."""
    place_name: str = ""
    """What people there call the place; empty if that is not known."""
    channel: ChannelId = _NONE
    """The channel's number; 0 if nobody asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A bound and authorised channel of ours that can be chosen on the CRM's own pages."""

    channel: ChannelId
    kind: str
    name: str
    """The channel and its line, as people see them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """A person who works in the CRM."""

    id: str
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceVisitor:
    """An employee who opened our page about a place in the CRM."""

    employee: str
    """The CRM's id of them."""
    administers: bool
    """Whether the CRM lets them change how channels are connected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of the CRM that belongs to a chat."""

    kind: str
    """``lead``, ``deal``, ``contact`` or ``company``."""
    id: str
    title: str
    pipeline: str = ""
    """Where it goes through its stages; empty for a card without stages, and if the CRM has only one place for it."""
    stage: str = ""
    responsible: str = ""
    url: str = ""
