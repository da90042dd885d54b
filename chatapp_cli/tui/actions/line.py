"""Actions on a line."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chatapp_cli.i18n import _, show
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.services import lines
from chatapp_cli.store.rows.channels import ChannelRow, LineRow
from chatapp_cli.tui.action_page import ActionPage


async def add(page: ActionPage) -> None:
    """Add a line."""

    async def take(name: str) -> None:
        if name:
            await page.workspace.write(partial(lines.add, name=name))

    await page.prompt(_("Name of the new line"), take=take)


async def rename(page: ActionPage, line: LineRow) -> None:
    """Rename a line."""

    async def take(name: str) -> None:
        if name:
            await page.workspace.write(lambda tx: lines.rename(tx, line.id, name))

    await page.prompt(_("Name of the line"), line.name, take=take)


async def kind_for(page: ActionPage, line: LineRow, channels: Sequence[ChannelRow]) -> str | None:
    """Ask which kind of channel to bind to a line; ``channels`` are all channels of the company."""
    bound = {channel.kind for channel in channels if channel.line_id == line.id}
    free = [known for kind, known in manifests().items() if kind not in bound or known.capabilities.pool]
    if not free:
        page.say(_("Every kind of channel is bound to this line already."))
        return None
    options = [(known.kind, f"{known.source_name or show(known.title)} — {show(known.summary)}") for known in free]
    return await page.choose(_("Which channel?"), options, keys=[str(known.source_id) for known in free])
