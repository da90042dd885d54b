"""All robots on one stage of a portal, and what a messenger with groups gets of them (S-170 to S-178)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.domain.robot import ROBOTS
from chatapp_cli.runtime import crm_robots
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.bitrix24.automation import RobotRun
from chatapp_cli.sandbox.bitrix24.objects import PortalCard
from chatapp_cli.sandbox.stage import Sandbox, StageFile
from chatapp_cli.sandbox.telegram import TelegramSandbox
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from chatapp_cli.services import channels, crm_intake, dialogs, employees, ledger
from chatapp_cli.store.rows.dialogs import DialogRow
from tests.contract.connector_contract import ANNA, BORIS
from tests.runtime.brisk import BriskClock
from tests.runtime.desk import attached, bound, eventually, serving, the_dialogs
from tests.runtime.portal_link import link_portal, row_of
from tests.stores import OWNER

LINE, STAGE = 107, "PREPARATION"
ANNAS, BORISES, NOBODYS = "79160000001", "79160000002", "79169999999"
PRICES = StageFile(name="Прайс.txt", mime="text/plain", content="цены".encode())
BILL = StageFile(name="b.pdf", mime="application/pdf", content=b"%PDF-1.4 bill")
DOCX = StageFile(name="b.docx", mime="a/b", content=b"docx")


@dataclass(slots=True)
class StageDesk:
    """A messenger, a portal with our robots, and the daemon between them; Anna has written."""

    company: Company
    portal: Portal
    link: LinkId

    def deal(self) -> PortalCard:
        """A deal in front of the stage, of the chat in which Anna wrote."""
        deal = self.portal.server.office.add_card("deal", title="Ёлки", responsible=1, stage="NEW")
        deal.codes += [chat.code for chat in self.portal.chats]
        return deal

    def places(self, code: str, **filled: str) -> None:
        """An administrator puts a robot on the stage."""
        self.portal.automation.place(f"chatapp_{code}", STAGE, filled)

    async def ended(self, deal: PortalCard, count: int) -> list[RobotRun]:
        """Move a deal to the stage; its steps, once all have ended and the portal was told everything."""
        await self.portal.staff.changes(deal, stageId=STAGE)
        steps = self.portal.automation.runs
        await eventually(lambda: sum(run.ended.is_set() for run in steps) == count)
        await eventually(lambda: self.company.read(ledger.everything) == [])
        return steps

    def dialog_named(self, name: str) -> DialogRow:
        """The dialog of this name."""
        return next(one for one in the_dialogs(self.company) if one.name == name)


@asynccontextmanager
async def stage_desk(companies: Callable[..., Company], messenger: Sandbox, connector: str) -> AsyncIterator[StageDesk]:
    """A desk with a messenger; once everything is linked, a second lasts a twentieth of one."""
    clock = BriskClock()
    company = companies(http_port=0, clock=clock)
    async with messenger, Portal(rate=50.0, clock=clock) as portal, serving(company) as address:
        channel = await bound(company, messenger)
        link = await link_portal(company, portal, address)
        row = company.read(lambda tx: channels.one(tx, channel))
        await attached(company, row_of(company, link), row, str(LINE), {})
        await crm_robots.install(company, row_of(company, link))
        await eventually(lambda: (connector, LINE) in portal.active)
        await messenger.say(ANNA, "Ёлки есть?")
        await eventually(lambda: [message.text for chat in portal.chats for message in chat.messages])
        clock.hurries(20)
        yield StageDesk(company, portal, link)
        await portal.settled()
        assert portal.problems == []
        assert company.read(crm_intake.dead) == []


@pytest.mark.req("S-045")
@pytest.mark.req("S-119", part="tags and a name by robots")
@pytest.mark.req("S-176")
@pytest.mark.req("S-177")
async def test_each_of_the_eleven_robots_of_a_stage_does_its_act_and_its_step_gets_the_results(
    companies: Callable[..., Company],
) -> None:
    phone = WhatsAppWebSandbox()
    phone.town.settle(ANNA, BORIS)
    async with stage_desk(companies, phone, "chatapp_whatsapp") as desk:
        await _all_eleven(desk, phone)


async def _all_eleven(desk: StageDesk, phone: WhatsAppWebSandbox) -> None:
    office, deal = desk.portal.server.office, desk.deal()
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
        desk.places(code, **said)
    steps = await desk.ended(deal, len(filled))
    (address,) = phone.town.groups
    done = {"status": "Y", "detail": f"{ANNAS}:Y", "timeout": "1"}
    of_group = {**done, "detail": f"{address}:Y"}
    nobody = f"{NOBODYS}:N:[NOBODY] Nobody has this messenger under this address"
    found = {"found": "N", "username": "", "first_name": "", "last_name": ""}
    assert {run.code.removeprefix("chatapp_"): run.returned for run in steps} == {
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
    assert {(run.state, run.is_timeout) for run in steps} == {("answered", 0)}
    assert [
        (one.chat, one.text, [file.name for file in one.files]) for one in phone.town.said.values() if one.ours
    ] == [
        (ANNAS, "Готово", []),
        (ANNAS, "Цены", ["Прайс.txt"]),
        (ANNAS, "", ["Счёт.pdf"]),
        (address, "Смета для всех", ["Смета.pdf"]),
        (address, "", ["Прайс.txt"]),
    ]
    assert phone.town.groups[address].ours is False
    anna_there = desk.dialog_named("Анна, опт")
    assert sorted(desk.company.read(lambda tx: dialogs.tags(tx, anna_there.id))) == ["VIP", "опт"]


@pytest.mark.req("S-172")
async def test_every_field_of_sending_a_message_counts(companies: Callable[..., Company]) -> None:
    telegram = TelegramSandbox()
    anna, _ = telegram.stage.person(ANNA), telegram.stage.person(BORIS)
    async with stage_desk(companies, telegram, "chatapp_telegram") as desk:
        svetlana = Employee(id="27", name="Светлана Орлова")
        desk.company.write(lambda tx: employees.map_to(tx, desk.link, OWNER.name, svetlana))
        desk.places(
            "send_message",
            phone=f"8 (916) 000-00-02, +{BORISES}; {BORISES}",
            chat_id=f"@anna_b; {anna.id}, @anna_b",
            messenger="imol|chatapp_telegram|107|nobody|1",
            message="Готово: {=Document:TITLE}",
            first_name="Борис",
            last_name="Дилер",
            responsible="user_27",
            line_id="Продажи",
            channel="telegram",
            comment="Y",
            **{"async": "Y"},
        )
        desk.places("send_message", messenger="{=Document:IM}", message="Ещё раз", **{"async": "Y"})
        deal = desk.deal()
        first, second = await desk.ended(deal, 2)
        assert first.returned == {"status": "Y", "detail": f"{BORISES}:Y; @anna_b:Y", "timeout": "1"}
        assert second.returned == {"status": "Y", "detail": f"{anna.id}:Y", "timeout": "1"}
        assert [one.text for one in await telegram.heard(ANNA)] == ["Готово: Ёлки", "Ещё раз"]
        assert [one.text for one in await telegram.heard(BORIS)] == ["Готово: Ёлки"]
        (named,) = telegram.owner.contacts.values()
        assert (named.first_name, named.last_name, named.phone) == ("Борис", "Дилер", BORISES)
        responsible = {one.name: one.assignee for one in the_dialogs(desk.company)}
        assert responsible == {"Анна Белова": OWNER.name, "Борис Дилер": OWNER.name}
        (comment,) = [one.text for one in desk.portal.comments if one.entity == deal.id]
        assert comment == f"Send a message: Done for 2 of 2.\n{first.returned['detail']}"
