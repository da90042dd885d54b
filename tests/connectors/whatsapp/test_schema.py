"""The judge of all exchanges is itself judged: a judge that never finds anything proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.whatsapp.judge import schema
from tests.contract.whatsapp_schema import PUBLISHED, WhatsAppSchema

MESSAGES = "106540000000042/messages"
TEXT = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": "7916", "type": "text"}


@pytest.fixture(scope="module")
def judge() -> WhatsAppSchema:
    found = schema()
    if found is None:
        pytest.skip(f"Meta's published description is not beside the project: {PUBLISHED.name}")
    return found


def hook(message: dict[str, Any], field: str = "messages") -> dict[str, Any]:
    numbers = {"display_phone_number": "7", "phone_number_id": "1"}
    contacts = [{"profile": {"name": "Анна"}, "wa_id": "7916"}]
    value = {"messaging_product": "whatsapp", "metadata": numbers, "contacts": contacts, "messages": [message]}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "4", "changes": [{"field": field, "value": value}]}],
    }


HEAD = {"from": "7916", "id": "wamid.1", "timestamp": "1"}


def test_right_calls_answers_and_webhooks_pass(judge: WhatsAppSchema) -> None:
    assert judge.call("POST", MESSAGES, {**TEXT, "text": {"body": "Да"}}) == []
    assert judge.answer("POST", MESSAGES, 200, {"messages": [{"id": "wamid.1"}]}) == []
    assert judge.webhook(hook({**HEAD, "type": "text", "text": {"body": "Да"}})) == []
    assert judge.webhook(hook({**HEAD, "type": "reaction", "reaction": {"message_id": "wamid.0"}})) == []


@pytest.mark.parametrize(
    ("path", "content", "problem"),
    [
        (MESSAGES, {**TEXT}, "'text' is a required property"),
        (MESSAGES, {**TEXT, "text": {"body": 5}}, "5 is not of type 'string'"),
        (MESSAGES, {**TEXT, "text": {"body": "Да", "colour": "red"}}, "colour"),
        (MESSAGES, {**TEXT, "text": {"body": "Да"}, "colour": "red"}, "colour"),
        (MESSAGES, {**TEXT, "type": "image", "image": {"caption": "Да"}}, "not valid under any"),
        (MESSAGES, {"messaging_product": "whatsapp", "type": "text", "text": {"body": "Да"}}, "not valid under any"),
        (MESSAGES, {"messaging_product": "whatsapp", "status": "read"}, "message_id"),
        ("106540000000042/groups", {"messaging_product": "whatsapp"}, "subject"),
        ("106540000000042/flowers", {"a": 1}, "unknown"),
    ],
)
def test_wrong_calls_are_found(judge: WhatsAppSchema, path: str, content: dict[str, Any], problem: str) -> None:
    assert problem in " ".join(judge.call("POST", path, content))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"messages": {"id": "wamid.1"}}, "is not of type 'array'"),
        ({"messages": [{"id": "wamid.1", "message_status": "lost"}]}, "is not one of"),
    ],
)
def test_wrong_answers_are_found(judge: WhatsAppSchema, answer: dict[str, Any], problem: str) -> None:
    assert problem in " ".join(judge.answer("POST", MESSAGES, 200, answer))
    assert "error" in " ".join(judge.answer("POST", MESSAGES, 400, answer))


@pytest.mark.parametrize(
    "message",
    [
        {**HEAD, "type": "text"},
        {**HEAD, "type": "text", "text": "Да"},
        {**HEAD, "type": "reaction", "reaction": {"emoji": "👍"}},
        {**HEAD, "type": "image", "image": {"id": "1"}},
        {"from": "7916", "type": "text", "text": {"body": "Да"}},
        {**HEAD, "type": "poem"},
    ],
)
def test_wrong_webhooks_are_found(judge: WhatsAppSchema, message: dict[str, Any]) -> None:
    assert judge.webhook(hook(message)) != []
    assert judge.webhook(hook({**HEAD, "type": "text", "text": {"body": "Да"}}, field="gossip")) != []
