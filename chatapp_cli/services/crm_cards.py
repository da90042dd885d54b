"""Where a dialog stands in each CRM, and through which dialog or channel the client of a card is written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain import next_step
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import canonical, kinds
from chatapp_cli.domain.crm.cards import CardChat, CardPhone, CardSheet, CardVisit, ChannelOnCard, ClientOfCard
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, LinkId, Millis
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import access, channels, crm_card_talk, dialogs, employees, links, pairings, reaching, words
from chatapp_cli.services.message_request import InDialog, SendTarget, ToAddress
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import ChatRow, LinkRow, ShownEntryRow
from chatapp_cli.store.rows.dialogs import DialogCard
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.services.routes import Able

NOT_PAIRED = "not_paired"
NOTHING_WRITTEN = "nothing_written"
WAITS = "waits"
REFUSED = "refused"
NO_CARD = "no_card"
"""Why there are no cards: see ``why_none``."""
_DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerThere:
    """Who is responsible for a dialog's cards, as a CRM and the desk last told one another."""

    employee: str
    """The CRM's id."""
    operator: str
    """Who that is here; empty: nobody."""
    way: str
    """``from_crm`` or ``to_crm``: who told whom."""
    card: str
    """The card that decided, such as ``deal:17``; empty if we told the CRM."""
    at: Millis
    """When, by our clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogInCrm:
    """A dialog in one CRM: its chat there, or why there is none."""

    link: LinkRow
    chat: CrmChat | None = None
    code: str = ""
    """Why there is no chat; stable for programs."""
    entry: ShownEntryRow | None = None
    """What the CRM is still to be told, or refused, if that is why."""
    detail: str = ""
    owner: OwnerThere | None = None


def standing(tx: Tx, dialog: DialogId) -> list[DialogInCrm]:
    """Where a dialog stands in each CRM that is linked. Raises NotFound."""
    card = dialogs.card(tx, dialog)
    return [_in_crm(tx, link, card) for link in links.everything(tx)]


def _in_crm(tx: Tx, link: LinkRow, card: DialogCard) -> DialogInCrm:
    pairing = pairings.of_channel(tx, link.id, card.channel_id)
    if pairing is None:
        return DialogInCrm(link=link, code=NOT_PAIRED)
    chat = tx.one(ChatRow, "chats.of_dialog", dialog=card.id, pairing=pairing.id)
    entry = None
    if chat is None or not chat.remote:
        entry = tx.one(ShownEntryRow, "ledger.of_dialog", link=link.id, dialog=card.id)
    if entry is not None:
        return DialogInCrm(link=link, code=REFUSED if entry.state == _DEAD else WAITS, entry=entry)
    if chat is None:
        return DialogInCrm(link=link, code=NOTHING_WRITTEN)
    # A link that writes comments gets no id of a chat from the CRM, and knows the card itself.
    there = CrmChat(id=chat.chat, name=card.name, kind=card.chat_kind, remote=chat.remote)
    return DialogInCrm(link=link, chat=there, owner=_owner(tx, link.id, chat))


def _owner(tx: Tx, link: LinkId, chat: ChatRow) -> OwnerThere | None:
    if not chat.owner or not chat.owner_way:
        return None
    return OwnerThere(
        employee=chat.owner,
        operator=employees.named(tx, link, chat.owner),
        way=chat.owner_way,
        card=chat.owner_card,
        at=chat.owner_synced,
    )


def why_none(about: CrmManifest, found: DialogInCrm) -> tuple[Text, Text | None]:
    """Why a dialog has no card in a CRM, and what to do."""
    entry, link = found.entry, found.link
    if found.code in _WHY:
        what, step = _WHY[found.code]
        return what, next_step.about(step, link=link.id)
    if found.code == REFUSED and entry is not None:
        what, step = words.why_there(about, link.id, entry.code, entry.detail)
        return T("The CRM refused its messages: {why}", why=what), step
    if found.code != WAITS:
        return words.why_there(about, link.id, found.code, found.detail)
    if link.state == LinkState.OK or not link.code:
        return T("Its messages are being told to the CRM."), T("Look again in a moment.")
    what, step = words.why_there(about, link.id, link.code, link.detail)
    return T("Its messages wait to be told: {why}", why=what), step


_WHY: Mapping[str, tuple[Text, Text | None]] = MappingProxyType(
    {
        NOT_PAIRED: (T("Its channel is not paired with the CRM."), T("Pair it: {how}", how=to_do(Next.PAIR))),
        NOTHING_WRITTEN: (T("Nothing was written in it since its channel was paired."), None),
        NO_CARD: (
            T("The CRM has bound no card to it yet: it makes one some seconds after the client's first message."),
            T("If none appears, look at the settings: {how}", how=to_do(Next.PLACES)),
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWay:
    """By which way a person wants the client of a card to be written to; empty: the only one that there is."""

    channels: frozenset[ChannelId] | None = None
    """The channels that are possible; ``None``: every one that is paired."""
    dialog: DialogId | None = None
    phone: str = ""


def target(tx: Tx, able: Able, link: LinkId, client: ClientOfCard, way: CardWay) -> SendTarget:
    """The dialog of a card's client, otherwise their phone in a channel that can write first.

    Raises UsageError with the list if there are several, since a guess could be the wrong person; Refused if there is
    none, and for a card of which anything is hidden from who sees only their own dialogs: it is not even named to them.
    """
    access.require(tx, Right.ANSWER)
    if _is_a_colleagues(tx, link, client):
        return _own(tx, link, client, way)
    every = [] if way.phone else _narrowed(_known(tx, link, client.chats), way)
    if way.dialog is not None and not every:
        raise _no_such_dialog(client, way.dialog)
    found = _nearest(every)
    if len(found) == 1 and (way.dialog is not None or _is_certain(client, found[0].chat)):
        return InDialog(found[0].dialog.id)
    if every:
        raise _several_dialogs(client, [one.dialog for one in every])
    phone = _phone(client, way.phone, ours=channels.is_own_phone(tx))
    return ToAddress(_channel(tx, able, link, client, phone, way).id, phone)


def _is_a_colleagues(tx: Tx, link: LinkId, client: ClientOfCard) -> bool:
    """Whether any dialog or address of a card is hidden from who sees only their own dialogs."""
    if tx.acting is None or not tx.acting.only_own:
        return False
    if len(_known(tx, link, client.chats)) < len(_known(tx.whole(), link, client.chats)):
        return True
    return any(reaching.is_a_colleagues(tx, one) for one in (*(one.phone for one in client.phones), *client.others))


def _own(tx: Tx, link: LinkId, client: ClientOfCard, way: CardWay) -> InDialog:
    """The dialog that was named, if it is visible. Raises Refused, which tells nothing of the card."""
    for one in _known(tx, link, client.chats):
        if one.dialog.id == way.dialog:
            return InDialog(one.dialog.id)
    raise Refused(
        "not_own",
        T("The client of this card is not yours."),
        T("Ask a colleague who sees them to assign their dialog to you."),
    )


def known_dialogs(tx: Tx, link: LinkId, client: ClientOfCard) -> list[DialogCard]:
    """The dialogs here whose chats the CRM has bound to a card, or else to its people."""
    return [one.dialog for one in _nearest(_known(tx, link, client.chats))]


class _DialogOfCard(NamedTuple):
    """A dialog here, and the chat by which it belongs to a card."""

    dialog: DialogCard
    chat: CardChat


def _known(tx: Tx, link: LinkId, chats: Sequence[CardChat]) -> list[_DialogOfCard]:
    """The dialogs of chats; chats of other programs are none of ours."""
    found: dict[DialogId, CardChat] = {}
    for pairing in pairings.of_link(tx, link):
        for chat in chats:
            row = tx.one(ChatRow, "chats.by_remote", pairing=pairing.id, remote=chat.remote)
            if row is not None:
                found.setdefault(row.dialog_id, chat)
    return [_DialogOfCard(card, found[card.id]) for card in _visible(tx, found)]


def _nearest(found: Sequence[_DialogOfCard]) -> Sequence[_DialogOfCard]:
    """Those of the card itself; without any, those of its people."""
    return [one for one in found if one.chat.is_own] or found


def _is_certain(client: ClientOfCard, chat: CardChat) -> bool:
    """Whether nobody else can be meant: nobody who left the card, and not just one of its people."""
    if chat.is_own:
        return not chat.whose or chat.whose in client.people
    everybody = {*client.people, *(one.whose for one in client.chats), *(one.whose for one in client.phones)}
    return len(everybody - {""}) <= 1


def sheet(tx: Tx, able: Able, link: LinkId, visit: CardVisit) -> CardSheet:
    """What the desk shows in a card to an employee of the CRM."""
    return CardSheet(
        dialogs=crm_card_talk.dialogs(tx, link, known_dialogs(tx, link, visit.client)),
        phones=visit.client.phones,
        channels=[ChannelOnCard(id=row.id, title=row.title) for row in beginners(tx, able, link)],
        employee=visit.employee,
        employee_name=visit.name,
    )


def _visible(tx: Tx, numbers: Iterable[DialogId]) -> Iterable[DialogCard]:
    for number in numbers:
        try:
            yield dialogs.card(tx, number)
        except NotFound:
            continue


def _narrowed(found: Sequence[_DialogOfCard], way: CardWay) -> list[_DialogOfCard]:
    return [
        one
        for one in found
        if way.channels is None or one.dialog.channel_id in way.channels
        if way.dialog in {None, one.dialog.id}
    ]


def _several_dialogs(client: ClientOfCard, found: Sequence[DialogCard]) -> UsageError:
    listed = "; ".join(f"{card.id}: {card.name}, {card.channel}" for card in found)
    return UsageError(
        T("{card} belongs to several dialogs or people: {dialogs}", card=client.card.title, dialogs=listed),
        T("Say which one: {how}", how="--dialog NUMBER"),
        field="dialog",
    )


def _no_such_dialog(client: ClientOfCard, dialog: DialogId) -> NotFound:
    return NotFound(
        T("Dialog {n} does not belong to {card}.", n=dialog, card=client.card.title),
        T("See the dialogs: {how}", how=to_do(Next.DIALOGS)),
    )


def _phone(client: ClientOfCard, wanted: str, *, ours: Callable[[str], bool]) -> str:
    """The only phone of a card, or the one that a person chose of them."""
    known: dict[str, CardPhone] = {}
    for one in client.phones:
        if "phone" in kinds(one.phone) and not ours(number := canonical(one.phone, "phone")):
            known.setdefault(number, one)
    if wanted:
        number = canonical(wanted, "phone") if "phone" in kinds(wanted) else wanted
        if number not in known:
            raise UsageError(
                T("{phone} is not a phone of {card}.", phone=wanted, card=client.card.title),
                T("Its phones: {phones}", phones=_listed(known) or "–"),
                field="phone",
            )
        return number
    if not known:
        raise Refused(
            "no_phone",
            T("{card} has no dialog here and no phone.", card=client.card.title),
            T("Add a phone to the card in the CRM."),
        )
    if len(known) > 1:
        raise UsageError(
            T("{card} has several phones: {phones}", card=client.card.title, phones=_listed(known)),
            T("Say which one: {how}", how="--phone PHONE"),
            field="phone",
        )
    [phone] = known
    if without := _people_without(client, phone):
        raise UsageError(
            T(
                "{card} belongs to several people, and not all of them have this phone: {phones}; without it: {people}",
                card=client.card.title, phones=_listed(known), people=", ".join(without),
            ),
            T("Say which one: {how}", how="--phone PHONE"),
            field="phone",
        )  # fmt: skip
    return phone


def _people_without(client: ClientOfCard, phone: str) -> list[str]:
    """Who else of a card's people may be meant than whose phone it is; nobody for the phone of the card or its firm."""
    owners = {
        one.whose for one in client.phones if "phone" in kinds(one.phone) and canonical(one.phone, "phone") == phone
    }
    return [one for one in client.people if one not in owners] if owners & set(client.people) else []


