"""The interfaces of a CRM.

A CRM's folder has ``manifest.toml`` and ``connector.py`` with ``create(world) -> Crm``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from chatapp_cli.domain.crm.cards import CardRef, CardSheet, CardVisit, ClientOfCard
from chatapp_cli.domain.crm.command import CommandAnswer
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CardEvent, CrmArrival, CrmEvent, CrmTyping, MirroredChat
from chatapp_cli.domain.crm.letter import SupportLetter
from chatapp_cli.domain.crm.link import Account, Card, Employee, Pairing, Place, PlaceVisitor
from chatapp_cli.domain.crm.outcome import CrmPipeline
from chatapp_cli.domain.crm.owner import ChatOwner
from chatapp_cli.domain.crm.robots import RobotThere
from chatapp_cli.domain.crm.stages import CardStage, StageName
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import LinkId, Millis, PairingId
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.domain.text import Text
from chatapp_cli.ports.bind import Asker, Bound
from chatapp_cli.ports.connector import Finding, HookRequest


class CrmSession(Protocol):
    """A live connection of one link.

    All methods raise only subclasses of ``ChannelError`` for errors of the CRM or the network: ``NeedsRebind`` if the
    tokens are refused for good, ``Misconfigured`` with the codes ``payment`` and ``suspended`` for what only time or
    money mends, ``RateLimited`` and ``Retryable`` for what passes by itself.
    """

    @property
    def calls(self) -> int:
        """How many requests the session has made to the CRM."""
        ...

    async def arrange(self, pairings: Sequence[Pairing]) -> Mapping[PairingId, ChannelError]:
        """Make the CRM as the pairings say, and take away what of ours is none of them; returns what was refused.

        Called when the session begins, and when a pairing or the public address changes: it repeats nothing that
        is done already. After a ``PlaceRefused`` also now and then: what it finds undone, it does again.
        """
        ...

    async def deliver(self, entries: Sequence[LedgerEntry]) -> Sequence[CrmReceipt | ChannelError]:
        """Tell the CRM, in order; the answer to each entry, or why not.

        The messages are of different chats, at most ``CrmManifest.at_once``. ``OutcomeUnknown`` for an entry that may
        have been taken, ``PlaceRefused`` for one that is refused only for the place of its pairing. Raises what
        concerns all of them.
        """
        ...

    async def find(self, entry: LedgerEntry) -> CrmReceipt | None:
        """Look whether an entry of unknown outcome was taken; ``None`` if it certainly was not.

        Raises OutcomeUnknown if that cannot be found out.
        """
        ...

    def catch_up(self, chats: Sequence[MirroredChat], since: Millis = 0) -> AsyncGenerator[Sequence[CrmArrival], None]:
        """What employees wrote in these chats since a moment and nobody delivered, oldest first in each chat.

        It may give what is older too, if that is dated (``CrmWrote.at``): it is not sent. One chat that cannot be read
        does not keep the others: raises ReadInPart at the end if anything could not be read to that moment. A look that
        takes long gives nothing, but often, so that other work goes on.
        """
        ...

    async def fetch(self, address: str, target: Path) -> None:
        """Write a file of an employee to ``target``; never from another host than the CRM's."""
        ...

    async def prove(self) -> None:
        """Make the cheapest call that needs our tokens."""
        ...

    async def places(self) -> Sequence[Place]:
        """What channels can be paired with."""
        ...

    async def mend(self, place: str, codes: Collection[str]) -> Place:
        """Set what the named ``warnings`` of a place say (``Place.mends``) and nothing else; returns it as it is then.

        A warning that holds no longer is passed over. Raises Rejected if the place is gone.
        """
        ...

    async def employees(self) -> Sequence[Employee]:
        """Who works in the CRM."""
        ...

    async def cards(self, chat: CrmChat) -> Sequence[Card]:
        """The cards that the CRM has bound to a chat."""
        ...


@runtime_checkable
class OffersChannels(Protocol):
    """A session of a CRM with pages of ours on which people choose a channel for a place, see ``PlaceConfigured``."""

    async def offer(self, accounts: Sequence[Account]) -> None:
        """Take the channels that they may choose: all of them, in place of those before."""
        ...


