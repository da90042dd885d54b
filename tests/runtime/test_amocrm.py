"""A client in a messenger, a manager of an amoCRM account, and ``serve`` between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import aiohttp
import pytest

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import crm_rules as kept
from chatapp_cli.runtime import linking
from chatapp_cli.runtime.asking_crm import own_session
from chatapp_cli.runtime.binding import bind
from chatapp_cli.runtime.link_rules import RuleWatch
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import AmoChat
from chatapp_cli.sandbox.amocrm.office import SERVICE
from chatapp_cli.sandbox.directory import sandbox
from chatapp_cli.sandbox.stage import Customer, StageFile
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import (
    channels,
    crm_intake,
    crm_rules,
    ledger,
    lines,
    link_faults,
    links,
    options,
    pairings,
    transcript,
)
from chatapp_cli.services.rule_outcomes import ResponsibleWay, RuleOutcome
from chatapp_cli.store.rows.crm import LinkRow, PairingRow
from tests.contract.connector_contract import ScriptedAsker
from tests.runtime.desk import answer, attached, bound, eventually, serving, state_of, the_dialogs
from tests.sandbox.amocrm.schema import problems
from tests.stores import HeldClock

ANNA = Customer(number=101, name="Анна", username="anna")
OLEG = Customer(number=102, name="Олег", username="oleg")
SALES = "3383152"


@dataclass(slots=True)
class AmoOffice:
    """A desk with a bot, an account, and the daemon between them."""

    company: Company
    bot: TelegramBotSandbox
    account: Account
    channel: ChannelId
    link: LinkId

    def row(self) -> LinkRow:
        return self.company.read(lambda tx: links.one(tx, self.link))

    def paired(self) -> list[PairingRow]:
        return self.company.read(lambda tx: pairings.of_link(tx, self.link))

    @property
    def chat(self) -> AmoChat:
        (chat,) = self.account.chats
        return chat

    def shown(self) -> list[str]:
        """What stands in the account's chats."""
        return [message.text for chat in self.account.chats for message in chat.messages]

    async def sees(self, *texts: str) -> None:
        """Wait until the account shows exactly these messages."""
        try:
            await eventually(lambda: self.shown() == list(texts))
        except TimeoutError:
            raise AssertionError((self.shown(), self.company.read(ledger.everything), self.row())) from None

    async def received(self) -> list[str]:
        """What Anna got."""
        return [one.text for one in await self.bot.heard(ANNA)]

    async def client_gets(self, n: int) -> None:
        """Wait until Anna got so many messages."""

        async def has() -> bool:
            return len(await self.received()) >= n

        await eventually(has)

    def texts(self) -> list[str]:
        (dialog,) = the_dialogs(self.company)
        return [entry.message.text for entry in self.company.read(lambda tx: transcript.latest(tx, dialog.id))]


@asynccontextmanager
async def office(company: Company, *, channel: bool = True) -> AsyncIterator[AmoOffice]:
    async with TelegramBotSandbox() as bot, Account(rate=50.0) as account, serving(company) as address:
        number = await bound(company, bot)
        company.write(lambda tx: options.configure_company(tx, {"public_url": address}))
        link = await linked(company, account, channel=channel)
        desk = AmoOffice(company, bot, account, number, link)
        row = company.read(lambda tx: channels.one(tx, number))
        await attached(company, desk.row(), row, SALES, {})
        await eventually(lambda: bool(account.sources) or (not channel and bool(account.webhooks)))
        yield desk
        await account.settled()
        assert problems(account) == []


async def linked(company: Company, account: Account, *, channel: bool) -> LinkId:
    """By an integration with a chat channel, or by a long-lived token without one."""
    answers = {"account": account.address, "chats": account.chats_address}
    if channel:
        answers |= {"client_id": account.client_id, "client_secret": account.client_secret}
        answers |= {"channel_id": account.channel_id, "channel_secret": account.channel_secret}
        answers |= {"bot_id": account.channel.bot}
    else:
        answers |= {"way": "token", "token": account.long_lived(400)}
    asker = ScriptedAsker(answers)
    link = await linking.link(company, asker, kind="amocrm")
    row = company.read(lambda tx: links.one(tx, link))
    address = company.read(lambda tx: company.options.text(tx, "public_url"))
    if channel:
        account.redirect_uri = f"{address}/hooks/{row.hook_key}/code"
        account.hook_url = f"{address}/hooks/{row.hook_key}/chat/:scope_id"
        state = (asker.notices[-1].link or "").partition("state=")[2].partition("&")[0]
        await eventually(lambda: _comes_back(account.authorise(state)))
    await eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    return link


