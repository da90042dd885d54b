"""What the schemas of amoCRM say against an account's requests, answers and hooks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

from chatapp_cli.sandbox.amocrm import TOKEN, Account
from chatapp_cli.sandbox.amocrm.objects import AmoCall, AmoHook, Json
from chatapp_cli.sandbox.brackets import nested
from tests.sandbox.contracts import PUBLISHED, differences

SCHEMAS = PUBLISHED / "amocrm"
FINE = range(200, 300)

_SCOPE = "/v2/origin/custom/[^/]+"
_ROUTES = (
    (rf"POST {TOKEN}", "oauth.token.request", "oauth.token.answer"),
    (r"GET /api/v4/account", "", "account.answer"),
    (r"GET /api/v4/users", "", "users.list.answer"),
    (r"GET /api/v4/leads/pipelines", "", "pipelines.list.answer"),
    (r"GET /api/v4/(leads|contacts|companies)/custom_fields", "", "custom_fields.list.answer"),
    (r"GET /api/v4/contacts", "", "contacts.list.answer"),
    (r"POST /api/v4/contacts", "contacts.add.request", ""),
    (r"PATCH /api/v4/contacts", "contacts.update.request", ""),
    (r"POST /api/v4/contacts/chats", "contacts.chats.request", ""),
    (r"GET /api/v4/leads", "", "leads.list.answer"),
    (r"POST /api/v4/leads", "leads.add.request", ""),
    (r"PATCH /api/v4/leads", "leads.update.request", ""),
    (r"POST /api/v4/leads/complex", "leads.complex.request", "leads.complex.answer"),
    (r"POST /api/v4/(leads|contacts|companies)/(\d+/)?notes", "notes.add.request", ""),
    (r"POST /api/v4/tasks", "tasks.add.request", ""),
    (r"GET /api/v4/sources", "", "sources.list.answer"),
    (r"(POST|PATCH) /api/v4/sources", "sources.request", "sources.list.answer"),
    (r"GET /api/v4/webhooks", "", "webhooks.list.answer"),
    (r"POST /api/v4/webhooks", "webhooks.add.request", ""),
    (r"GET /api/v4/talks", "", "talks.list.answer"),
    (r"GET /api/v4/leads/unsorted", "", "unsorted.list.answer"),
    (r"POST /api/v4/leads/unsorted/[^/]+/accept", "unsorted.accept.request", ""),
    (r"POST /api/v4/leads/unsorted/[^/]+/link", "unsorted.link.request", ""),
    (r"POST /api/v4/bots/run", "bots.run.request", ""),
    (r"POST /api/v4/salesbot/\d+/continue/\d+", "salesbot.continue.request", ""),
    (rf"POST {_SCOPE}/connect", "amojo.connect.request", "amojo.connect.answer"),
    (rf"POST {_SCOPE}/chats", "amojo.chat.request", "amojo.chat.answer"),
    (rf"GET {_SCOPE}/chats/[^/]+/history", "", "amojo.history.answer"),
    (rf"POST {_SCOPE}/typing", "amojo.typing.request", ""),
    (rf"POST {_SCOPE}/react", "amojo.react.request", ""),
    (rf"POST {_SCOPE}/[^/]+/delivery_status", "amojo.delivery_status.request", ""),
)
_TOLD = {
    "redirect": "oauth.redirect.event",
    "secrets": "oauth.secrets.event",
    "access": "token.access.claims",
    "one-time": "token.onetime.claims",
}
"""What an account gives out beside its answers."""
_MESSAGES = re.compile(rf"POST {_SCOPE}")


@cache
def schema(name: str) -> Json:
    """A schema by the name of its file; it lets everything pass where the files are not there."""
    path = SCHEMAS / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if SCHEMAS.is_dir() else {}


def said_against(name: str, said: object, where: str = "") -> list[str]:
    """What a schema says against a value."""
    return list(differences(schema(name), said, where or name))


def _of_call(call: AmoCall) -> Iterator[str]:
    where = f"{call.method} {call.path}"
    for pattern, request, answer in _ROUTES:
        if re.fullmatch(pattern, where):
            if request:
                yield from said_against(request, call.body, where)
            if answer and call.answer is not None:
                yield from said_against(answer, call.answer, f"answer of {where}")
    if _MESSAGES.fullmatch(where):
        yield from said_against("amojo.message.request", call.body, where)
        if call.answer:
            yield from said_against("amojo.message.answer", call.answer, f"answer of {where}")


def _of_refusal(call: AmoCall) -> Iterator[str]:
    if isinstance(call.answer, dict):
        name = "oauth.token.refused" if call.path == TOKEN else "problem"
        yield from said_against(name, call.answer, f"refusal of {call.method} {call.path}")


def _of_hook(hook: AmoHook) -> Iterator[str]:
    yield from said_against("account.hook.event", nested(hook.form), f"hook {hook.name}")


def _of_told(account: Account) -> Iterator[str]:
    """What it said through browsers, by its button and inside of tokens; it stands at an address of this machine."""
    for kind, told in account.authority.told:
        said = {**told, "referer": "hvoya.amocrm.ru"} if "referer" in told else told
        yield from said_against(_TOLD[kind], said, kind)
    for run in account.bot_runs if account.widget_url else ():
        said = account._desk.bots.request(run)
        yield from said_against("salesbot.request.event", said, f"request of bot {run.id}")
        yield from said_against("token.salesbot.claims", run.claims)


def problems(account: Account) -> list[str]:
    """Everything that is wrong with what went between us and an account."""
    said = list(account.problems)
    for call in account.calls:
        if call.status not in FINE:
            said += _of_refusal(call)
        elif not call.planned:
            said += _of_call(call)
    said += [words for hook in account.hooks for words in _of_hook(hook)]
    for chat_hook in account.chat_hooks:
        said += said_against("amojo.hook.event", json.loads(chat_hook.body))
    return [*said, *_of_told(account)]
