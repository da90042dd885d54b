"""Keys that begin a dialog."""

from __future__ import annotations

from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services import channels
from chatapp_cli.tui.screens.begin import BeginScreen, Start
from tests.tui.conftest import Window


async def opens(it: Window, start: Start | None = None) -> BeginScreen:
    page = BeginScreen(start)
    await it.app.push_screen(page)
    await it.until(lambda: page.query("#channel #label"))
    return page


async def chooses(it: Window, page: BeginScreen, channel: ChannelId) -> None:
    """The line of a channel, and the channel."""
    row = it.app.company.read(lambda tx: channels.one(tx, channel))
    page.query_one("#line").value = row.line_id
    await it.until(lambda: page._form.channel.line_id == row.line_id)
    page.query_one("#channel").value = row.id
    await it.until(lambda: page._form.channel.id == channel)
