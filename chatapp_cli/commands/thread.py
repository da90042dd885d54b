"""``chatapp dialog show --person``: the messages of a client across all channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from chatapp_cli.commands import persons as person_verbs
from chatapp_cli.commands import printing, transcripts
from chatapp_cli.documents import messages as documents
from chatapp_cli.documents import people
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import chains, dialogs, persons, thread

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.services.persons import Person
    from chatapp_cli.services.transcript import TranscriptEntry
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx


def show(company: Company, dialog: DialogId, n: int, *, as_json: bool) -> None:
    """The client of a dialog with the last messages of all their dialogs."""
    person, entries, cards = company.read(lambda tx: _read(tx, dialog, n))
    if as_json:
        messages = [documents.in_thread(entry, cards[entry.message.dialog_id]) for entry in entries]
        printing.document({"person": people.person(person), "messages": messages})
        return
    printing.facts(person_verbs.facts(person))
    before = None
    for entry in entries:
        card = cards[entry.message.dialog_id]
        typer.echo()
        if card.id != before:
            typer.echo(printing.one_line(f"[{card.channel} ({card.kind}) {card.address}]"))
        before = card.id
        for line in transcripts.entry_lines(entry, card, manifest(card.kind)):
            typer.echo(line)


def _read(tx: Tx, dialog: DialogId, n: int) -> tuple[Person, list[TranscriptEntry], dict[DialogId, DialogCard]]:
    contact = dialogs.card(tx, dialog).contact_id
    if contact is None:
        raise NotFound(T("A group has no single client."))
    person = persons.person(tx, contact)
    cards = {way.id: dialogs.card(tx, way.id) for way in person.ways}
    return person, list(chains.with_onward(tx, thread.latest(tx, list(cards), n=n))), cards
