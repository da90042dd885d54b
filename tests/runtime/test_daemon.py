"""The whole way: a customer writes at the provider, an operator answers, the customer hears it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from chatapp_cli.api.server import serve
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import Busy
from chatapp_cli.domain.robot import RobotCode
from chatapp_cli.kit.manifests import manifests
from chatapp_cli.runtime.daemon import running
from chatapp_cli.runtime.lease import current_holder
from chatapp_cli.runtime.once import deliver
from chatapp_cli.sandbox.directory import has_sandbox
from chatapp_cli.sandbox.directory import sandbox as provider
from chatapp_cli.sandbox.stage import Sandbox
from chatapp_cli.services import channels, duties, runs
from chatapp_cli.services.runs import RunWanted
from tests.contract.connector_contract import ANNA
from tests.runtime.desk import answer, bound, call_here, eventually, serving, state_of, the_dialogs

KINDS = [kind for kind, one in manifests().items() if has_sandbox(kind) and not one.capabilities.answers_arrive_on]
OUT = {"sent", "delivered", "read"}


@pytest.fixture(params=KINDS)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    async with provider(request.param) as sandbox:
        yield sandbox


@pytest.mark.req("S-115")
@pytest.mark.req("S-111")
async def test_a_customer_writes_and_hears_the_answer(company: Company, sandbox: Sandbox) -> None:
    channel = await bound(company, sandbox)
    async with serving(company) as address:
        call_here(company, sandbox, channel, address)
        await sandbox.say(ANNA, "Есть ёлки?", subject="Заказ")
        (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
        assert (dialog.unread, dialog.preview) == (1, "Есть ёлки?")
        assert dialog.waiting_since is not None
        message = answer(company, channel, dialog, "Есть, двухметровые.")
        await eventually(lambda: state_of(company, message) in OUT)
        heard = await sandbox.heard(ANNA)
        assert [h.text.strip() for h in heard] == ["Есть, двухметровые."]
        (dialog,) = the_dialogs(company)
        assert (dialog.unread, dialog.waiting_since) == (0, None)
    health = company.read(lambda tx: channels.one(tx, channel))
    assert (health.health, health.proof_at is not None) == ("ok", True)


async def test_a_message_goes_out_without_a_daemon(company: Company, sandbox: Sandbox) -> None:
    channel = await bound(company, sandbox)
    async with serving(company) as address:
        call_here(company, sandbox, channel, address)
        await sandbox.say(ANNA, "Ау", subject="Заказ")
        (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
    message = answer(company, channel, dialog, "Слышу")
    await deliver(company, message, seconds=15)
    assert state_of(company, message) in OUT
    assert [h.text.strip() for h in await sandbox.heard(ANNA)] == ["Слышу"]


async def test_an_outage_is_told_and_healed_and_nothing_is_lost(company: Company, sandbox: Sandbox) -> None:
    channel = await bound(company, sandbox)
    async with serving(company) as address:
        call_here(company, sandbox, channel, address)
        await sandbox.say(ANNA, "раз", subject="Заказ")
        (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
        await sandbox.vanish()
        message = answer(company, channel, dialog, "ответ в бурю")
        await eventually(lambda: state_of(company, message) in {"queued", "uncertain"})
        assert the_dialogs(company)[0].last_state == state_of(company, message)
        await sandbox.come_back()
        await sandbox.say(ANNA, "два", subject="Заказ")
        await eventually(lambda: the_dialogs(company)[0].preview == "два", seconds=40)
        await eventually(lambda: state_of(company, message) in {*OUT, "uncertain"}, seconds=40)
    texts = [h.text.strip() for h in await sandbox.heard(ANNA)]
    assert texts.count("ответ в бурю") == (1 if state_of(company, message) == "sent" else texts.count("ответ в бурю"))


async def test_what_is_put_off_comes_back_by_itself_at_its_time(company: Company) -> None:
    async with provider("api") as sandbox, serving(company) as address:
        channel = await bound(company, sandbox)
        call_here(company, sandbox, channel, address)
        await sandbox.say(ANNA, "Спасибо, подумаю")
        (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
        company.write(lambda tx: duties.snooze(tx, dialog.id, tx.now + 300))
        assert the_dialogs(company) == []
        (back,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
    assert (back.id, back.snoozed_until, back.waiting_since) == (dialog.id, None, dialog.waiting_since)
    assert back.last_at >= dialog.last_at + 300


async def test_a_second_daemon_is_refused_and_names_the_first(companies: Callable[..., Company]) -> None:
    async with serving(companies()):
        with pytest.raises(Busy, match="process"):
            await serve(companies())


async def test_a_daemon_takes_over_from_a_command_that_is_sending_and_the_command_sees_it_through(
    companies: Callable[..., Company],
) -> None:
    company = companies()
    async with provider("telegram_bot") as sandbox:
        channel = await bound(company, sandbox)
        async with serving(company):
            await sandbox.say(ANNA, "Ау")
            (dialog,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
        await sandbox.vanish()
        message = answer(company, channel, dialog, "Слышу")
        sending_alone = asyncio.create_task(deliver(company, message, seconds=60))
        await eventually(lambda: current_holder(company))
        async with serving(companies()):
            await sandbox.come_back()
            await sending_alone
            assert state_of(company, message) in OUT
        assert [h.text for h in await sandbox.heard(ANNA)] == ["Слышу"]


async def test_what_is_late_is_given_up_before_a_channel_starts(company: Company) -> None:
    late = RunWanted(key="k", robot=RobotCode.SEND_MESSAGE, until=company.world.clock.now())
    company.write(lambda tx: runs.begin(tx, late))
    async with running(company, parts=()) as daemon:
        while not daemon.ready:
            await asyncio.sleep(0)
        [found] = company.read(runs.latest)
        assert found.state == runs.ENDED