async def _comes_back(url: str) -> bool:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status == 200


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[AmoOffice]:
    async with office(companies(http_port=0)) as found:
        yield found


@pytest.fixture
async def plain(companies: Callable[..., Company]) -> AsyncIterator[AmoOffice]:
    """Without a chat channel of ours."""
    async with office(companies(http_port=0), channel=False) as found:
        yield found


@pytest.fixture(params=["desk", "plain"])
def either(request: pytest.FixtureRequest) -> AmoOffice:
    """With a chat channel of ours, and without."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, AmoOffice)
    return found


@pytest.mark.req("S-196")
@pytest.mark.req("S-129", part="through amoCRM")
async def test_a_conversation_goes_both_ways_once_and_in_order(desk: AmoOffice) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.bot.say(ANNA, "Сколько стоит?")
    await desk.sees("Здравствуйте", "Сколько стоит?")
    written = await desk.account.manager_writes(desk.chat, "Сто рублей")
    await desk.client_gets(1)
    await eventually(lambda: written.status == 1)
    assert desk.texts() == ["Здравствуйте", "Сколько стоит?", "Сто рублей"]
    await desk.sees("Здравствуйте", "Сколько стоит?", "Сто рублей")
    await eventually(lambda: desk.company.read(ledger.everything) == [])


@pytest.mark.req("S-129", part="from the desk")
async def test_a_doubled_hook_reaches_the_client_once_and_an_answer_of_the_desk_appears_there(desk: AmoOffice) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    desk.account.misbehaviour.double_hooks = 2
    for text in ("раз", "два"):
        await desk.account.manager_writes(desk.chat, text)
    await desk.client_gets(2)
    await asyncio.sleep(0.3)
    assert await desk.received() == ["раз", "два"]
    (dialog,) = the_dialogs(desk.company)
    message = answer(desk.company, desk.channel, dialog, "Ответ со стойки")
    await eventually(lambda: state_of(desk.company, message) == "sent")
    await eventually(lambda: len(desk.shown()) == 4)
    assert "Ответ со стойки" in desk.shown()[3]


async def test_a_message_whose_answer_was_lost_is_shown_once(desk: AmoOffice) -> None:
    desk.account.misbehaviour.lose_after[f"POST /v2/origin/custom/{desk.account.channel.scope_id}"] = 1
    await desk.bot.say(ANNA, "Здравствуйте")
    await eventually(lambda: desk.shown() == ["Здравствуйте"])
    await eventually(lambda: desk.company.read(ledger.everything) == [], seconds=30)
    assert desk.shown() == ["Здравствуйте"]


async def test_chats_that_fail_again_and_again_are_a_fault_of_the_link_until_they_take_it(desk: AmoOffice) -> None:
    chats = f"POST /v2/origin/custom/{desk.account.channel.scope_id}"
    desk.account.misbehaviour.refuse[chats] = (200, {"error_code": 500, "error_type": "internal"})
    await desk.bot.say(ANNA, "Здравствуйте")

    def hurried(state: str) -> bool:
        now = desk.company.world.clock.now()
        if any(row.not_before > now for row in desk.company.read(ledger.everything)):
            desk.company.write(lambda tx: links.resume(tx, desk.link))
        return bool(desk.row().state == state)

    await eventually(lambda: hurried("limited"), seconds=30)
    assert (desk.row().code, desk.shown()) == ("strange_answer", [])
    desk.account.misbehaviour.refuse.clear()
    await eventually(lambda: hurried("ok"), seconds=30)
    assert desk.shown() == ["Здравствуйте"]


@pytest.mark.parametrize(("true", "state"), [(True, ("auth_lost", "uninstalled")), (False, ("ok", ""))])
async def test_the_call_of_an_integration_that_is_switched_off_is_believed_at_once_and_proved(
    desk: AmoOffice, true: bool, state: tuple[str, str]
) -> None:
    base = desk.company.read(lambda tx: desk.company.options.text(tx, "public_url"))
    address, consent = f"{base}/hooks/{desk.row().hook_key}/revoked", desk.account.consent
    before = len(desk.account.calls)
    assert await (consent.switches_off(address) if true else consent.tells_of_the_end(address)) == 200

    def proofs() -> list[str]:
        return [one.path for one in desk.account.calls[before:] if one.path == "/api/v4/account"]

    await eventually(lambda: proofs() and (desk.row().state, desk.row().code) == state)


async def test_what_a_manager_wrote_while_we_were_deaf_is_caught_up(desk: AmoOffice) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    desk.account.misbehaviour.drop_hooks = 1
    await desk.account.manager_writes(desk.chat, "Перезвоним")
    await desk.account.settled()
    assert await desk.received() == []
    desk.company.write(lambda tx: links.ask_catch_up(tx, desk.link))
    await desk.client_gets(1)
    assert desk.company.read(crm_intake.dead) == []


async def test_of_a_message_to_begin_with_that_was_written_while_we_were_deaf_its_author_is_told(
    desk: AmoOffice,
) -> None:
    desk.account.misbehaviour.drop_hooks = 1
    [source] = desk.account.sources
    chat = await desk.account.writes_first("Пишу первой", source=source.external_id, phone="+79167654321")
    await desk.account.settled()
    desk.company.write(lambda tx: links.ask_catch_up(tx, desk.link))
    [written] = chat.messages
    await eventually(lambda: written.status == -1)
    assert "Write it once more" in written.error


async def test_a_message_that_comes_while_a_look_for_an_earlier_one_is_open_waits_behind_it(desk: AmoOffice) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    chat, account = desk.chat, desk.account
    account.misbehaviour.drop_hooks = 1
    await account.manager_writes(chat, "Раз")
    await account.settled()
    account.misbehaviour.slow["GET /v2/*/history"] = 0.5
    looked = len([one for one in account.calls if one.path.endswith("/history")])
    desk.company.write(lambda tx: links.ask_catch_up(tx, desk.link))
    await eventually(lambda: len([one for one in account.calls if one.path.endswith("/history")]) > looked)
    await account.manager_writes(chat, "Два")
    await desk.client_gets(2)
    assert await desk.received() == ["Раз", "Два"]


async def test_a_message_for_a_channel_that_is_detached_is_told_to_its_author_and_goes_out_once_a_person_says_so(
    desk: AmoOffice,
) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    [pairing] = desk.company.read(lambda tx: pairings.of_link(tx, desk.link))
    desk.company.write(lambda tx: pairings.detach(tx, pairing))
    await eventually(lambda: not desk.account.sources)
    written = await desk.account.manager_writes(desk.chat, "Перезвоним")
    await eventually(lambda: (written.status, written.error_code) == (-1, 902))
    desk.account.misbehaviour.refuse["GET /attachments/*"] = (404, "")
    file = StageFile(name="счёт.pdf", content=b"%PDF", mime="application/pdf")
    lost = await desk.account.manager_writes(desk.chat, media=file)
    await eventually(lambda: lost.status == -1)
    assert desk.row().state == LinkState.OK
    letter, _ = desk.company.read(crm_intake.dead)
    row = desk.company.read(lambda tx: channels.one(tx, desk.channel))
    await attached(desk.company, desk.row(), row, SALES, {})
    desk.company.write(lambda tx: crm_intake.revive(tx, letter.id))
    await desk.client_gets(1)
    assert await desk.received() == ["Перезвоним"]


async def test_a_slow_file_holds_up_only_its_own_chat(desk: AmoOffice) -> None:
    await desk.bot.say(ANNA, "Я Анна")
    await desk.bot.say(OLEG, "Я Олег")
    await eventually(lambda: len(desk.shown()) == 2)
    by_words = {chat.messages[0].text: chat for chat in desk.account.chats}
    desk.account.misbehaviour.slow["GET /attachments/*"] = 600.0
    file = StageFile(name="счёт.pdf", content=b"%PDF", mime="application/pdf")
    await desk.account.manager_writes(by_words["Я Анна"], media=file)
    await desk.account.manager_writes(by_words["Я Анна"], "Это счёт")
    await desk.account.manager_writes(by_words["Я Олег"], "Готово")

    async def got() -> bool:
        return [one.text for one in await desk.bot.heard(OLEG)] == ["Готово"]

    await eventually(got)
    assert await desk.received() == []


async def test_a_message_that_does_not_reach_the_client_is_told_to_its_author_with_the_reason(desk: AmoOffice) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    await desk.bot.block(ANNA)
    written = await desk.account.manager_writes(desk.chat, "Вы здесь?")
    await eventually(lambda: written.status == -1)
    assert (written.error_code, bool(written.error)) == (905, True)


async def test_a_reply_of_the_client_names_the_managers_message(desk: AmoOffice) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    written = await desk.account.manager_writes(desk.chat, "Красный или синий?")
    await desk.client_gets(1)
    chat = desk.bot.town.private(ANNA)
    got = list(chat.messages.values())[-1]
    await desk.bot.arrive(chat, ANNA, {"text": "Красный", "reply_to_message": got})
    await desk.sees("Здравствуйте", "Красный или синий?", "Красный")
    assert desk.chat.messages[-1].reply_to == written.id


async def test_a_reply_of_the_manager_names_the_clients_message_and_one_of_their_own(desk: AmoOffice) -> None:
    await desk.bot.say(ANNA, "Здравствуйте")
    await desk.sees("Здравствуйте")
    [first] = desk.chat.messages
    second = await desk.account.manager_writes(desk.chat, "Слушаю", reply_to=first)
    await desk.client_gets(1)
    await desk.account.manager_writes(desk.chat, "И?", reply_to=second)
    await desk.client_gets(2)
    (dialog,) = the_dialogs(desk.company)
    hello, listening, more = [one.message for one in desk.company.read(lambda tx: transcript.latest(tx, dialog.id))]
    assert [one.reply_to for one in (hello, listening, more)] == ["", hello.ext_id, listening.ext_id]


@pytest.mark.req("S-185")
async def test_channels_of_the_chosen_lines_are_switched_on_and_off_each_as_a_source_of_the_account(
    desk: AmoOffice,
) -> None:
    company, account = desk.company, desk.account

    def shown() -> dict[str, list[str]]:
        return {chat.source: [one.text for one in chat.messages] for chat in account.chats}

    async with sandbox("max") as other:
        line = company.write(lambda tx: lines.add(tx, "Сервис"))
        second = await bind(company, ScriptedAsker(other.answers), line=line, kind=other.kind)
        await eventually(lambda: company.read(partial(channels.one, channel=second)).health == "ok")
        sales_row, service_row = [company.read(partial(channels.one, channel=one)) for one in (desk.channel, second)]
        [sales] = [one.external_id for one in account.sources]
        await desk.bot.say(ANNA, "В продажи")
        await other.say(OLEG, "Не включено")
        await eventually(lambda: shown() == {sales: ["В продажи"]} and len(the_dialogs(company)) == 2)
        await attached(company, desk.row(), service_row, str(SERVICE), {})
        await eventually(lambda: len(account.sources) == 2)
        service = next(one for one in account.sources if one.external_id != sales)
        assert (service.pipeline, service.name.startswith("MAX: ")) == (SERVICE, True)
        await other.say(OLEG, "В сервис")
        await eventually(lambda: shown() == {sales: ["В продажи"], service.external_id: ["В сервис"]})
        rows = company.read(lambda tx: pairings.of_link(tx, desk.link))
        switched_off = next(one for one in rows if one.line == sales_row.line)
        company.write(lambda tx: pairings.detach(tx, switched_off))
        await eventually(lambda: account.sources == [service])
        await desk.bot.say(ANNA, "Выключено")
        await other.say(OLEG, "Включено")
        await eventually(lambda: shown()[service.external_id] == ["В сервис", "Включено"])
        assert shown()[sales] == ["В продажи"]
        await attached(company, desk.row(), sales_row, SALES, {})
        await eventually(lambda: len(account.sources) == 2)
        await desk.bot.say(ANNA, "Снова включено")
        await eventually(lambda: any("Снова включено" in texts for texts in shown().values()))


async def test_an_unpaid_tariff_stops_the_link_and_what_waits_is_told_when_it_is_paid(desk: AmoOffice) -> None:
    desk.account.misbehaviour.payment = True
    await desk.bot.say(ANNA, "раз")
    await eventually(lambda: desk.row().state == LinkState.PAYMENT, seconds=30)
    assert desk.shown() == []
    desk.account.misbehaviour.payment = False
    desk.company.write(lambda tx: links.resume(tx, desk.link))
    await desk.sees("раз")


async def test_without_a_chat_channel_a_conversation_is_notes_and_a_note_answers(plain: AmoOffice) -> None:
    await plain.bot.say(ANNA, "Здравствуйте")
    await eventually(lambda: bool(plain.account.notes))
    [lead] = plain.account.leads.values()
    await plain.account.staff.notes(lead, "> Добрый день!")
    await plain.client_gets(1)
    assert await plain.received() == ["Добрый день!"]
    await eventually(lambda: plain.company.read(ledger.everything) == [])
    assert plain.texts() == ["Здравствуйте", "Добрый день!"]


@asynccontextmanager
async def the_day_after(company: Company) -> AsyncIterator[AsyncStore]:
    """Another process of the same desk, a day later."""
    clock = HeldClock(company.world.clock.now() + 86_400_000)
    later = open_company(company.settings, replace(company.world, clock=clock))
    store = AsyncStore(later)
    try:
        yield store
    finally:
        await store.aclose()
        later.close()


@pytest.mark.req("S-188", part="pipeline, stage, fields, responsible of leads in amoCRM")
async def test_what_is_written_after_the_pipeline_was_deleted_goes_out_in_order_once_the_channel_has_another(
    plain: AmoOffice,
) -> None:
    sales, service = plain.account.pipelines
    sales.main, service.main = False, True
    plain.account.pipelines.remove(sales)
    for who, text in ((ANNA, "раз"), (OLEG, "два"), (ANNA, "три")):
        await plain.bot.say(who, text)
    await eventually(lambda: [(one.code, one.held) for one in plain.paired()] == [("place_gone", 1)])
    await eventually(lambda: (plain.row().waiting, plain.row().refused) == (3, 0))
    assert plain.row().state == LinkState.OK
    assert sum(call.path.startswith("/api/v4/leads") and call.method == "POST" for call in plain.account.calls) <= 2
    row = plain.company.read(lambda tx: channels.one(tx, plain.channel))
    await attached(plain.company, plain.row(), row, str(service.id), {})
    await eventually(lambda: plain.company.read(ledger.everything) == [])
    written = [(one.card, one.params["text"].rpartition("\n")[2]) for one in plain.account.notes]
    annas = written[0][0] if written[0][1] == "раз" else written[1][0]
    assert [text for lead, text in written if lead == annas] == ["раз", "три"]
    assert [(lead.pipeline, len(written)) for lead in plain.account.leads.values()] == [(service.id, 3)] * 2


@pytest.mark.req("S-188")
async def test_a_lead_lands_where_the_rules_say_and_a_field_that_was_deleted_costs_itself_and_is_told(
    either: AmoOffice,
) -> None:
    desk, company, account, row = either, either.company, either.account, either.row()
    manager = max(account.users)
    outcome = RuleOutcome(
        pipeline="Сервис", stage="Переговоры", fields={"Линия": "Бот", "Диалог": "https://shop.example"},
        tags=["опт"], way=ResponsibleWay.FIXED, employees=["Борис Лисин"],
    )  # fmt: skip
    await kept.add(company, row, "Опт", {"words": ["опт"]}, outcome)
    account._desk.office.fields = [one for one in account._desk.office.fields if one.name != "Диалог"]
    await desk.bot.say(ANNA, "Продаёте оптом?")
    await eventually(lambda: company.read(ledger.everything) == [] and bool(account.leads))
    (lead,) = account.leads.values()
    assert (lead.pipeline, lead.status, lead.responsible) == (SERVICE, 33930755, manager)
    assert [values[0]["value"] for values in lead.values.values()] == ["Бот"]
    assert "опт" in lead.tags
    async with the_day_after(company) as store, own_session(company, row) as session:
        watch = RuleWatch(store, row.id)
        await watch.look(session)
        asked = len(account.calls)
        await watch.look(session)
        await RuleWatch(store, row.id).look(session)
    assert len(account.calls) == asked
    (rule,) = company.read(lambda tx: crm_rules.everything(tx, row.id))
    assert str(rule.trouble) == "Not in the CRM any more: field Диалог."
    said = company.read(lambda tx: link_faults.of_links(tx, manifest))
    assert [(key[1], str(fault.text)) for key, fault in said.items()] == [
        (f"{row.id} rule {rule.id}", "Rule Опт: Not in the CRM any more: field Диалог."),
    ]  # fmt: skip


def told_of(company: Company, text: str) -> bool:
    """Whether a client has written this, and the account was told everything."""
    newest = [company.read(lambda tx, one=one: transcript.latest(tx, one.id))[-1] for one in the_dialogs(company)]
    return text in {one.message.text for one in newest} and company.read(ledger.everything) == []


@pytest.mark.req("S-016", part="deals and contacts in amoCRM")
async def test_each_client_who_writes_becomes_a_contact_with_one_lead_however_much_they_write(
    either: AmoOffice,
) -> None:
    for who, text in ((ANNA, "Здравствуйте"), (OLEG, "Есть доставка?"), (ANNA, "Сколько стоит?")):
        await either.bot.say(who, text)
        await eventually(partial(told_of, either.company, text))
    leads, contacts = either.account.leads, either.account.contacts
    names = {contacts[lead.contacts[0]].name: (lead.pipeline, len(lead.contacts)) for lead in leads.values()}
    assert names == {"Анна": (int(SALES), 1), "Олег": (int(SALES), 1)}
    assert (len(leads), len(contacts)) == (2, 2)
