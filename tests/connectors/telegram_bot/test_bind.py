"""Binding by token: what is asked, what is shown, what is kept, and what never is."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chatapp_cli.domain.errors import ChannelError, Retryable, UsageError
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector, FetchesFiles, Session
from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.telegram_bot import TelegramBotSandbox
from chatapp_cli.sandbox.telegram_bot.server import TOKEN, Fault
from chatapp_cli.sandbox.telegram_bot.town import BOT, BOT_ID
from tests.contract.connector_contract import ANNA, ScriptedAsker

MEGABYTE = 1024 * 1024
PAPER = StageFile(name="a.pdf", mime="application/pdf", content=b"own")


@pytest.mark.req("S-060")
async def test_the_token_is_asked_as_a_secret_with_the_way_to_get_it(
    connector: Connector, sandbox: TelegramBotSandbox
) -> None:
    asker = ScriptedAsker(sandbox.answers)
    await connector.bind(asker)
    (form,) = asker.forms
    assert form.fields[0].secret
    assert "@BotFather" in str(form.intro[0])


@pytest.mark.req("S-061")
def test_the_line_shows_the_bots_name_username_and_link(bound: Bound) -> None:
    assert bound.title == "@yolki_bot"
    assert bound.account == str(BOT_ID)
    assert bound.facts == {
        "Name": BOT["first_name"],
        "Username": "@yolki_bot",
        "Link": "https://t.me/yolki_bot",
        "Token": f"{BOT_ID}:…",
        "Can be added to groups": "yes",
        "Reads everything in groups": "no",
    }


async def test_a_wrong_answer_is_asked_again_with_everything_else_kept(
    connector: Connector, sandbox: TelegramBotSandbox
) -> None:
    asker = ScriptedAsker({**sandbox.answers, "token": "1:of-nobody"})
    with pytest.raises(UsageError):
        await connector.bind(asker)
    assert asker.forms[1].values["api_url"] == sandbox.url
    assert "does not know this token" in asker.blamed["token"]


async def test_a_rebind_keeps_the_webhooks_address_and_refuses_another_bot(
    connector: Connector, sandbox: TelegramBotSandbox, bound: Bound
) -> None:
    again = await connector.bind(ScriptedAsker({"token": TOKEN, "intake": "polling", **bound.settings}), previous=bound)
    assert (again.hook_key, again.secrets, again.cursor) == (bound.hook_key, bound.secrets, None)
    other = Bound(account="1", title="@other_bot", secrets=bound.secrets, hook_key="k")
    asker = ScriptedAsker(sandbox.answers)
    with pytest.raises(UsageError):
        await connector.bind(asker, previous=other)
    assert "another bot" in asker.blamed["token"]


@pytest.mark.req("C-05")
@pytest.mark.req("S-066")
async def test_an_own_server_lifts_telegrams_limits_up_to_ours(
    connector: Connector, bound: Bound, own_server: TelegramBotSandbox
) -> None:
    lifted = await connector.bind(ScriptedAsker(own_server.answers))
    can = manifest("telegram_bot").capabilities
    assert (can.max_upload, can.max_download) == (50 * MEGABYTE, 20 * MEGABYTE)
    assert bound.capabilities == {}
    assert lifted.capabilities == {"max_upload": 60 * MEGABYTE, "max_download": 60 * MEGABYTE}


async def test_an_own_server_hands_files_over_in_a_shared_folder(
    connector: Connector, own_server: TelegramBotSandbox, tmp_path: Path
) -> None:
    bound = await connector.bind(ScriptedAsker(own_server.answers))
    await own_server.say(ANNA, "", files=[PAPER])
    async with connector.open(ChannelId(1), bound) as session:
        assert isinstance(session, FetchesFiles)
        await session.fetch("file-1", tmp_path / "taken")
        assert (tmp_path / "taken").read_bytes() == b"own"
        own_server.town.lost.add("file-2")
        own_server.town.media("document", PAPER)
        with pytest.raises(Retryable, match="files_not_shared"):
            await session.fetch("file-2", tmp_path / "taken")


def every_word(error: BaseException) -> str:
    """Everything that a log, a report or a debugger could show of an error, whatever it hangs on."""
    linked = [error]
    while found := linked[-1].__cause__ or linked[-1].__context__:
        linked.append(found)
    return "".join(repr(one) + str(one) + repr(vars(one)) + "".join(traceback.format_exception(one)) for one in linked)


async def sent(session: Session) -> None:
    await session.send(Outbound(message_id=MessageId(1), key="k" * 32, address=str(ANNA.number), text="x"))


async def read(session: Session) -> None:
    await anext(aiter(session.events(None)))


async def fetched(session: Session) -> None:
    assert isinstance(session, FetchesFiles)
    await session.fetch("file-1", Path("/dev/null"))


@pytest.mark.parametrize("act", [sent, read, fetched])
@pytest.mark.parametrize("trouble", ["refusal that quotes it", "silence", "outage", "lost file", "nonsense"])
async def test_the_token_is_in_no_error_and_no_log(
    session: Session,
    sandbox: TelegramBotSandbox,
    caplog: pytest.LogCaptureFixture,
    act: Callable[[Session], Awaitable[None]],
    trouble: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    await sandbox.say(ANNA, "Здравствуйте")
    sandbox.town.media("document", PAPER)
    sandbox.town.lost.add("file-1")
    if trouble == "outage":
        await sandbox.vanish()
    for method in ("sendMessage", "getUpdates", "getFile"):
        if trouble == "refusal that quotes it":
            sandbox.faults.append(Fault(method, 400, f"Bad Request: wrong URL /bot{TOKEN}/x"))
        elif trouble in {"silence", "nonsense"}:
            sandbox.faults.append(Fault(method, 0 if trouble == "silence" else 599, "x"))
    try:
        await act(session)
        said = ""
    except ChannelError as error:
        said = every_word(error)
    assert TOKEN not in said
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(session)
