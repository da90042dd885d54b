"""The demo: sandbox servers, a temporary company bound to them, and invented customers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import ChatappError, UsageError
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.message import State
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.template import Template, gaps
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import manifest, manifests
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.directory import has_sandbox, sandbox
from chatapp_cli.sandbox.stage import Approves, CallsHooks, Customer, Heard, Sandbox
from chatapp_cli.sandbox.town import Town, Townsman, handout, town
from chatapp_cli.services import (
    approvals,
    auto_form,
    auto_rules,
    channels,
    files,
    lines,
    templates,
    transcript,
    word_forms,
)
from chatapp_cli.services.composing import accept
from chatapp_cli.services.message_request import InDialog, MessageRequest, ToAddress
from chatapp_cli.services.sending import SendOptions
from chatapp_cli.settings import Settings
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogRow
from chatapp_cli.store.tx import Tx

R = TypeVar("R")

Tell: TypeAlias = Callable[[str, Mapping[str, object]], None]

_OLGA = Acting("Ольга", owner=True)
"""The operator who answers the customers."""
PATIENCE = 30.0
"""The timeout of one step of the headless round, in seconds."""


@dataclass(frozen=True, slots=True)
class DemoStage:
    """The running demo."""

    company: Company
    sandboxes: Sequence[Sandbox]
    town: Town
    address: asyncio.Future[str]
    """Where the daemon listens, once it does; empty if nowhere."""

    def listen_at(self, address: str) -> None:
        """Tell the providers with webhooks where the daemon listens."""
        if not self.address.done():
            self.address.set_result(address)
        keys = {row.kind: row.hook_key for row in self.company.read(channels.everything)}
        for one in self.sandboxes:
            if isinstance(one, CallsHooks) and address:
                one.calls(f"{address}/hooks/{keys[one.kind]}")


@asynccontextmanager
async def staged(folder: Path, lang: str) -> AsyncIterator[DemoStage]:
    """Start the servers, create the company in this folder and bind every channel that has a server."""
    async with AsyncExitStack() as stack:
        kinds = [kind for kind in manifests() if has_sandbox(kind)]
        sandboxes = [await stack.enter_async_context(sandbox(kind)) for kind in kinds]
        people = town([one for one in sandboxes if not manifest(one.kind).capabilities.answers_arrive_on])
        settings = demo_settings(folder, people.company, lang)
        company = open_company(settings).seen_by(Acting("demo", owner=True))
        stack.callback(company.close)
        line = company.write(partial(lines.add, name=people.line))
        for one in sandboxes:
            channel = await bind(company, DemoAsker(one.answers), line=line, kind=one.kind)
            if isinstance(one, Approves):
                company.write(partial(_approve, company=company, channel=channel, approved=one.approved))
        await asyncio.to_thread(_automate, company, people.rules)
        yield DemoStage(company, sandboxes, people, asyncio.get_running_loop().create_future())


def _automate(company: Company, said: Sequence[Mapping[str, Any]]) -> None:
    """Keep the rules of the town."""
    word_forms.load()
    desk = desk_of(company, making=True)

    def keep(tx: Tx) -> None:
        names = desk.names(tx)
        for one in said:
            auto_rules.add(tx, auto_form.wanted(tx, one, names), names)

    company.write(keep)


def _approve(tx: Tx, *, company: Company, channel: ChannelId, approved: Mapping[str, str]) -> None:
    """Approve the templates before the demo starts."""
    row = channels.one(tx, channel)
    for name, body in approved.items():
        approvals.judged(tx, company.capabilities, row, Template(name=name, body=body, state="approved"))


def demo_settings(folder: Path, company: str, lang: str) -> Settings:
    """Settings of the temporary company; nothing of the user's own is read."""
    return Settings(home=str(folder), company="demo", company_name=company, lang=lang, http_port=0)


