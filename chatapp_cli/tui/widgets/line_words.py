"""Texts of the page of lines: the tree of lines and channels, and the details beside it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.widgets.option_list import Option

from chatapp_cli.domain.health import ChannelState
from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.connector import Finding
from chatapp_cli.services.account_pools import PoolAccount
from chatapp_cli.services.standings import standing
from chatapp_cli.store.rows.channels import ChannelRow, LineRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.widgets.bars import health, standing_style


class LineWords:
    """Makes the texts in the styles of the window."""

    def __init__(self, appearance: Appearance) -> None:
        self._appearance = appearance

    def tree(self, lines: Sequence[LineRow], channels: Sequence[ChannelRow]) -> list[Option]:
        """Each line with its channels below it; their ids are such as ``line 1`` and ``channel 1``."""
        found = []
        for line in lines:
            found.append(Option(self.line(line), id=f"line {line.id}"))
            below = (channel for channel in channels if channel.line_id == line.id)
            found += [Option(self.channel(channel), id=f"channel {channel.id}") for channel in below]
        return found

    def line(self, line: LineRow) -> Text:
        """A line in the tree."""
        styles = self._appearance.styles
        counts = ngettext("{n} dialog", "{n} dialogs", line.dialogs)
        return Text.assemble((f" {line.name}", styles.strong), (f"  {counts}", styles.faint), no_wrap=True)

    def channel(self, channel: ChannelRow) -> Text:
        """A channel in the tree; a fault stands before its name, as the end may be cut."""
        styles = self._appearance.styles
        state, style = health(channel, self._appearance)
        title, works = (channel.title, styles.plain), style == styles.good
        rest = [title, (f"  {state}", styles.faint)] if works else [(f"{state}  ", style), title]
        label = (f"{manifest(channel.kind).label} ", styles.accent)
        return Text.assemble(("   ● ", style), label, *rest, no_wrap=True, overflow="ellipsis")

    def nothing(self) -> str:
        """The text where there is no line."""
        return _(
            "A line joins channels for one purpose, such as sales. Press {key} to add the first one.",
            key=key("lines", "add_line"),
        )

    def about_line(self, line: LineRow, invites: Sequence[PoolAccount]) -> Text:
        """The details of a line, with the links that invite the next client."""
        styles = self._appearance.styles
        text = Text().append(line.name + "\n\n", styles.strong)
        text.append(ngettext("{n} channel", "{n} channels", line.channels) + "\n", styles.plain)
        text.append(ngettext("{n} dialog", "{n} dialogs", line.dialogs) + "\n", styles.plain)
        text.append(ngettext("{n} unread", "{n} unread", line.unread) + "\n\n", styles.plain)
        for one in invites:
            text.append(_("The next client: {channel}", channel=one.channel.title) + "\n", styles.faint)
            text.append(f"{one.link}\n\n", styles.accent)
        return text.append(
            _("Press {key} to bind a channel to this line.", key=key("lines", "bind")) + "\n", styles.muted
        )

    def about_channel(self, channel: ChannelRow, findings: Sequence[Finding]) -> Text:
        """The details of a channel, with the findings of a check."""
        styles, known = self._appearance.styles, manifest(channel.kind)
        text = Text().append(channel.title + "\n", styles.strong)
        text.append(show(known.title) + "\n\n", styles.muted)
        self._tell_health(text, channel, known)
        for label, value in channel.facts.items():
            text.append(f"{_(label)}: ", styles.faint).append(f"{value}\n", styles.plain)
        for finding in findings:
            self._tell_finding(text, finding)
        text.append("\n" + _("What this channel cannot do") + "\n", styles.faint)
        for limit in known.limits:
            text.append(f"· {show(limit)}\n", styles.muted)
        return text

    def _tell_health(self, text: Text, channel: ChannelRow, known: Manifest) -> None:
        """What it does now, until when, why, and what a person can do about it."""
        styles, now = self._appearance.styles, self._appearance.now()
        found = standing(channel, known, now)
        style = standing_style(found.state, self._appearance)
        text.append(_("Health") + ": ", styles.faint)
        if found.state is ChannelState.WORKING and channel.proof_at is not None:
            lives = words.age(max(0, now - channel.proof_at))
            text.append(_("works; last sign of life {age} ago", age=lives) + "\n", style)
            return
        text.append(show(found.said(lambda at: words.moment(at, now))) + "\n", style)
        if found.why is not None:
            text.append(show(found.why) + "\n", styles.plain)
        if found.next_step is not None and found.next_step != found.go_on:
            text.append(f"→ {show(found.next_step)}\n", styles.accent)
        if found.go_on is not None:
            text.append("→ " + _("{key} resumes it now", key=key("lines", "resume")) + "\n", styles.accent)

    def _tell_finding(self, text: Text, finding: Finding) -> None:
        styles = self._appearance.styles
        sign, style = ("✓ ", styles.good) if finding.ok else ("✗ ", styles.bad)
        text.append(f"\n{sign}", style).append(show(finding.what) + "\n", styles.plain)
        if finding.next_step is not None and not finding.ok:
            text.append(f"→ {show(finding.next_step)}\n", styles.accent + Style(bold=False))
