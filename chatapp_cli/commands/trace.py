"""``chatapp trace``: a message's whole life."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import typer

from chatapp_cli.commands import printing, transcripts
from chatapp_cli.commands.base import Json, Message, Verb, opened, single
from chatapp_cli.documents import messages as documents
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.journal.messages import MessageStateChanged
from chatapp_cli.i18n import _, show
from chatapp_cli.services import auto_words, words
from chatapp_cli.services import trace as traces
from chatapp_cli.services.journal_words import sentence

if TYPE_CHECKING:
    from chatapp_cli.domain.journal.reading import JournalEntry
    from chatapp_cli.domain.manifest import Manifest
    from chatapp_cli.services.trace import Life

app = single()


@app.command(cls=Verb)
def trace(ctx: typer.Context, message: Message, as_json: Json = False) -> None:
    """Show everything that is known of a message."""
    from chatapp_cli.kit.manifests import manifest

    with opened(ctx) as company:
        life = company.read(lambda tx: traces.life(tx, MessageId(message)))
    if as_json:
        printing.document(documents.life(life))
        return
    about = manifest(life.dialog.kind)
    printing.facts(_facts(life))
    for line in (*transcripts.entry_lines(life.entry, life.dialog, about), *_story(life, about)):
        typer.echo(line)


def _facts(life: Life) -> Mapping[str, object]:
    message = life.entry.message
    return {
        _("Dialog"): f"{life.dialog.name} ({life.dialog.id})",
        _("Channel"): f"{life.dialog.channel} ({life.dialog.kind})",
        _("Written by"): show(words.origin(message.origin)),
        _("Provider's id"): message.ext_id,
        _("Idempotency key"): message.key,
    }


def _story(life: Life, about: Manifest) -> Iterator[str]:
    """What happened, in the order of time."""
    story = [*_arrival(life), *_attempts(life, about), *_earlier(life), *_acts(life)]
    story += [
        (one.at, printing.one_line(f"{show(sentence(one))} {one.actor}{_why(life, one, about)}")) for one in life.news
    ]
    yield ""
    for at, words_of_it in sorted(story, key=lambda one: one[0]):
        yield f"{printing.moment(at)}  {printing.shortened(words_of_it)}"


def _why(life: Life, entry: JournalEntry, about: Manifest) -> str:
    """Why a report changed the message's state, as far as it still has that state."""
    event, message = entry.event, life.entry.message
    if not isinstance(event, MessageStateChanged) or not event.code:
        return ""
    if (event.state, event.code) != (message.state, message.code):
        return ""
    return f": {show(words.why(about, message.code, message.detail)[0])}"


def _arrival(life: Life) -> Iterator[tuple[int, str]]:
    if life.arrived is not None:
        arrived = life.arrived
        yield (
            arrived.at,
            _("Arrived as {id}, stored as arrival {n}", id=printing.plain(arrived.provider_id), n=arrived.id),
        )


def _attempts(life: Life, about: Manifest) -> Iterator[tuple[int, str]]:
    for n, one in enumerate(life.attempts, 1):
        yield one.started_at, _("Attempt {n}: {action} began", n=n, action=show(words.action(one.action)))
        if one.finished_at:
            why = show(words.why(about, one.code, one.detail)[0]) if one.code else one.detail
            verdict = _("Attempt {n}: {verdict} {why}", n=n, verdict=show(words.verdict(one.verdict)), why=why)
            yield one.finished_at, printing.one_line(verdict)


def _acts(life: Life) -> Iterator[tuple[int, str]]:
    for one in life.acts:
        yield one.ended_at or one.created_at, printing.one_line(show(auto_words.of_act(one)))
    for silent in life.silence:
        yield silent.at, show(silent.why)


def _earlier(life: Life) -> Iterator[tuple[int, str]]:
    for text, at in life.said_before:
        yield at, printing.one_line(_("Until then it said: {text}", text=text))
