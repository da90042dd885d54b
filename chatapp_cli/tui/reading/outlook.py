"""What would become of a first message, in words (S-120 to S-126)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.text import Text

from chatapp_cli.domain.address import KINDS, openings
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.i18n import _, ngettext, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import beginning
from chatapp_cli.services.beginning import Outlook
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.themes import PaintStyles

Able = Callable[[ChannelRow], Capabilities]


def said(
    styles: PaintStyles,
    one: Outlook | None,
    error: ChatappError | None,
    others: Sequence[ChannelRow],
    *,
    name: str,
    able: Able,
) -> Text:
    """All of it, line by line; ``others`` are channels that take the address, ``name`` is whose it is."""
    error = error or (one.refusal if one else None)
    lines = [Text(_taken(one, name, able), styles.muted)] if one and one.kind else []
    if one:
        lines += _beside(one, styles)
    if error and not (one and one.template):
        lines.append(Text(" ".join(filter(None, (show(error.what), show(error.next_step)))), styles.warn))
    if one and one.kind is None and others:
        names = ", ".join(manifest(row.kind).label for row in others)
        lines.append(Text(_("These can: {names}", names=names), styles.muted))
    if one and one.stopped:
        lines.append(Text(_stopped(one.channel), styles.warn))
    return Text("\n").join(lines)


def likelier(to: str, one: Outlook, others: Sequence[Outlook]) -> ChannelRow | None:
    """Another channel that takes the address for what it looks like, if this one does not."""
    likeliest = openings(to)[0]
    if one.kind == likeliest:
        return None
    return next((other.channel for other in others if other.kind == likeliest), None)


def _beside(one: Outlook, styles: PaintStyles) -> Iterator[Text]:
    """What can be done instead."""
    if one.dialog:
        known = _(
            "There is a dialog with {name} already; {key} opens it.", name=one.dialog.name, key=key("begin", "open")
        )
        yield Text(known, styles.accent)
    if one.template:
        only = _("Only an approved template may go first: {key} chooses one.", key=key("begin", "template"))
        yield Text(only, styles.warn)


def _stopped(channel: ChannelRow) -> str:
    return _(
        "{channel} has stopped; it waits until that is done ({key}).",
        channel=channel.title,
        key=key("app", "page('lines')"),
    )


def _taken(one: Outlook, name: str, able: Able) -> str:
    """What the address was taken for, whose it is, when it goes, and what it costs."""
    assert one.kind is not None
    spelled = f"{show(KINDS[one.kind])} {one.address.removeprefix('@')}"
    if one.kind == "username":
        spelled = f"@{one.address.removeprefix('@')}"
    parts = ngettext("{n} part", "{n} parts", one.counted.parts) if one.counted else ""
    goes = "" if one.refusal else show(beginning.goes(one.turn, able(one.channel)))
    cost = "" if one.cost is None else str(one.cost)
    return " · ".join(filter(None, (spelled, name, goes, parts, cost)))
