"""What options of pairings fill in a CRM, or here from there: names of chats, who is responsible, a site's widget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.crm.owner import heeded, told
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import dialogs, employees, pairings, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatapp_cli.domain.crm.link import Card
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.domain.form import Field
    from chatapp_cli.domain.ids import DialogId, LinkId
    from chatapp_cli.store.rows.crm import LinkRow, PairingRow
    from chatapp_cli.store.tx import Tx

NAMES: Final = "name_sync"
"""The option, in whichever CRM has it, by which a chat is named as its contact is in the CRM."""
_ON: Final = "on"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedOption:
    """An option of a pairing that fills something."""

    channel: str
    """The title of the pairing's channel."""
    place: str
    """Where it is paired."""
    field: Field
    value: str

    @property
    def shown(self) -> Text:
        """Its value in words."""
        return self.field.shown(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedValue:
    """What an option would have written for a dialog."""

    option: str
    """``name_sync``, or ``owner_`` and the kind of the card."""
    way: str
    """``from_crm`` or ``to_crm``: what is told by whom."""
    what: Text
    value: Text
    changes: bool
    """Whether something would be written at all."""


def mapped(about: CrmManifest, paired: Sequence[PairingRow]) -> Sequence[MappedOption]:
    """The options of pairings that fill something, in the order of their CRM's manifest."""
    return [
        MappedOption(
            channel=row.channel, place=row.place_name, field=field, value=pairings.options(about, row)[field.name]
        )
        for row in paired
        for field in pairings.fields_of(about, row.kind)
        if field.name in about.maps
    ]


def tried(tx: Tx, about: CrmManifest, link: LinkRow, dialog: DialogId, cards: Sequence[Card]) -> Sequence[MappedValue]:
    """What the options of its channel's pairing would have written for a dialog with these cards. Changes nothing.

    Empty for a channel that is not paired with this CRM. Raises NotFound.
    """
    about_dialog = dialogs.card(tx, dialog)
    paired = pairings.of_channel(tx, link.id, about_dialog.channel_id)
    if paired is None:
        return []
    options = pairings.options(about, paired)
    return [
        *_named(options, cards),
        *_told(tx, link.id, options, about_dialog.assignee),
        *_heeded(tx, link, options, cards),
    ]


def _named(options: Mapping[str, str], cards: Sequence[Card]) -> Iterator[MappedValue]:
    if options.get(NAMES) != _ON:
        return
    name = next((one.title for one in cards if one.kind == "contact" and one.title), "")
    yield MappedValue(
        option=NAMES,
        way="from_crm",
        what=T("Name of the chat there"),
        value=T("{name}", name=name) if name else T("as it is: the CRM has no contact of it yet"),
        changes=bool(name),
    )


def _told(tx: Tx, link: LinkId, options: Mapping[str, str], answers: str) -> Iterator[MappedValue]:
    """Who would become responsible for the cards: the employee who the dialog's operator is."""
    employee = employees.of(tx, link, answers) if answers else ""
    called = next((row.name for row in employees.everything(tx, link) if row.employee == employee), employee)
    if not answers:
        value = T("as it is: nobody answers the dialog")
    elif not employee:
        value = T("as it is: {name} is no employee of the CRM", name=answers)
    else:
        value = T("{name}", name=called or employee)
    for kind in told(options):
        what = T("Responsible for the {card}", card=words.CARDS[kind])
        yield MappedValue(option=f"owner_{kind}", way="to_crm", what=what, value=value, changes=bool(employee))


def _heeded(tx: Tx, link: LinkRow, options: Mapping[str, str], cards: Sequence[Card]) -> Iterator[MappedValue]:
    """Who would answer the dialog if the card of a kind were the one that changed last."""
    there = {one.kind: one.responsible for one in cards if one.responsible}
    by_name: dict[str, list[str]] = {}
    for row in employees.everything(tx, link.id):
        by_name.setdefault(row.name, []).append(row.operator)
    for kind in heeded(options):
        if kind not in there:
            continue
        found = by_name.get(there[kind], [])
        yield MappedValue(
            option=f"owner_{kind}",
            way="from_crm",
            what=T("Who answers, by the {card}", card=words.CARDS[kind]),
            value=T("{name}", name=found[0])
            if len(found) == 1
            else T("as it is: {name} is no operator here", name=there[kind]),
            changes=len(found) == 1,
        )
