"""The description of an HTTP gateway as data: what to send, and how to read its answers and reports.

A description is TOML: a preset in a channel's folder, or a person's own file (explained in docs/channels/sms.md).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, TypeAlias

import msgspec

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.gateway_template import gaps

FIELD: Final = "description"
"""The field to blame for a wrong description."""

DeliveryState: TypeAlias = Literal["pending", "sent", "delivered", "read", "undelivered", "expired", "rejected"]
GatewayFault: TypeAlias = Literal[
    "unauthorised",
    "no_money",
    "busy",
    "rate_limited",
    "daily_limit",
    "bad_sender",
    "bad_phone",
    "bad_text",
    "too_long",
    "no_template",
    "bad_values",
    "not_a_user",
    "opted_out",
    "refused",
]

_IN_HEADERS: Final = frozenset({"secret", "login", "sender", "key"})
"""Gaps allowed in headers; nothing that a client or an operator writes."""


_MORE: Final = {"status": frozenset({"id"}), "inbox": frozenset({"after"})}
"""Gaps of particular requests."""


class Base(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a description; an unknown key is an error."""


class ResponseMap(Base, frozen=True, kw_only=True):
    """Where to find values in an answer.

    In JSON by paths such as ``result.0.id | id``, the first with a value; in text by patterns with a group.
    """

    format: Literal["json", "text"] = "json"
    id: str = ""
    status: str = ""
    ok: Mapping[str, Sequence[str]] = {}
    """For each path the values that mean success; without it, success is 2xx and no error code."""
    error: str = ""
    words: str = ""
    value: str = ""
    """Something worth showing, such as the balance."""


class RequestMap(Base, frozen=True, kw_only=True):
    """A request with gaps in its texts; each value is encoded for its place."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: str
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    form: Mapping[str, str] = {}
    multipart: bool = False
    """The form goes as multipart/form-data."""
    json: Any = None
    answer: ResponseMap = ResponseMap()
    not_taken: Sequence[int] = (503,)
    """5xx statuses that mean: certainly not taken, try later. Any other leaves the outcome unknown."""


class Report(Base, frozen=True, kw_only=True):
    """Where to find a delivery report in a gateway's call."""

    each: str = ""
    """The path to a list of them in one call."""
    id: str
    status: str
    words: str = ""


class Inbound(Base, frozen=True, kw_only=True):
    """Where to find a client's message in a gateway's call."""

    each: str = ""
    id: str = ""
    phone: str
    text: str


class InboxRequest(RequestMap, frozen=True, kw_only=True):
    """Polls for clients' messages after ``{after}``, for gateways that cannot call us."""

    message: Inbound


class Hook(Base, frozen=True, kw_only=True):
    """How the gateway calls us."""

    reply: str = "OK"
    charset: str = ""
    """The charset of its calls, if neither their type nor a field ``charset`` gives it correctly."""
    report: Report | None = None
    inbound: Inbound | None = None


class Gateway(Base, frozen=True, kw_only=True):
    """A whole description."""

    title: str = ""
    doubt: Literal["", "untried", "guessed"] = ""
    """``untried``: written from public documentation; ``guessed``: sending is not documented."""
    url: str = ""
    """The gateway's default address; ``{url}`` in every request."""
    send: RequestMap
    idempotent: bool = False
    """The gateway takes the same ``{key}`` only once, so a message is sent again after a timeout."""
    status: RequestMap | None = None
    """Polls the state of ``{id}``, sent to ``{phone}``."""
    inbox: InboxRequest | None = None
    test: RequestMap | None = None
    """Checks the login without sending anything."""
    hook: Hook | None = None
    states: Mapping[str, DeliveryState] = {}
    errors: Mapping[str, GatewayFault] = {}

    def requests(self) -> Iterator[tuple[str, RequestMap]]:
        """Every request with its name."""
        for name in ("send", "status", "inbox", "test"):
            request: RequestMap | None = getattr(self, name)
            if request is not None:
                yield name, request

    def variables(self) -> frozenset[str]:
        """The names of all gaps."""
        return frozenset(
            name.partition(".")[0]
            for _, request in self.requests()
            for _, source in _templates(request)
            for name in gaps(source)
        )


