"""The client's card in the window tells their deal in the portal, or why there is none yet."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from chatapp_cli import i18n
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, DialogId, LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime import linking
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.services import (
    channels,
    dialogs,
    employees,
    ingest,
    ledger,
    lines,
    links,
    operators,
    options,
    pairings,
)
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.desk import attached, eventually, serving
from tests.tui.conftest import GOOD, SMALL, Opener
from tests.tui.gallery import StillClock
from tests.tui.stage import opened

WIDE = (200, 50)
NUMBERS = count(1)


class PassingClock(StillClock):
    """The same moment all the time, while what is paced goes on."""

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class LinkedDesk:
    """A portal that is linked, and not paired yet."""

    company: Company
    portal: Portal
    link: LinkId
    channel: ChannelId

    async def pair(self) -> None:
        row = self.company.read(lambda tx: links.one(tx, self.link))
        channel = self.company.read(lambda tx: channels.one(tx, self.channel))
        await attached(self.company, row, channel, "107", {})
        await eventually(lambda: self.portal.active)

    def anna_writes(self, text: str = "Где ёлка?") -> None:
        event = MessageArrived(
            peer=Peer(key="anna", address="anna", title="Анна"),  # type: ignore[arg-type]
            ext_id=f"in-{next(NUMBERS)}",  # type: ignore[arg-type]
            at=self.company.world.clock.now(),  # type: ignore[arg-type]
            text=text,  # type: ignore[arg-type]
            sender=Profile(id="anna", name="Анна"),  # type: ignore[arg-type]
        )
        batch = Batch(arrivals=(Arrival(provider_id=event.ext_id, raw=b"{}", events=(event,)),))
        self.company.write(lambda tx: ingest.ingest(tx, self.channel, batch))


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    """A desk with one channel, for a program that is away."""
    found = opened(tmp_path / "desk", PassingClock(), http_port=0)  # type: ignore[arg-type]
    settings, secrets = {"url": "http://127.0.0.1:9", "name": "Сайт"}, {"secret": "тайна"}
    site = Bound(account="site", title="Сайт", settings=settings, secrets=secrets, hook_key="key of the site")
    line = found.write(lambda tx: lines.add(tx, "Магазин"))
    found.write(lambda tx: channels.save(tx, found.vault, site, line=line, kind="api"))
    yield found
    found.close()


@pytest.fixture
async def desk(company: Company) -> AsyncIterator[LinkedDesk]:
    async with Portal(rate=50.0) as portal, serving(company) as address:
        portal.misbehaviour.tracker_delay = (0.0, 0.0)
        company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        answers = {
            "portal": portal.address,
            "client_id": portal.client_id,
            "client_secret": portal.client_secret,
            "auth_server": portal.auth_address,
        }
        link = await linking.link(company, ScriptedAsker(answers), kind="bitrix24")
        key = company.read(lambda tx: links.one(tx, link)).hook_key

        async def installs() -> bool:
            return (await portal.install(f"{address}/hooks/{key}/install")).status == 200

        await eventually(installs)
        await eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
        (channel,) = company.read(channels.everything)
        yield LinkedDesk(company, portal, link, channel.id)
        await portal.settled()


@pytest.mark.req("S-165", part="the card in the window")
@pytest.mark.parametrize("size", [SMALL, GOOD, WIDE])
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("deal 17 · Новая", "Responsible: Светлана Белова")), ("ru", ("17 · Новая", "Светлана Белова"))],
)
async def test_the_clients_card_shows_deal_stage_responsible_and_address(
    desk: LinkedDesk, window: Opener, size: tuple[int, int], language: str, words: tuple[str, str]
) -> None:
    i18n.use(language)
    await desk.pair()
    desk.anna_writes()
    await eventually(lambda: len(desk.portal.cards) == 2 and desk.company.read(ledger.everything) == [])
    async with window(size) as it:
        await it.press("enter")
        await it.until(lambda: it.app.screen.query("ClientCard"))
        asked = len(desk.portal.calls)
        await it.press("escape", "i")
        await it.sees(*words, "details/17/", "2301 · Анна")
        assert "imopenlines.dialog.get" in {call.method for call in desk.portal.calls[asked:]}


@pytest.mark.req("S-165", part="the card in the window, of amoCRM")
async def test_the_clients_card_shows_the_deal_and_the_contact_in_an_account(company: Company, window: Opener) -> None:
    async with Account(rate=50.0, clock=company.world.clock) as account, serving(company) as address:
        company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        answers = {
            "account": account.address,
            "chats": account.chats_address,
            "way": "token",
            "token": account.long_lived(400),
            "bot_id": account.channel.bot,
            "channel_id": account.channel_id,
            "channel_secret": account.channel_secret,
        }
        link = await linking.link(company, ScriptedAsker(answers), kind="amocrm")
        row, (channel,) = company.read(lambda tx: (links.one(tx, link), channels.everything(tx)))
        await attached(company, row, channel, "Продажи", {})
        await eventually(lambda: account.sources)
        LinkedDesk(company, Portal(), link, channel.id).anna_writes()
        await eventually(lambda: account.leads and company.read(ledger.everything) == [])
        (lead,), (contact,) = account.leads, account.contacts
        async with window(GOOD) as it:
            await it.press("enter")
            await it.until(lambda: it.app.screen.query("ClientCard"))
            await it.press("escape", "i")
            await it.sees(f"deal {lead} · Неразобранное", "Responsible: Анна", f"tail/{lead}", f"{contact} · Анна")
            await account.moves(lead, 33929755)
            await it.press("%")
            stage = account.pipelines[0].stage(33929755)
            assert stage is not None
            await it.sees(f"deal {lead} · {stage.name}")
        await account.settled()


async def test_before_the_card_is_opened_no_crm_is_asked_and_without_a_link_nothing_is_said(
    company: Company, window: Opener
) -> None:
    desk = LinkedDesk(company, Portal(), LinkId(0), company.read(channels.everything)[0].id)
    desk.anna_writes()
    sys.modules.pop("chatapp_cli.runtime.crm_cards", None)
    sys.modules.pop("chatapp_cli.tui.widgets.crm_part", None)
    async with window() as it:
        await it.press("enter")
        await it.until(lambda: it.app.screen.query("ClientCard"))
        await it.press("escape", "i")
        await it.sees("ChatID")
        assert "chatapp_cli.runtime.crm_cards" not in sys.modules
        assert "chatapp_cli.tui.widgets.crm_part" not in sys.modules


async def test_why_there_is_no_card_is_said_and_a_key_asks_again(desk: LinkedDesk, window: Opener) -> None:
    desk.anna_writes()
    async with window() as it:
        await it.press("enter")
        await it.until(lambda: it.app.screen.query("ClientCard"))
        await it.press("escape", "i")
        await it.sees("Its channel is not paired with", "→ Pair it:", "% ask again")
        await desk.pair()
        await it.press("%")
        await it.sees("Nothing was written in it since")
        desk.anna_writes("Ау")
        await it.sees("deal 17 · Новая")
        await desk.portal.staff.changes(desk.portal.cards[1], stageId="WON", assignedById=29)
        await it.press("%")
        await it.sees("deal 17 · Успешна", "Responsible: Олег Ким")
        await desk.portal.vanish()
        await it.press("%")
        await it.sees("The portal cannot be")
        await desk.portal.come_back()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Synchronised: ", "from deal 17 · Ольга")), ("ru", ("17 · Ольга",))],
)
async def test_the_clients_card_tells_by_which_card_who_is_responsible_was_last_brought_together(
    desk: LinkedDesk, window: Opener, language: str, words: tuple[str, ...]
) -> None:
    i18n.use(language)
    await desk.pair()
    pairing = desk.company.read(lambda tx: pairings.of_link(tx, desk.link))[0]
    svetlana = Employee(id="27", name="Светлана")
    desk.company.write(lambda tx: pairings.configure(tx, manifest("bitrix24"), pairing, {"owner_sync": "from_crm"}))
    desk.company.write(lambda tx: employees.map_to(tx, desk.link, "Ольга", svetlana))
    await eventually(lambda: "ONCRMDEALUPDATE" in {one.event for one in desk.portal.bindings})
    desk.anna_writes()
    await eventually(lambda: len(desk.portal.cards) == 2 and desk.company.read(ledger.everything) == [])
    await desk.portal.staff.changes(desk.portal.cards[1], assignedById=27)
    await eventually(lambda: desk.company.read(lambda tx: dialogs.card(tx, DialogId(1))).assignee == "Ольга")
    async with window(SMALL) as it:
        await it.press("enter")
        await it.until(lambda: it.app.screen.query("ClientCard"))
        await it.press("escape", "i")
        await it.sees(*words)


async def test_an_employee_is_joined_with_an_operator_on_the_page_of_crms(desk: LinkedDesk, window: Opener) -> None:
    desk.company.write(lambda tx: operators.add(tx, "Ольга", "", ()))
    async with window(GOOD) as it:
        await it.press("ctrl+k", "e")
        await it.sees("Who is who in", "Светлана Белова", "nobody here")
        await it.press("down", "enter")
        await it.sees("Which operator is Светлана Белова?")
        await it.press("enter")
        await eventually(lambda: desk.company.read(lambda tx: employees.named(tx, desk.link, "27")) == "Ольга")


async def test_where_nobody_could_be_an_employee_an_operator_is_added_from_the_page_of_crms(
    desk: LinkedDesk, window: Opener
) -> None:
    async with window(GOOD) as it:
        await it.press("ctrl+k", "e")
        await it.sees("Who is who in", "Светлана Белова", "nobody here")
        await it.press("down", "enter")
        await it.sees("Which operator is Светлана Белова?", "Add an operator")
        await it.press("enter")
        await it.sees("Name, as colleagues")
        await it.press(*"Olga", "enter")
        await it.sees("Password of Olga")
        await it.press(*"long-one", "enter", *"long-one", "enter")
        await it.sees("Lines that Olga sees")
        await it.press("enter")
        await eventually(lambda: desk.company.read(lambda tx: employees.named(tx, desk.link, "27")) == "Olga")
