"""Writing first: whether a channel can start a dialog, when the message would go, and its cost (S-120 to S-126)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from chatapp_cli.domain.address import canonical, given, kinds
from chatapp_cli.domain.draft import Draft, laid_out, require_deliverable
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.finding import fold
from chatapp_cli.domain.health import STOPPED
from chatapp_cli.domain.ids import ChannelId, LineId, Millis
from chatapp_cli.domain.manifest import AddressKind, Capabilities
from chatapp_cli.domain.moment import written
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.segments import Segments, segments
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import N_
from chatapp_cli.services import channels, dialogs, obstacles, reaching, standings
from chatapp_cli.services.pace import NOW, RateReason, Turn, forecast
from chatapp_cli.services.routes import Able
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.rows.outbox import RecentSend
from chatapp_cli.store.tx import Tx

_NAMED = 5
"""The most matches that are listed."""
_TEMPLATES_ONLY = frozenset({"template_only", "window_closed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What would happen to a first message through one channel."""

    channel: ChannelRow
    kind: AddressKind | None = None
    """The type of the address; ``None``: the channel cannot reach it."""
    address: str = ""
    """The normalised address."""
    dialog: DialogCard | None = None
    """The existing dialog."""
    refusal: Refused | None = None
    turn: Turn = NOW
    counted: Segments | None = None
    """The SMS parts that the text takes, if the channel charges for them."""
    cost: Decimal | None = None

    @property
    def template(self) -> bool:
        """Whether only an approved template may start the dialog."""
        return self.refusal is not None and self.refusal.code in _TEMPLATES_ONLY

    @property
    def stopped(self) -> bool:
        """Whether the channel does not send until a person acts, so that messages wait."""
        return self.channel.health in STOPPED


@dataclass(frozen=True, slots=True)
class _Stranger:
    """The recipient in a dialog that does not exist yet."""

    name: str
    address: str
    channel: str
    channel_id: ChannelId
    chat_kind: Literal["private"] = "private"
    heard_at: None = None


def able_to_begin(tx: Tx, able: Able, *, line: LineId | None = None) -> list[ChannelRow]:
    """The bound channels that can write first."""
    return [row for row in channels.everything(tx) if line in {None, row.line_id} and able(row).write_first]


def ways(tx: Tx, able: Able, to: str, *, line: LineId | None = None) -> Sequence[Outlook]:
    """The outlook of every bound channel for an address; channels that can reach it come first."""
    rows = [row for row in channels.everything(tx) if line in {None, row.line_id}]
    return sorted((outlook(tx, able, row, to) for row in rows), key=lambda one: one.kind is None)


def outlook(tx: Tx, able: Able, channel: ChannelRow, to: str, draft: Draft | None = None, *, at: Millis = 0) -> Outlook:
    """What would happen to a draft (``None``: to any text) in one channel. Changes nothing."""
    can, to = able(channel), to.strip()
    try:
        found = reaching.reach(tx, channel, can, to, subject=draft.subject if draft else "")
    except Refused as refusal:
        return Outlook(channel=channel, refusal=refusal)
    card = None if found.dialog is None else dialogs.card(tx, found.dialog)
    reached = Outlook(channel=channel, kind=found.kind, address=found.address, dialog=card)
    return _looked(
        tx, can, reached, card or _Stranger(found.address, found.address, channel.title, channel.id), draft, at
    )


def within(tx: Tx, able: Able, card: DialogCard, draft: Draft | None = None, *, at: Millis = 0) -> Outlook:
    """The same for an existing dialog."""
    channel = channels.one(tx, card.channel_id)
    reached = Outlook(channel=channel, kind=kinds(card.address)[0], address=card.address, dialog=card)
    return _looked(tx, able(channel), reached, card, draft, at)


def _looked(
    tx: Tx, can: Capabilities, reached: Outlook, side: DialogCard | _Stranger, draft: Draft | None, at: Millis
) -> Outlook:
    """The outlook of the draft at an address."""
    counted = segments(laid_out(can, draft).text) if draft and draft.text and can.segments else None
    price = channels.price_of_part(reached.channel)
    stranger = side.heard_at is None and side.chat_kind == "private"
    wanted = RecentSend(side.address, side.chat_kind, int(stranger), at)
    return replace(
        reached,
        refusal=obstacles.why_nothing_goes_out(can, reached.channel) or _refusal(can, side, draft, at=max(at, tx.now)),
        turn=forecast(tx, reached.channel, can).next(wanted),
        counted=counted,
        cost=price * counted.parts if price is not None and counted else None,
    )


def _refusal(can: Capabilities, side: DialogCard | _Stranger, draft: Draft | None, *, at: Millis) -> Refused | None:
    """The refusal that ``sending.enqueue`` would raise."""
    try:
        if isinstance(side, DialogCard):
            obstacles.require_reachable(side)
        if draft is not None:
            require_deliverable(can, draft)
    except Refused as refusal:
        return refusal
    return None if draft is not None and draft.template else obstacles.why_closed(can, side, at)


def held(channel: ChannelRow, now: Millis) -> Text | None:
    """Why a message waits, however free its turn is: the channel does not send; ``None`` if it does."""
    if channel.health not in STOPPED:
        return None
    found = standings.without_reason(channel, now)
    return T("waits: {channel} {said}", channel=channel.title, said=found.said())


def goes(turn: Turn, can: Capabilities) -> Text:
    """When it will be sent while the channel sends, and why not sooner, as text."""
    if not turn.at:
        return T("goes at once")
    moment = written(turn.at)
    if turn.reason == "phone" and "username" in can.write_first:
        return T("by phone: not before {moment}; a @username goes at once", moment=moment)
    return T(_WHY[turn.reason], moment=moment)


_WHY: Mapping[RateReason, str] = MappingProxyType(
    {
        "": N_("not before {moment}"),
        "account": N_("not before {moment}: the account's own pace"),
        "dialog": N_("not before {moment}: not so often to one client"),
        "group": N_("not before {moment}: not so often to one group"),
        "phone": N_("by phone: not before {moment}"),
        "strangers": N_("not before {moment}: those who never wrote are written to slowly"),
    }
)


def imported(people: Sequence[Mapping[str, str]], name: str) -> Mapping[str, str]:
    """A person in an account's own address book, by name, phone or username. Raises NotFound, UsageError."""
    wanted = {fold(name), canonical(name, kinds(name)[0])}
    exact = [one for one in people if wanted & _spellings(one)]
    found = exact or [one for one in people if fold(name) in fold(one["name"])]
    if not found:
        raise NotFound(
            T("Nobody in the address book is called {name}.", name=name),
            T("See it with: {how}", how=to_do(Next.ADDRESS_BOOK)),
        )
    if len(found) > 1:
        names = ", ".join(f"{one['name']} ({one['id']})" for one in found[:_NAMED])
        raise UsageError(T("Which one of these: {names}?", names=names), field="contact")
    return found[0]


def _spellings(person: Mapping[str, str]) -> set[str]:
    """The names by which an address book entry can be found; its phone is the provider's."""
    return {fold(person["name"]), given(person["phone"]), person["username"].lower(), person["id"]}


def address_of(tx: Tx, channel: ChannelRow, person: Mapping[str, str]) -> str:
    """The address for an address book entry: that of an existing dialog, otherwise the ChatID.

    Never the username: the desk may know a former owner by it.
    """
    spelled = filter(None, (person["id"], given(person["phone"])))
    return next((one for one in spelled if reaching.known(tx, channel, one) is not None), person["id"])