def parse(text: str, *, known: frozenset[str], needed: frozenset[str]) -> Gateway:
    """Parse a description that may use ``known`` gaps. Raises UsageError, which names the place of an error."""
    try:
        found = msgspec.convert(tomllib.loads(text), Gateway)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _slip(T("The description of the gateway cannot be read: {why}", why=error)) from None
    for name, request in found.requests():
        _prove_request(name, request, known | _MORE.get(name, frozenset()))
    _prove_whole(found, needed)
    return found


@cache
def preset(package: str, name: str, *, known: frozenset[str], needed: frozenset[str]) -> Gateway:
    """A description from a channel's folder ``presets``."""
    text = resources.files(package).joinpath("presets", f"{name}.toml").read_text("utf-8")
    return parse(text, known=known, needed=needed)


def _prove_request(name: str, request: RequestMap, known: frozenset[str]) -> None:
    if not re.match(r"\{url\}|https?://", request.url):
        raise _at(f"{name}.url", T("begin with {url_gap} or http://", url_gap="{url}"))
    if request.method == "GET" and (request.form or request.json is not None):
        raise _at(f"{name}.method", T("GET carries neither form nor json"))
    if request.form and request.json is not None:
        raise _at(f"{name}.json", T("there is a form already"))
    for where, source in _templates(request):
        allowed = known & _IN_HEADERS if where.startswith("headers.") else known
        _prove_gaps(f"{name}.{where}", source, allowed)
    _prove_answer(f"{name}.answer", request.answer)


def _prove_gaps(where: str, source: str, allowed: frozenset[str]) -> None:
    try:
        names = gaps(source)
    except ValueError as error:
        raise _at(where, T("{why}; braces that are no gap are doubled", why=error)) from None
    for name in names:
        if name.partition(".")[0] not in allowed:
            listed = ", ".join(f"{{{one}}}" for one in sorted(allowed))
            raise _at(where, T("{gap} is unknown here; known: {listed}", gap=f"{{{name}}}", listed=listed))


def _prove_answer(where: str, answer: ResponseMap) -> None:
    if answer.format == "json":
        return
    for name in ("id", "status", "error", "words", "value"):
        _prove_pattern(f"{where}.{name}", getattr(answer, name))
    for pattern in answer.ok:
        _prove_pattern(f"{where}.ok", pattern)


def _prove_pattern(where: str, pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise _at(where, T("this is no regular expression: {why}", why=error)) from None
    if pattern and groups != 1:
        raise _at(where, T("the expression needs one group in round brackets"))


def _prove_whole(gateway: Gateway, needed: frozenset[str]) -> None:
    used = {name.partition(".")[0] for _, source in _templates(gateway.send) for name in gaps(source)}
    if missing := sorted((needed | ({"key"} if gateway.idempotent else set())) - used):
        raise _at("send", T("{gap} is used nowhere", gap=f"{{{missing[0]}}}"))
    reports = gateway.status or (gateway.hook and gateway.hook.report)
    if reports and not gateway.send.answer.id:
        raise _at("send.answer.id", T("without the id no report can be understood"))
    if reports and not gateway.states:
        raise _at("states", T("map the gateway's words for states"))
    if gateway.hook and not _is_charset(gateway.hook.charset):
        raise _at("hook.charset", T("there is no charset {name}", name=gateway.hook.charset))
    if gateway.status and not gateway.status.answer.status:
        raise _at("status.answer.status", T("give the path of the state"))


def _is_charset(name: str) -> bool:
    try:
        b"aa".decode(name or "utf-8")  # of nothing Python asks no charset; two bytes are whole in all of them
    except (LookupError, ValueError):
        return False
    return True


def _templates(request: RequestMap) -> Iterator[tuple[str, str]]:
    yield "url", request.url
    for name in ("headers", "query", "form"):
        for key, source in getattr(request, name).items():
            yield f"{name}.{key}", source
    yield from _leaves("json", request.json)


def _leaves(where: str, tree: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tree, str):
        yield where, tree
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, branch in inside:
        yield from _leaves(f"{where}.{name}", branch)


def _at(where: str, why: Text) -> UsageError:
    return _slip(T("In the description of the gateway, at {where}: {why}.", where=where, why=why))


def _slip(words: Text) -> UsageError:
    return UsageError(words, T("docs/channels/sms.md explains the words of a description."), field=FIELD)
