"""Bots of an amoCRM account that have a desk send messages, and go on once, whatever happens."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.runtime import crm_commands
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.sms import SmsSandbox
from chatapp_cli.sandbox.stage import Customer, StageFile
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.services import crm_intake, links
from tests.daemons import Serving
from tests.rehearsals.kill import free_port
from tests.runtime.bot_desk import BotDesk, begun
from tests.runtime.desk import eventually, serving, the_dialogs
from tests.sandbox.amocrm.schema import problems

PNG = b"\x89PNG\r\n\x1a\n"
ANNA, OLEG = "+7 916 123-45-67", "+79167654321"
TO_ANNA, TO_OLEG = ("79161234567", "Заказ готов"), ("79167654321", "Заказ готов")


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[BotDesk]:
    company = companies(http_port=0)
    async with SmsSandbox() as gateway, Account(rate=50.0) as account, serving(company) as address:
        desk = await begun(company, gateway, account, address)
        yield desk
        await account.settled()
        assert problems(account) == []


@pytest.mark.req("S-193", part="the main contact of the deal")
async def test_a_bot_has_the_main_contact_written_to_and_goes_on_by_success(desk: BotDesk) -> None:
    lead = await desk.deal(desk.person("Анна", ANNA), desk.person("Олег", OLEG))
    await desk.ends(await desk.runs(lead), "success")
    assert desk.received() == [TO_ANNA]
    await eventually(desk.owes_nothing)


@pytest.mark.req("S-193", part="all contacts of the deal")
async def test_everybody_gets_it_once_and_one_who_cannot_be_reached_takes_the_other_exit(desk: BotDesk) -> None:
    lead = await desk.deal(desk.person("Нина"), desk.person("Анна", ANNA), desk.person("Олег", OLEG))
    run = await desk.runs(lead, contact_choice="all")
    await desk.ends(run, "fail", "Нина has no dialog here, and no address that can be written to.")
    assert sorted(desk.received()) == [TO_ANNA, TO_OLEG]


@pytest.mark.req("S-193", part="a particular user by number")
async def test_an_own_contact_stands_in_for_those_of_the_deal(desk: BotDesk) -> None:
    lead = await desk.deal(desk.person("Анна", ANNA))
    await desk.ends(await desk.runs(lead, contact_value="8 (916) 765-43-21"), "success")
    assert desk.received() == [TO_OLEG]


async def test_a_replayed_request_sends_nothing_and_leads_nowhere(desk: BotDesk) -> None:
    lead = await desk.deal(desk.person("Анна", ANNA))
    run = await desk.runs(lead)
    await desk.ends(run, "success")
    again = desk.account._desk.bots.request(run)
    desk.account._desk.bots._claims = lambda *_: run.claims  # type: ignore[method-assign]
    second = await desk.runs(lead, template="Ещё")
    assert again["token"] == desk.account._desk.bots.request(second)["token"]
    await desk.account.settled()
    await eventually(desk.owes_nothing)
    assert (desk.received(), second.state) == ([TO_ANNA], "waiting")


async def test_a_step_whose_contacts_are_told_late_holds_up_no_other(desk: BotDesk) -> None:
    leads = [await desk.deal(desk.person("Анна", ANNA)) for _ in range(2)]
    desk.account.misbehaviour.slow["GET /api/v4/leads/*"] = 600.0
    slow = await desk.runs(leads[0])
    await desk.ends(await desk.runs(leads[1], contact_value=OLEG), "success")
    assert (slow.state, desk.received()) == ("waiting", [TO_OLEG])


async def test_a_deal_that_is_gone_and_a_file_inside_send_nothing(desk: BotDesk) -> None:
    lead = await desk.deal(desk.person("Анна", ANNA))
    run = await desk.runs(lead, file="gopher://127.0.0.1/x")
    await desk.ends(run, "fail", "This is no link to a file.")
    await desk.account.staff.deletes_deal(lead)
    run = await desk.runs(lead)
    gone = "The card on which the bot works is gone, or has no contacts that can be read."
    await desk.ends(run, "fail", f"{gone} (deal:{lead})")
    assert desk.received() == []
    assert desk.company.read(crm_intake.dead) == []


async def test_what_is_not_sent_by_the_deadline_takes_the_exit_for_errors_and_is_not_sent_later(
    desk: BotDesk,
) -> None:
    lead = await desk.deal(desk.person("Анна", ANNA))
    desk.account.misbehaviour.refuse["GET /api/v4/leads/*"] = (500, "Server Error")
    run = await desk.runs(lead)
    desk.time_passes(9)
    assert run.state == "waiting"
    desk.time_passes(1)
    desk.account.misbehaviour.refuse.clear()
    desk.company.write(lambda tx: links.resume(tx, desk.link))
    await desk.ends(run, "fail", "Not everything was sent in time.")
    await eventually(desk.owes_nothing)
    assert desk.received() == []


@pytest.mark.req("S-194")
@pytest.mark.req("S-192")
async def test_a_message_with_an_image_goes_to_the_dialog_of_the_main_contact_by_a_link_or_an_upload(
    companies: Callable[..., Company],
) -> None:
    company, anna = companies(http_port=0), Customer(number=101, name="Анна", username="anna")
    async with TelegramBotSandbox() as bot, Account(rate=50.0) as account, serving(company) as address:
        desk = await begun(company, bot, account, address)
        await bot.say(anna, "Здравствуйте")
        await eventually(lambda: [len(chat.messages) for chat in account.chats] == [1])
        lead = await desk.deal(desk.person("Анна Петрова"))
        account.chats[0].person.contact = account.leads[lead].contacts[0]
        image = account.chat_server.keep("ёлка", StageFile(name="ёлка.png", content=PNG, mime="image/png"))
        await desk.ends(await desk.runs(lead, file=image), "success")
        [heard] = await bot.heard(anna)
        assert (heard.text, [file.content for file in heard.files]) == ("Заказ готов", [PNG])
        where, token = f"{account.widget_url.removesuffix('salesbot')}file", account.consent.widget_token(55, address)
        status, said = await account.browser.uploads(where, "сосна.png", PNG + b"2", user=55, token=token)
        assert status == 200
        for again in (token, f"{token}x"):
            assert await account.browser.uploads(where, "2.png", PNG, user=55, token=again) == (403, None)
        await desk.ends(await desk.runs(lead, file=said["url"]), "success")
        sent = (await bot.heard(anna))[-1]
        assert [(file.name, file.content) for file in sent.files] == [("сосна.png", PNG + b"2")]
        gone = said["url"].replace("/file/", "/file/0000")[: len(where) + 25]
        why = "The file that was uploaded for the bot's step is not kept any more."
        await desk.ends(await desk.runs(lead, file=gone), "fail", why)
        assert len(await bot.heard(anna)) == 2
        await account.settled()
        assert problems(account) == []


@pytest.mark.req("S-190")
@pytest.mark.req("S-016", part="bots of amoCRM")
async def test_a_trigger_at_a_stage_has_the_exported_bot_write_once_for_each_deal_and_answers_nobody(
    companies: Callable[..., Company],
) -> None:
    company, anna, oleg = companies(http_port=0), Customer(number=101, name="Анна"), Customer(number=102, name="Олег")
    async with TelegramBotSandbox() as bot, Account(rate=50.0) as account, serving(company) as address:
        desk = await begun(company, bot, account, address)
        for who in (anna, oleg):
            await bot.say(who, "Здравствуйте")
        await eventually(lambda: [len(chat.messages) for chat in account.chats] == [1, 1])
        told = await crm_commands.definition(company, desk.row())
        asked = told["bot"][0]["question"][0]["params"]
        assert asked["url"] == account.widget_url
        assert {one["label"]: one["value"] for one in told["trigger"]["fields"]} == {
            "Для всех сделок, у которых": "", "Выполнить": "После перехода в этап", "Работает": "Всегда",
            "Оставлять сообщение непрочитанным": "on", "Применить триггер к текущим сделкам в статусе": "",
        }  # fmt: skip
        there, comes, nobody = [
            await desk.deal(*some) for some in ([desk.person("А")], [desk.person("О")], [desk.person("Н")])
        ]
        for lead, chat in ((there, account.chats[0]), (comes, account.chats[1])):
            chat.person.contact = account.leads[lead].contacts[0]
        stage = account.pipelines[0].stages[-3].id
        await account.moves(there, stage)
        await account.staff.adds_trigger(stage, {**asked["data"], "template": "Заказ готов"}, current=True)
        for lead in (comes, comes, nobody):
            await account.moves(lead, stage)
        runs = {run.card: run for run in account.bot_runs}
        assert [run.card for run in account.bot_runs] == [there, comes, nobody]
        await desk.ends(runs[there], "success")
        await desk.ends(runs[comes], "success")
        await desk.ends(runs[nobody], "fail", "Н has no dialog here, and no address that can be written to.")
        assert [[one.text for one in await bot.heard(who)] for who in (anna, oleg)] == [["Заказ готов"]] * 2
        assert all(dialog.waiting_since for dialog in the_dialogs(company))
        await account.settled()
        assert problems(account) == []


@pytest.fixture
async def killed(tmp_path: Path, empty_store: Path) -> AsyncIterator[tuple[Serving, BotDesk]]:
    """The same desk, whose daemon is a process of its own; none runs."""
    home, port = tmp_path / "home", free_port()
    home.joinpath("main").mkdir(parents=True)
    shutil.copy(empty_store, home / "main" / "chatapp.db")
    daemons = Serving(home, port=port)
    company = daemons.company()
    try:
        async with SmsSandbox() as gateway, Account(rate=50.0, clock=daemons.clock) as account:
            async with serving(company):
                desk = await begun(company, gateway, account, f"http://127.0.0.1:{port}")
            yield daemons, desk
            assert problems(account) == []
    finally:
        company.close()


async def test_a_killed_daemon_and_an_outage_do_not_let_a_bot_hang_and_it_hears_one_word(
    killed: tuple[Serving, BotDesk],
) -> None:
    daemons, desk = killed
    lead = await desk.deal(desk.person("Анна", ANNA))
    fault = desk.account.misbehaviour
    async with daemons.child() as daemon:
        await desk.listens()
        fault.refuse["GET /api/v4/leads/*"] = (503, "Service Unavailable")
        run = await desk.runs(lead)
        await daemon.kill()
    await desk.account.vanish()
    fault.refuse.clear()
    async with daemons.child() as daemon:
        await eventually(lambda: desk.row().state == LinkState.LIMITED)
        await daemon.kill()
    await desk.account.come_back()
    path = run.return_url.removeprefix(desk.account.address)
    fault.slow[f"POST {path}"] = 2.0
    async with daemons.child() as daemon:
        await eventually(lambda: run.state == "continued", seconds=30)
        await daemon.kill()
    fault.slow.clear()
    async with daemons.child():
        await eventually(desk.owes_nothing, seconds=30)
    assert (run.result, desk.received()) == ({"status": "success", "detail": ""}, [TO_ANNA])
    assert [one.status for one in desk.account.calls if one.path == path] == [202, 404]


async def test_a_bot_that_asked_before_a_long_outage_goes_on_by_the_exit_for_errors_after_it(
    killed: tuple[Serving, BotDesk],
) -> None:
    daemons, desk = killed
    lead = await desk.deal(desk.person("Анна", ANNA))
    fault = desk.account.misbehaviour
    async with daemons.child() as daemon:
        await desk.listens()
        fault.refuse["GET /api/v4/leads/*"] = (503, "Service Unavailable")
        run = await desk.runs(lead)
        await daemon.kill()
    await desk.account.vanish()
    daemons.clock.move(passed=20 * 60_000)
    assert desk.account.overdue_bots == [run]
    fault.refuse.clear()
    await desk.account.come_back()
    async with daemons.child():
        await desk.ends(run, "fail", "Не всё удалось отправить вовремя.")
        await eventually(desk.owes_nothing)
    assert desk.received() == []


async def test_the_widget_that_a_command_builds_calls_the_daemon_and_what_the_account_is_owed_can_be_seen(
    killed: tuple[Serving, BotDesk], tmp_path: Path
) -> None:
    daemons, desk = killed
    archive = tmp_path / "widget.zip"
    lead = await desk.deal(desk.person("Анна", ANNA))
    async with daemons.child():
        code, said = await daemons.chatapp("crm", "amo", "widget", "build", "--output", str(archive))
        assert (code, said.splitlines()[0]) == (0, f"Built: {archive}")
        code, told = await daemons.chatapp("crm", "amo", "bot", "export")
        step = json.loads(told)
        assert code == 0
        url = step["bot"][0]["question"][0]["params"]["url"]
        with zipfile.ZipFile(archive) as kept:
            assert url.encode() in kept.read("script.js")
        desk.account.widget_url = url
        desk.account.misbehaviour.refuse["GET /api/v4/leads/*"] = (503, "Service Unavailable")
        await desk.listens()
        run = await desk.runs(lead)
        code, waiting = await daemons.chatapp("crm", "outbox", "list", "--json")
        assert (code, [(one["act"], one["state"]) for one in json.loads(waiting)]) == (0, [("continue", "waiting")])
        desk.account.misbehaviour.refuse.clear()
        await desk.ends(run, "success")
    lines = step["fields"][0]["choices"]
    assert [one["label"] for one in lines] == ["Автоматическое определение", "Продажи"]
