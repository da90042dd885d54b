"""Two desks with automatic answers face each other: each answers at most once, and then both are silent."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.automation import ActWanted, RuleKind, RuleWanted
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.option import COMPANY
from chatapp_cli.runtime.automation import desk_of
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.api import ApiSandbox, chat_id
from chatapp_cli.sandbox.email import ADDRESS, EmailSandbox
from chatapp_cli.sandbox.stage import Customer, Sandbox
from chatapp_cli.sandbox.telegram.letters import Letter
from chatapp_cli.sandbox.telegram.server import TelegramSandbox
from chatapp_cli.sandbox.vk.server import VkSandbox
from chatapp_cli.services import auto_rules, lines, options
from chatapp_cli.services.options import Changes
from chatapp_cli.settings import Settings
from chatapp_cli.store.rows.automation import AutoActRow
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.hurried import hurried
from tests.runtime.desk import call_here, eventually, serving
from tests.stores import OWNER

HELLO = "Здравствуйте, почём ёлка?"
FACING = Customer(number=5_000_000_077, name="Другая лавка", username="lavka", phone="+79160007700")
ENDED = {"done", "skipped", "failed"}
REPLIES: Mapping[str, Mapping[str, object]] = {
    "Закрыто": {"open": False},
    "Цены": {"words": ["ёлка", "здравствуйте", "ответить"]},
    "Первое": {"first": "ever"},
    "Ждут": {"waited": 15},
}


@dataclass(slots=True)
class FacingDesk:
    """A company with all four kinds of automatic answers, whose people are no reason for silence."""

    company: Company
    name: str

    async def bound(self, sandbox: Sandbox, answers: Mapping[str, str] | None = None) -> ChannelId:
        line = self.company.write(partial(lines.add, name="Продажи"))
        return await bind(self.company, ScriptedAsker(answers or sandbox.answers), line=line, kind=sandbox.kind)

    def keep_rules(self) -> None:
        desk = desk_of(self.company, making=True)
        changes = Changes({"auto_quiet": "0", "hours": "mon 00:00-00:01"})
        self.company.write(lambda tx: options.change(tx, COMPANY, changes))
        for name, asked in REPLIES.items():
            act = ActWanted("send", f"Здравствуйте! {self.name} скоро сможет ответить ({name})")
            wanted = RuleWanted(name=name, kind=RuleKind.AUTOREPLY, asked=asked, acts=[act])
            self.company.write(lambda tx, one=wanted: auto_rules.add(tx, one, desk.names(tx)))

    def acts(self) -> list[AutoActRow]:
        return self.company.read(lambda tx: tx.whole().all(AutoActRow, "autoacts.latest", rule=0, dialog=0, n=100))

    def refused(self) -> bool:
        """Whether it was asked to answer what it leaves, and everything is decided."""
        acts = [one for one in self.acts() if one.state != "waiting"]
        return any("answered automatically" not in one.outcome for one in acts if one.state == "skipped") and all(
            one.state in ENDED for one in acts
        )


@pytest.fixture
def desks(tmp_path: Path, empty_store: Path) -> Iterator[list[FacingDesk]]:
    found = []
    for name in ("Базар", "Лавка"):
        folder = tmp_path / name / "main"
        folder.mkdir(parents=True)
        shutil.copy(empty_store, folder / "chatapp.db")
        company = hurried(open_company(Settings(home=str(tmp_path / name), http_port=0))).seen_by(OWNER)
        found.append(FacingDesk(company, name))
    yield found
    for one in found:
        one.company.close()


async def settled(stack: AsyncExitStack, desks: list[FacingDesk], begins: Callable[[], Awaitable[object]]) -> None:
    """Serve both while one writes to the other, until the last answer is one that nobody answers."""
    for desk in desks:
        desk.keep_rules()
    await begins()
    await eventually(lambda: any(desk.refused() for desk in desks))
    await eventually(lambda: all(one.state in ENDED | {"waiting"} for desk in desks for one in desk.acts()))


@pytest.mark.req("S-141", part="two desks facing each other over a Telegram account")
async def test_two_desks_over_telegram_answer_each_other_once_at_most(desks: list[FacingDesk]) -> None:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramSandbox())
        other = telegram.stage.person(FACING)
        chat = telegram.cloud.private(other, telegram.owner)
        await desks[0].bound(telegram)
        await desks[1].bound(telegram, {**telegram.answers, "phone": FACING.phone, "password": ""})
        for desk in desks:
            await stack.enter_async_context(serving(desk.company))

        async def begins() -> Letter:
            return telegram.stage.write(telegram.owner, chat, HELLO)

        await settled(stack, desks, begins)
        said = [(letter.author.id, letter.text) for letter in reversed(telegram.owner.box.of(chat))]
    mine = [text for author, text in said if author == telegram.owner.id and text != HELLO]
    theirs = [text for author, text in said if author == other.id]
    assert (len(mine), len(theirs)) == (1, 1)


@pytest.mark.req("S-141", part="two desks facing each other over the API")
async def test_two_desks_over_programs_that_pass_everything_on_answer_once_at_most(desks: list[FacingDesk]) -> None:
    async with AsyncExitStack() as stack:
        programs = [await stack.enter_async_context(ApiSandbox()) for _ in desks]
        programs[0].neighbour, programs[1].neighbour = programs[1], programs[0]
        for desk, program in zip(desks, programs, strict=True):
            channel = await desk.bound(program)
            address = await stack.enter_async_context(serving(desk.company))
            call_here(desk.company, program, channel, address)
        await settled(stack, desks, partial(programs[0].say, ANNA, HELLO))
        heard = [[one["text"] for one in program.events if one.get("chat_id") == chat_id(ANNA)] for program in programs]
    assert [len(texts) for texts in heard] == [1, 1]
    assert [texts[0].partition(" скоро")[0] for texts in heard] == ["Здравствуйте! Базар", "Здравствуйте! Лавка"]


@pytest.mark.req("S-141", part="two desks facing each other over mail")
async def test_two_mailboxes_answer_each_other_once_at_most(desks: list[FacingDesk]) -> None:
    async with AsyncExitStack() as stack:
        boxes = [await stack.enter_async_context(EmailSandbox(one)) for one in (ADDRESS, "lavka@other.example.net")]
        boxes[0].neighbours[boxes[1].address], boxes[1].neighbours[boxes[0].address] = boxes[1], boxes[0]
        for desk, box in zip(desks, boxes, strict=True):
            await desk.bound(box)
            await stack.enter_async_context(serving(desk.company))
        await settled(stack, desks, partial(boxes[1].deliver, mail(boxes[0].address, boxes[1].address)))
        sent = [[*box.mails(other.address)] for box, other in zip(boxes, reversed(boxes), strict=True)]
    assert [len(mails) for mails in sent] == [0, 1]
    assert sent[1][0]["Auto-Submitted"] == "auto-replied"


def mail(sender: str, to: str, **fields: str) -> bytes:
    """A mail that is not marked as automatic unless its fields say so."""
    written = EmailMessage()
    about = {"From": sender, "To": to, "Subject": "Ёлка", "Message_ID": f"<1.{sender}>"}
    for name, value in {**about, **fields}.items():
        written[name.replace("_", "-")] = value
    written.set_content(HELLO)
    return written.as_bytes()


UNANSWERED: Mapping[str, bytes] = {
    "vacation": mail("a@example.org", ADDRESS, Auto_Submitted="auto-replied", Message_ID="<1@example.org>"),
    "list": mail("b@example.org", ADDRESS, List_Id="<news.example.org>", Message_ID="<2@example.org>"),
    "bulk": mail("c@example.org", ADDRESS, Precedence="bulk", Message_ID="<3@example.org>"),
    "bounce": mail("MAILER-DAEMON@example.org", ADDRESS, Auto_Submitted="auto-generated", Return_Path="<>"),
    "ourselves": mail(ADDRESS, ADDRESS, Message_ID="<5@shop.example.org>"),
}  # fmt: skip


@pytest.mark.req("S-141", part="no answer to programs, lists and bounces")
async def test_vacation_list_bounce_and_own_mails_are_never_answered(desks: list[FacingDesk]) -> None:
    desk = desks[0]
    async with EmailSandbox() as box:
        await desk.bound(box)
        async with serving(desk.company):
            desk.keep_rules()
            for raw in UNANSWERED.values():
                await box.deliver(raw)
            await box.deliver(mail("client@example.org", ADDRESS, Message_ID="<6@example.org>"))
            await eventually(lambda: box.mails("client@example.org"))
            await eventually(lambda: all(one.state in ENDED | {"waiting"} for one in desk.acts()))
        assert {to: len(mails) for to, mails in box._delivered.items() if mails} == {"client@example.org": 1}


@pytest.mark.req("S-141", part="no answer to a community or in a group")
async def test_another_community_and_a_group_get_no_answer_in_vk(desks: list[FacingDesk]) -> None:
    desk = desks[0]
    async with VkSandbox() as vk:
        await desk.bound(vk)
        async with serving(desk.company):
            desk.keep_rules()
            group = vk.gather("Соседи")
            await vk.arrive(ANNA, chat=group, text=HELLO)
            await vk.say(Customer(number=-77, name="Другая лавка"), HELLO)
            await vk.say(ANNA, HELLO)
            await eventually(lambda: vk.heard(ANNA))
            await eventually(lambda: all(one.state in ENDED | {"waiting"} for one in desk.acts()))
            sent = [one.params for one in vk.exchanges if one.method == "messages.send"]
    assert [one.get("peer_id") or one.get("peer_ids") or one.get("user_id") for one in sent] == [str(ANNA.number)]
