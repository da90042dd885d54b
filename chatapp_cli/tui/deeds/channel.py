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
from chatapp_cli.tui.hands import Hands


async def proxies(hands: Hands, channel: ChannelRow) -> Sequence[Finding]:
    """Try the account's proxies, or exchange them; returns how each one did."""
    desk, store = hands.office.desk, hands.office.store
    await store.off_loop(lambda: proxying.understood(desk, channel, ""))
    kept = await store.off_loop(lambda: proxying.kept(desk, channel))
    options = [("new", _("Other proxies")), ("none", _("No proxies")), ("try", _("Try them"))]
    deed = await hands.choose(_("Proxies"), options, keys=["n", "0", "t"]) if kept else "new"
    if deed == "try":
        return await proxying.tried(desk, channel)
    if deed == "none":
        await store.off_loop(lambda: proxying.keep(desk, channel, ""))
        hands.say(_("{channel} no longer uses proxies.", channel=channel.title))
    return await _exchanged(hands, channel, " → ".join(one.shown for one in kept)) if deed == "new" else ()


async def _exchanged(hands: Hands, channel: ChannelRow, now: str) -> Sequence[Finding]:
    desk, store = hands.office.desk, hands.office.store
    note = _("Like socks5://user:password@host:1080, several with spaces between.") + (f" {now}" if now else "")

    async def take(said: str) -> None:
        if said:
            await store.off_loop(lambda: proxying.understood(desk, channel, said))

    said = await hands.prompt(_("Proxies of {channel}", channel=channel.title), note=note, take=take)
    if not said:
        return ()
    findings = await proxying.tried(desk, channel, said)
    if all(one.ok for one in findings) or await hands.confirm(
        _("Save them anyway?"), _("Not every one leads to the provider."), yes=_("Save")
    ):
        await store.off_loop(lambda: proxying.keep(desk, channel, said))
        hands.say(_("{channel} now uses these proxies.", channel=channel.title))
    return findings


async def resume(hands: Hands, channel: ChannelRow) -> None:
    """Let a channel that rests go on now."""
    if channel.paused_until <= hands.look.now():
        hands.say(_("{channel} is not paused.", channel=channel.title))
        return
    await hands.office.write(partial(channels.resume, channel=channel.id))
    hands.say(_("{channel} continues.", channel=channel.title))


async def unbind(hands: Hands, channel: ChannelRow) -> None:
    """Remove a channel, after a question."""
    note = _("Its dialogs and messages are removed from the desk with it.")

    async def take(_yes: bool) -> None:
        await hands.office.write(partial(channels.unbind, channel=channel, force=True))

    await hands.confirm(_("Unbind {channel}?", channel=channel.title), note, yes=_("Unbind"), take=take)


def able(hands: Hands, channel: ChannelRow | None, ability: Callable[[Capabilities], bool]) -> ChannelRow | None:
    """The channel, if there is one that can do that; if not, it is said."""
    if channel is not None and ability(hands.office.capabilities(channel)):
        return channel
    hands.say(_("Choose a channel that can do this."))
    return None
