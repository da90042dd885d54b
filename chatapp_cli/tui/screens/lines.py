"""The page of lines and their channels: health, facts and what can be done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import OptionList, Static

from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.domain.journal.channels import ChannelEvent
from chatapp_cli.domain.journal.lines import LineEvent
from chatapp_cli.i18n import _
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import binding
from chatapp_cli.services import account_pools, channels, lines
from chatapp_cli.services.account_pools import PoolAccount
from chatapp_cli.store.rows.channels import ChannelRow, LineRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.action_page import ActionPage
from chatapp_cli.tui.actions import channel as channel_actions
from chatapp_cli.tui.actions import group as group_actions
from chatapp_cli.tui.actions import line as line_actions
from chatapp_cli.tui.keys.keymap import bindings
from chatapp_cli.tui.reading import overview
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.screens.options import OptionOwner, OptionsScreen
from chatapp_cli.tui.session.journal_feed import JournalAdvanced
from chatapp_cli.tui.widgets.bars import StatusBar
from chatapp_cli.tui.widgets.line_words import LineWords


class LinesScreen(ActionPage):
    """The lines of a company and their channels."""

    SCOPE = "lines"
    DEFAULT_CSS = """
    LinesScreen #tree { width: 46%; min-width: 34; border: none; border-right: solid $rule; height: 1fr; padding: 1 0;
        background: $background; scrollbar-size-vertical: 1; }
    LinesScreen #tree { text-wrap: nowrap; text-overflow: ellipsis; }
    LinesScreen #tree:focus { border: none; border-right: solid $rule; background-tint: $background 0%; }
    LinesScreen #detail { width: 1fr; padding: 1 2; scrollbar-size-vertical: 1; }
    """
    BINDINGS = bindings("lines")

    def __init__(self, channel: ChannelId | None = None) -> None:
        super().__init__()
        self._wanted = channel  # to begin with; None: the first line
        self._lines: Sequence[LineRow] = ()
        self._channels: Sequence[ChannelRow] = ()
        self._invites: Mapping[LineId, Sequence[PoolAccount]] = {}
        self._findings: dict[int, list[Finding]] = {}
        self._words = LineWords(self.appearance)

    def compose(self) -> ComposeResult:
        """Tree on the left, the chosen line or channel on the right."""
        with Horizontal():
            yield OptionList(id="tree", markup=False)
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="about", markup=False)
        yield StatusBar(self.appearance)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("lines", "app")
        self.do(self._read, group="read", exclusive=True)
        self.every(5, self._show_chosen)

    def on_journal_advanced(self, news: JournalAdvanced) -> None:
        """Read again when a channel or a line changed."""
        if news.any_of(ChannelEvent, LineEvent):
            self.do(self._read, group="read", exclusive=True)

    def on_screen_resume(self) -> None:
        """Read again after another page, such as that of binding."""
        self.do(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        def look(tx: Tx) -> tuple[list[LineRow], list[ChannelRow], Mapping[LineId, Sequence[PoolAccount]], Overview]:
            return lines.everything(tx), channels.everything(tx), account_pools.everywhere(tx), overview.read(tx)

        self._lines, self._channels, self._invites, bars = await self.workspace.read(look)
        self.query_one(StatusBar).tell(bars)
        chosen = (tree := self.query_one("#tree", OptionList)).highlighted
        tree.clear_options()
        tree.add_options(self._words.tree(self._lines, self._channels))
        if any(channel.id == self._wanted for channel in self._channels):
            chosen, self._wanted = tree.get_option_index(f"channel {self._wanted}"), None
        tree.highlighted = min(chosen or 0, tree.option_count - 1) if tree.option_count else None
        tree.focus()
        self._show_chosen()

    # What is chosen

    def _chosen_channel(self) -> ChannelRow | None:
        kind, number = self._chosen()
        return next((c for c in self._channels if kind == "channel" and c.id == number), None)

    def _chosen_line(self) -> LineRow | None:
        kind, number = self._chosen()
        channel = self._chosen_channel()
        wanted = number if kind == "line" else channel.line_id if channel else None
        return next((line for line in self._lines if line.id == wanted), None)

    def _chosen(self) -> tuple[str, int]:
        tree = self.query_one("#tree", OptionList)
        if tree.highlighted is None:
            return "", 0
        kind, _space, number = (tree.get_option_at_index(tree.highlighted).id or "").partition(" ")
        return kind, int(number or 0)

    @on(OptionList.OptionHighlighted)
    def _show_chosen(self) -> None:
        channel, line = self._chosen_channel(), self._chosen_line()
        about = self.query_one("#about", Static)
        if channel is not None:
            about.update(self._words.about_channel(channel, self._findings.get(channel.id, [])))
        elif line is not None:
            about.update(self._words.about_line(line, self._invites.get(line.id, ())))
        else:
            about.update(self._words.nothing())

    # What can be done

    def action_back(self) -> None:
        """Back to the dialogs."""
        self.dismiss()

    def action_add_line(self) -> None:
        """Add a line."""
        self.do(partial(line_actions.add, self))

    def action_rename_line(self) -> None:
        """Rename the chosen line."""
        if line := self._chosen_line():
            self.do(partial(line_actions.rename, self, line))

    def action_bind(self) -> None:
        """Bind a channel to the chosen line, or bind the chosen channel again."""
        self.do(self._bind)

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_bind()

    async def _bind(self) -> None:
        from chatapp_cli.tui.screens.bind import BindScreen

        line, previous = self._chosen_line(), self._chosen_channel()
        if line is None:
            await line_actions.add(self)
            return
        kind = previous.kind if previous else await line_actions.kind_for(self, line, self._channels)
        if kind is not None:
            await self.app.push_screen(BindScreen(line, kind, previous))

    def action_options(self) -> None:
        """Open the options of the chosen channel or line."""
        if line := self._chosen_line():
            self.app.push_screen(OptionsScreen(OptionOwner(line, self._chosen_channel())))

    def action_company(self) -> None:
        """Open the options of the company."""
        self.app.push_screen(OptionsScreen(OptionOwner()))

    def action_documents(self) -> None:
        """Open the applications of the chosen line (S-031)."""
        from chatapp_cli.tui.screens.applications import ApplicationsScreen

        if line := self._chosen_line():
            self.app.push_screen(ApplicationsScreen(line))

    def action_check(self) -> None:
        """Check that the chosen channel can receive and send."""
        channel = self._chosen_channel()
        if channel is not None:
            self.say(_("Asking the provider…"))
            self.do(partial(self._check, channel), group="check", exclusive=True)

    async def _check(self, channel: ChannelRow) -> None:
        self._findings[channel.id] = await binding.check(self.workspace.company, channel)
        self._show_chosen()

    def action_resume(self) -> None:
        """End the pause of the chosen channel."""
        if channel := self._chosen_channel():
            self.do(partial(channel_actions.resume, self, channel))

    def action_group(self) -> None:
        """Make a group through the chosen channel."""
        if channel := channel_actions.capable(self, self._chosen_channel(), lambda can: can.manages_groups):
            self.do(partial(group_actions.create, self, channel))

    def action_chats(self) -> None:
        """Open the chats that the chosen account reads."""
        from chatapp_cli.tui.screens.chats import ChatsScreen

        if channel := channel_actions.capable(self, self._chosen_channel(), lambda can: can.reads_chats):
            self.app.push_screen(ChatsScreen(channel))

    def action_proxies(self) -> None:
        """Try or change the proxies of the chosen account."""
        channel = self._chosen_channel()
        if channel is not None:
            self.do(partial(self._proxies, channel))

    async def _proxies(self, channel: ChannelRow) -> None:
        self._findings[channel.id] = list(await channel_actions.proxies(self, channel))
        self._show_chosen()

    def action_unbind(self) -> None:
        """Unbind the chosen channel, after a question."""
        if channel := self._chosen_channel():
            self.do(partial(channel_actions.unbind, self, channel))
