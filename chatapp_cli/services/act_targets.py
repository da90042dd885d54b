"""Where somebody is written to of whom addresses are given: where they wrote last, or where they can be written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from chatapp_cli.domain.address import kinds, readings
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId, ContactId
from chatapp_cli.domain.text import T
from chatapp_cli.services import channels, contacts, dialogs, reaching
from chatapp_cli.services.message_request import InDialog, ToAddress

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import AddressKind
    from chatapp_cli.services.reaching import Reach
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx


_BARS: Final = 3
"""At least so many stand in a portal's name of a chat."""


def names_portals_chat(address: str) -> bool:
    """Whether this is a chat of a portal's open line, such as ``imol|connector|line|chat|user``, and no address."""
    return address.count("|") >= _BARS


@dataclass(frozen=True, slots=True)
class Target:
    """Where one person is written to."""

    channel: ChannelRow
    dialog: DialogCard | None
    address: str = ""

    @property
    def to(self) -> InDialog | ToAddress:
        """As a request names it."""
        return InDialog(self.dialog.id) if self.dialog else ToAddress(self.channel.id, self.address)


class ActRecipient(NamedTuple):
    """Somebody for whom an act is done."""

    called: str
    """As the run names them: an address, or what the CRM calls them."""
    mark: str
    """Ends the key of their message: no two recipients of a call have the same."""
    find: Callable[[], Target]
    """Raises Refused if they cannot be written to."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Finds people in some channels, the preferred ones first."""

    tx: Tx
    able: Able
    possible: Mapping[ChannelId, ChannelRow]
    chosen: bool = False
    """Whether whoever gave an address chose the kind of channel for it."""

    def met(self, addresses: Sequence[str]) -> Iterator[DialogCard]:
        """The dialogs with these addresses; where digits are a chat id somewhere, they are no phone anywhere."""
        for address in addresses:
            found = (list(self._met_as(address, kinds_)) for kinds_ in _in_turn(address))
            yield from next(filter(None, found), ())

    def _met_as(self, address: str, possible: Sequence[AddressKind]) -> Iterator[DialogCard]:
        for channel in self.possible.values():
            if self._meant_in(channel, [address]):
                met = (reaching.known_as(self.tx, channel, address, kind) for kind in possible)
                dialog = next((one for one in met if one is not None), None)
                if dialog is not None:
                    yield dialogs.card(self.tx, dialog)

    def _meant_in(self, channel: ChannelRow, addresses: Sequence[str]) -> Sequence[str]:
        """The addresses that name the same person in a channel: no @username of another messenger."""
        if self.chosen or self.able(channel).bare_usernames:
            return addresses
        return [one for one in addresses if kinds(one)[0] != "username"]

    def last(self, met: Iterable[DialogCard]) -> Target:
        """Of some dialogs the one in which the client wrote last."""
        found = max(met, key=lambda card: (card.heard_at or 0, card.last_at))
        return Target(self.possible[found.channel_id], found)

    def beginning(self, addresses: Sequence[str], called: str) -> Target:
        """The first channel that can begin a conversation at one of the addresses of somebody. Raises Refused."""
        self._require_unmet(addresses)
        refusal = None
        for channel in self.possible.values():
            for address in self._meant_in(channel, addresses):
                try:
                    found = self._reached(channel, address)
                except Refused as error:
                    refusal = refusal or error
                else:
                    met = None if found.dialog is None else dialogs.card(self.tx, found.dialog)
                    return Target(channel, met, address)
        if refusal is not None:
            raise refusal
        raise Refused("no_address", T("{name} has no dialog here, and no address that can be written to.", name=called))

    def _require_unmet(self, addresses: Sequence[str]) -> None:
        """Raise Refused if any of the channels leads to a hidden dialog: no other channel goes around it."""
        for channel in self.possible.values():
            for address in self._meant_in(channel, addresses):
                reaching.require_unmet(self.tx, channel, self.able(channel), address)

    def _reached(self, channel: ChannelRow, address: str) -> Reach:
        """How a channel reaches somebody; bare digits are nobody's phone. Raises Refused."""
        found = reaching.reach(self.tx, channel, self.able(channel), address)
        is_phone = found.kind != "chat_id" or found.dialog is not None  # at the chat id nobody was met
        if is_phone and "phone" in kinds(address) and "phone" not in readings(address):
            raise Refused(
                "no_phone", T("{address} may be no phone: one begins with a plus, or with 7 or 8.", address=address)
            )
        return found

    def require_not_ours(self, address: str) -> None:
        """Raise Refused for a number of our own: nobody is there who could be written to."""
        if channels.is_own_phone(self.tx)(address):
            raise Refused("own_number", T("{address} is a number of our own.", address=address))

    def require_one_person(self, met: Sequence[DialogCard], address: str) -> None:
        """Raise Refused for a chat id that different messengers gave to different people, or groups."""
        people = {("dialog", one.id) if one.contact_id is None else self._person(one.contact_id) for one in met}
        if kinds(address)[0] == "chat_id" and len(people) > 1 and len({one.kind for one in met}) > 1:
            raise Refused(
                "ambiguous",
                T(
                    "{address} is somebody else in each of these channels, one has to be named: {names}.",
                    address=address,
                    names=", ".join(one.channel for one in met),
                ),
            )

    def _person(self, contact: ContactId) -> tuple[str, int]:
        return ("contact", contacts.root(self.tx, contact))

    def of(self, address: str) -> Target:
        """Where whoever has an address is written to. Raises Refused."""
        if names_portals_chat(address):
            raise Refused("no_dialog", T("{name} has no dialog here yet.", name=address))
        self.require_not_ours(address)
        met = list(self.met([address]))
        self.require_one_person(met, address)
        return self.last(met) if met else self.beginning([address], address)


def _in_turn(address: str) -> Sequence[Sequence[AddressKind]]:
    """How an address is read: bare digits as a chat id, and only if nobody has that as a phone."""
    if kinds(address)[0] != "chat_id":
        return [kinds(address)]
    return [("chat_id",), ("phone",)] if "phone" in readings(address) else [("chat_id",)]
