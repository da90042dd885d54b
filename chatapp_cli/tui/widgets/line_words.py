"""Lines and channels in words: in the tree of them, and beside it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.widgets.option_list import Option

from chatapp_cli.domain.health import Health
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.connector import Finding
from chatapp_cli.services.pools import Account
from chatapp_cli.store.rows.channels import ChannelRow, LineRow
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.look import Look
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.widgets.bars import health, rests


class LineWords:
    """Says it in the colours of now."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def tree(self, lines: Sequence[LineRow], channels: Sequence[ChannelRow]) -> list[Option]:
        """Each line with its channels below it, known by ``line 1`` and ``channel 1``."""
        found = []
        for line in lines:
            found.append(Option(self.line(line), id=f"line {line.id}"))
            below = (channel for channel in channels if channel.line_id == line.id)
            found += [Option(self.channel(channel), id=f"channel {channel.id}") for channel in below]
        return found

    def line(self, line: LineRow) -> Text:
        """In the tree."""
        look = self._look.palette
        counts = ngettext("{n} dialog", "{n} dialogs", line.dialogs)
        return Text.assemble((f" {line.name}", look.strong), (f"  {counts}", look.faint), no_wrap=True)

    def channel(self, channel: ChannelRow) -> Text:
        """What does not work says so before its name, which may be cut."""
        look = self._look.palette
        said, style = health(channel, self._look)
        title, works = (channel.title, look.plain), style == look.good
        rest = [title, (f"  {said}", look.faint)] if works else [(f"{said}  ", style), title]
        label = (f"{manifest(channel.kind).label} ", look.accent)
        return Text.assemble(("   ● ", style), label, *rest, no_wrap=True, overflow="ellipsis")

    def nothing(self) -> str:
        """What to do where there is no line."""
        return _(
            "A line joins channels for one purpose, such as sales. Press {key} to add the first one.",
            key=key("lines", "add_line"),
        )

    def about_line(self, line: LineRow, invites: Sequence[Account]) -> Text:
        """Beside it, with the links that invite the next client."""
        look = self._look.palette
        text = Text().append(line.name + "\n\n", look.strong)
        text.append(ngettext("{n} channel", "{n} channels", line.channels) + "\n", look.plain)
        text.append(ngettext("{n} dialog", "{n} dialogs", line.dialogs) + "\n", look.plain)
        text.append(ngettext("{n} unread", "{n} unread", line.unread) + "\n\n", look.plain)
        for one in invites:
            text.append(_("The next client: {channel}", channel=one.channel.title) + "\n", look.faint)
            text.append(f"{one.link}\n\n", look.accent)
        return text.append(
            _("Press {key} to bind a channel to this line.", key=key("lines", "bind")) + "\n", look.muted
        )

    def about_channel(self, channel: ChannelRow, findings: Sequence[Finding]) -> Text:
        """Beside it, with what a check found."""
        look, known = self._look.palette, manifest(channel.kind)
        text = Text().append(channel.title + "\n", look.strong)
        text.append(show(known.title) + "\n\n", look.muted)
        self._tell_health(text, channel, known)
        for label, value in channel.facts.items():
            text.append(f"{_(label)}: ", look.faint).append(f"{value}\n", look.plain)
        for finding in findings:
            self._tell_finding(text, finding)
        text.append("\n" + _("What this channel cannot do") + "\n", look.faint)
        for limit in known.limits:
            text.append(f"· {show(limit)}\n", look.muted)
        return text

    def _tell_health(self, text: Text, channel: ChannelRow, known: Manifest) -> None:
        look = self._look.palette
        said, style = health(channel, self._look)
        text.append(_("Health") + ": ", look.faint)
        if rests(channel, self._look.now()):
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
        look, until = self._look.palette, words.moment(channel.paused_until, self._look.now())
        what, step = words.reason(known, channel.paused_code, channel.paused_detail)
        text.append(_("receives; sends nothing until {time}", time=until) + "\n", look.warn)
        text.append(what + "\n", look.plain)
        text.append(f"→ {step}\n" if step else "", look.accent)
        text.append("→ " + _("{key} resumes it now", key=key("lines", "resume")) + "\n", look.accent)

    def _tell_finding(self, text: Text, finding: Finding) -> None:
        look = self._look.palette
        sign, style = ("✓ ", look.good) if finding.ok else ("✗ ", look.bad)
        text.append(f"\n{sign}", style).append(show(finding.what) + "\n", look.plain)
        if finding.next_step is not None and not finding.ok:
            text.append(f"→ {show(finding.next_step)}\n", look.accent + Style(bold=False))
