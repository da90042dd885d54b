"""What was written before a pairing is shown in the account once and silently, also if ``serve`` is killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.stage import Customer
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.services import crm_history, ledger
from tests.daemons import Serving
from tests.rehearsals.kill import free_port
from tests.runtime.amo_desk import ANNA, AmoChannel, begun
from tests.runtime.desk import eventually, serving, the_dialogs
from tests.sandbox.amocrm.schema import problems

OLEG = Customer(number=102, name="Олег", username="oleg")
PAST = [str(n) for n in range(12)]


@pytest.fixture
async def desk(tmp_path: Path, empty_store: Path) -> AsyncIterator[tuple[Serving, AmoChannel]]:
    """A desk with a past, linked and paired; no daemon runs."""
    home, port = tmp_path / "home", free_port()
    home.joinpath("main").mkdir(parents=True)
    shutil.copy(empty_store, home / "main" / "chatapp.db")
    daemons = Serving(home, port=port)
    company = daemons.company()
    try:
        async with VkSandbox() as town, Account(rate=50.0, clock=daemons.clock) as account:
            async with serving(company):
                found = await begun(company, town, account, f"http://127.0.0.1:{port}")
                for text in PAST:
                    await town.say(ANNA if int(text) % 3 else OLEG, text)
                await eventually(lambda: sum(one.unread for one in the_dialogs(company)) == len(PAST))
                await found.pair()
            yield daemons, found
            await account.settled()
            assert problems(account) == []
    finally:
        company.close()


async def test_each_message_is_shown_once_in_order_without_a_lead_though_the_daemon_is_killed_again_and_again(
    desk: tuple[Serving, AmoChannel],
) -> None:
    daemons, found = desk
    assert found.account.chats == []
    fault, event = found.account.misbehaviour, f"POST /v2/origin/custom/{found.account.channel.scope_id}"
    code, said = await daemons.chatapp("crm", "history", "start", str(found.channel))
    assert (code, said.splitlines()[0].endswith(": messages from before that go to the CRM: 12.")) == (0, True), said
    for faults, value in ((fault.slow, 30.0), (fault.lose_after, 1)):
        async with daemons.child() as daemon:
            before = len(found.shown())
            faults[event] = value  # type: ignore[assignment]
            await eventually(lambda: len(found.shown()) > before)  # noqa: B023
            await daemon.kill()
        fault.slow.clear()
    async with daemons.child():
        await found.town.say(ANNA, "Сейчас")
        await eventually(lambda: len(found.shown()) == len(PAST) + 1, seconds=30)
        await eventually(lambda: found.company.read(ledger.everything) == [], seconds=30)
    code, listed = await daemons.chatapp("crm", "history", "list", "--json")
    [row] = json.loads(listed)
    assert (code, row["shown"], row["total"], row["done"]) == (0, 12, 12, True)
    by_client = {chat.person.name: [one.text for one in chat.messages if one.silent] for chat in found.account.chats}
    assert by_client == {
        "Анна Петрова": [one for one in PAST if int(one) % 3],
        "Олег": [one for one in PAST if not int(one) % 3],
    }
    assert [one.text for chat in found.account.chats for one in chat.messages if not one.silent] == ["Сейчас"]
    assert len(found.account.unsorted) == 1
    assert found.company.read(lambda tx: crm_history.is_running(tx, found.link)) is False
