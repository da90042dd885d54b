"""The inbox line by line, for screen readers and terminals without a cursor: it reads commands and prints lines."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TextIO

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.excerpt import excerpt
from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.domain.journal.messages import MessageReceived, MessageStateChanged
from chatapp_cli.domain.message import Direction, State
from chatapp_cli.domain.text import T
from chatapp_cli.domain.when import when
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import attendance, dialogs, duties, mails, notes, transcript
from chatapp_cli.services.message_request import InDialog
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.services.words import recipients, state
from chatapp_cli.store import dialog_list
from chatapp_cli.store.rows.dialogs import DialogCard, DialogRow
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.plain import vocabulary
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import line
from chatapp_cli.tui.session.error_guard import ErrorGuard
from chatapp_cli.tui.session.journal_feed import JournalAdvanced, Work, watch_journal
from chatapp_cli.tui.session.login_gate import LoginGate
from chatapp_cli.tui.session.notices import reminders
from chatapp_cli.tui.session.workspace import Workspace

_LISTED = 20
_AT_ONCE = 10
"""Messages read out at once."""
PASTE_GAP = 0.05
"""Seconds: a line that follows the last one sooner belongs to the same paste."""
MORNING = "9:00"
"""The time of a day that is named without a time."""
_UNSENT = frozenset({State.SCHEDULED, State.CANCELLED, State.FAILED, State.UNCERTAIN})
_DAYS = {"завтра", "послезавтра", "tomorrow"}


class Plain:
    """What one operator types and hears."""

    def __init__(self, workspace: Workspace, say: Callable[[str], None], token: str = "") -> None:
        self._workspace, self._say = workspace, say
        self._login_gate = LoginGate(workspace, token)
        self._listed: Sequence[DialogId] = ()
        self._open: DialogCard | None = None
        self._first: MessageRow | None = None
        self._folded: MessageId | None = None
        """The last mail that was read out without what it quotes."""
        self._unconfirmed = ""
        """A text that is sent if the operator says yes."""
        self.left = False
        self.refused: Refused | None = None
        """Why the login ended, if it did."""
        self._guard = ErrorGuard()
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "list": self._list,
            "find": self._find,
            "open": self._open_numbered,
            "more": self._earlier,
            "whole": self._whole,
            "answer": self._answer,
            "claim": self._claim,
            "later": self._snooze,
            "enough": self._enough,
            "note": self._note,
            "away": self._go_away,
            "back": self._come_back,
            "close": self._close,
            "help": self._help,
            "leave": self._leave,
        }

    async def hear(self, typed: str) -> None:
        """Carry out one line of input, or several pasted lines; an error is printed."""
        try:
            if await self._check_login():
                await self._carry_out(typed.strip())
        except Exception as error:  # noqa: BLE001 - an error ends no session: it is printed
            self._lines(self._guard.words(error).splitlines())

    async def _check_login(self) -> bool:
        """Check that the login still holds; if its rights changed, the list and the open dialog are dropped."""
        before = self._login_gate.acting
        self.refused = await self._login_gate.check()
        if self.refused is not None:
            self.left = True
        elif self._login_gate.acting != before:
            self._open, self._first, self._listed, self._unconfirmed = None, None, (), ""
            self._say(_("You see other lines now."))
        return not self.left

    async def _carry_out(self, typed: str) -> None:
        unconfirmed, self._unconfirmed = self._unconfirmed, ""
        if "\n" in typed:
            self._ask_about_paste(typed)
            return
        if unconfirmed and typed.lower() in vocabulary.YES:
            await self._answer(unconfirmed)
        elif found := vocabulary.understood(typed):
            await self._commands[found[0]](found[1])
        elif typed and self._open is not None:
            self._unconfirmed = typed
            self._say(_("Send to {name}: {text}? yes or no", name=line(self._open.name), text=line(typed)))
        elif typed:
            near = vocabulary.near(typed)
            self._say(_("Did you mean: {name}", name=near) if near else _("Say «help» for the words known here."))

    def _ask_about_paste(self, pasted: str) -> None:
        """Pasted lines are one text and contain no commands: ask whether to send them."""
        if self._open is None:
            self._say(_("Several lines came at once. Say one word at a time, or open a dialog to send them."))
            return
        self._unconfirmed = pasted
        n = len(pasted.splitlines())
        lines = ngettext("{n} line", "{n} lines", n)
        self._say(_("Send to {name}: {text}? yes or no", name=line(self._open.name), text=f"{line(pasted)} ({lines})"))

    def _lines(self, texts: Iterable[str]) -> None:
        for text in filter(None, texts):
            self._say(text)

    # Which dialogs

    async def _list(self, which: str) -> None:
        kind, me = which.lower(), self._workspace.actor
        if kind in vocabulary.EVERYTHING:
            wanted = DialogFilter()
        elif kind in vocabulary.UNREAD:
            wanted = DialogFilter(unread=True)
        else:
            wanted = DialogFilter(assignee=me) if kind in vocabulary.MINE else DialogFilter(waiting=True)
        await self._show(wanted)

    async def _find(self, text: str) -> None:
        await self._show(DialogFilter(text=text))

    async def _show(self, wanted: DialogFilter) -> None:
        dialect = self._workspace.dialect
        rows = await self._workspace.read(lambda tx: dialog_list.page(tx, dialect, wanted, n=_LISTED))
        self._listed = [row.id for row in rows]
        self._lines([self._row(n, row) for n, row in enumerate(rows, 1)] or [_("There is no such dialog.")])

    def _row(self, n: int, row: DialogRow) -> str:
        now = self._workspace.company.world.clock.now()
        waits = _("waits {time}", time=words.age(now - row.waiting_since)) if row.waiting_since else ""
        unread = ngettext("{n} unread", "{n} unread", row.unread) if row.unread else ""
        facts = [manifest(row.kind).label, waits, unread, f"@{row.assignee}" if row.assignee else ""]
        return f"{n}. {line(row.full_name)}. {', '.join(filter(None, facts))}. {line(row.preview)}"

    # One dialog

    async def _open_numbered(self, number: str) -> None:
        at = int(number) - 1 if number.isdigit() else -1
        if not 0 <= at < len(self._listed):
            raise NotFound(T("There is no dialog {n} in the list.", n=number or "?"), T("Say «list» to hear them."))
        await self._read(self._listed[at])

    async def _read(self, dialog: DialogId) -> None:
        await self._workspace.write(partial(dialogs.read, dialog=dialog))
        card, entries = await self._workspace.read(
            lambda tx: (dialogs.card(tx, dialog), transcript.latest(tx, dialog, n=_AT_ONCE))
        )
        self._open, self._folded = card, None
        self._say(f"{line(card.name)}. {manifest(card.kind).label}, {line(card.line)}.")
        self._read_out(entries)

    def _read_out(self, entries: Sequence[TranscriptEntry]) -> None:
        self._first = entries[0].message if entries else None
        self._folded = next((one.message.id for one in reversed(entries) if one.mail and one.mail.folded), self._folded)
        self._lines(map(self._entry, entries))

    def _entry(self, entry: TranscriptEntry) -> str:
        message, now = entry.message, self._workspace.company.world.clock.now()
        client = self._open.name if self._open else ""
        who = line(message.author) or (_("we") if message.direction == Direction.OUT else line(client))
        files = [_("file {name}", name=line(file.name)) for file in entry.files]
        beside = (line(show(one)) for one in recipients(entry))
        heading = f"{words.moment(message.at, now)} {', '.join([who, *self._marks(message), *beside])}"
        return f"{heading}: {', '.join(filter(None, [line(excerpt(message.text).text), *_folded(entry), *files]))}"

    def _marks(self, message: MessageRow) -> Iterator[str]:
        """What is read out before the text, so that nobody takes a note, an unsent or a deleted message for sent."""
        if message.direction == notes.NOTE:
            yield _("a note, the client does not see it")
        if message.direction == Direction.OUT and message.state in _UNSENT:
            yield show(state(message.state))
        if message.deleted_at is not None:
            yield _("deleted {when}", when=words.moment(message.deleted_at, self._workspace.company.world.clock.now()))

    async def _earlier(self, _rest: str) -> None:
        card, first = self._card(), self._first
        if first is None:
            self._say(_("Nothing was said before."))
            return
        entries = await self._workspace.read(lambda tx: transcript.before(tx, card.id, first, n=_AT_ONCE))
        self._read_out(entries)
        if not entries:
            self._say(_("Nothing was said before."))

    async def _whole(self, _rest: str) -> None:
        card, folded = self._card(), self._folded
        text = "" if folded is None else await self._workspace.read(partial(mails.whole, message=folded))
        if not text:
            raise NotFound(T("Nothing was folded in what was read out of {name}.", name=line(card.name)))
        self._lines(map(line, excerpt(text).text.splitlines()))

    def _card(self) -> DialogCard:
        if self._open is None:
            raise NotFound(T("No dialog is open."), T("Say «list», then its number."))
        return self._open

    async def _answer(self, text: str) -> None:
        card = self._card()
        await self._workspace.write(
            self._workspace.accept(InDialog(card.id), Draft(text=text), self._workspace.send_options(), undoable=False)
        )
        self._say(_("Sent to {name}.", name=line(card.name)))

    async def _claim(self, _rest: str) -> None:
        await self._workspace.write(partial(duties.take, dialog=self._card().id))
        self._say(_("You answer for {name}.", name=line(self._card().name)))

    async def _snooze(self, time: str) -> None:
        now = self._workspace.company.world.clock.now()
        until = when(f"{time} {MORNING}" if time.lower() in _DAYS else time, now=now)
        await self._workspace.write(partial(duties.snooze, dialog=self._card().id, until=until))
        self._say(_("{name} comes back at {time}.", name=line(self._card().name), time=words.moment(until, now)))

    async def _enough(self, _rest: str) -> None:
        await self._workspace.write(partial(duties.no_answer, dialog=self._card().id))
        self._say(_("{name} waits no longer.", name=line(self._card().name)))

    async def _note(self, text: str) -> None:
        await self._workspace.write(partial(notes.add, dialog=self._card().id, text=text))
        self._say(_("The note is kept; the client does not see it."))

    async def _go_away(self, time: str) -> None:
        until = when(time, now=self._workspace.company.world.clock.now()) if time else None
        await self._workspace.write(partial(attendance.leave, until=until))
        self._say(_("You are away: nothing is given to you."))

    async def _come_back(self, _rest: str) -> None:
        await self._workspace.write(attendance.come_back)
        self._say(_("You are back."))

    async def _close(self, _rest: str) -> None:
        self._open = None
        await self._list("")

    async def _help(self, _rest: str) -> None:
        self._lines(vocabulary.explained())

    async def _leave(self, _rest: str) -> None:
        self.left = True

    # News

    async def attempt(self, work: Work) -> bool:
        """Run something and return whether it succeeded; its error is printed, the same one at most once a minute."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever happens to the store, the operator can go on
            words = self._guard.words(error)
            if self._guard.first_report(words, self._workspace.company.world.clock.monotonic()):
                self._lines(words.splitlines())
            return False
        return True

    async def tell(self, news: JournalAdvanced) -> None:
        """Read out new messages of clients, messages of ours that failed, and dialogs whose snooze has ended."""
        if not await self._check_login():
            return
        due = await self._workspace.read(lambda tx: reminders(tx, news.returned()))
        for notice in due.values():
            self._say(notice.briefly)
        for event in news.events:
            if isinstance(event, MessageReceived) or (
                isinstance(event, MessageStateChanged) and event.state == State.FAILED
            ):
                with suppress(NotFound):
                    await self._tell(event.dialog, partial(transcript.entry, wanted=event.message))

    async def _tell(self, dialog: DialogId, entry: Callable[[Tx], TranscriptEntry]) -> None:
        card, found = await self._workspace.read(lambda tx: (dialogs.card(tx, dialog), entry(tx)))
        if card.blocked:
            return
        if self._open is not None and self._open.id == dialog:
            self._say(self._entry(found))
            return
        self._listed = list(dict.fromkeys([*self._listed, dialog]))
        n, text = self._listed.index(dialog) + 1, line(excerpt(found.message.text).text)
        state = _("Not delivered") if found.message.state == State.FAILED else _("New message")
        self._say(f"{state}, {n}. {line(card.name)}, {manifest(card.kind).label}: {text}")


