"""Every method that the code calls and every event that it asks for stands before the published descriptions.

The fixture of the portal judges each call, answer and event of a test; here it is seen that none escapes it.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import chatapp_cli.crm.bitrix24 as adapter
from chatapp_cli.crm.bitrix24 import events
from chatapp_cli.crm.bitrix24.connector import Bitrix24, Bitrix24Session
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt
from chatapp_cli.domain.crm.events import CardChanged, CardCommented, CrmWrote, MirroredChat
from chatapp_cli.domain.crm.states import Act, TextFate
from chatapp_cli.domain.ids import LinkId
from chatapp_cli.ports.crm import MakesCards
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import StageFile
from tests.contract.connector_contract import ScriptedAsker
from tests.crm.bitrix24.desk import LINE, SVETLANA, WHATSAPP, OfficeDesk, entry, pairing
from tests.sandbox.bitrix24.schema import judged, problems, schema

CALLERS = {"call", "pages", "BatchCommand", "_again", "_asked"}
"""Functions whose first argument is a method's name."""
IN_TURN = {"scope", "user.current", "user.admin", "server.time", "event.get"}
"""The check asks for these in a loop."""
BELOW = {"batch", "app.info"}
"""What the transport and the proof of an installation call: by a path, not by a name."""
PICTURE = StageFile(name="a.png", mime="image/png", content=b"png")


