"""Shared by ``send`` and ``reply``: the draft, the wait for the verdict, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, wraps
from inspect import Parameter, Signature, signature
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import typed
from chatapp_cli.commands.errors import INTERRUPTED, note, say
from chatapp_cli.commands.input_checks import key, seconds
from chatapp_cli.commands.interrupt import Interrupt, interruptible
from chatapp_cli.commands.served import note_if_it_may_wait
from chatapp_cli.documents import messages as documents
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.health import STOPPED, Health
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.message import SENT, State
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.services.message_request import FromReply, FromTemplate, MessageRequest, SendTarget
    from chatapp_cli.services.sending import SendOptions
    from chatapp_cli.services.transcript import TranscriptEntry
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.tx import Tx

Text = Annotated[str, typer.Option("--text", "-t", help=N_("The text; - reads standard input"))]
Subject = Annotated[str, typer.Option("--subject", help=N_("Subject, where the channel has one"))]
Copies = Annotated[
    list[str] | None,
    typer.Option("--cc", metavar="ADDRESS", help=N_("Who gets a copy and is named to all; repeatable")),
]
BlindCopies = Annotated[
    list[str] | None, typer.Option("--bcc", metavar="ADDRESS", help=N_("Who gets a copy that nobody sees; repeatable"))
]
Signed = Annotated[
    bool, typer.Option("--signature/--no-signature", help=N_("Put the signature below a mail"), show_default=False)
]
Files = Annotated[list[Path] | None, typer.Option("--file", metavar="FILE", help=N_("File to attach; repeatable"))]
Buttons = Annotated[
    list[str] | None,
    typer.Option("--button", metavar="TEXT", help=N_("Button below the text, or a numbered list without; repeatable")),
]
At = Annotated[
    str, typer.Option("--at", metavar="TIME", help=N_("Not before: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00"))
]
UnlessHeard = Annotated[
    bool, typer.Option("--unless-they-write", help=N_("With --at: cancel it if the client writes before"))
]
Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        parser=seconds,
        metavar="SECONDS",
        help=N_("Seconds to wait for the verdict; 0: only put it in the outbox"),
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key", parser=key, metavar="KEY", help=N_("The same key again sends nothing a second time")
    ),
]
Approved = Annotated[
    str, typer.Option("--template", metavar="TEMPLATE", help=N_("Approved template: NAME, or NAME/LANGUAGE"))
]
Values = Annotated[
    list[str] | None,
    typer.Option("--value", metavar="GAP=TEXT", help=N_("What fills a gap; repeatable")),
]
FirstName = Annotated[
    str, typer.Option("--first-name", metavar="NAME", help=N_("Name of the client for the account's address book"))
]
LastName = Annotated[str, typer.Option("--last-name", metavar="NAME", help=N_("Last name of the client, likewise"))]
Assignee = Annotated[
    str, typer.Option("--assignee", metavar="OPERATOR", help=N_("Assignee of the dialog; me: you; otherwise unchanged"))
]
PATIENCE = 30.0

_EXIT_OF_HEALTH = {Health.NEEDS_REBIND: 4, Health.MISCONFIGURED: 2, Health.BLOCKED: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOptions:
    """The options of ``send`` and ``reply``."""

    text: Text = ""
    template: Approved = ""
    values: Values = None
    subject: Subject = ""
    cc: Copies = None
    bcc: BlindCopies = None
    signed: Signed = True
    files: Files = None
    buttons: Buttons = None
    at: At = ""
    wait: Wait = PATIENCE
    key: Key = None
    first_name: str = ""
    last_name: str = ""
    assignee: str = ""
    quick: str = ""
    """The quick reply to use as the text."""
    unless_heard: bool = False

    @contextmanager
    def request(
        self,
        company: Company,
        to: SendTarget,
        channels: Sequence[ChannelRow],
        *,
        reply_to: MessageId | None = None,
        answers: MessageId | None = None,
    ) -> Iterator[MessageRequest]:
        """The message for one of these channels, with its files staged; they are kept if it is accepted within."""
        from chatapp_cli.commands.staging import most_of, staging
        from chatapp_cli.domain.draft import Draft
        from chatapp_cli.domain.recipients import typed_names
        from chatapp_cli.services.message_request import MessageRequest

        self._require_sense()
        text, paths = typed(self.text), self.files or ()
        most = most_of([company.capabilities(one) for one in channels], paths) if paths else None
        with staging(company, most=most) as stage:
            draft = Draft(
                text=text,
                subject=self.subject,
                files=tuple(map(stage, paths)),
                buttons=tuple(self.buttons or ()),
                reply_to=reply_to,
                answers=answers,
                first_name=self.first_name.strip(),
                last_name=self.last_name.strip(),
                cc=_addresses(self.cc),
                bcc=_addresses(self.bcc),
                called=typed_names(*(self.cc or ()), *(self.bcc or ())),
            )
            yield MessageRequest(
                to=to,
                draft=draft,
                words=self._words(company),
                options=self._send_options(company),
                signing=company.options if self.signed else None,
            )

    def _require_sense(self) -> None:
        if self.template and self.text:
            raise UsageError(T("A template brings its own text."), T("Leave --text out."), field="text")
        if self.quick and (self.text or self.template):
            raise UsageError(
                T("A quick reply brings its own text."), T("Leave --text and --template out."), field="text"
            )
        if self.values and not (self.template or self.quick):
            raise UsageError(T("--value fills the gaps of a template."), T("Name it with --template."), field="value")

    def _words(self, company: Company) -> FromTemplate | FromReply | None:
        from chatapp_cli.services.message_request import FromReply, FromTemplate

        if self.template:
            return FromTemplate(self.template, _gaps(self.values or ()))
        if self.quick:
            return FromReply(self.quick, _gaps(self.values or ()), company.options)
        return None

    def _send_options(self, company: Company) -> SendOptions:
        """The order: author, time and key."""
        from chatapp_cli.domain.when import when
        from chatapp_cli.services.sending import SendOptions, key_of

        if self.unless_heard and not self.at:
            raise UsageError(T("--unless-they-write needs a time."), T("Name it with --at."), field="unless_heard")
        at = when(self.at, now=company.world.clock.now()) if self.at else None
        return SendOptions(
            key=key_of(self.key) if self.key else company.world.chance.key(),
            at=at,
            unless_heard=self.unless_heard,
            assignee=company.acting_name if self.assignee == "me" else self.assignee,
        )


_SHARED = ("text", "template", "values", "subject", "cc", "bcc", "signed", "files", "buttons", "at", "wait", "key")


def composed(verb: Callable[..., None]) -> Callable[..., None]:
    """Decorator that adds the options of send and reply to a command, which gets them as ``options``."""
    own = signature(verb, eval_str=True).parameters
    known = signature(MessageOptions, eval_str=True).parameters
    shared = [known[name].replace(kind=Parameter.KEYWORD_ONLY) for name in _SHARED]

    @wraps(verb)
    def command(**values: Any) -> None:
        options = MessageOptions(**{name: values.pop(name) for name in _SHARED})
        verb(**values, options=options)

    spread = [shared if one.name == "options" else [one] for one in own.values()]
    command.__signature__ = Signature([*chain(*spread)])  # type: ignore[attr-defined]  # read by typer
    return command


def _addresses(given: Sequence[str] | None) -> Sequence[str]:
    from chatapp_cli.domain.recipients import typed_addresses

    return typed_addresses("\n".join(given or ()))


def _gaps(given: Sequence[str]) -> Mapping[str, str]:
    pairs = [word.partition("=") for word in given]
    for name, equals, _text in pairs:
        if not (name.strip() and equals):
            raise UsageError(T("{word} fills no gap.", word=name), T("Write it so: --value gap=TEXT"), field="value")
    return {name.strip(): text for name, _equals, text in pairs}


def send_off(company: Company, request: MessageRequest, *, wait: float, as_json: bool, to: str = "") -> int:
    """Accept the message, wait for its verdict, report it, and return the exit code.

    The recipient is named: before the wait as known to the desk, and after it if the provider knew better.
    """
    from chatapp_cli.services import composing, transcript

    waits = bool(wait) and request.options.at is None
    with interruptible() as interrupt:
        message = first = company.write(lambda tx: composing.accept(tx, company.capabilities, request))
        announced = _tell_whom(company, message, to)
        if waits:
            note_if_it_may_wait(company)
    if waits:
        try:
            message = _deliver(company, message, wait, interrupt)
        except KeyboardInterrupt:
            return _interrupted(company, first, as_json=as_json)
        _tell_whom(company, message, to, announced)
    if message != first:
        note("Message {first} failed in its channel and continued as message {n}.", first=first, n=message)
    entry, channel = company.read(
        lambda tx: ((found := transcript.entry(tx, message)), channel_of(tx, found.message.dialog_id))
    )
    return report(company, entry, channel, waited=bool(wait), as_json=as_json)


def _tell_whom(company: Company, message: MessageId, to: str, announced: str = "") -> str:
    """Name the recipient of a message to a number or a username, unless typed or named already.

    Numbers and usernames change hands; ChatIDs and e-mail addresses do not, so for them nothing is printed.
    """
    from chatapp_cli.domain.address import openings
    from chatapp_cli.services import dialogs, transcript

    if openings(to)[0] not in {"phone", "username"}:
        return announced
    card = company.read(lambda tx: dialogs.card(tx, transcript.message(tx, message).dialog_id))
    if card.name in {announced, to, to.removeprefix("@"), card.address}:
        return announced
    note("To {name}: dialog {n}, {channel}", name=printing.one_line(card.name), n=card.id, channel=card.channel)
    return card.name


def channel_of(tx: Tx, dialog: DialogId) -> ChannelRow:
    """The channel of a dialog. Raises NotFound."""
    from chatapp_cli.services import channels, dialogs

    return channels.one(tx, dialogs.card(tx, dialog).channel_id)


def _deliver(company: Company, message: MessageId, patience: float, interrupt: Interrupt) -> MessageId:
    """Wait for the verdict. Raises KeyboardInterrupt if Ctrl+C is pressed, or was since the message was accepted."""
    import asyncio

    from chatapp_cli.runtime.logs import configure
    from chatapp_cli.runtime.once import deliver

    if interrupt.pressed:
        raise KeyboardInterrupt
    configure("error")
    return asyncio.run(deliver(company, message, seconds=patience))


def _interrupted(company: Company, message: MessageId, *, as_json: bool) -> int:
    """Say what becomes of a message whose verdict nobody waits for any more; returns the exit code."""
    from chatapp_cli.runtime.lease import current_holder
    from chatapp_cli.services import chains, transcript

    while (onward := company.read(partial(chains.continuation_of, message=message))) is not None:
        message = onward
    entry = company.read(partial(transcript.entry, wanted=message))
    state, channel = State(entry.message.state), company.read(partial(channel_of, dialog=entry.message.dialog_id))
    report(company, entry, channel, waited=False, as_json=as_json)
    if state is State.SENDING:
        say(
            T("Message {n} is being sent and cannot be stopped.", n=message),
            T("See what becomes of it: chatapp trace {n}", n=message),
        )
    elif state is State.QUEUED:
        served = current_holder(company) is not None
        goes_on = T("Message {n} goes on: the daemon sends it.", n=message)
        waits = T("Message {n} waits, and is sent once the daemon runs.", n=message)
        say(goes_on if served else waits, T("To stop it: chatapp message cancel {n}", n=message))
    elif state in SENT:
        note("Message {n} is sent already.", n=message)
    return INTERRUPTED


def report(company: Company, entry: TranscriptEntry, channel: ChannelRow, *, waited: bool, as_json: bool) -> int:
    """Report the outcome of a message; returns the exit code."""
    if as_json:
        printing.document(documents.verdict(entry, channel, _name(company, entry)))
    else:
        typer.echo(entry.message.id)
    state = State(entry.message.state)
    if state in SENT or state is State.CANCELLED:
        return 0
    if state is State.SCHEDULED:
        at = entry.waiting.not_before if entry.waiting else 0
        note("Message {n} will be sent after {moment}.", n=entry.message.id, moment=printing.moment(at))
        return 0
    if state in {State.FAILED, State.UNCERTAIN}:
        _explain_verdict(company, entry, channel)
        return 1
    return _explain_wait(company, entry, channel) if waited else 0


def _name(company: Company, entry: TranscriptEntry) -> str:
    from chatapp_cli.services import dialogs

    return company.read(lambda tx: dialogs.card(tx, entry.message.dialog_id)).name


def _explain_verdict(company: Company, entry: TranscriptEntry, channel: ChannelRow) -> None:
    from chatapp_cli.services import words

    message = entry.message
    what, step = words.why(company.manifest(channel), message.code, message.detail)
    if message.state == State.FAILED:
        say(T("Message {n} failed: {why}", n=message.id, why=what), step)
        return
    say(
        T("Message {n} is uncertain: it may or may not have arrived. {why}", n=message.id, why=what),
        T("Look in the chat, then: chatapp message resolve {n} sent|failed", n=message.id),
    )


def _explain_wait(company: Company, entry: TranscriptEntry, channel: ChannelRow) -> int:
    from chatapp_cli.services import channels, words
    from chatapp_cli.services.standings import standing

    n, manifest = entry.message.id, company.manifest(channel)
    if channel.health in STOPPED:
        found = standing(channels.seen(channel, manifest), manifest, company.world.clock.now())
        said = found.sentence(printing.moment)
        say(T("Message {n} waits: {title}: {said}", n=n, title=channel.title, said=said), found.next_step)
        return _EXIT_OF_HEALTH[Health(channel.health)]
    at = max(entry.waiting.not_before if entry.waiting else 0, channel.paused_until)
    code = entry.message.code or (entry.waiting.wait_code if entry.waiting else "")
    why = words.why(manifest, code, entry.message.detail)[0] if code else T("There is no verdict yet.")
    say(
        T("Message {n} still waits, not before {moment}. {why}", n=n, moment=printing.moment(at), why=why)
        if at
        else T("Message {n} still waits. {why}", n=n, why=why),
        T("It is sent while the daemon runs; check with: chatapp trace {n}", n=n),
    )
    return 3
