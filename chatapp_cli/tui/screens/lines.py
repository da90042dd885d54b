"""Lines and their channels: health in words, facts, and binding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatapp_cli.domain.health import Health
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.journal.channels import ChannelEvent
from chatapp_cli.domain.journal.lines import LineEvent
from chatapp_cli.domain.manifest import Capabilities, Manifest
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.kit.manifests import manifest, manifests
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import binding
from chatapp_cli.services import channels, lines, pools
from chatapp_cli.services.pools import Account
from chatapp_cli.store.rows.channels import ChannelRow, LineRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.deeds import group as group_deeds
from chatapp_cli.tui.hands import Hands
from chatapp_cli.tui.keys.keymap import bindings, key
from chatapp_cli.tui.reading import overview, words
from chatapp_cli.tui.reading.overview import Overview
from chatapp_cli.tui.screens.options import OptionsScreen, Whose
from chatapp_cli.tui.session.live import News
from chatapp_cli.tui.widgets.bars import StatusBar, health, rests


class LinesScreen(Hands):
    """What this company is connected to."""

    SCOPE = "lines"
    DEFAULT_CSS = """
    LinesScreen #tree { width: 46%; min-width: 34; border: none; border-right: solid $rule; height: 1fr; padding: 1 0;
        background: $background; scrollbar-size-vertical: 1; }
    LinesScreen #tree { text-wrap: nowrap; text-overflow: ellipsis; }
    LinesScreen #tree:focus { border: none; border-right: solid $rule; background-tint: $background 0%; }
    LinesScreen #detail { width: 1fr; padding: 1 2; scrollbar-size-vertical: 1; }
    """
    BINDINGS = bindings("lines")

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[LineRow] = ()
        self._channels: Sequence[ChannelRow] = ()
        self._invites: Mapping[LineId, Sequence[Account]] = {}
        self._findings: dict[int, list[Finding]] = {}

    def compose(self) -> ComposeResult:
        """The tree, and what is chosen in it."""
        with Horizontal():
            yield OptionList(id="tree", markup=False)
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="about", markup=False)
        yield StatusBar(self.look)

    def on_mount(self) -> None:
        """Read."""
        self.query_one(StatusBar).tell_keys("lines", "app")
        self.do(self._read, group="read", exclusive=True)
        self.every(5, self._show_chosen)

    def on_news(self, news: News) -> None:
        """Read again when it matters."""
        if news.any_of(ChannelEvent, LineEvent):
            self.do(self._read, group="read", exclusive=True)

    def on_screen_resume(self) -> None:
        """After binding."""
        self.do(self._read, group="read", exclusive=True)

    async def _read(self) -> None:
        def look(tx: Tx) -> tuple[list[LineRow], list[ChannelRow], Mapping[LineId, Sequence[Account]], Overview]:
            return lines.everything(tx), channels.everything(tx), pools.everywhere(tx), overview.read(tx)

        self._lines, self._channels, self._invites, bars = await self.office.read(look)
        self.query_one(StatusBar).tell(bars)
        tree = self.query_one("#tree", OptionList)
        chosen = tree.highlighted
        tree.clear_options()
        tree.add_options(self._options())
        tree.highlighted = min(chosen or 0, tree.option_count - 1) if tree.option_count else None
        tree.focus()
        self._show_chosen()

    def _options(self) -> list[Option]:
        found = []
        for line in self._lines:
            found.append(Option(self._line_words(line), id=f"line {line.id}"))
            found += [
                Option(self._channel_words(channel), id=f"channel {channel.id}")
                for channel in self._channels
                if channel.line_id == line.id
            ]
        return found

    def _line_words(self, line: LineRow) -> Text:
        look = self.look.palette
        counts = ngettext("{n} dialog", "{n} dialogs", line.dialogs)
        return Text.assemble((f" {line.name}", look.strong), (f"  {counts}", look.faint), no_wrap=True)

    def _channel_words(self, channel: ChannelRow) -> Text:
        """What does not work says so before its name, which may be cut."""
        look = self.look.palette
        said, style = health(channel, self.look)
        title, works = (channel.title, look.plain), style == look.good
        rest = [title, (f"  {said}", look.faint)] if works else [(f"{said}  ", style), title]
        label = (f"{manifest(channel.kind).label} ", look.accent)
        return Text.assemble(("   ● ", style), label, *rest, no_wrap=True, overflow="ellipsis")

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
            about.update(self._about_channel(channel))
        elif line is not None:
            about.update(self._about_line(line))
        else:
            said = _(
                "A line joins channels for one purpose, such as sales. Press {key} to add the first one.",
                key=key("lines", "add_line"),
            )
            about.update(said)

    def _about_line(self, line: LineRow) -> Text:
        look = self.look.palette
        text = Text().append(line.name + "\n\n", look.strong)
        text.append(ngettext("{n} channel", "{n} channels", line.channels) + "\n", look.plain)
        text.append(ngettext("{n} dialog", "{n} dialogs", line.dialogs) + "\n", look.plain)
        text.append(ngettext("{n} unread", "{n} unread", line.unread) + "\n\n", look.plain)
        for one in self._invites.get(line.id, ()):
            text.append(_("The next client: {channel}", channel=one.channel.title) + "\n", look.faint)
            text.append(f"{one.link}\n\n", look.accent)
        return text.append(
            _("Press {key} to bind a channel to this line.", key=key("lines", "bind")) + "\n", look.muted
        )

    def _about_channel(self, channel: ChannelRow) -> Text:
        look, known = self.look.palette, manifest(channel.kind)
        text = Text().append(channel.title + "\n", look.strong)
        text.append(show(known.title) + "\n\n", look.muted)
        self._tell_health(text, channel, known)
        for label, value in channel.facts.items():
            text.append(f"{_(label)}: ", look.faint).append(f"{value}\n", look.plain)
        for finding in self._findings.get(channel.id, []):
            self._tell_finding(text, finding)
        text.append("\n" + _("What this channel cannot do") + "\n", look.faint)
        for limit in known.limits:
            text.append(f"· {show(limit)}\n", look.muted)
        return text

    def _tell_health(self, text: Text, channel: ChannelRow, known: Manifest) -> None:
        look = self.look.palette
        said, style = health(channel, self.look)
        text.append(_("Health") + ": ", look.faint)
        if rests(channel, self.look.now()):
            self._tell_rest(text, channel, known)
            return
        if channel.health == Health.OK:
            text.append(_("works; last sign of life {age} ago", age=said) + "\n", style)
            return
        text.append(said + "\n", style)
        if channel.health_code:
            what, step = words.reason(known, channel.health_code, channel.health_detail)
            text.append(what + "\n", look.plain)
            text.append(f"→ {step}\n" if step else "", look.accent)

    def _tell_rest(self, text: Text, channel: ChannelRow, known: Manifest) -> None:
        """Until when nothing goes out, why, and what a person can do about it."""
        look, until = self.look.palette, words.moment(channel.paused_until, self.look.now())
        what, step = words.reason(known, channel.paused_code, channel.paused_detail)
        text.append(_("receives; sends nothing until {time}", time=until) + "\n", look.warn)
        text.append(what + "\n", look.plain)
        text.append(f"→ {step}\n" if step else "", look.accent)
        text.append("→ " + _("{key} lets it go on now", key=key("lines", "resume")) + "\n", look.accent)

    def _tell_finding(self, text: Text, finding: Finding) -> None:
        look = self.look.palette
        sign, style = ("✓ ", look.good) if finding.ok else ("✗ ", look.bad)
        text.append(f"\n{sign}", style).append(show(finding.what) + "\n", look.plain)
        if finding.next_step is not None and not finding.ok:
            text.append(f"→ {show(finding.next_step)}\n", look.accent + Style(bold=False))

    # What can be done

    def action_back(self) -> None:
        """To the dialogs."""
        self.dismiss()

    def action_add_line(self) -> None:
        """A new line."""
        self.do(self._add_line)

    async def _add_line(self) -> None:
        async def take(name: str) -> None:
            if name:
                await self.office.write(partial(lines.add, name=name))

        await self.prompt(_("Name of the new line"), take=take)

    def action_rename_line(self) -> None:
        """Another name."""
        self.do(self._rename_line)

    async def _rename_line(self) -> None:
        line = self._chosen_line()
        if line is None:
            return

        async def take(name: str) -> None:
            if name:
                await self.office.write(lambda tx: lines.rename(tx, line.id, name))

        await self.prompt(_("Name of the line"), line.name, take=take)

    def action_bind(self) -> None:
        """Bind a channel, or the chosen one again."""
        self.do(self._bind)

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_bind()

    async def _bind(self) -> None:
        from chatapp_cli.tui.screens.bind import BindScreen

        line, previous = self._chosen_line(), self._chosen_channel()
        if line is None:
            await self._add_line()
            return
        kind = previous.kind if previous else await self._choose_kind(line)
        if kind is not None:
            await self.app.push_screen(BindScreen(line, kind, previous))

    async def _choose_kind(self, line: LineRow) -> str | None:
        bound = {channel.kind for channel in self._channels if channel.line_id == line.id}
        free = [known for kind, known in manifests().items() if kind not in bound or known.capabilities.pool]
        if not free:
            self.say(_("Every kind of channel is bound to this line already."))
            return None
        options = [(known.kind, f"{known.source_id:>2}  {show(known.title)} — {show(known.summary)}") for known in free]
        return await self.choose(_("Which channel?"), options)

    def action_options(self) -> None:
        """What the chosen channel or line has set for itself."""
        line = self._chosen_line()
        if line is not None:
            self._open_options(Whose(line, self._chosen_channel()))

    def action_company(self) -> None:
        """What is set for everybody."""
        self._open_options(Whose())

    def _open_options(self, whose: Whose) -> None:
        self.app.push_screen(OptionsScreen(whose))

    def action_documents(self) -> None:
        """The line's official documents (S-031)."""
        self.do(self._documents)

    async def _documents(self) -> None:
        from chatapp_cli.tui.screens.applications import ApplicationsScreen

        line = self._chosen_line()
        if line is not None:
            await self.app.push_screen(ApplicationsScreen(line))

    def action_check(self) -> None:
        """Prove receiving and sending."""
        channel = self._chosen_channel()
        if channel is not None:
            self.say(_("Asking the provider…"))
            self.do(partial(self._check, channel), group="check", exclusive=True)

    async def _check(self, channel: ChannelRow) -> None:
        self._findings[channel.id] = await binding.check(self.office.desk, channel)
        self._show_chosen()

    def action_resume(self) -> None:
        """Let the chosen channel, which rests, go on now."""
        channel = self._chosen_channel()
        if channel is not None:
            self.do(partial(self._resume, channel))

    async def _resume(self, channel: ChannelRow) -> None:
        if channel.paused_until <= self.look.now():
            self.say(_("{channel} does not rest.", channel=channel.title))
            return
        await self.office.write(partial(channels.resume, channel=channel.id))
        self.say(_("{channel} goes on.", channel=channel.title))

    def action_group(self) -> None:
        """A new group through the chosen channel."""
        channel = self._able(lambda can: can.manages_groups)
        if channel is not None:
            self.do(partial(group_deeds.create, self, channel))

    def action_chats(self) -> None:
        """What the chosen account reads."""
        from chatapp_cli.tui.screens.chats import ChatsScreen

        channel = self._able(lambda can: can.reads_chats)
        if channel is not None:
            self.app.push_screen(ChatsScreen(channel))

    def _able(self, ability: Callable[[Capabilities], bool]) -> ChannelRow | None:
        """The chosen channel, if it can do that; if not, it is said."""
        channel = self._chosen_channel()
        if channel is not None and ability(self.office.capabilities(channel)):
            return channel
        self.say(_("Choose a channel that can do this."))
        return None

    def action_proxies(self) -> None:
        """The account's proxies."""
        channel = self._chosen_channel()
        if channel is not None:
            self.do(partial(self._proxies, channel))

    async def _proxies(self, channel: ChannelRow) -> None:
        from chatapp_cli.tui.deeds import channel as channel_deeds

        self._findings[channel.id] = list(await channel_deeds.proxies(self, channel))
        self._show_chosen()

    def action_unbind(self) -> None:
        """Remove a channel, after a question."""
        channel = self._chosen_channel()
        if channel is not None:
            self.do(partial(self._unbind, channel))

    async def _unbind(self, channel: ChannelRow) -> None:
        note = _("Its dialogs and messages are removed from the desk with it.")

        async def take(_yes: bool) -> None:
            await self.office.write(partial(channels.unbind, channel=channel, force=True))

        await self.confirm(_("Unbind {channel}?", channel=channel.title), note, yes=_("Unbind"), take=take)
