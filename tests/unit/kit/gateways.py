"""Gateways as a person describes them."""

from __future__ import annotations

from chatapp_cli.kit.gateway import Gateway, parse
from chatapp_cli.ports.connector import HookRequest

SENDING = '[send]\nurl = "{url}/send"\nform = { to = "{phone}", text = "{text}" }\nanswer = { id = "id" }\n'


FORM = "application/x-www-form-urlencoded"


def described(hook: str) -> Gateway:
    text = f'{SENDING}[hook]\n{hook}\n[states]\nthere = "delivered"\nlost = "undelivered"\n'
    return parse(text, known=frozenset({"phone", "text", "url"}), needed=frozenset({"phone", "text"}))


PLAIN = described('report = { id = "id", status = "status" }\ninbound = { phone = "from", text = "mes" }')


def call(body: bytes, content_type: str = FORM, *, raw_query: bytes = b"", **more: str) -> HookRequest:
    headers = {"content-type": content_type, "authorization": "Bearer s3cret", "x-signature": "s1gned", **more}
    return HookRequest(method="POST", path="", query={}, headers=headers, body=body, raw_query=raw_query)
