"""The judge of all exchanges is itself judged: a judge that never finds anything proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.vk.judge import schema
from tests.contract.vk_schema import PUBLISHED, VkSchema

SAID = {
    "id": 1,
    "conversation_message_id": 1,
    "date": 1,
    "from_id": 5,
    "peer_id": 5,
    "out": 0,
    "text": "",
    "version": 1,
}


@pytest.fixture(scope="module")
def judge() -> VkSchema:
    found = schema()
    if found is None:
        pytest.skip(f"VK's published schema is not beside the project: {PUBLISHED.name}")
    return found


def event(kind: str, content: Any, **changes: Any) -> dict[str, Any]:
    return {"type": kind, "group_id": 42, "event_id": "e1", "v": "5.199", "object": content, **changes}


def test_right_calls_answers_and_events_pass(judge: VkSchema) -> None:
    assert judge.call("messages.send", {"peer_ids": "5", "random_id": "1", "access_token": "x", "v": "5.199"}) == []
    assert judge.call("users.get", {"user_ids": "1,2", "fields": "screen_name"}) == []
    assert judge.answer("users.get", {"response": [{"id": 1, "first_name": "Анна"}]}) == []
    assert judge.answer("users.get", {"error": {"error_code": 6}}) == []
    assert judge.event(event("message_new", {"message": SAID})) == []


@pytest.mark.parametrize(
    ("method", "params", "problem"),
    [
        ("messages.sendReaction", {"peer_id": "5", "cmid": "1"}, "reaction_id is missing"),
        ("messages.send", {"colour": "red"}, "colour is unknown"),
        ("messages.send", {"random_id": "one"}, "'one' is no integer"),
        ("messages.send", {"dont_parse_links": "yes"}, "'yes' is no boolean"),
        ("messages.send", {"peer_ids": "5,x"}, "is no array"),
        ("messages.send", {"message": "x" * 9001}, "is too long"),
        ("messages.send", {"forward": '{"is_reply": 7}'}, "7 is not of type 'boolean'"),
        ("docs.getMessagesUploadServer", {"type": "picture"}, "'picture' is not one of"),
        ("users.get", {"fields": "shoe_size"}, "'shoe_size' is not one of"),
        ("messages.sing", {}, "unknown method"),
    ],
)
def test_wrong_calls_are_found(judge: VkSchema, method: str, params: dict[str, str], problem: str) -> None:
    assert problem in " ".join(judge.call(method, params))


@pytest.mark.parametrize(
    ("method", "answer", "problem"),
    [
        ("users.get", {"response": [{"first_name": "Анна"}]}, "'id' is a required property"),
        ("users.get", {}, "'response' is a required property"),
        ("messages.send", {"response": [{"peer_id": 5, "message_id": 1}]}, "is not of type 'integer'"),
        ("messages.getHistory", {"response": {"count": 1, "items": [{**SAID, "out": 7}]}}, "7 is not one of"),
        ("groups.getLongPollServer", {"response": {"key": "k", "server": "s", "ts": 5}}, "5 is not of type 'string'"),
        ("users.get", {"error": {"error_code": 4711}}, "no error has the number 4711"),
    ],
)
def test_wrong_answers_are_found(judge: VkSchema, method: str, answer: dict[str, Any], problem: str) -> None:
    assert problem in " ".join(judge.answer(method, answer))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (event("message_new", {"message": {**SAID, "text": 5}}), "5 is not of type 'string'"),
        (event("message_reply", {"message": SAID}), "'from_id' is a required property"),
        (event("message_deny", {}), "'user_id' is a required property"),
        (event("wall_reply_new", {"id": 0, "from_id": 1, "date": 1, "text": ""}), "less than the minimum"),
        ({**event("message_deny", {"user_id": 5}), "event_id": 5}, "5 is not of type 'string'"),
        (event("message_sung", {}), "unknown event"),
    ],
)
def test_wrong_events_are_found(judge: VkSchema, wrong: dict[str, Any], problem: str) -> None:
    assert problem in " ".join(judge.event(wrong))
