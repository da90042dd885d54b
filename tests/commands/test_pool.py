"""Several bots on one line, as a person binds them and sends clients to them (S-069)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.telegram_bot.server import TelegramBotSandbox
from chatapp_cli.services import channels
from chatapp_cli.store.tx import Tx
from tests.commands.conftest import Program, Shell, elsewhere


@pytest.fixture
def telegram() -> Iterator[list[str]]:
    """The answers that bind the one bot of the sandbox."""
    with elsewhere() as loop:
        running = Program(TelegramBotSandbox(), loop)  # type: ignore[arg-type]
        running.do(running.sandbox.__aenter__())
        yield running.answers
        running.do(running.sandbox.vanish())


def a_bot_is_bound(company: Company, line: LineId) -> ChannelId:
    bound = Bound(account="77", title="@first_bot", facts={"Link": "https://t.me/first_bot"})

    def keep(tx: Tx) -> ChannelId:
        return channels.save(tx, company.vault, bound, line=line, kind="telegram_bot")

    return company.write(keep)


@pytest.mark.req("S-069", part="pools of accounts")
def test_a_second_bot_joins_the_line_and_a_blocked_one_gets_no_clients(
    chatapp: Shell, telegram: list[str], company: Company
) -> None:
    chatapp("line", "add", "Магазин")
    first = a_bot_is_bound(company, LineId(1))
    second = int(chatapp("line", "bind", "telegram_bot", "--another", *telegram).out)
    unclear = chatapp.run("line", "bind", "telegram_bot", *telegram)
    assert (unclear.code, unclear.err.splitlines()) == (
        2,
        ["telegram_bot is bound several times.", "→ Add one with --another, or renew one with --renew: 1, 2"],
    )
    assert chatapp.run("line", "bind", "1", "--renew", "99").err.startswith("No channel 99 is bound here.")
    assert chatapp("line", "bind", "1", "--renew", second, *telegram).out == f"{second}\n"
    company.write(lambda tx: channels.set_health(tx, first, "needs_rebind", "revoked"))
    invited = chatapp("line", "invite", "Магазин", "--json").json
    assert [(one["channel"], one["takes"]) for one in invited["accounts"]] == [(second, True), (first, False)]
    assert chatapp("line", "invite").out == f"{invited['link']}\n"
    assert "Магазин, telegram_bot: 1 of 2 accounts work" in chatapp.run("doctor").out


def test_a_kind_without_a_pool_takes_no_second_account(chatapp: Shell, program: Program, bound: int) -> None:
    target = chatapp.run("line", "bind", "api", "--another", *program.answers)
    assert (target.code, target.err.splitlines()[0]) == (1, "A line has only one API.")
