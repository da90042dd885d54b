"""What stands in the way of a message before it is written: the dialog, the account, the hours of free text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId, DialogId, Millis
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.store.rows.channels import ChannelRow

if TYPE_CHECKING:
    from chatapp_cli.domain.arrival import ChatKind


class Side(Protocol):
    """The properties of a dialog, existing or not, that decide what may be sent."""

    @property
    def name(self) -> str:
        """The name of the other side."""
        ...

    @property
    def channel(self) -> str:
        """The channel's title."""
        ...

    @property
    def channel_id(self) -> ChannelId:
        """The channel's number."""
        ...

    @property
    def chat_kind(self) -> ChatKind:
        """The kind of chat."""
        ...

    @property
    def heard_at(self) -> Millis | None:
        """When the other side last wrote."""
        ...


class Reachable(Side, Protocol):
    """An existing dialog in which it may be that nothing can be said at all."""

    @property
    def id(self) -> DialogId:
        """The dialog's number."""
        ...

    @property
    def blocked(self) -> int:
        """1 on the blacklist."""
        ...

    @property
    def reachable(self) -> int:
        """0 if the channel said that they cannot be reached any more."""
        ...


def why_nothing_goes_out(can: Capabilities, channel: ChannelRow) -> Refused | None:
    """Why an account can send nothing at all, as without an address to send to; ``None`` if it can."""
    if not can.send_needs or channel.settings.get(can.send_needs):
        return None
    return Refused(
        "receives_only",
        T("{channel} only receives: {field} is not set.", channel=channel.title, field=can.send_needs),
        T("Set it: {how}", how=to_do(Next.CONFIGURE)),
    )


def require_reachable(card: Reachable) -> None:
    """Raise Refused for clients who are blacklisted or no longer reachable."""
    refusal = why_out_of_reach(card)
    if refusal is not None:
        raise refusal


def why_out_of_reach(card: Reachable) -> Refused | None:
    """Why nothing can be said in a dialog, whatever it is; ``None`` if something may."""
    if card.blocked:
        return Refused(
            "blocked",
            T("{name} is on the blacklist.", name=card.name),
            T("Take them off it first: {how}", how=to_do(Next.UNBLOCK, n=card.id)),
        )
    if not card.reachable:
        return Refused(
            "unreachable",
            T("{name} cannot be reached through {channel}.", name=card.name, channel=card.channel),
            T("Wait until they write again, or use another channel."),
        )
    return None


def why_closed(can: Capabilities, card: Side, at: Millis) -> Refused | None:
    """Why only an approved template may be sent to a dialog at a time (S-090); ``None`` if anything may."""
    step = T("Choose an approved template: {how}", how=to_do(Next.TEMPLATES, n=card.channel_id))
    if not can.free_text:
        what = T("{channel} carries only approved templates.", channel=card.channel)
        return Refused("template_only", what, step)
    if not can.window or card.chat_kind != "private":
        return None
    if card.heard_at is None:
        what = T("{name} has not written yet: only a template may go first.", name=card.name)
        return Refused("window_closed", what, step)
    until = card.heard_at + can.window * 1000
    if at <= until:
        return None
    moment = written(until)
    what = T(
        "{name} could be written to freely until {moment}: too long since their last message.",
        name=card.name,
        moment=moment,
    )
    return Refused("window_closed", what, step)
