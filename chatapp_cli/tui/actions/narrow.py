"""Asking for all filters of the dialog list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatapp_cli.domain.dialog import DialogFilter, FilterKind
from chatapp_cli.i18n import _
from chatapp_cli.services import dialogs, duties
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.questions.narrow import Choices, Narrow
from chatapp_cli.tui.reading.filters import title

if TYPE_CHECKING:
    from chatapp_cli.tui.action_page import ActionPage
    from chatapp_cli.tui.reading.overview import Overview


async def narrow(page: ActionPage, dialog_filter: DialogFilter, overview: Overview) -> DialogFilter | None:
    """Ask for filters, beginning with those in use; ``None`` if the person leaves."""
    me, now = page.workspace.actor, page.workspace.company.world.clock.now()
    choices = await page.workspace.read(lambda tx: _choices(tx, overview, me))
    found: DialogFilter | None = await page.app.push_screen_wait(Narrow(dialog_filter, choices, now))
    return found


def _choices(tx: Tx, overview: Overview, me: str) -> Choices:
    others = [name for name in duties.operators(tx) if name != me]
    lines = {channel.line_id: channel.line for channel in overview.channels}
    return {
        FilterKind.FLAG: [(False, _("any")), (True, _("only these"))],
        FilterKind.OPERATOR: [
            (None, _("any")),
            (me, f"@{me}"),
            ("", _("nobody")),
            *((name, f"@{name}") for name in others),
        ],
        FilterKind.TAG: [("", _("any")), *((tag, f"#{tag}") for tag in dialogs.known_tags(tx))],
        FilterKind.LINE: [(None, _("any")), *lines.items()],
        FilterKind.CHANNEL: [(None, _("any")), *((channel.id, title(channel)) for channel in overview.channels)],
    }
