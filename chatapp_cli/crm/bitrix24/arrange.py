"""Makes the portal as the pairings say: connectors, lines, events. What is done already is not repeated.

Sources: b24-rest-docs ``imconnector.register``, ``activate``, ``connector.data.set``, ``event.bind``; providers' sheet
§1.6, §2.1, addendum B2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from chatapp_cli.crm.bitrix24 import errors, names
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.card_tab import CARD
from chatapp_cli.crm.bitrix24.events import wanted as wanted_events
from chatapp_cli.crm.bitrix24.record import CALLED_AT, ECHO, NONCE, OFFERED, Joined, joined, on_line
from chatapp_cli.crm.bitrix24.tabs import CardTabs
from chatapp_cli.crm.bitrix24.texts import TextProviders
from chatapp_cli.domain.crm.link import Account, Pairing
from chatapp_cli.domain.crm.showing import ON
from chatapp_cli.domain.crm.states import OTHER_WAY
from chatapp_cli.domain.crm_manifest import ChannelThere
from chatapp_cli.domain.errors import ChannelError, Misconfigured, NeedsRebind, Rejected
from chatapp_cli.domain.ids import PairingId
from chatapp_cli.kit.pace import Urgency
from chatapp_cli.kit.records import digest, written
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World

REGISTERED: Final = "registered "
"""In the memory before a connector: the digest of what it was registered with."""

_Pairs = Mapping[tuple[str, str], Pairing]


def address(public_url: str, bound: Bound, page: str) -> str:
    """The only spelling of an address of ours: another one would be a second binding (addendum B2)."""
    return f"{public_url.rstrip('/')}/hooks/{bound.hook_key}/{page}"


class Arrangement:
    """Arranges one portal."""

    def __init__(self, api: PortalApi, bound: Bound, public_url: str, world: World) -> None:
        self._api, self._memory, self._world = api, bound.memory, world
        self._event = address(public_url, bound, "event")
        self._page = address(public_url, bound, "connector")
        self._providers = TextProviders(api, bound.memory, address(public_url, bound, "sms"))
        self._tabs = CardTabs(api, address(public_url, bound, CARD))

    async def arrange(self, pairings: Sequence[Pairing]) -> Mapping[PairingId, ChannelError]:
        """Do what lacks; returns what was refused. Raises Misconfigured for a right that the link cannot do without."""
        try:
            return await self._arranged(pairings)
        except Rejected as error:
            raise errors.of_all(error) from None

    async def _arranged(self, pairings: Sequence[Pairing]) -> Mapping[PairingId, ChannelError]:
        await self._bind(wanted_events([one.options for one in pairings]))
        wanted, refused = _by_line(pairings)
        refused |= await self._register(wanted)
        await self._leave(wanted)
        await self._tabs.arrange(wanted=bool(wanted))
        refused |= await self._join({pair: one for pair, one in wanted.items() if one.id not in refused})
        return await self._providers.arrange(list(wanted.values())) | refused

    async def depart(self) -> None:
        """Take away what the portal would go on showing and calling when the link has ended.

        Raises the first ChannelError of what is still there after all of it was tried.
        """
        await self._tabs.arrange(wanted=False)
        await self._leave({})
        left = await self._unregister()
        await self._providers.arrange(())
        there = await self._api.call("event.get", urgency=Urgency.BACKGROUND)
        bound = [one for one in (there if isinstance(there, list) else []) if isinstance(one, dict)]
        unbound = await self._all(_unbinding(bound))
        for said in (*left, *unbound.values()):
            if isinstance(said, ChannelError) and not _is_gone(said):
                raise said

    async def _unregister(self) -> Sequence[Any]:
        """Take the connectors that this link registered out of the contact centre; returns what the portal said."""
        ours = [name.removeprefix(REGISTERED) for name in await self._memory.known(REGISTERED)]
        answers = await self._all({one: BatchCommand("imconnector.unregister", {"ID": one}) for one in ours})
        done = [one for one, said in answers.items() if not isinstance(said, ChannelError) or _is_gone(said)]
        await self._memory.save({REGISTERED + one: "" for one in done})
        return list(answers.values())

    async def offer(self, accounts: Sequence[Account]) -> None:
        """Remember what the page of a connector lets an administrator choose, and where the portal calls us."""
        known = {**await self._memory.known(OFFERED), **await self._memory.known(CALLED_AT)}
        wanted = {CALLED_AT: self._event} | {f"{OFFERED}{one.channel}": written(one) for one in accounts}
        changes = {**dict.fromkeys(known, ""), **wanted}
        await self._memory.save({name: said for name, said in changes.items() if known.get(name, "") != said})

    async def _bind(self, wanted: Sequence[str]) -> None:
        """Have these events come to the present address, once, and no others."""
        there = await self._api.call("event.get", urgency=Urgency.BACKGROUND)
        known = [one for one in there if isinstance(one, dict)] if isinstance(there, list) else []
        online = [one for one in known if str(one.get("offline") or "0") == "0"]
        names_wanted = {event.upper() for event in wanted}
        present = {str(one.get("event", "")).upper() for one in online if one.get("handler") == self._event}
        old = [
            one
            for one in online
            if one.get("handler") != self._event or str(one.get("event", "")).upper() not in names_wanted
        ]
        commands = _unbinding(old)
        missing = [event for event in wanted if event.upper() not in present]
        commands |= {
            f"b{n}": BatchCommand("event.bind", {"event": event, "handler": self._event})
            for n, event in enumerate(missing)
        }
        _require(await self._all(commands))
        if not self._api.held.application_token:
            await self._listen()

    async def _listen(self) -> None:
        """Have the portal tell its application token by a test event that only it can send (addendum B3)."""
        nonce = self._world.chance.key()
        await self._memory.save({ECHO: nonce})
        await self._api.call("event.test", {NONCE: nonce}, urgency=Urgency.BACKGROUND)

    async def _register(self, wanted: _Pairs) -> dict[PairingId, ChannelError]:
        """Register a connector for every kind of channel, so that the contact centre shows them all."""
        there = await self._api.call("imconnector.list", urgency=Urgency.BACKGROUND)
        present = there if isinstance(there, dict) else {}
        known = await self._memory.known(REGISTERED)
        signed = {pair[0] for pair, one in wanted.items() if one.options.get("show_operator_name") == ON}
        asked = {one.id: self._registration(one, names_shown=one.id in signed) for one in names.channels().values()}
        lacking = {
            connector: said
            for connector, said in asked.items()
            if known.get(REGISTERED + connector) != digest(said) or connector not in present
        }
        answers = await self._all({one: BatchCommand("imconnector.register", said) for one, said in lacking.items()})
        done = {one: digest(lacking[one]) for one, said in answers.items() if not isinstance(said, ChannelError)}
        await self._memory.save({REGISTERED + connector: digest for connector, digest in done.items()})
        failed = {one: said for one, said in answers.items() if isinstance(said, ChannelError)}
        return {one.id: failed[connector] for (connector, _), one in wanted.items() if connector in failed}

    def _registration(self, there: ChannelThere, *, names_shown: bool) -> Mapping[str, Any]:
        return {
            "ID": there.id,
            "NAME": there.name,
            "ICON": {"DATA_IMAGE": _icon(there.colour), "COLOR": there.colour, "SIZE": "90%", "POSITION": "center"},
            "PLACEMENT_HANDLER": self._page,
            "DEL_EXTERNAL_MESSAGES": True,
            "EDIT_INTERNAL_MESSAGES": True,
            "DEL_INTERNAL_MESSAGES": True,
            "NEWSLETTER": True,
            "NEED_SYSTEM_MESSAGES": True,
            "NEED_SIGNATURE": names_shown,
            "CHAT_GROUP": False,
        }

    async def _leave(self, wanted: _Pairs) -> None:
        """Disconnect the channels that are not paired any more."""
        known = await joined(self._memory)
        gone = [pair for pair in known if tuple(pair.split("|", 1)) not in wanted]
        commands = {}
        for pair in gone:
            connector, line = pair.split("|", 1)
            off = {"CONNECTOR": connector, "LINE": int(line), "ACTIVE": "0"}
            commands[pair] = BatchCommand("imconnector.activate", off)
        answers = await self._all(commands)
        left = [pair for pair, said in answers.items() if not isinstance(said, ChannelError) or _is_gone(said)]
        await self._memory.save({on_line(*pair.split("|", 1)): "" for pair in left})

    async def _join(self, wanted: _Pairs) -> dict[PairingId, ChannelError]:
        """Connect each channel with its line, and say whose account it is."""
        known = await joined(self._memory)
        status = await self._all({f"{c}|{line}": _status(c, line) for c, line in wanted})
        commands: dict[str, BatchCommand] = {}
        for (connector, line), pairing in wanted.items():
            pair, data = f"{connector}|{line}", _data(pairing)
            on = {"CONNECTOR": connector, "LINE": int(line)}
            if not _says(status.get(pair), "STATUS"):
                commands[f"a {pair}"] = BatchCommand("imconnector.activate", {**on, "ACTIVE": "1"})
            told = known.get(pair)
            if told is None or told.data != digest(data) or not _says(status.get(pair), "CONFIGURED"):
                commands[f"d {pair}"] = BatchCommand("imconnector.connector.data.set", {**on, "DATA": data})
        answers = await self._all(commands)
        refused: dict[PairingId, ChannelError] = {}
        for (connector, line), pairing in wanted.items():
            pair = f"{connector}|{line}"
            said = [answers.get(f"{step} {pair}") for step in "ad"]
            if failures := [one for one in said if isinstance(one, ChannelError)]:
                refused[pairing.id] = failures[0]
            else:
                await self._memory.save({on_line(connector, line): written(_joined(pairing))})
        return refused

    async def _all(self, commands: Mapping[str, BatchCommand]) -> Mapping[str, Any]:
        return await self._api.batch(commands, urgency=Urgency.BACKGROUND)


def _by_line(pairings: Sequence[Pairing]) -> tuple[dict[tuple[str, str], Pairing], dict[PairingId, ChannelError]]:
    """One account of a channel for each line; the others are refused."""
    wanted: dict[tuple[str, str], Pairing] = {}
    refused: dict[PairingId, ChannelError] = {}
    for pairing in pairings:
        there = names.channels().get(pairing.kind)
        if there is None:
            refused[pairing.id] = Rejected("no_connector", pairing.kind)
        elif not pairing.place.isdecimal():
            refused[pairing.id] = Rejected(OTHER_WAY, pairing.place)
        elif (there.id, pairing.place) in wanted:
            refused[pairing.id] = Rejected("place_taken", wanted[there.id, pairing.place].account)
        else:
            wanted[there.id, pairing.place] = pairing
    return wanted, refused


def _unbinding(bindings: Sequence[Mapping[str, Any]]) -> dict[str, BatchCommand]:
    return {
        f"u{n}": BatchCommand("event.unbind", {"event": one["event"], "handler": one["handler"]})
        for n, one in enumerate(bindings)
        if one.get("event") and one.get("handler")
    }


def _status(connector: str, line: str) -> BatchCommand:
    return BatchCommand("imconnector.status", {"CONNECTOR": connector, "LINE": line})


def _says(status: Any, name: str) -> bool:
    return isinstance(status, dict) and status.get(name) in {True, "Y", "1", "true"}


def _data(pairing: Pairing) -> Mapping[str, str]:
    """What the line tells about the channel: «Виджет на сайт» of S-162, S-163. It replaces what it told before."""
    options = pairing.options
    phone = options.get("widget_phone", "")
    link = names.web(options.get("widget_url", "")) or (f"tel:{phone}" if phone else "")
    data = {"ID": f"pairing-{pairing.id}", "NAME": options.get("widget_name") or pairing.account}
    return data | ({"URL": link, "URL_IM": link} if link else {})


def _joined(pairing: Pairing) -> Joined:
    signed = pairing.options.get("show_operator_name") == ON
    return Joined(
        account=pairing.account,
        data=digest(_data(pairing)),
        names=signed,
        channel=pairing.channel,
        options=dict(pairing.options),
    )


def _is_gone(error: ChannelError) -> bool:
    """Whether there is nothing left to disconnect."""
    return isinstance(error, Rejected) and error.code != errors.SCOPE


def _require(answers: Mapping[str, Any]) -> None:
    """Raise for an event that could not be bound; one that is not there any more needs no unbinding."""
    for name, said in answers.items():
        if isinstance(said, Rejected) and name.startswith("b") and said.code != errors.SCOPE:
            raise Misconfigured("bad_webhook", said.detail, field="public_url")
        if isinstance(said, NeedsRebind | Misconfigured) or (isinstance(said, ChannelError) and name.startswith("b")):
            raise said


def _icon(colour: str) -> str:
    """A speech bubble as a picture in an address, as the registration takes it."""
    path = "M4 4h16v12H9l-5 4z"
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="{colour}" d="{path}"/></svg>'
    return f"data:image/svg+xml,{quote(drawn)}"
