"""A whole mail: the headers that matter, all of its text, its files; every header behind a key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from chatapp_cli.domain.journal.messages import MessageEvent
from chatapp_cli.domain.links import Link, find
from chatapp_cli.i18n import _, show
from chatapp_cli.ports.connector import WholeMail
from chatapp_cli.runtime import whole_mails
from chatapp_cli.services import transcript
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.actions.message_target import NO_TEXT, MailsAround, MessageTarget
from chatapp_cli.tui.conversation.read_marks import DWELL
from chatapp_cli.tui.keys.keymap import actions, around, bindings, groups, key, shown, with_russian
from chatapp_cli.tui.reading import overview, words
from chatapp_cli.tui.reading.cells import lines
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.mail_paragraphs import paragraphs
from chatapp_cli.tui.widgets.reader import Reader


def _moving(lines: Callable[[Reader], int]) -> Callable[[MailScreen], None]:
    """An action that scrolls the mail by so many lines."""

    def move(page: MailScreen) -> None:
        page._reader.move(lines(page._reader))

    return move


class MailScreen(ActionPage):
    """One mail, with the conversation behind it."""

    SCOPE = "mail"
    DEFAULT_CSS = """
    MailScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; text-wrap: nowrap;
        text-overflow: ellipsis; }
    """
    BINDINGS = bindings("mail")

    def __init__(self, target: MessageTarget) -> None:
        super().__init__()
        self._target, self._mail = target, WholeMail(headers=(), text="", html="")
        self._all_headers = False

    def compose(self) -> ComposeResult:
        """Subject, mail, keys."""
        yield Static(self._title, id="title", markup=False)
        yield Reader(self.appearance)
        yield StatusBar(self.appearance)

    @property
    def _title(self) -> str:
        message = self._target.entry.message
        return lines(f"{message.subject or _('No subject')} · {words.moment(message.at, self._target.now)}")

    def on_mount(self) -> None:
        """Read the mail."""
        self.query_one(StatusBar).tell_keys("mail", "app")
        self._reader.focus()
        self._steps.begin(self._target.entry)
        self._dwell = self.set_timer(DWELL, partial(self._steps.saw, self._target.entry))
        self.do(self._read, group="read")
        self.do(self._tell_health, group="health")

    async def _read(self) -> None:
        message, company = self._target.entry.message.id, self.workspace.company
        self._mail = await self.workspace.store.off_loop(partial(whole_mails.best, company, message))
        await self._show()

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again how an invitation is answered: any message may be the answer to it."""
        mail = self._target.entry.mail
        if mail is not None and mail.invitation and news.any_of(MessageEvent):
            self.do(self._read_entry, group="entry", exclusive=True)

    async def _read_entry(self) -> None:
        target = self._target
        entry = await self.workspace.read(partial(transcript.entry, wanted=target.entry.message.id))
        if self._target is target and entry.mail != target.entry.mail:
            self._target = replace(target, entry=entry)
            await self._show()

    async def _show(self) -> None:
        found = partial(paragraphs, self._mail, self._target.entry, all_headers=self._all_headers)
        self._reader.read(await self.workspace.store.off_loop(found))

    @property
    def _reader(self) -> Reader:
        return self.query_one(Reader)

    action_down = _moving(lambda _reader: 1)
    action_up = _moving(lambda _reader: -1)
    action_page_down = _moving(lambda reader: reader.size.height - 1)
    action_page_up = _moving(lambda reader: 1 - reader.size.height)
    action_first = _moving(lambda reader: -reader.height)
    action_last = _moving(lambda reader: reader.height)

    def action_step(self, by: int) -> None:
        """To another mail: of the dialog, then of the list."""
        self.do(partial(self._step, by), group="step", exclusive=True)

    async def _step(self, by: int) -> None:
        found = await self._steps.beside(self._target.entry, by)
        if found is None:
            self.say(_("There is no further mail.") if by > 0 else _("There is no mail before."))
            return
        self._dwell.stop()
        self._target, self._all_headers = found, False
        self.query_one("#title", Static).update(self._title)
        await self._read()
        self._dwell = self.set_timer(DWELL, partial(self._steps.saw, found.entry))

    @property
    def _steps(self) -> MailsAround:
        return self._target.mails

    def action_write(self) -> None:
        """Answer without a quote."""
        self.dismiss()
        self._steps.write()

    def action_reply(self) -> None:
        """Answer this mail with a quote."""
        self.dismiss()
        self._steps.reply(self._target.entry)

    def action_everybody(self) -> None:
        """Answer this mail, with copies to all whom it names."""
        self.dismiss()
        self._steps.reply_to_all(self._target.entry)

    def on_key(self, event: events.Key) -> None:
        """Say where a key works that does something in the conversation and nothing here."""
        typed = {event.key, event.character}
        if typed & _keys_of("inbox", "transcript") and not typed & _keys_of(*around("mail", groups())):
            named, back = shown(event.character or event.key), key("mail", "back")
            self.say(_("{key} works in the conversation: {back} leads there.", key=named, back=back))

    def action_headers(self) -> None:
        """Show all headers, or only those that matter."""
        self._all_headers = not self._all_headers
        self.do(self._show, group="read", exclusive=True)

    def action_message(self, name: str) -> None:
        """Do with the mail's files and its invitation what the conversation does."""
        from chatapp_cli.tui.actions import message as message_actions

        action = message_actions.ACTIONS[name]
        reason = action.against(self._target)
        if reason is None:
            self.do(partial(action.run, self, self._target))
        else:
            self.complain(reason)

    def action_undo(self) -> None:
        """Take back the answer to the invitation, while it waits."""
        self.do(self.take_back)

    def action_follow(self) -> None:
        """Open a link, or write to an address or a number."""
        self.do(partial(self._follow, lambda: list(find(lines(self._mail.text)))))

    def on_reader_followed(self, event: Reader.Followed) -> None:
        """Follow the link that was clicked."""
        self.do(partial(self._follow, partial(_begun_by, event.url, event.text)))

    async def _follow(self, search: Callable[[], list[Link]]) -> None:
        from chatapp_cli.tui.actions import link as link_actions

        found = await self.workspace.store.off_loop(search)
        if found:
            await link_actions.follow_one(self, found)
        else:
            self.say(show(link_actions.NO_LINK))

    def action_copy(self) -> None:
        """Copy the text."""
        self.app.copy_to_clipboard(self._mail.text)
        self.say(_("Copied.") if self._mail.text else show(NO_TEXT))

    async def _tell_health(self) -> None:
        self.query_one(StatusBar).tell(await self.workspace.read(overview.read))

    def action_back(self) -> None:
        """Back to the conversation."""
        self.dismiss()


def _begun_by(url: str, text: str) -> list[Link]:
    """The link that a piece of it belongs to: a long one is broken where it is shown."""
    links = {one.url: one for one in find(lines(text)) if one.url.startswith(url)}
    return [links[url]] if url in links else list(links.values())


def _keys_of(*scopes: str) -> frozenset[str]:
    """All keys of some scopes, on the Russian layout too."""
    return frozenset(with_russian({typed: act.help for act in actions(*scopes) for typed in act.keys}))
