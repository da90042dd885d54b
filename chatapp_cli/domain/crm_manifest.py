"""What a kind of CRM is, readable without importing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from chatapp_cli.domain.form import Field
from chatapp_cli.domain.manifest import ErrorWords
from chatapp_cli.domain.text import Text


class ChannelThere(NamedTuple):
    """How a kind of our channels is named and drawn in the CRM (S-155)."""

    id: str
    name: str
    colour: str
    options: Sequence[str] = ()
    """Names of the ``pairing_fields`` that this channel has there."""


class OneWay(NamedTuple):
    """A way of linking a CRM in which it never calls us, so that only conversations go there."""

    field: str
    """The question of the linking that decides it."""
    answer: str
    """The answer by which a link is such a one."""
    label: Text
    """The way in two or three words."""
    leave: Text
    """What a person does there when such a link has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmCommand:
    """A command below ``chatapp crm`` that only this CRM has, or a group of such."""

    summary: Text
    does: Literal["", "package", "definition", "letter", "own"] = ""
    """What of the CRM it calls: see ``ShipsStep``, ``WritesToSupport`` and ``Answers`` in ``ports.crm``.

    Empty: it is a group, in which there are those whose names begin with its own.
    """
    fields: Sequence[Field] = ()
    """The options of one that the CRM answers."""
    file: str = ""
    """How the archive is usually called that a ``package`` writes."""
    next_step: Text | None = None
    """What a person does with it, with ``{title}`` for that of the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmManifest:
    """A CRM's manifest.toml as a value."""

    kind: str
    """The folder's name, such as ``bitrix24``; other code uses it only as data."""
    title: Text
    summary: Text
    admits: Text | None = None
    """What a person does there until a new link works; ``None`` if it works once it is made."""
    admits_for: Mapping[str, str] = field(default_factory=dict)
    """The answers to the linking with which ``admits`` is said; empty: with all."""
    leave: Text = Text("")  # noqa: RUF009 - a value that nobody changes
    """What a person does there when a link has ended."""
    letter: Text | None = None
    """What a letter to the CRM's support is for, see ``ports.crm.WritesToSupport``; ``None`` if none is needed."""
    one_way: OneWay | None = None
    fields: Sequence[Field] = ()
    """The questions of the linking."""
    pairing_fields: Sequence[Field] = ()
    """The options of a pairing."""
    maps: Sequence[str] = ()
    """Those of them that fill something in the CRM, or here from there: ``chatapp crm fields`` shows and tries them."""
    channels: Mapping[str, ChannelThere] = field(default_factory=dict)
    """By our kinds of channels; others cannot be paired."""
    hook: str = ""
    """Where below our own address for a link its CRM tells us what happens."""
    at_once: int = 1
    """The most entries that a session is given at once."""
    always_called: bool = True
    """Whether the CRM calls every link of it, so that none works without a public address."""
    own_cards: Text | None = None
    """Where the CRM itself makes the cards of a link that it calls, so that rules have no say; ``None``: nowhere."""
    vouches: Mapping[str, str] = field(default_factory=dict)
    """The answers to the linking that a link has by which operators can log in, see ``ports.crm.VouchesForUsers``.

    Empty if they cannot.
    """
    robots: bool = False
    """Whether the automations of a link that the CRM calls can have our robots, see ``ports.crm.RunsRobots``."""
    calls_per_hour: int = 0
    """How many requests an hour the CRM bears from us for long; 0: not known."""
    tells: Sequence[str] = ()
    """What the CRM can be told, or tells, beside messages: names of ``domain.crm.states.Tells``."""
    tells_with: str = ""
    """The question of the linking without whose answer it is none of that; empty: always."""
    tells_always: Sequence[str] = ()
    """More such names, which do not depend on that answer."""
    limits: Sequence[Text] = ()
    """What the link cannot do, in words."""
    errors: Mapping[str, ErrorWords] = field(default_factory=dict)
    commands: Mapping[str, CrmCommand] = field(default_factory=dict)
    """By their words, such as ``amo channel request``: at least two, the groups before what is in them."""

    def command_that(self, does: str) -> str:
        """The words of its command that does something; empty if it has none."""
        return next((name for name, one in self.commands.items() if one.does == does), "")

    def one_way_of(self, settings: Mapping[str, str]) -> OneWay | None:
        """The one way of a link with these settings; ``None`` for a link that the CRM calls."""
        way = self.one_way
        return way if way is not None and settings.get(way.field) == way.answer else None

    def vouches_by(self, settings: Mapping[str, str]) -> bool:
        """Whether operators can log in by signing in at a link with these settings."""
        return bool(self.vouches) and all(settings.get(name) == said for name, said in self.vouches.items())

    def tells_of(self, settings: Mapping[str, str]) -> Sequence[str]:
        """What the CRM of a link with these settings can be told, or tells, beside messages."""
        conditional = self.tells if not self.tells_with or settings.get(self.tells_with) else ()
        return (*conditional, *self.tells_always)

    def own_cards_of(self, settings: Mapping[str, str]) -> Text | None:
        """Where rules of a link with these settings have no say; ``None`` if they have it everywhere."""
        return self.own_cards if self.one_way_of(settings) is None else None

    def has_robots(self, settings: Mapping[str, str]) -> bool:
        """Whether a link with these settings can have our robots."""
        return self.robots and self.one_way_of(settings) is None

    def admits_of(self, settings: Mapping[str, str]) -> Text | None:
        """What a person does there until a link with these settings works; ``None`` if it works once it is made."""
        asked = all(settings.get(name) == said for name, said in self.admits_for.items())
        return self.admits if asked and self.one_way_of(settings) is None else None

    def leave_of(self, settings: Mapping[str, str]) -> Text:
        """What a person does there when a link with these settings has ended."""
        way = self.one_way_of(settings)
        return self.leave if way is None else way.leave