class DemoAsker:
    """Answers the dialogue of binding or linking with what the sandbox server expects."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    async def form(self, form: Form) -> Mapping[str, str]:
        """Answer the form; a second question means that the demo is broken."""
        if form.errors:
            name, words = next(iter(form.errors.items()))
            raise UsageError(words, field=name)
        return {field.name: self._answers.get(field.name, field.default) for field in form.fields}

    async def show(self, notice: Notice) -> None:
        """Shows nothing."""
        del notice

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        """Not supported."""
        del url, state
        raise UsageError(T("The demo has no browser."))


async def play(stage: DemoStage, tell: Tell) -> None:
    """One round with all customers: they write, the desk answers, they react. Raises ChatappError.

    ``tell`` is called with a word and values for each step.
    """
    for number, one in enumerate(stage.town.people):
        attach = number < len(stage.sandboxes) and manifest(one.sandbox.kind).capabilities.max_upload > 0
        await _play(stage, one, tell, attach=attach)
    for silent in stage.sandboxes:
        if isinstance(silent, Approves):
            await _notify(stage, silent, stage.town.people[0].customer, tell)


async def _notify(stage: DemoStage, provider: Sandbox, customer: Customer, tell: Tell) -> None:
    """Write first by a template in channels that cannot receive."""
    company = stage.company.seen_by(_OLGA)

    def enqueue(tx: Tx) -> tuple[MessageId, str]:
        row = next(row for row in channels.everything(tx) if row.kind == provider.kind)
        one = templates.everything(tx, channel=row.id)[0]
        filled, text = templates.filled(tx, row, one.name, dict.fromkeys(gaps(one.body), "1047"))
        draft, options = Draft(text=text, template=filled), SendOptions(key=company.world.chance.key())
        request = MessageRequest(to=ToAddress(row.id, customer.phone), draft=draft, options=options)
        return accept(tx, company.capabilities, request), text

    message, text = await asyncio.to_thread(company.write, enqueue)
    state = await settled(stage, message)
    about = {"name": customer.name, "channel": manifest(provider.kind).label}
    tell("answered", {**about, "text": text, "state": state, "message": message})
    async with asyncio.timeout(PATIENCE):
        while not _has_received(await provider.heard(customer), text, attach=False):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)


async def _play(stage: DemoStage, one: Townsman, tell: Tell, *, attach: bool) -> None:
    await one.begin()
    dialog, arrived = await received(stage, one, one.first)
    about = {"name": one.customer.name, "channel": manifest(dialog.kind).label}
    tell("arrived", {**about, "text": one.first, "files": [file.name for file in arrived.files]})
    if one.by_rule:
        await _answered_by_rule(stage, one, dialog, tell, about)
    message = await _answer(stage, dialog, one.answer, attach=attach)
    state = await settled(stage, message)
    tell("answered", {**about, "text": one.answer, "state": state, "message": message})
    await delivered(one, one.answer, attach=attach)
    reaction = one.then[one.answered]
    await one.react()
    await received(stage, one, reaction)
    tell("reacted", {**about, "text": reaction})


async def _answered_by_rule(
    stage: DemoStage, one: Townsman, dialog: DialogRow, tell: Tell, about: Mapping[str, object]
) -> None:
    """Wait for the answer of a rule before somebody of the desk answers: then it would keep silent."""

    def look() -> transcript.TranscriptEntry | None:
        entries = stage.company.read(partial(transcript.latest, dialog=dialog.id))
        return next((entry for entry in entries if entry.because is not None), None)

    entry = await until(look, what=one.by_rule)
    message = entry.message
    state = await settled(stage, message.id)
    await delivered(one, message.text)
    tell("automatic", {**about, "text": message.text, "state": state, "message": message.id, "because": entry.because})


def _channel(stage: DemoStage, dialog: DialogRow) -> ChannelRow:
    return stage.company.read(partial(channels.one, channel=dialog.channel_id))


async def received(stage: DemoStage, one: Townsman, text: str) -> tuple[DialogRow, transcript.TranscriptEntry]:
    """Wait for a customer's message at the desk. Raises ChatappError."""
    wanted = DialogFilter(kind=one.sandbox.kind)

    def look() -> tuple[DialogRow, transcript.TranscriptEntry] | None:
        with stage.company.database.reading() as tx:
            for dialog in dialog_list.page(tx, stage.company.database.driver.dialect, wanted):
                for entry in transcript.latest(tx, dialog.id):
                    if text.strip() in entry.message.text and entry.message.direction == "in":
                        return dialog, entry
        return None

    return await until(look, what=text)


async def _answer(stage: DemoStage, dialog: DialogRow, text: str, *, attach: bool) -> MessageId:
    company = stage.company.seen_by(_OLGA)
    can = company.capabilities(_channel(stage, dialog))
    staged: tuple[StagedFile, ...] = ()
    if attach:
        given = handout(can.upload_types)
        path = company.settings.folder.parent / given.name
        await asyncio.to_thread(path.write_bytes, given.content)
        staged = (await asyncio.to_thread(files.stage, company.media, path),)
    options = SendOptions(key=company.world.chance.key())
    request = MessageRequest(to=InDialog(dialog.id), draft=Draft(text=text, files=staged), options=options)
    return await asyncio.to_thread(company.write, partial(accept, able=company.capabilities, request=request))


async def settled(stage: DemoStage, message: MessageId) -> str:
    """Wait until a message has left the desk; returns its state. Raises ChatappError if it did not."""

    def look() -> str | None:
        state = stage.company.read(partial(transcript.message, wanted=message)).state
        return None if state in {State.QUEUED, State.SENDING} else state

    state = await until(look, what=str(message))
    if state not in {State.SENT, State.DELIVERED, State.READ}:
        raise ChatappError(T("The answer {n} became {state}.", n=message, state=state))
    return state


async def delivered(one: Townsman, text: str, *, attach: bool = False) -> None:
    """Wait until a customer got this message, and with ``attach`` also a file. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not _has_received(await one.sandbox.heard(one.customer), text, attach=attach):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)


def _has_received(messages: Sequence[Heard], text: str, *, attach: bool) -> bool:
    return any(text in one.text for one in messages) and (not attach or any(one.files for one in messages))


async def until(look: Callable[[], R | None], *, what: str) -> R:
    """Wait for what ``look`` finds, which is called in a thread. Raises ChatappError that names ``what``."""

    async def found() -> R | None:
        return await asyncio.to_thread(look)

    return await until_there(found, what=what)


async def until_there(ask: Callable[[], Awaitable[R | None]], *, what: str) -> R:
    """Wait until ``ask`` returns anything true. Raises ChatappError that names ``what``."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := await ask()):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise ChatappError(
            T("The demo waited in vain for: {what}", what=what), T("See: {how}", how=to_do(Next.DOCTOR))
        ) from error
    return found
