"""Binding a channel: the page shows the connector's forms and notices."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from chatapp_cli.domain.manifest import Manifest
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker
from chatapp_cli.runtime import binding
from chatapp_cli.store.rows.channels import ChannelRow, LineRow
from chatapp_cli.tui.screens.asking import AskingScreen


class BindScreen(AskingScreen):
    """The questions of one connector, for a new channel or for one that is bound again."""

    def __init__(self, line: LineRow, kind: str, previous: ChannelRow | None = None) -> None:
        super().__init__()
        self._line, self._kind, self._previous = line, kind, previous

    def where(self) -> str:
        """The kind of channel and its line."""
        again = _("Bind again") if self._previous else _("Bind")
        return f"{again}: {show(manifest(self._kind).title)} · {self._line.name}"

    def about(self) -> Text:
        """What the kind of channel is, and what it cannot do."""
        return _about(manifest(self._kind))

    async def converse(self, ask: Asker) -> str:
        """Bind the channel. Raises ChatappError."""
        await binding.bind(
            self.workspace.company,
            ask,
            line=self._line.id,
            kind=self._kind,
            previous=self._previous,
        )
        return _("{channel} is bound.", channel=show(manifest(self._kind).title))


def _about(known: Manifest) -> Text:
    text = Text(show(known.summary) + "\n\n")
    text.append(_("What this channel cannot do") + "\n", Style(bold=True))
    for limit in known.limits:
        text.append(f"· {show(limit)}\n")
    return text
