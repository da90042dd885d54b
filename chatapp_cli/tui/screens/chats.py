"""Groups and channels that an account may read: follow them, stop following, import their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.session_request import SessionMethod
from chatapp_cli.i18n import _
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.cells import fit
from chatapp_cli.tui.widgets.bars import StatusBar

_TITLE = 44
_KIND = 10


class ChatsScreen(ActionPage):
    """The chats that one account is in."""

    SCOPE = "chats"
    DEFAULT_CSS = """
    ChatsScreen #title { height: 2; padding: 0 2; border-bottom: solid $rule; color: $muted; }
    ChatsScreen OptionList { border: none; height: 1fr; padding: 0 1; background: $background;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    ChatsScreen OptionList:focus { border: none; background-tint: $background 0%; }
    """
    BINDINGS = bindings("chats")

    def __init__(self, channel: ChannelRow) -> None:
        super().__init__()
        self._channel = channel
        self._chats: Sequence[Mapping[str, str]] = ()

    def compose(self) -> ComposeResult:
        """One list."""
        yield Static(_("Asking {channel} for its chats…", channel=self._channel.title), id="title", markup=False)
        yield OptionList(markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Ask the provider for the chats."""
        self.query_one(StatusBar).tell_keys("chats", "app")
        self.do(self._tell_health, group="health")
        self.do(self._read, group="read", exclusive=True)

    async def _ask(self, method: SessionMethod, arguments: Mapping[str, object], *, seconds: float = 60.0) -> Any:
        from chatapp_cli.runtime.asking import SessionRequest, ask

        request = SessionRequest(self._channel, method, arguments)
        return await ask(self.workspace.company, request, seconds=seconds)

    async def _read(self) -> None:
        self._chats = await self._ask(SessionMethod.CHATS, {})
        self.query_one("#title", Static).update(_("Chats of {channel}", channel=self._channel.title))
        shown = self.query_one(OptionList)
        shown.clear_options()
        nothing = Option(_("The account is in no chats."), disabled=True)
        shown.add_options([Option(self._line(chat)) for chat in self._chats] or [nothing])
        shown.highlighted = 0 if self._chats else None
        shown.focus()

    def _line(self, chat: Mapping[str, str]) -> Text:
        styles = self.appearance.styles
        kind = {"group": _("group"), "channel": _("channel")}.get(chat["kind"], _("private"))
        return Text.assemble(
            (fit(chat["title"], _TITLE), styles.strong),
            (f" {fit(kind, _KIND)}", styles.muted),
            (chat["address"], styles.faint),
        )

    @property
    def _chosen(self) -> Mapping[str, str] | None:
        at = self.query_one(OptionList).highlighted
        return None if at is None or not self._chats else self._chats[at]

    @on(OptionList.OptionSelected)
    def action_follow(self) -> None:
        """Follow the chosen chat: its new messages arrive from now on."""
        if self._chosen is not None:
            self.do(partial(self._follow, self._chosen["address"]))

    def action_join(self) -> None:
        """Join a chat that the account is not in, and follow it."""
        self.do(self._join)

    async def _join(self) -> None:
        async def take(named: str) -> None:
            if named:
                await self._follow(named)

        note = _("Public name, link or chat id")
        if await self.prompt(_("Follow a group or channel"), note=note, take=take):
            await self._read()

    async def _follow(self, address: str) -> None:
        peer = await self._ask(SessionMethod.FOLLOW, {"address": address})
        self.say(_("{title} is followed.", title=peer["title"]))

    def action_unfollow(self) -> None:
        """Stop following the chosen chat."""
        if self._chosen is not None:
            self.do(partial(self._unfollow, self._chosen))

    async def _unfollow(self, chat: Mapping[str, str]) -> None:
        await self._ask(SessionMethod.UNFOLLOW, {"address": chat["address"]})
        self.say(_("{title} is not followed any more.", title=chat["title"]))

    def action_read_back(self) -> None:
        """Import the history of the chosen chat, after a question."""
        if self._chosen is not None:
            self.do(partial(self._read_back, self._chosen))

    async def _read_back(self, chat: Mapping[str, str]) -> None:
        note = _("Everything that the messenger still has is imported; this can take minutes.")
        if await self.confirm(_("Read back {title}?", title=chat["title"]), note, yes=_("Read back")):
            read = await self._ask(SessionMethod.HISTORY, {"address": chat["address"], "after": ""}, seconds=600.0)
            self.say(_("{messages} new messages, {known} known already.", **read))

    async def _tell_health(self) -> None:
        self.query_one(StatusBar).tell(await self.workspace.read(overview.read))

    def action_back(self) -> None:
        """Back to the lines."""
        self.dismiss()
