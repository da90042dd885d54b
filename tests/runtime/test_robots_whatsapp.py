"""All robots on one stage of a portal, and what a messenger with groups gets of them (S-170 to S-178)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.domain.robot import ROBOTS
from chatapp_cli.runtime import crm_robots
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.automation import RobotRun
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from chatapp_cli.services import channels, crm_intake, dialogs, ledger
from tests.contract.connector_contract import ANNA, BORIS
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import attached, bound, eventually, serving, the_dialogs
from tests.runtime.portal_link import link_portal, row_of

LINE, STAGE = 107, "PREPARATION"
ANNAS, BORISES, NOBODYS = "79160000001", "79160000002", "79169999999"
PRICES = StageFile(name="Прайс.txt", mime="text/plain", content="цены".encode())
BILL = StageFile(name="b.pdf", mime="application/pdf", content=b"%PDF-1.4 bill")
DOCX = StageFile(name="b.docx", mime="a/b", content=b"docx")


@dataclass(slots=True)
class StageDesk:
    """WhatsApp, a portal with our robots, and the daemon between them; Anna has written."""

    company: Company
    phone: WhatsAppWebSandbox
    portal: Portal
    channel: ChannelId
    link: LinkId

    def deal(self) -> PortalCard:
        """A deal in front of the stage, of the chat in which Anna wrote."""
        deal = self.portal.server.office.add_card("deal", title="Ёлки", responsible=1, stage="NEW")
        deal.codes += [chat.code for chat in self.portal.chats]
        return deal

    async def ended(self, deal: PortalCard, count: int) -> list[RobotRun]:
        """Move a deal to the stage; its steps, once all have ended and the portal was told everything."""
        await self.portal.staff.changes(deal, stageId=STAGE)
        runs = self.portal.automation.runs
        await eventually(lambda: sum(run.ended.is_set() for run in runs) == count)
        await eventually(lambda: self.company.read(ledger.everything) == [])
        return runs

    def said(self) -> list[tuple[str, str, list[str]]]:
        """Chat, text and files of what the desk sent."""
        ours = [one for one in self.phone.town.said.values() if one.ours]
        return [(one.chat, one.text, [file.name for file in one.files]) for one in ours]


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[StageDesk]:
    clock = BriskClock()
    company = companies(http_port=0, clock=clock)
    async with WhatsAppWebSandbox() as phone, Portal(rate=50.0, clock=clock) as portal, serving(company) as address:
        phone.town.settle(ANNA, BORIS)
        channel = await bound(company, phone)
        link = await link_portal(company, portal, address)
        row = company.read(lambda tx: channels.one(tx, channel))
        await attached(company, row_of(company, link), row, str(LINE), {})
        await crm_robots.install(company, row_of(company, link))
        await eventually(lambda: ("chatapp_whatsapp", LINE) in portal.active)
        await phone.say(ANNA, "Ёлки есть?")
        await eventually(lambda: [message.text for chat in portal.chats for message in chat.messages])
        clock.hurries(20)
        yield StageDesk(company, phone, portal, channel, link)
        await portal.settled()
        assert portal.problems == []
        assert company.read(crm_intake.dead) == []


@pytest.mark.req("S-176")
@pytest.mark.req("S-177")
async def test_each_of_the_eleven_robots_of_a_stage_does_its_act_and_its_step_gets_the_results(desk: StageDesk) -> None:
    office, automation, deal = desk.portal.server.office, desk.portal.automation, desk.deal()
    prices = str(office.keep_file(PRICES))
    bill, offer = (str(office.add_document(deal, title, DOCX, BILL).id) for title in ("Счёт", "Смета"))
    anna, final = {"phone": "8 (916) 000-00-01"}, {"async": "Y"}
    group = {"group_id": "{=A7:group_id}"}
    filled = {
        "send_message": {**anna, **final, "message": "Готово"},
        "send_file": {**anna, **final, "file": prices, "message": "Цены"},
        "send_document": {"messenger": "{=Document:IM}", **final, "document": bill},
        "check_phone": {"phone": f"{ANNAS};{NOBODYS}"},
        "set_tags": {**anna, "tags": "VIP, опт"},
        "rename_chat": {**anna, "title": "Анна, опт"},
        "create_group": {"title": "Ёлки оптом", "members": ANNAS},
        "add_members": {**group, **final, "members": BORISES},
        "send_to_group": {**group, **final, "message": "Смета для всех", "document": offer},
        "send_file_to_group": {**group, **final, "file": prices},
        "end_group": {**group, **final},
    }
    assert [*filled] == [*ROBOTS]
    for code, said in filled.items():
        automation.place(f"chatapp_{code}", STAGE, said)
    runs = await desk.ended(deal, len(filled))
    (address,) = desk.phone.town.groups
    done = {"status": "Y", "detail": f"{ANNAS}:Y", "timeout": "1"}
    of_group = {**done, "detail": f"{address}:Y"}
    nobody = f"{NOBODYS}:N:[NOBODY] Nobody has this messenger under this address."
    found = {"found": "N", "username": "", "first_name": "", "last_name": ""}
    assert {run.code.removeprefix("chatapp_"): run.returned for run in runs} == {
        "send_message": done,
        "send_file": done,
        "send_document": done,
        "check_phone": {**done, "status": "N", "detail": f"{ANNAS}:Y; {nobody}", **found},
        "set_tags": done,
        "rename_chat": done,
        "create_group": {**done, "group_id": address},
        "add_members": {**done, "detail": f"{BORISES}:Y"},
        "send_to_group": of_group,
        "send_file_to_group": of_group,
        "end_group": of_group,
    }
    assert {(run.state, run.is_timeout) for run in runs} == {("answered", 0)}
    assert desk.said() == [
        (ANNAS, "Готово", []),
        (ANNAS, "Цены", ["Прайс.txt"]),
        (ANNAS, "", ["Счёт.pdf"]),
        (address, "Смета для всех", ["Смета.pdf"]),
        (address, "", ["Прайс.txt"]),
    ]
    assert desk.phone.town.groups[address].ours is False
    of_anna = next(one for one in the_dialogs(desk.company) if one.name == "Анна, опт")
    assert sorted(desk.company.read(lambda tx: dialogs.tags(tx, of_anna.id))) == ["VIP", "опт"]
