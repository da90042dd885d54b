"""Actions on a bound channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import proxying
from chatapp_cli.services import channels
from chatapp_cli.services.standings import standing
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.action_page import ActionPage

_PIECE = 100
"""Rows that are deleted in one transaction."""


async def proxies(page: ActionPage, channel: ChannelRow) -> Sequence[Finding]:
    """Try the account's proxies, or replace them; returns a finding for each proxy that was tried."""
    company, store = page.workspace.company, page.workspace.store
    await store.off_loop(lambda: proxying.understood(company, channel, ""))
    stored = await store.off_loop(lambda: proxying.kept(company, channel))
    options = [("new", _("Other proxies")), ("none", _("No proxies")), ("try", _("Try them"))]
    choice = await page.choose(_("Proxies"), options, keys=["n", "0", "t"]) if stored else "new"
    if choice == "try":
        return await proxying.tried(company, channel)
    if choice == "none":
        await store.off_loop(lambda: proxying.save(company, channel, ""))
        page.say(_("{channel} no longer uses proxies.", channel=channel.title))
    return await _replaced(page, channel, " → ".join(one.shown for one in stored)) if choice == "new" else ()


async def _replaced(page: ActionPage, channel: ChannelRow, now: str) -> Sequence[Finding]:
    company, store = page.workspace.company, page.workspace.store
    note = _("Like socks5://user:password@host:1080, several with spaces between.") + (f" {now}" if now else "")

    async def take(typed: str) -> None:
        if typed:
            await store.off_loop(lambda: proxying.understood(company, channel, typed))

    typed = await page.prompt(_("Proxies of {channel}", channel=channel.title), note=note, take=take)
    if not typed:
        return ()
    findings = await proxying.tried(company, channel, typed)
    if all(one.ok for one in findings) or await page.confirm(
        _("Save them anyway?"), _("Not every one leads to the provider."), yes=_("Save")
    ):
        await store.off_loop(lambda: proxying.save(company, channel, typed))
        page.say(_("{channel} now uses these proxies.", channel=channel.title))
    return findings


async def resume(page: ActionPage, channel: ChannelRow) -> None:
    """End the pause of a channel, or let a stopped one look at once."""
    now = page.appearance.now()
    if channel.paused_until <= now and standing(channel, manifest(channel.kind), now).go_on is None:
        page.say(_("{channel} is not paused.", channel=channel.title))
        return
    await page.workspace.write(partial(channels.resume, channel=channel.id))
    page.say(_("{channel} continues.", channel=channel.title))


async def unbind(page: ActionPage, channel: ChannelRow) -> None:
    """Unbind a channel, after a question."""
    note = _("Its dialogs and messages are removed from the desk with it.")

    async def take(_yes: bool) -> None:
        while await page.workspace.write(partial(channels.clear, channel=channel, n=_PIECE)):
            pass
        await page.workspace.write(partial(channels.unbind, channel=channel, force=True))

    await page.confirm(_("Unbind {channel}?", channel=channel.title), note, yes=_("Unbind"), take=take)


def capable(page: ActionPage, channel: ChannelRow | None, has: Callable[[Capabilities], bool]) -> ChannelRow | None:
    """The channel if it has a capability; otherwise ``None``, and the person is asked to choose another one."""
    if channel is not None and has(page.workspace.capabilities(channel)):
        return channel
    page.say(_("Choose a channel that can do this."))
    return None