def _folded(entry: TranscriptEntry) -> Iterator[str]:
    """How much of a mail is left out, and the word for the rest."""
    if entry.mail is not None and entry.mail.folded:
        more = ngettext("… {n} more line", "… {n} more lines", entry.mail.folded)
        yield f"{more}: «{_('whole')}»"


async def conversation(
    company: Company, source: TextIO, say: Callable[[str], None], *, token: str = "", alone: bool = False
) -> None:
    """Read commands and print answers until the operator leaves or the input ends. Raises Refused if the login ends.

    With ``alone`` no daemon is started in this process.
    """
    store, typed = AsyncStore(company), asyncio.Queue[str | None]()
    workspace = Workspace(company, store)
    plain = Plain(workspace, say, token)
    tasks = [asyncio.create_task(_read_out_news(plain, workspace, typed))]
    if not alone:
        tasks.append(asyncio.create_task(_accompany(company, say)))
    try:
        say(_("The inbox, line by line. Say «help» for the words known here."))
        await plain.hear("list")
        _read_lines(source, typed)
        while not plain.left and (text := await _next_input(typed, source.isatty())) is not None:
            await plain.hear(text)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await store.aclose()
    if plain.refused is not None:
        raise plain.refused


async def _next_input(typed: asyncio.Queue[str | None], at_terminal: bool) -> str | None:
    """The next line; at a terminal also the lines that follow within `PASTE_GAP`. ``None`` at the end of the input."""
    text = await typed.get()
    while at_terminal and text is not None:
        try:
            more = await asyncio.wait_for(typed.get(), PASTE_GAP)
        except TimeoutError:
            break
        if more is None:
            typed.put_nowait(None)
            break
        text += more
    return text


