"""What can be done with a bound channel beside binding it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.i18n import _
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import proxying
from chatapp_cli.services import channels
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.action_page import ActionPage


async def proxies(page: ActionPage, channel: ChannelRow) -> Sequence[Finding]:
    """Try the account's proxies, or exchange them; returns how each one did."""
    company, store = page.workspace.company, page.workspace.store
    await store.off_loop(lambda: proxying.understood(company, channel, ""))
    kept = await store.off_loop(lambda: proxying.kept(company, channel))
    options = [("new", _("Other proxies")), ("none", _("No proxies")), ("try", _("Try them"))]
    choice = await page.choose(_("Proxies"), options, keys=["n", "0", "t"]) if kept else "new"
    if choice == "try":
        return await proxying.tried(company, channel)
    if choice == "none":
        await store.off_loop(lambda: proxying.save(company, channel, ""))
        page.say(_("{channel} no longer uses proxies.", channel=channel.title))
    return await _exchanged(page, channel, " → ".join(one.shown for one in kept)) if choice == "new" else ()


async def _exchanged(page: ActionPage, channel: ChannelRow, now: str) -> Sequence[Finding]:
    company, store = page.workspace.company, page.workspace.store
    note = _("Like socks5://user:password@host:1080, several with spaces between.") + (f" {now}" if now else "")

    async def take(said: str) -> None:
        if said:
            await store.off_loop(lambda: proxying.understood(company, channel, said))

    said = await page.prompt(_("Proxies of {channel}", channel=channel.title), note=note, take=take)
    if not said:
        return ()
    findings = await proxying.tried(company, channel, said)
    if all(one.ok for one in findings) or await page.confirm(
        _("Save them anyway?"), _("Not every one leads to the provider."), yes=_("Save")
    ):
        await store.off_loop(lambda: proxying.save(company, channel, said))
        page.say(_("{channel} now uses these proxies.", channel=channel.title))
    return findings


async def resume(page: ActionPage, channel: ChannelRow) -> None:
    """Let a channel that rests go on now."""
    if channel.paused_until <= page.appearance.now():
        page.say(_("{channel} is not paused.", channel=channel.title))
        return
    await page.workspace.write(partial(channels.resume, channel=channel.id))
    page.say(_("{channel} continues.", channel=channel.title))


async def unbind(page: ActionPage, channel: ChannelRow) -> None:
    """Remove a channel, after a question."""
    note = _("Its dialogs and messages are removed from the desk with it.")

    async def take(_yes: bool) -> None:
        await page.workspace.write(partial(channels.unbind, channel=channel, force=True))

    await page.confirm(_("Unbind {channel}?", channel=channel.title), note, yes=_("Unbind"), take=take)


def able(page: ActionPage, channel: ChannelRow | None, ability: Callable[[Capabilities], bool]) -> ChannelRow | None:
    """The channel, if there is one that can do that; if not, it is said."""
    if channel is not None and ability(page.workspace.capabilities(channel)):
        return channel
    page.say(_("Choose a channel that can do this."))
    return None
