"""Notices of new messages for an operator who looks elsewhere: by bell, on the desktop, in the terminal's title."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import time
from typing import NamedTuple

from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId, MessageId, Millis
from chatapp_cli.domain.journal.dialogs import Assigned, HandedOver, NoteWritten
from chatapp_cli.domain.journal.messages import MessageReceived
from chatapp_cli.domain.moment import local
from chatapp_cli.i18n import _, ngettext
from chatapp_cli.services import dialogs, notes, transcript
from chatapp_cli.settings import Settings
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.session.terminal import BELL, Terminal
from chatapp_cli.tui.session.workspace import Workspace

PAUSE = 4.0
"""Seconds between two notices; what happens in between is put into one."""
MUTED = words.HOUR  # milliseconds


class DesktopNotice(NamedTuple):
    """A notice: the name of the dialog, its text, and a text without the client's words."""

    name: str
    text: str
    briefly: str


class Notices:
    """One person's notices at one terminal."""

    def __init__(
        self,
        workspace: Workspace,
        terminal: Terminal,
        send: Callable[[str], None],
        wait: Callable[[Callable[[], None]], object],
        remind: Callable[[str], object],
    ) -> None:
        """``send`` writes to the terminal, ``wait`` calls a function after `PAUSE`, ``remind`` shows a reminder."""
        self._workspace, self._terminal, self._send, self._wait, self._remind = workspace, terminal, send, wait, remind
        self._settings: Settings = workspace.company.settings
        self._quiet, self._shows_text = self._settings.quiet, self._settings.notify_text
        self._pending: dict[DialogId, DesktopNotice] = {}
        self._pausing = False
        self._muted_until: Millis = 0
        self._title = ""

    async def hear(self, news: JournalAdvanced, *, seen: DialogId | None) -> None:
        """Notify of new messages, notes and ended snoozes, except in the dialog ``seen``, which is on the screen."""
        written, noted = _new(news, self._workspace.actor)
        if written or noted:
            self._pending |= await self._workspace.read(
                lambda tx: _notices(tx, {d: m for d, m in written.items() if d != seen}, noted - {seen})
            )
        if back := news.returned():
            due = await self._workspace.read(lambda tx: reminders(tx, back))
            self._pending |= due
            for notice in due.values():
                self._remind(notice.briefly)
        if changed := _changed_hands(news, self._workspace.actor):
            self._pending |= await self._workspace.read(lambda tx: _given(tx, changed))
        if news.dialogs():
            await self.show_title()
        if self._pending:
            self._quiet, self._shows_text = await self._workspace.read(self._chosen)
        if not self._pausing:
            self._notify()

    def _chosen(self, tx: Tx) -> tuple[str, str]:
        options = self._workspace.company.options
        return options.text(tx, "quiet"), options.text(tx, "notify_text")

    async def show_title(self) -> None:
        """Show the number of unread dialogs and the company's name in the terminal's title."""
        unread, company = await self._workspace.read(
            lambda tx: (dialogs.unread_count(tx), self._workspace.company.options.text(tx, "company_name"))
        )
        title = " ".join(filter(None, [f"({unread})" if unread else "", company or "chatapp"]))
        if title != self._title:
            self._title = title
            self._send(self._terminal.title(title))

    def mute(self) -> Millis:
        """Mute notices for an hour, or unmute them. Returns the end of the hour, 0 if they are unmuted."""
        now = self._workspace.company.world.clock.now()
        self._muted_until = 0 if now < self._muted_until else now + MUTED
        return self._muted_until

    def _notify(self) -> None:
        notices, self._pending = list(self._pending.values()), {}
        self._pausing = bool(notices)
        if not notices:
            return
        self._wait(self._notify)
        way = self._settings.notify
        if way == "off" or self._is_quiet():
            return
        if way in {"bell", "both"}:
            self._send(BELL)
        if way in {"desktop", "both"}:
            self._send(self._terminal.desktop(*self._words(notices)))

    def _words(self, notices: list[DesktopNotice]) -> tuple[str, str]:
        if len(notices) > 1:
            return "chatapp", ngettext("{n} dialog has something new", "{n} dialogs have something new", len(notices))
        one = notices[0]
        return (one.name, one.text) if self._shows_text == "on" else ("chatapp", one.briefly)

    def _is_quiet(self) -> bool:
        now = self._workspace.company.world.clock.now()
        return now < self._muted_until or within(self._quiet, local(now).time())


def within(hours: str, now: time) -> bool:
    """Whether a time lies in hours such as ``22:00-08:00``, which may include midnight."""
    if not hours:
        return False
    begins, ends = (time.fromisoformat(part.zfill(5)) for part in hours.split("-"))
    return begins <= now < ends if begins <= ends else now >= begins or now < ends


def _new(news: JournalAdvanced, me: str) -> tuple[Mapping[DialogId, MessageId], set[DialogId]]:
    """The dialogs in which clients wrote, with the last message of each, and those with a new note of a colleague."""
    written, noted = {}, set()
    for row in news.rows:
        match row.event:
            case MessageReceived(dialog=dialog, message=message):
                written[dialog] = message
            case NoteWritten(dialog=dialog) if row.actor != me:
                noted.add(dialog)
    return written, noted


def _changed_hands(news: JournalAdvanced, me: str) -> set[DialogId]:
    """The dialogs that somebody else gave to me, and those that were taken from an operator who is not there."""
    found = set()
    for row in news.rows:
        match row.event:
            case Assigned(dialog=dialog, name=name) if name == me != row.actor:
                found.add(dialog)
            case HandedOver(dialog=dialog, name=None):
                found.add(dialog)
    return found


def _given(tx: Tx, changed: set[DialogId]) -> dict[DialogId, DesktopNotice]:
    """Notices of dialogs that are mine or nobody's now."""
    found = {}
    for dialog in changed:
        with suppress(NotFound):
            card = dialogs.card(tx, dialog)
            if card.assignee in {"", tx.name}:
                mine = _("You answer for {name} now.", name=card.name)
                told = mine if card.assignee else _("Nobody answers for {name} now.", name=card.name)
                found[dialog] = DesktopNotice(card.name, told, told)
    return found


def _notices(tx: Tx, written: Mapping[DialogId, MessageId], noted: set[DialogId]) -> dict[DialogId, DesktopNotice]:
    calls = {call.dialog_id: _of(call.name, call.text) for call in notes.calling(tx) if call.dialog_id in noted}
    found = {dialog: _unread(tx, dialog, message) for dialog, message in written.items()}
    return {**calls, **{dialog: notice for dialog, notice in found.items() if notice is not None}}


def _unread(tx: Tx, dialog: DialogId, message: MessageId) -> DesktopNotice | None:
    """The notice of a message; ``None`` if its dialog is blacklisted, read by now, or hidden from the operator."""
    try:
        card, row = dialogs.card(tx, dialog), transcript.shown(tx, transcript.message(tx, message))
    except NotFound:
        return None
    return _of(card.name, row.text) if card.unread and not card.blocked else None


def _of(name: str, text: str) -> DesktopNotice:
    return DesktopNotice(name, text, _("New: {name}", name=name))


def reminders(tx: Tx, back: set[DialogId]) -> dict[DialogId, DesktopNotice]:
    """Notices of dialogs whose snooze has ended, for their assignee, or for everybody if there is none."""
    found = {}
    for dialog in back:
        with suppress(NotFound):
            card = dialogs.card(tx, dialog)
            if card.assignee in {"", tx.name} and not card.blocked:
                words = _("{name} is back: the snooze is over", name=card.name)
                found[dialog] = DesktopNotice(card.name, words, words)
    return found