def _read_lines(source: TextIO, typed: asyncio.Queue[str | None]) -> None:
    """Queue the lines of the input, then ``None``; a thread reads them, as a pipe, file or terminal may block."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        with suppress(RuntimeError):  # the loop ended before the input
            for text in source:
                loop.call_soon_threadsafe(typed.put_nowait, text)
            loop.call_soon_threadsafe(typed.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()


async def _read_out_news(plain: Plain, workspace: Workspace, typed: asyncio.Queue[str | None]) -> None:
    """Read out what happens; end the input once the login does."""

    async def hear(news: JournalAdvanced) -> None:
        await plain.tell(news)
        if plain.left:
            typed.put_nowait(None)

    await watch_journal(workspace, plain.attempt, hear)


async def _accompany(company: Company, say: Callable[[str], None]) -> None:
    """Run a daemon beside the operator while no other runs, and print its trouble."""
    from chatapp_cli.runtime.embedded_daemon import accompanied

    async with accompanied(company) as daemon:
        async for state in daemon.states():
            if state.trouble:
                say(show(state.text))


def run(company: Company, token: str) -> None:
    """Read commands from standard input and print to standard output. Raises Refused when the login ends."""
    asyncio.run(conversation(company, sys.stdin, partial(print, flush=True), token=token))
