"""``chatapp send`` and ``chatapp reply``: the exit code is the verdict."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Program, Shell, Write


def test_a_message_is_sent_and_its_number_is_the_only_data(chatapp: Shell, program: Program, bound: int) -> None:
    target = chatapp("send", "client-7", "--channel", "api", "--text", "Ёлка ждёт вас")
    assert (target.out, target.err) == ("1\n", "")
    assert program.heard == ["Ёлка ждёт вас"]


def test_text_comes_from_standard_input_and_files_go_along(
    chatapp: Shell, program: Program, bound: int, tmp_path: Path
) -> None:
    price = tmp_path / "цены.txt"
    price.write_text("900")
    words = ("send", "client-7", "-c", "api", "--text", "-", "--file", price, "--subject", "Цены", "--json")
    sent = chatapp(*words, stdin="Две строки\nтекста\n").json
    assert (sent["state"], sent["channel"]) == ("sent", bound)
    heard = program.sandbox.events[-1]
    assert (heard["text"], heard["subject"]) == ("Две строки\nтекста", "Цены")
    assert [file["name"] for file in heard["files"]] == ["цены.txt"]


def test_the_same_key_again_is_the_same_message_again(chatapp: Shell, program: Program, bound: int) -> None:
    words = ("send", "client-7", "-c", "api", "--text", "Один раз", "--idempotency-key", "order-15")
    assert [chatapp(*words).out, chatapp(*words).out] == ["1\n", "1\n"]
    assert program.heard == ["Один раз"]


@pytest.mark.parametrize(
    "other",
    [("client-7", "-t", "Другое"), ("client-8", "-t", "Один раз"), ("client-7", "-t", "Один раз", "--subject", "Ёлка")],
)
def test_the_same_key_with_another_message_is_refused(
    chatapp: Shell, program: Program, bound: int, other: tuple[str, ...]
) -> None:
    key = ("-c", "api", "--idempotency-key", "order-15")
    chatapp("send", "client-7", "-t", "Один раз", *key)
    target = chatapp.run("send", *other, *key)
    assert (target.code, target.out) == (1, "")
    assert target.err == (
        "This key was used for another message: with other words, or to somebody else.\n"
        "→ Use another key: a key always means the same message.\n"
    )
    assert program.heard == ["Один раз"]


def test_a_key_of_a_message_is_refused_for_an_answer_with_other_words(
    chatapp: Shell, program: Program, bound: int
) -> None:
    first = chatapp("send", "client-7", "-c", "api", "-t", "Раз").out
    key = ("1", "--idempotency-key", "order-15", "--wait", "0")
    assert chatapp("reply", *key, "-t", "Два").out == chatapp("reply", *key, "-t", "Два").out != first
    assert "This key was used for another message" in chatapp.run("reply", *key, "-t", "Три").err


@pytest.mark.parametrize("words", [("send", "client-7", "-c", "api"), ("reply", "1")])
@pytest.mark.parametrize(
    ("key", "said"),
    [("", "--idempotency-key is empty."), (" ", "--idempotency-key is empty."), ("k" * 256, "A key has at most 255")],
)
def test_a_key_that_is_empty_or_endless_sends_nothing(
    chatapp: Shell, program: Program, bound: int, words: tuple[str, ...], key: str, said: str
) -> None:
    refused = chatapp.run(*words, "-t", "Раз", "--idempotency-key", key)
    assert (refused.code, refused.err.startswith(said), program.heard) == (2, True, [])
    chatapp("send", "client-7", "-c", "api", "-t", "Раз", "--idempotency-key", "k" * 255)
    assert program.heard == ["Раз"]


def test_without_waiting_it_is_only_put_into_the_outbox(chatapp: Shell, program: Program, bound: int) -> None:
    target = chatapp("send", "client-7", "-c", "api", "--text", "Позже", "--wait", "0", "--json")
    assert target.json["state"] == "queued"
    assert program.heard == []


def test_what_still_waits_ends_with_3_and_says_why(chatapp: Shell, program: Program, bound: int) -> None:
    program.do(program.sandbox.vanish())
    target = chatapp.run("send", "client-7", "-c", "api", "--text", "Алло", "--wait", "1.5")
    assert (target.code, target.out) == (3, "1\n")
    assert "Message 1 still waits" in target.err
    assert "The program cannot be reached." in target.err
    assert target.err.splitlines()[-1] == "→ It is sent while the daemon runs; check with: chatapp trace 1"


def test_a_refused_signature_ends_with_4_and_says_to_bind_again(chatapp: Shell, program: Program, bound: int) -> None:
    other = "whsec_" + "YSBrZXkgb2YgdGhpcnR5LXR3byBieXRlcywgaGVyZS4="
    program.sandbox._webhook = type(program.sandbox._webhook)(other)
    target = chatapp.run("send", "client-7", "-c", "api", "--text", "Алло")
    assert target.code == 4
    assert "Message 1 waits: Ёлочный базар: receives, sends nothing until " in target.err
    assert ": The program does not accept our signature." in target.err
    assert "→ Bind the channel again with the secret that the program has." in target.err


def test_a_message_for_later_is_scheduled_and_accepted(chatapp: Shell, program: Program, bound: int) -> None:
    target = chatapp("send", "client-7", "-c", "api", "--text", "С утра", "--at", "2030-01-01 09:00", "--json")
    assert (target.json["state"], target.json["goes_at"]) == ("scheduled", "2030-01-01T09:00:00.000Z")
    assert target.err == "Message 1 will be sent after 2030-01-01 09:00.\n"


@pytest.mark.parametrize(
    ("words", "code", "what", "step"),
    [
        (["send", "client-7", "-c", "api"], 1, "There is nothing to send.", "Write a text or add a file."),
        (["send", "a", "-c", "mail"], 1, "No channel mail is bound here.", "Bind one: chatapp line bind mail"),
        (["send", "a", "-c", "2"], 1, "No channel telegram is bound here.", "Bind one: chatapp line bind telegram"),
        (["send", "a", "-c", "99"], 1, "No channel 99 is bound here.", "See them with: chatapp line show"),
        (["send", "a", "-c", "Опт"], 1, "No channel Опт is bound here.", "See them with: chatapp line show"),
        (
            ["line", "check", "a@example.org"],
            1,
            "No channel a@example.org is bound here.",
            "See them with: chatapp line show",
        ),
        (
            ["send", "client-7", "-c", "api", "-t", "x", "--at", "yesterday"],
            2,
            "yesterday is not a time.",
            "Such as: 18:30, +30m, tomorrow 9:00, 2026-12-01 10:00",
        ),
        (
            ["send", "client-7", "-c", "api", "-t", "x", "--file", "/no/such"],
            1,
            "There is no readable file /no/such.",
            "Check the path.",
        ),
        (
            ["send", "client-7", "-t", "x"],
            2,
            "--channel is missing.",
            "Name it, or keep a chain for the client: chatapp contact chain client-7 CHANNELS",
        ),
        (
            ["send", "client-7", "-c", "api", "-t", "x", "--wait", "long"],
            2,
            "long is not a number of seconds.",
            "Such as: --wait 10",
        ),
        (["reply", "99", "-t", "x"], 1, "There is no dialog 99.", "See them with: chatapp dialog list"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_tried(
    chatapp: Shell, program: Program, bound: int, words: list[str], code: int, what: str, step: str
) -> None:
    target = chatapp.run(*words)
    assert (target.code, target.out, target.err) == (code, "", f"{what}\n→ {step}\n")
    assert program.heard == []


def test_an_answer_goes_into_its_dialog_and_may_quote(chatapp: Shell, program: Program, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    target = chatapp("reply", "1", "--text", "900 рублей", "--quote", "1", "--json")
    assert (target.json["dialog"], target.json["state"]) == (1, "sent")
    assert program.sandbox.events[-1]["reply_to"] == "in-1"
    assert json.loads(chatapp("dialog", "show", "1", "--json").out)["messages"][0]["at"].startswith("2026-11-18T")


@pytest.mark.req("S-144", part="at the shell, and in what is shown there")
def test_buttons_are_sent_listed_where_there_are_none_and_a_pressed_one_is_shown(
    chatapp: Shell, program: Program, client_writes: Write
) -> None:
    client_writes("Здравствуйте")
    below = ("--button", "Цены", "--button", "Доставка")
    assert chatapp("reply", "1", "-t", "Что вас интересует?", *below).out == "2\n"
    assert program.heard == ["Что вас интересует?\n\n1. Цены\n2. Доставка"]
    client_writes("Доставка", ext_id="in-2", pressed=True)
    said = chatapp("dialog", "show", "1", "--json").json["messages"]
    assert {(one["text"], *map(str, (one["buttons"], one["buttons_listed"], one["pressed"]))) for one in said} == {
        ("Здравствуйте", "[]", "False", ""),
        ("Что вас интересует?\n\n1. Цены\n2. Доставка", "['Цены', 'Доставка']", "True", ""),
        ("Доставка", "[]", "False", "Доставка"),
    }
    assert "pressed: [ Доставка ]" in chatapp("trace", "3").out
    assert "Two buttons say the same." in chatapp.run("reply", "1", "-t", "Да?", *below[:2], *below[:2]).err


@pytest.mark.parametrize("kind", ["autoreply", "rule"])
def test_an_automatic_answer_is_given_buttons(chatapp: Shell, bound: int, kind: str) -> None:
    below = ("--button", "Цены", "--button", "Доставка")
    said = ("--first", "--text", "Что вас интересует?")
    words = ("add", *said) if kind == "autoreply" else ("add", "Меню", "--do", "send=Что вас интересует?")
    assert chatapp(kind, *words, *below).out == "1\n"
    then = chatapp("rule", "show", "1", "--json").json["then"]
    assert then == [{"send": {"text": "Что вас интересует?", "buttons": ["Цены", "Доставка"]}}]
    assert "[Цены] [Доставка]" in chatapp("rule", "list").out
    refused = chatapp.run("rule", "edit", "1", "--do", "tag=vip", "--button", "Цены")
    assert "Buttons stand below a text that the rule sends." in refused.err


def test_a_quick_reply_keeps_its_buttons_in_files_and_sends_them(
    chatapp: Shell, program: Program, client_writes: Write, tmp_path: Path
) -> None:
    client_writes("Здравствуйте")
    chatapp("quick", "add-section", "Заказы")
    chatapp("quick", "add", "Заказы", "Меню", "--text", "Что?", "--button", "Цены", "--button", "А, Б; В")
    for form in ("csv", "json", "yaml"):
        kept = tmp_path / f"replies.{form}"
        chatapp("quick", "export", "--to", kept)
        chatapp("quick", "edit", "Меню", "--button", "Другое")
        chatapp("quick", "import", kept)
        assert chatapp("quick", "show", "Меню", "--json").json["buttons"] == ["Цены", "А, Б; В"]
    (tmp_path / "old.csv").write_text("section,title,text\nЗаказы,Меню,Что вас?\n", "utf-8")
    chatapp("quick", "import", tmp_path / "old.csv")
    chatapp("reply", "1", "--quick", "Меню")
    assert program.heard == ["Что вас?\n\n1. Цены\n2. А, Б; В"]
    chatapp("quick", "edit", "Меню", "--no-buttons")
    assert chatapp("quick", "show", "Меню", "--json").json["buttons"] == []
