"""The judge of all exchanges is itself judged: a judge that never finds anything proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.telegram_bot.judge import schema
from tests.contract.bot_api_schema import PUBLISHED, BotApiSchema

CHAT = {"id": 5, "type": "private"}


@pytest.fixture(scope="module")
def judge() -> BotApiSchema:
    found = schema()
    if found is None:
        pytest.skip(f"the Bot API's published description is not beside the project: {PUBLISHED.name}")
    return found


def test_right_calls_and_answers_pass(judge: BotApiSchema) -> None:
    assert judge.call("sendMessage", {"chat_id": "5", "text": "12"}) == []
    assert judge.call("sendPhoto", {"chat_id": "5"}, ["photo"]) == []
    assert judge.call("getUpdates", {"offset": 5, "allowed_updates": ["message"]}) == []
    assert judge.answer("sendMessage", {"message_id": 1, "date": 1, "chat": CHAT}) == []


@pytest.mark.parametrize(
    ("method", "params", "uploads", "problem"),
    [
        ("sendMessage", {"chat_id": "5"}, [], "text is missing"),
        ("sendMessage", {"chat_id": "5", "text": "x", "colour": "red"}, [], "colour is unknown"),
        ("sendMessage", {"chat_id": "5", "text": "x", "reply_parameters": '{"id": 1}'}, [], "message_id is missing"),
        ("deleteMessage", {"chat_id": "5", "message_id": "five"}, [], "'five' is no Integer"),
        ("setMessageReaction", {"chat_id": "5", "message_id": "1", "reaction": '[{"type": "emoji"}]'}, [], "emoji"),
        ("sendPhoto", {"chat_id": "5", "photo": "attach://a"}, ["a", "b"], "nothing uses upload b"),
        ("sendFlowers", {}, [], "unknown method"),
    ],
)
def test_wrong_calls_are_found(
    judge: BotApiSchema, method: str, params: dict[str, Any], uploads: list[str], problem: str
) -> None:
    assert problem in " ".join(judge.call(method, params, uploads))


@pytest.mark.parametrize(
    ("method", "result", "problem"),
    [
        ("sendMessage", {"message_id": 1, "chat": CHAT}, "date is missing"),
        ("sendMessage", {"message_id": 1, "date": "today", "chat": CHAT}, "no Integer"),
        ("sendMessage", {"message_id": 1, "date": 1, "chat": CHAT, "mood": "good"}, "mood is unknown"),
        ("sendMessage", True, "no object"),
        ("getUpdates", [{"message": {}}], "update_id is missing"),
        ("getMe", {"id": True, "is_bot": True, "first_name": "x"}, "no Integer"),
    ],
)
def test_wrong_answers_are_found(judge: BotApiSchema, method: str, result: object, problem: str) -> None:
    assert problem in " ".join(judge.answer(method, result))
