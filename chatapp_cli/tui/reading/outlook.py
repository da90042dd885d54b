"""What would happen to a first message, in words (S-120 to S-126)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.text import Text

from chatapp_cli.domain.address import KINDS, openings
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.manifest import AddressKind, Capabilities
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import beginning, standings
from chatapp_cli.services.beginning import Outlook
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.themes import PaintStyles

Able = Callable[[ChannelRow], Capabilities]


def text(
    styles: PaintStyles,
    found: Outlook | None,
    error: ChatappError | None,
    others: Sequence[ChannelRow],
    *,
    name: str,
    able: Able,
) -> Text:
    """The outlook in lines. ``others`` are channels that take the address, ``name`` is who has it."""
    error = error or (found.refusal if found else None)
    lines = [Text(_address(found, name, able), styles.muted)] if found and found.kind else []
    if found:
        lines += _alternatives(found, styles)
    if error and not (found and found.template):
        lines.append(Text(" ".join(filter(None, (show(error.what), show(error.next_step)))), styles.warn))
    if found and found.kind is None and others:
        names = ", ".join(manifest(row.kind).label for row in others)
        lines.append(Text(_("These can: {names}", names=names), styles.muted))
    if found and found.stopped:
        lines.append(Text(_stopped(found.channel), styles.warn))
    return Text("\n").join(lines)


def likelier(to: str, found: Outlook, others: Sequence[Outlook]) -> ChannelRow | None:
    """Another channel that takes the address as the kind that it most looks like, if this one does not."""
    likeliest = openings(to)[0]
    if _takes(found, likeliest):
        return None
    return next((other.channel for other in others if _takes(other, likeliest)), None)


def _takes(found: Outlook, likeliest: AddressKind) -> bool:
    """Whether a channel takes this kind of address, a phone also by the username of who has it."""
    return found.kind == likeliest or (likeliest == "phone" and found.kind == "username")


def _alternatives(found: Outlook, styles: PaintStyles) -> Iterator[Text]:
    """What can be done instead."""
    if found.dialog:
        known = _(
            "There is a dialog with {name} already; {key} opens it.", name=found.dialog.name, key=key("begin", "open")
        )
        yield Text(known, styles.accent)
    if found.template:
        only = _("Only an approved template may go first: {key} chooses one.", key=key("begin", "template"))
        yield Text(only, styles.warn)


def _stopped(channel: ChannelRow) -> str:
    return _(
        "{channel}: {state}. It waits until that is done ({key}).",
        channel=channel.title,
        state=show(standings.without_reason(channel, channel.health_since).word),
        key=key("app", "page('lines')"),
    )


def _address(found: Outlook, name: str, able: Able) -> str:
    """How the address is understood, who has it, when the message is sent, its parts and its cost."""
    assert found.kind is not None
    spelled = f"{show(KINDS[found.kind])} {found.address.removeprefix('@')}"
    if found.kind == "username":
        spelled = f"@{found.address.removeprefix('@')}"
    parts = ngettext("{n} part", "{n} parts", found.counted.parts) if found.counted else ""
    goes = "" if found.refusal or found.stopped else show(beginning.goes(found.turn, able(found.channel)))
    cost = "" if found.cost is None else str(found.cost)
    return " · ".join(filter(None, (spelled, name, goes, parts, cost)))
