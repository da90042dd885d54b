"""Makes an account as the pairings say: chats connected, a source for each pairing, our address among the webhooks.

Sources: providers' sheet §4.7, §4.9, §5.3; trap 8 of the contracts: a webhook is compared, then replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog

from chatapp_cli.crm.amocrm import names
from chatapp_cli.crm.amocrm.chats import ChatsApi
from chatapp_cli.crm.amocrm.linking import ACCOUNT
from chatapp_cli.crm.amocrm.people import AmoStaff
from chatapp_cli.crm.amocrm.places import pipelines
from chatapp_cli.crm.amocrm.record import CALLS, CALLS_REFUSED, PAIRED, SCOPE, ConnectedChats, PairedSource
from chatapp_cli.crm.amocrm.rest import AmoApi, inside
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.owner import heeded
from chatapp_cli.domain.crm.stages import watched
from chatapp_cli.domain.errors import ChannelError, Misconfigured, OutcomeUnknown, PlaceRefused, Rejected, Retryable
from chatapp_cli.domain.ids import PairingId
from chatapp_cli.kit.records import remembered, written
from chatapp_cli.ports.bind import Bound

TITLE: Final = "ChatApp"
SOURCES: Final = "/api/v4/sources"
WEBHOOKS: Final = "/api/v4/webhooks"
WITH_NOTES: Final = ("note_lead",)
"""The events that are asked for without a chat channel."""
LONGEST_NAME: Final = 255
HANDOVERS: Final[Mapping[str, str]] = {
    "deal": "responsible_lead",
    "contact": "responsible_contact",
    "company": "responsible_company",
}
"""The event that tells who is responsible for each kind of card, asked for only while a pairing heeds that kind."""

MOVED: Final = "status_lead"
"""The event that tells that a lead went to another stage, asked for only while a pairing wants to know stages."""

log = structlog.get_logger()


def wanted_events(pairings: Sequence[Pairing], *, notes: bool) -> Sequence[str]:
    """The events for which the account has to call us: as few as are used."""
    kinds = {kind for one in pairings for kind in heeded(one.options)}
    moves = any(watched(one.options) for one in pairings)
    handovers = [event for kind, event in HANDOVERS.items() if kind in kinds]
    return [*(WITH_NOTES if notes else ()), *handovers, *((MOVED,) if moves else ())]


class AmoArrangement:
    """Arranges one account."""

    def __init__(self, api: AmoApi, chats: ChatsApi | None, staff: AmoStaff, bound: Bound, public_url: str) -> None:
        self._api, self._chats, self._staff, self._bound, self._memory = api, chats, staff, bound, bound.memory
        self._ours = names.our_ids(bound)
        self._address = f"{public_url}/hooks/{bound.hook_key}/{ACCOUNT}"

    async def arrange(self, pairings: Sequence[Pairing]) -> Mapping[PairingId, ChannelError]:
        """Do what is lacking; returns what was refused."""
        await self._staff.learn()
        if self._chats is not None:
            await self._connect(self._chats)
        await self._webhook(pairings)
        there = {str(one["id"]) for one in await pipelines(self._api)} if pairings else set()
        refused: dict[PairingId, ChannelError] = {
            one.id: PlaceRefused("place_gone", one.place) for one in pairings if one.place not in there
        }
        wanted = [one for one in pairings if one.id not in refused]
        if self._chats is not None:
            refused |= await self._sources(wanted)
        await self._remember([one for one in wanted if one.id not in refused])
        return refused

    async def _connect(self, chats: ChatsApi) -> None:
        """Connect the chats in every session: it is harmless, and an integration may have been reinstalled."""
        account = self._api.account.amojo_id
        if not account:
            raise Misconfigured("no_chats_in_account")
        scope = await chats.connect(account, TITLE)
        known = await remembered(self._memory, SCOPE, ConnectedChats)
        if known is None or known.scope != scope:
            await self._memory.save({SCOPE: written(ConnectedChats(scope=scope, data=account))})

    async def _webhook(self, pairings: Sequence[Pairing]) -> None:
        """Have the account call one address of ours with the wanted events, and no other of this link.

        One that was disabled is made anew: nothing else enables it (providers' sheet §4.9). Without webhooks the chats
        go on all the same: who is responsible is then learnt from a look now and then alone.
        """
        wanted = wanted_events(pairings, notes=self._chats is None)
        known = (await self._memory.known(CALLS)).get(CALLS, "")
        if known != " ".join(wanted):
            await self._memory.save({CALLS: " ".join(wanted)})
        refused = ""
        try:
            await self._have_called(wanted)
        except Misconfigured as error:
            if error.code != "no_webhooks" or self._chats is None:
                raise
            refused = error.detail or error.code
        await self._remember_refused(refused)

    async def _remember_refused(self, refused: str) -> None:
        """Keep that the account does not call us, for whoever asks what the link lacks; logged when it changes."""
        if (await self._memory.known(CALLS_REFUSED)).get(CALLS_REFUSED, "") == refused:
            return
        if refused:
            log.warning("amocrm.no_webhooks", detail=refused)
        else:
            log.info("amocrm.webhooks_again")
        await self._memory.save({CALLS_REFUSED: refused})

    async def _have_called(self, wanted: Sequence[str]) -> None:
        ours = await self._webhooks(wanted)
        sound = [one for one in ours if self._is_sound(one, wanted)]
        for one in ours:
            if one.get("disabled") is True:
                log.warning("amocrm.webhook_was_off")
            if one not in sound:
                await self._api.delete(WEBHOOKS, {"destination": one["destination"]})
        if wanted and not sound:
            await self._add_webhook(wanted)

    async def _webhooks(self, wanted: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        """Those of this link. Who may not list them has made none. Raises Misconfigured if some are wanted."""
        try:
            there = await self._api.pages(WEBHOOKS, "webhooks")
        except (Misconfigured, Rejected) as error:
            if error.code != "scope":
                raise
            if wanted:
                raise Misconfigured("no_webhooks", error.detail) from error
            return ()
        return [one for one in there if str(one.get("destination", "")).endswith(self._path)]

    @property
    def _path(self) -> str:
        return f"/hooks/{self._bound.hook_key}/{ACCOUNT}"

    def _is_sound(self, webhook: Mapping[str, Any], wanted: Sequence[str]) -> bool:
        events = webhook.get("settings")
        same = isinstance(events, list) and sorted(map(str, events)) == sorted(wanted)
        return same and webhook.get("destination") == self._address and webhook.get("disabled") is not True

    async def _add_webhook(self, wanted: Sequence[str]) -> None:
        try:
            answer = await self._api.post(WEBHOOKS, {"destination": self._address, "settings": list(wanted)})
        except OutcomeUnknown as lost:  # the list is compared before another is made
            raise Retryable(lost.code, lost.detail) from lost
        except (Misconfigured, Rejected) as error:
            raise Misconfigured("no_webhooks", error.detail) if error.code == "scope" else error from None
        if not inside(answer, "id"):
            raise Retryable("strange_answer", WEBHOOKS)

    async def _sources(self, pairings: Sequence[Pairing]) -> dict[PairingId, ChannelError]:
        """A source for each pairing, and none of ours for what is paired no more; returns what was refused.

        Those that are there are asked for each time: in the account somebody may have taken one away.
        """
        wanted = {self._ours.source(one.id): one for one in pairings}
        told = {external: _source(external, one) for external, one in wanted.items()}
        there = await self._made()
        for external in there.keys() - wanted.keys():
            await self._api.delete(f"{SOURCES}/{there[external]['id']}")
        refused: dict[PairingId, ChannelError] = {}
        for external, one in wanted.items():
            try:
                await self._source(told[external], there.get(external))
            except (Rejected, Misconfigured) as error:
                if isinstance(error, Misconfigured) and error.code != "scope":
                    raise
                refused[one.id] = Rejected("no_source", error.detail)
        return refused

    async def _made(self) -> Mapping[str, Mapping[str, Any]]:
        """The sources that this link made, by our id; those of other desks are left alone."""
        there = await self._there()
        return {external: one for external, one in there.items() if self._ours.pairing_of_source(external) is not None}

    async def _there(self) -> Mapping[str, Mapping[str, Any]]:
        return {str(one.get("external_id")): one for one in await self._api.pages(SOURCES, "sources")}

    async def _source(self, told: Mapping[str, Any], there: Mapping[str, Any] | None) -> None:
        """Make a source, or change it; its ``external_id`` never changes."""
        if there is None:
            try:
                await self._api.add(SOURCES, "sources", told)
            except OutcomeUnknown as lost:  # the list is compared before another is made
                raise Retryable(lost.code, lost.detail) from lost
        elif any(there.get(name) != said for name, said in told.items()):
            changed = {name: said for name, said in told.items() if name != "external_id"}
            await self._api.patch(SOURCES, [{"id": there["id"], **changed}])

    async def _remember(self, pairings: Sequence[Pairing]) -> None:
        """Keep what hooks need to know of each pairing, and forget the others."""
        wanted = {f"{PAIRED}{one.id}": written(_paired(one)) for one in pairings}
        known = await self._memory.known(PAIRED)
        changes = {name: "" for name in known if name not in wanted}
        changes |= {name: text for name, text in wanted.items() if known.get(name) != text}
        if changes:
            await self._memory.save(changes)

    async def depart(self) -> None:
        """Take away the sources, the webhook and the connection: the link ends.

        The connection stays while another desk has sources in the account: both have the same.
        """
        for one in (await self._made()).values() if self._chats is not None else ():
            await self._api.delete(f"{SOURCES}/{one['id']}")
        for webhook in await self._webhooks(()):
            await self._api.delete(WEBHOOKS, {"destination": webhook["destination"]})
        if self._chats is not None and not any(map(self._ours.is_of_another_desk, await self._there())):
            await self._chats.disconnect(self._api.account.amojo_id)


def _paired(one: Pairing) -> PairedSource:
    return PairedSource(kind=one.kind, place=one.place, channel=int(one.channel))


def _source(external: str, pairing: Pairing) -> dict[str, Any]:
    """A source as the account is told: employees see its name where they write first."""
    name = f"{names.channels()[pairing.kind].name}: {pairing.account}"[:LONGEST_NAME]
    return {"name": name, "external_id": external, "pipeline_id": int(pairing.place)}