def _listed(known: dict[str, CardPhone]) -> str:
    return "; ".join(f"{number} ({one.whose})" if one.whose else number for number, one in known.items())


def beginners(tx: Tx, able: Able, link: LinkId) -> list[ChannelRow]:
    """The paired channels that can write first to a phone."""
    paired = {row.channel_id for row in pairings.of_link(tx, link)}
    return [row for row in channels.everything(tx) if row.id in paired and "phone" in able(row).write_first]


def require_beginner(tx: Tx, able: Able, link: LinkId, channel: ChannelId) -> None:
    """Raise Refused for a channel that is not paired with the CRM, or cannot write first to a phone."""
    if channel not in {row.id for row in beginners(tx, able, link)}:
        raise Refused("cannot_write_first", T("This channel is not paired any more, or cannot write first to a phone."))


def require_phone(tx: Tx, said: str) -> str:
    """A phone as it is stored. Raises Refused for something else, and for a number of our own."""
    if not said.strip():
        raise Refused("bad_phone", T("The SMS was not sent: no phone was given."))
    if "phone" not in kinds(said.strip()):
        raise Refused("bad_phone", T("{phone} is no phone number.", phone=said), T("Write it so: {how}", how="+79…"))
    phone = canonical(said, "phone")
    if channels.is_own_phone(tx)(phone):
        raise Refused("own_phone", T("{phone} is a number of the desk itself.", phone=phone))
    return phone


def _channel(tx: Tx, able: Able, link: LinkId, client: ClientOfCard, phone: str, way: CardWay) -> ChannelRow:
    fitting = [row for row in beginners(tx, able, link) if way.channels is None or row.id in way.channels]
    if not fitting:
        raise Refused(
            "cannot_write_first",
            T("{card} has no dialog here, and no paired channel can write first to a phone.", card=client.card.title),
            T("Pair a channel that can: {how}", how=to_do(Next.PAIR)),
        )
    if len(fitting) > 1:
        listed = "; ".join(f"{row.id}: {row.title}" for row in fitting)
        raise UsageError(
            T("Several channels can write first to {phone}: {channels}", phone=phone, channels=listed),
            T("Say which one: {how}", how="--channel CHANNEL"),
            field="channel",
        )
    return fitting[0]