def named() -> Iterator[str]:
    """The methods that stand in the code of the adapter, in lower case."""
    for path in sorted(Path(adapter.__path__[0]).glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            node.target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and _is_text(node.value)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in CALLERS and node.args:
                first = node.args[0]
                if _is_text(first):
                    yield first.value.lower()
                elif isinstance(first, ast.Name) and first.id in constants:
                    yield constants[first.id].lower()


def _is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def called() -> set[str]:
    """All methods that the adapter may call."""
    return set(named()) | IN_TURN | BELOW


async def everything(session: Bitrix24Session, portal: Portal, desk: OfficeDesk, world: World, folder: Path) -> None:
    """Everything that a link does in its life; what is new in the adapter belongs here too."""
    await session.prove()
    await session.places()
    await session.employees()
    (done,) = await session.deliver([entry("m-1")])
    assert isinstance(done, CrmReceipt)
    chat = CrmChat(id="d-1", name="Иван Иванов", remote=done.chat)
    await world.clock.sleep(5)
    await portal.cards_made()
    await session.cards(chat)
    (contact,) = [card for card in portal.cards if card.kind == "contact"]
    await portal.staff.changes(contact, name="Иван Оптовик")
    message = await portal.staff.writes(WHATSAPP, LINE, "d-1", "Да")
    failed = {"remote": str(message.id), "reason": "Нет такого номера", "employee": str(SVETLANA)}
    await session.deliver([entry("m-2", "ещё", chat=chat, pairing=pairing(name_sync="on"))])
    while portal.chats[0].name != "Иван Оптовик":
        await asyncio.sleep(0.01)
    told = [
        entry("m-2", "не так", act=Act.EDIT, chat=chat, remote=done.remote),
        entry("m-2", act=Act.DELETE, chat=chat, remote=done.remote),
        entry("", act=Act.DELIVERED, chat=chat, remote=str(message.id), sent_as=["wa-1"]),
        entry("", "Да", act=Act.FAILED, chat=chat, **failed),
    ]
    assert all(isinstance(one, CrmReceipt) for one in await session.deliver(told))
    await session.find(entry("m-1", chat=chat))
    portal.misbehaviour.drop_events = 1
    await portal.staff.writes(WHATSAPP, LINE, "d-1", "В тишине", files=[PICTURE])
    owed = MirroredChat(kind="whatsapp_web", place=str(LINE), chat="d-1", remote=done.chat, session=done.session)
    (found,) = [one async for some in session.catch_up([owed]) for one in some if isinstance(one.event, CrmWrote)]
    assert isinstance(found.event, CrmWrote)
    await session.fetch(found.event.files[0].address, folder / "file")
    await owners(session, portal, chat)
    await sends_texts(session, portal)
    await about_cards(session, portal)
    await robots(session, portal, desk, folder)
    await by_a_webhook(portal, world)
    assert desk.bound
    await desk.crm.check(desk.bound)
    await session.depart()
    desk.url = f"{desk.url}/moved"


async def owners(session: Bitrix24Session, portal: Portal, chat: CrmChat) -> None:
    """Who is responsible, both ways."""
    both, deal = pairing(owner_sync="both"), next(card for card in portal.cards if card.kind == "deal")
    await portal.staff.comments(deal, "Перезвонить")
    changes = [CardChanged(card="deal", id=str(deal.id)), CardCommented(comment=str(portal.comments[-1].id))]
    assert len(await session.owners(changes, [both])) == 1
    assert len(await session.changed_cards(0, [both])) == len(portal.cards)
    told = entry("", act=Act.OWNER, chat=chat, pairing=both, employee="29")
    assert await session.deliver([told]) == [CrmReceipt()]


async def sends_texts(session: Bitrix24Session, portal: Portal) -> None:
    """A channel becomes a provider of SMS, moves to another line, sends one, and is none any more."""
    for place in (LINE, 109):
        assert await session.arrange([pairing(place=place, sms="on")]) == {}
    number, answered = await portal.sends_sms(next(iter(portal.senders)), "+79161234567", "Заказ готов")
    assert answered.status == 200
    fate = {"pairing": pairing(sms="on"), "remote": number, "fate": TextFate.DELIVERED, "texted": True}
    (done,) = await session.deliver([entry("m-9", "Заказ готов", act=Act.TEXTED, **fate)])
    assert isinstance(done, CrmReceipt)
    assert await session.arrange([pairing(sms="off")]) == {}


async def about_cards(session: Bitrix24Session, portal: Portal) -> None:
    """Whom a card is about, which employee opened it, and a line's settings made right."""
    deal = next(card for card in portal.cards if card.kind == "deal")
    await session.client_of(CardRef(kind="deal", id=str(deal.id)))
    await session.visited(CardRef(kind="deal", id=str(deal.id)), portal.authority.access_for(SVETLANA))
    portal.add_line("Опт", CRM_CREATE="deal", CRM_CREATE_THIRD="N")
    (opt,) = [place for place in await session.places() if place.name == "Опт"]
    await session.mend(opt.id, ["deal_each_time"])


async def robots(session: Bitrix24Session, portal: Portal, desk: OfficeDesk, folder: Path) -> None:
    """Robots are installed, renewed, called, answered, and taken away."""
    await session.install_robots()
    assert desk.bound
    await desk.bound.memory.save({"robot chatapp_check_phone": "of another version"})
    await session.install_robots()
    deal = next(card for card in portal.cards if card.kind == "deal")
    portal.automation.place("chatapp_check_phone", "PREPARATION", {"phone": "79990000000"})
    await portal.staff.changes(deal, stageId="PREPARATION")
    while not desk.robots_asked:
        await asyncio.sleep(0.01)
    (asked,) = desk.robots_asked
    result = entry("m-40", act=Act.RESULT, remote=asked.remote, results={"status": "Y"}, reason="1/1")
    comment = entry("m-41", "79990000000:Y", act=Act.COMMENT, card=CardRef("deal", str(deal.id)))
    assert await session.deliver([result, comment]) == [CrmReceipt(), CrmReceipt()]
    assert await session.find(comment) == CrmReceipt()
    await session.fetch_disk_file(str(portal.server.office.keep_file(PICTURE)), folder / "disk")
    made = portal.server.office.add_document(deal, "Счёт", PICTURE, PICTURE)
    await session.fetch_document(str(made.id), folder / "document", kind="pdf")
    await session.remove_robots()


async def by_a_webhook(portal: Portal, world: World) -> None:
    """A link without an application: a contact, a deal, and comments."""
    crm = Bitrix24(world)
    bound = await crm.link(
        ScriptedAsker({"way": "webhook", "webhook": portal.webhook}), hook_key="k" * 22, public_url=""
    )
    about = {"pairing": replace(pairing(), place="deal-0"), "chat": CrmChat(id="d-9", name="Олег")}
    person = CrmPerson(id="p-9", name="Олег", phone="+79160000009")
    async with crm.open(LinkId(9), bound, public_url="") as lite:
        assert isinstance(lite, MakesCards)
        await lite.pipelines()
        for act, text in ((Act.ADD, "Добрый день"), (Act.EDIT, "Добрый вечер"), (Act.DELETE, "")):
            (done,) = await lite.deliver([entry("m-30", text, act=act, person=person, **about)])
            assert isinstance(done, CrmReceipt)
    await crm.check(bound)


def test_every_method_in_the_code_is_described() -> None:
    judge = schema()
    if judge is None:
        pytest.skip("the published descriptions are not beside this checkout")
    assert len(called()) > len(BELOW | IN_TURN)
    for method in called():
        assert judge.method(method)["method"].lower() == method


async def test_every_method_that_the_code_calls_is_judged_with_its_answer(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, world: World, tmp_path: Path
) -> None:
    await everything(session, portal, desk, world, tmp_path)
    async with desk.crm.open(1, desk.bound, public_url=desk.url) as moved:  # type: ignore[arg-type]
        assert await moved.arrange([pairing()]) == {}
    done = {call.method for call in judged(portal)}
    assert (sorted(done - called()), sorted(called() - done)) == ([], [])
    assert problems(portal) == []


async def test_every_event_that_the_code_asks_for_is_judged(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    assert desk.bound
    await desk.crm.check(desk.bound)
    await session.deliver([entry("m-1")])
    staff = portal.staff
    message = await staff.writes(WHATSAPP, LINE, "d-1", "Да", files=[PICTURE])
    message.connector_mid = ["wa-1"]
    await staff.edits(message, "Нет")
    await staff.deletes(message)
    await staff.finishes("d-1")
    await staff.disconnects(WHATSAPP, LINE)
    await staff.deletes_line(LINE)
    await staff.uninstalls()
    await portal.settled()
    names = {dict(form).get("event", "") for form, _ in portal.server.courier.posted}
    assert names >= {name.upper() for name in events.BOUND}
    judge = schema()
    if judge is None:
        pytest.skip("the published descriptions are not beside this checkout")
    for form, query in portal.server.courier.posted:
        assert list(judge.post(form, query)) == []
        (name, text) = next((name, text) for name, text in form if name == "auth[domain]")
        broken = [("auth" if one == (name, text) else one[0], one[1]) for one in form]
        assert list(judge.post(broken, query)) != []
