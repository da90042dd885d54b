"""Chains of channels at the shell: named for one message, or kept for a client."""

import pytest

from chatapp_cli.sandbox.api import ApiSandbox
from tests.commands.conftest import Program, Shell, Write


def test_a_chain_is_kept_shown_and_forgotten(chatapp: Shell) -> None:
    assert chatapp("contact", "chain", "+7 916 123-45-67", "1,api").err == "The chain of +7 916 123-45-67 is kept.\n"
    (kept,) = chatapp("contact", "chain", "+79161234567", "--json").json
    assert (kept["phone"], kept["chain"]) == ("+79161234567", ["telegram_bot", "api"])
    assert chatapp("contact", "chain", str(kept["id"])).rows[0][-1] == "telegram_bot → api"
    chatapp("contact", "chain", "+79161234567", "--off")
    assert chatapp("contact", "chain", "+79161234567", "--json").json[0]["chain"] == []


def test_the_card_of_a_client_tells_the_chain(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    chatapp("contact", "chain", "client-7", "api,email")
    assert ["Chain", "api → email"] in chatapp("dialog", "show", "1").rows
    assert chatapp("dialog", "show", "1", "--json").json["chain"] == "api,email"


def test_nobody_and_no_such_channel_are_told(chatapp: Shell) -> None:
    assert chatapp.run("contact", "chain", "client-7", "api").err.startswith("Nobody is known at client-7.")
    assert chatapp.run("contact", "chain", "99").err.startswith("There is no contact 99.")
    target = chatapp.run("contact", "chain", "+79161234567", "api,pigeon")
    assert (target.code, target.err.splitlines()[0]) == (1, "There is no kind of channel pigeon.")


def test_send_takes_the_kept_chain_and_steps_over_what_is_not_bound(
    chatapp: Shell, program: Program, client_writes: Write
) -> None:
    client_writes("Сколько стоит ель?")
    missing = chatapp.run("send", "client-7", "--text", "900 рублей")
    assert (missing.code, missing.err.splitlines()[1]) == (
        2,
        "→ Name it, or keep a chain for the client: chatapp contact chain client-7 CHANNELS",
    )
    chatapp("contact", "chain", "client-7", "telegram_bot,api")
    assert chatapp("send", "client-7", "--text", "900 рублей", "--json").json["state"] == "sent"
    assert program.heard == ["900 рублей"]


def test_a_message_that_is_refused_goes_on_to_the_next_channel_and_says_so(
    chatapp: Shell, program: Program, bound: int
) -> None:
    chatapp("line", "add", "Склад")
    till = Program(ApiSandbox(), program.loop)
    program.do(till.sandbox.__aenter__())
    till.sandbox.firewall = "Готово"
    second = chatapp("line", "bind", "api", "--line", "Склад", *till.answers, "--set", "name=Касса").out.strip()
    target = chatapp.run("send", "client-7", "-c", second, "--or", f"{bound}:client-8", "-t", "Готово", "--json")
    program.do(till.sandbox.vanish())
    assert (target.code, target.json["state"], target.json["channel"]) == (0, "sent", bound)
    assert program.sandbox.events[-1]["chat_id"] == "client-8"
    assert target.err == "Message 1 failed in its channel and continued as message 2.\n"
    story = chatapp("trace", "1").out
    assert "Continues as message 2 in the next channel" in story
    assert "→ It continued as message 2 in the next channel." in chatapp("message", "show", "1").out
    assert chatapp("message", "show", "1", "--json").json["went_on_as"] == 2


@pytest.mark.parametrize("words", [["--or", "mail"], ["--or", "api:client-8"]])
def test_a_next_channel_alone_is_no_way(chatapp: Shell, bound: int, words: list[str]) -> None:
    assert chatapp.run("send", "client-7", "-t", "x", *words).err.startswith("--channel is missing.")
