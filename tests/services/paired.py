"""A shop whose channel is paired with a place of an invented CRM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, CrmEvent, CrmWrote
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.crm_manifest import ChannelThere, CrmManifest
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.ids import ChannelId, DialogId, LinkId, MessageId, PairingId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, crm_entries, crm_intake, crm_stored, ledger, links, outbox, pairings
from chatapp_cli.services.crm_intake import CrmContext
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import EntryRow
from chatapp_cli.store.secrets import Vault
from chatapp_cli.store.tx import Tx
from tests.stores import EVERYTHING, Shop, hand_over

FLAG = Field(name="group_phones", label=T("Phones in groups"), kind="flag", default="off")
CRM = CrmManifest(
    kind="tillbook",
    title=T("Tillbook"),
    summary=T("An invented CRM."),
    pairing_fields=(FLAG,),
    channels={
        kind: ChannelThere(id=kind, name=kind, colour="#000000", options=("group_phones",)) for kind in ("email",)
    },
    at_once=20,
)
HERE = Place(id="107", name="Продажи")


def able(_row: ChannelRow) -> Capabilities:
    return EVERYTHING


def bound(account: str) -> Bound:
    return Bound(account=account, title=account, hook_key=f"hook-{account}", secrets={"client_secret": "тайна"})


@dataclass(slots=True)
class Paired:
    """The shop, its channel, and the CRM that is told of it."""

    shop: Shop
    channel: ChannelId
    link: LinkId
    pairing: PairingId

    def entries(self, link: LinkId | None = None) -> list[EntryRow]:
        """Claim all that may be told now."""
        return list(self.shop.write(lambda tx: ledger.claim(tx, link or self.link, 20)))

    def told(self, row: EntryRow, *, chat: str = "55", session: str = "7", hidden: bool = False) -> bool:
        """Let the CRM take an entry."""
        self.shop.write(lambda tx: ledger.begin(tx, [row]))
        shown = CrmReceipt(chat=chat, session=session, hidden=hidden)
        return bool(self.shop.write(lambda tx: ledger.settle(tx, row, shown)))

    def tell_all(self, link: LinkId | None = None) -> list[tuple[str, MessageId | None]]:
        """Let the CRM take everything, in the order in which it is told."""
        done = []
        while rows := self.entries(link):
            for row in rows:
                assert self.told(row)
                done.append((row.act, row.message_id))
        return done

    def entry(self, row: EntryRow, kind: str = "email") -> LedgerEntry | None:
        """An entry as the CRM would be told it, were its channel of a kind."""
        loader = crm_entries.EntryLoader(
            crm=CRM, manifest=lambda _row: manifest(kind), vault=self.shop.vault, public_url="https://desk.example"
        )
        return self.shop.read(lambda tx: loader.load(tx, row))

    def dialog(self, message: MessageId) -> DialogId:
        return self.shop.message(message).dialog_id

    def wrote(self, dialog: DialogId, text: str, *, remote: str = "900", **values: object) -> CrmWrote:
        known = {"kind": "email", "place": HERE.id, "chat": f"chat-{dialog}", "remote": remote, "author": "27"}
        return CrmWrote(**{**known, "text": text, **values})  # type: ignore[arg-type]

    def come(
        self, event: CrmEvent, provider_id: str, *, link: LinkId | None = None, files: Sequence[StagedFile] = ()
    ) -> int:
        """Let the CRM tell something, and apply what can be applied; returns how much of it is new."""
        whose = link or self.link
        arrival = CrmArrival(provider_id=provider_id, event=event, raw=b"raw")
        new: int = self.shop.write(lambda tx: crm_intake.keep(tx, whose, [arrival]))
        context = CrmContext(able=able, files=files)
        for row in self.shop.read(lambda tx: crm_intake.waiting(tx, whose)):
            self.shop.write(partial(crm_intake.apply, row=row, event=crm_stored.event_of(row), context=context))
        return new

    def send_next(self, *ids: str) -> MessageId:
        """Let the channel send the next message of ours."""
        claim = self.shop.write(lambda tx: hand_over(tx, self.shop.media, self.channel))
        assert claim is not None
        self.shop.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=ids or (f"sent-{claim.message.id}",))))
        return claim.message.id


def another_link(tx: Tx, vault: Vault, account: str) -> LinkId:
    """Link an invented CRM."""
    return links.save(tx, vault, bound(account), kind=CRM.kind)


def pair(tx: Tx, link: LinkId, channel: ChannelRow) -> PairingId:
    """Pair a channel with its only place."""
    return pairings.attach(tx, CRM, link, channel, HERE, {})


def linked(shop: Shop, channel: ChannelId, account: str) -> Paired:
    """A channel that is paired with a CRM of its own."""
    link = shop.write(lambda tx: another_link(tx, shop.vault, account))
    pairing = shop.write(lambda tx: pair(tx, link, channels.one(tx, channel)))
    return Paired(shop, channel, link, pairing)