@runtime_checkable
class KnowsOwners(Protocol):
    """A session that can tell who is responsible for the cards of chats, and be told so by ``Act.OWNER`` (K-04)."""

    async def owners(self, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[ChatOwner]:
        """Who is responsible now for the chats of cards that changed, of those kinds that each pairing heeds.

        Of several cards of a chat the one decides that changed last, by a field or a comment.
        """
        ...

    async def changed_cards(self, since: Millis, pairings: Sequence[Pairing]) -> Sequence[CrmArrival]:
        """The cards of the kinds that pairings heed which changed since then: the newest, up to a bound."""
        ...


@runtime_checkable
class KnowsStages(Protocol):
    """A session that can tell at which stages the cards of chats stand (S-035)."""

    async def stages(self, changes: Sequence[CardEvent], pairings: Sequence[Pairing]) -> Sequence[CardStage]:
        """Where cards that changed stand now, for each chat of theirs whose pairing wants to know it."""
        ...

    async def stage_names(self) -> Sequence[StageName]:
        """All stages that there are, as people call them."""
        ...


@runtime_checkable
class KnowsAccess(Protocol):
    """A session that can tell how far the CRM lets its link in (S-187)."""

    @property
    def access_until(self) -> Millis | None:
        """When access ends that only a person renews; ``None`` for one that is renewed by itself."""
        ...

    async def lacks(self) -> Sequence[Finding]:
        """The rights, and the parts of the tariff, that the link needs and has not, as far as the CRM tells.

        Each is a finding that is not ok, with words that hold until it is asked again.
        What ``arrange`` was refused counts too. Raises ChannelError if it cannot be told now: what was told last stays.
        """
        ...


@runtime_checkable
class ShowsClientTyping(Protocol):
    """A session that can show an employee that a client types."""

    async def typing(self, pairing: Pairing, chat: CrmChat, person: CrmPerson) -> None:
        """Show it for the next few seconds; in a chat that the CRM has no message of, nothing."""
        ...


@runtime_checkable
class MakesCards(Protocol):
    """A session that makes clients' cards itself, and so heeds ``LedgerEntry.outcome`` (S-188)."""

    async def pipelines(self) -> Sequence[CrmPipeline]:
        """Where cards can be made."""
        ...


@runtime_checkable
class FindsClients(Protocol):
    """A session that can tell whom a card is about, so that they can be written to."""

    async def client_of(self, card: CardRef) -> ClientOfCard:
        """The card's chats and phones; a card that became another is followed.

        Raises Rejected with the code ``card_gone`` for a card that was deleted, merged into another, or never was.
        """
        ...


@runtime_checkable
class KnowsVisitors(Protocol):
    """A session of a CRM that opens a page of ours in its cards."""

    async def visited(self, card: CardRef, proof: str) -> CardVisit:
        """Who opened our page in a card with this proof, see ``CardOpened``, and what they may see of the card.

        Raises ChannelError unless the CRM says that they are an employee of it and may see the card.
        """
        ...

    async def names_of(self, employees: Collection[str]) -> Mapping[str, str]:
        """What employees are called, by their ids; those whom the CRM does not name are left out."""
        ...


@runtime_checkable
class RunsSteps(Protocol):
    """A session of a CRM whose automations have us send messages, see ``CrmStepAsked``; ``Act.CONTINUE`` ends them."""

    async def fetch_link(self, address: str, target: Path) -> tuple[str, str]:
        """Write a file anywhere on the Internet to ``target``; returns its name and type, empty if unknown.

        Raises Rejected for one that is gone, too big, or inside our own network.
        """
        ...

    async def contacts_of(self, card: CardRef, *, everyone: bool) -> Sequence[ClientOfCard]:
        """The main contact of a card, or each of its contacts, the main one first.

        Raises Rejected for a card that is not there.
        """
        ...


@runtime_checkable
class RunsRobots(Protocol):
    """A session of a CRM whose automations have robots of ours, see ``RobotAsked``; ``Act.RESULT`` answers them."""

    async def robots_there(self) -> Sequence[RobotThere]:
        """Each robot that we have, as the CRM has it, and what bears our sign besides.

        Raises what concerns all of them, such as Rejected for a tariff without robots (S-178).
        """
        ...

    async def install_robots(self) -> Sequence[RobotThere]:
        """Make the CRM offer each robot as it is now, at our present address, and no others; returns how it is then.

        Doing it again changes nothing. Raises as ``robots_there`` does.
        """
        ...

    async def remove_robots(self) -> Sequence[RobotThere]:
        """Take away all robots of ours; returns how it is then."""
        ...

    async def fetch_disk_file(self, number: str, target: Path) -> tuple[str, str]:
        """Write a file of the CRM's disk to ``target``; returns its name and type, empty if unknown.

        Raises Rejected for one that is gone, too big, or that our application may not read.
        """
        ...

    async def fetch_document(self, number: str, target: Path, *, kind: str) -> tuple[str, str]:
        """Write a document made in the CRM to ``target``, of the kind ``pdf`` or ``docx``; returns its name and type.

        For one that is no ``pdf`` yet RateLimited says when to ask again; if it is none then, it is taken as ``docx``.
        Raises Rejected as ``fetch_disk_file`` does.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChoices:
    """What a person may choose for a step of ours in an automation: values, and what they are called."""

    lines: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class ShipsStep(Protocol):
    """A CRM in whose automations people put a step of ours by a package, since no API makes one (S-191)."""

    def package(self, bound: Bound, choices: StepChoices, *, public_url: str) -> bytes:
        """The archive to be uploaded there, for one link and one address of ours.

        Raises Refused if that address is not the one at which the CRM reaches us.
        """
        ...

    def definition(self, bound: Bound, choices: StepChoices, *, public_url: str) -> Mapping[str, object]:
        """What the step asks for, its exits, and what the CRM keeps of it: for reading, and no copy of a bot.

        Raises Refused as ``package`` does.
        """
        ...


@runtime_checkable
class Answers(Protocol):
    """A CRM with commands that only it has; its manifest names them under ``commands`` (S-018)."""

    async def answer(self, bound: Bound, name: str, said: Mapping[str, str], *, public_url: str) -> CommandAnswer:
        """Carry out the command of these words, with an answer to each of its fields. Raises its ChannelError."""
        ...


@runtime_checkable
class WritesToSupport(Protocol):
    """A CRM whose support does for a link what no API does; its manifest says in ``letter`` what that is."""

    async def letter(self, bound: Bound, *, public_url: str, email: str) -> SupportLetter:
        """The letter that a person sends there, filled in; ``email`` may be empty.

        Raises UsageError without a public address.
        """
        ...


@runtime_checkable
class VouchesForUsers(Protocol):
    """A CRM whose users can prove who they are by signing in there (S-024); its manifest says ``vouches``."""

    def account_of(self, said: str) -> str:
        """The account that a person named, as ``Bound.account`` has it. Raises UsageError for another host."""
        ...

    async def has_account(self, bound: Bound, account: str) -> bool:
        """Whether a link is to this account, also under the address that it has had since it was linked."""
        ...

    async def realm(self, bound: Bound) -> str:
        """``LoginIdentity.realm`` of a link's account. Raises NeedsRebind for a link that has never worked."""
        ...

    async def identify(self, bound: Bound, ask: Asker) -> LoginIdentity:
        """Have a person sign in at the link's account, and ask it who that is.

        The tokens got for that are forgotten, and those of the link stay as they are. Raises as ``LoginWay.prove``.
        """
        ...


@runtime_checkable
class KnowsAdministrators(Protocol):
    """A session of a CRM whose administrators choose channels on pages of ours there."""

    async def place_visitor(self, proof: str) -> PlaceVisitor:
        """Who opened our page about a place with this proof, see ``PlaceOpened``.

        Raises ChannelError unless the CRM says that they are an employee of it.
        """
        ...


@runtime_checkable
class DepartsFromCrm(Protocol):
    """A session that takes away what it made in the CRM, because the link ends."""

    async def depart(self) -> None:
        """Take away what the CRM would go on showing and calling."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOpened:
    """Somebody asks for our page in a card: until the CRM says that they may see the card, they get nothing of it."""

    card: CardRef
    show: Callable[[CardSheet], CrmReply]
    """Makes the page."""
    unseen: CrmReply
    """Sent to whoever may not see the card, or of whom the CRM does not say so in time."""
    proof: str = field(repr=False)
    """What the CRM gave for asking who they are; a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOpened:
    """Somebody asks for our page about a place: until the CRM says who they are, they get nothing of it."""

    show: Callable[[PlaceVisitor], CrmReply]
    """Makes the page; only for whoever administers, it can change something."""
    unseen: CrmReply
    """Sent to whoever is no employee, or of whom the CRM does not say so in time."""
    proof: str = field(repr=False)
    """What the CRM gave for asking who they are; a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmReply:
    """What to store, and the response to send once it is durable."""

    card: CardOpened | None = None
    """A page of a card to make, and to send in place of this response."""
    place: PlaceOpened | None = None
    """The same of a page about a place."""
    repeated: CrmReply | None = None
    """Sent in place of this response if the arrivals had all been stored before."""
    refused: Callable[[Text], CrmReply] | None = None
    """Makes the response to send if the arrivals cannot be applied, of the reason.

    With it, somebody waits for the answer: they are applied in the transaction that stores them, or not stored.
    """

    given: bytes | None = field(default=None, repr=False)
    """The content of a file, for the ``CrmFileGiven`` among the arrivals; with ``refused``."""
    arrivals: Sequence[CrmArrival] = ()
    typed: CrmTyping | None = None
    """An employee types; nothing of it is stored."""
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Crm(Protocol):
    """One kind of CRM."""

    async def link(self, ask: Asker, *, hook_key: str, public_url: str, previous: Bound | None = None) -> Bound:
        """Ask for what the link needs, and return it; the CRM's tokens may come later, by ``accept``.

        ``hook_key`` is that of the link, also if it is renewed.
        ``public_url`` is the address under which the CRM reaches us, without a slash at its end.
        """
        ...

    async def accept(self, bound: Bound, request: HookRequest) -> CrmReply:
        """Check a call at ``/hooks/<Bound.hook_key>/…`` and translate it, in any process and without network access.

        It may store tokens in the binding's memory. A refusal is a reply with a 4xx status and no arrivals.
        """
        ...

    def understand(self, bound: Bound, raw: bytes) -> CrmEvent:
        """Parse a stored event again, as after a fix. Raises ValueError."""
        ...

    async def check(self, bound: Bound) -> Sequence[Finding]:
        """Test what can be tested without changing anything in the CRM.

        The finding of a call that we asked the CRM for, and that came or did not, is named ``echo``; a link that the
        CRM never calls has one named ``uncalled``.
        """
        ...

    def open(self, link: LinkId, bound: Bound, *, public_url: str) -> AbstractAsyncContextManager[CrmSession]:
        """Connect; errors as in ``CrmSession``."""
        ...
