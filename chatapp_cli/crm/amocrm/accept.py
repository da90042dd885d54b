"""What comes to ``/hooks/<key>/…``: hooks of the chats and of the account, bots, a code, keys that the button made.

Nothing here asks the network. Hooks of the chats are signed and come once; those of the account are not signed, and
are believed for ids only.
Sources: providers' sheet §4.1, §4.9, §5.5, §5.6, addendum C1, C4, C7.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from chatapp_cli.crm.amocrm import actions, button_pages, events, names, salesbot, uploads
from chatapp_cli.crm.amocrm.events import KeptStir
from chatapp_cli.crm.amocrm.hosts import is_account
from chatapp_cli.crm.amocrm.linking import ACCOUNT, CHAT, CODE, CONNECT, REVOKED, SECRETS
from chatapp_cli.crm.amocrm.notes import answer_in, written_in
from chatapp_cli.crm.amocrm.record import (
    FIRST,
    MADE,
    OFFER,
    SCOPE,
    STATE_USED,
    ConnectedChats,
    MadeIntegration,
    OfferedCode,
    PairedSource,
    employee,
    has_chats,
    held,
    integration,
    paired,
    paired_with,
)
from chatapp_cli.crm.amocrm.signing import is_revocation, is_signed
from chatapp_cli.domain.crm.events import CrmArrival, LinkInstalled, LinkRemoved
from chatapp_cli.domain.ids import Millis, PairingId
from chatapp_cli.kit.brackets import members, parse
from chatapp_cli.kit.lenient import UNREADABLE
from chatapp_cli.kit.records import remembered, token, written
from chatapp_cli.kit.trees import loaded
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply

_NO: Final = CrmReply(status=403)
_BAD: Final = CrmReply(status=400)
_GONE: Final = CrmReply(status=404)
_DONE: Final = CrmReply(body=b"ok")
_LONGEST: Final = 4000
"""Characters of a code or a key."""

Tree = Mapping[str, Any]


async def accept(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    """Check a call and translate it; a refusal stores nothing."""
    page, _, rest = request.path.strip("/").partition("/")
    handlers: Mapping[tuple[str, str], Callable[[Bound, HookRequest, Millis], Awaitable[CrmReply]]] = {
        ("POST", CHAT): _chat,
        ("POST", ACCOUNT): _account,
        ("POST", salesbot.PAGE): salesbot.accept,
        ("POST", uploads.PAGE): uploads.accept,
        ("OPTIONS", uploads.PAGE): uploads.accept,
        ("GET", CODE): _code,
        ("POST", SECRETS): _secrets,
        ("GET", CONNECT): _connect,
        ("GET", REVOKED): _revoked,
    }
    if rest and page != CHAT:
        return _GONE
    if handler := handlers.get((request.method, page)):
        try:
            return await handler(bound, request, now)
        except UNREADABLE:  # JSON and brackets: broken, too deep, too many
            return _BAD
    return CrmReply(status=405) if page in {name for _, name in handlers} else _GONE


async def _chat(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    """A hook of the chats, which comes once: the reply waits until it is stored."""
    if not has_chats(bound):
        return _GONE
    secret = bound.secrets["channel_secret"]
    if not is_signed(secret, request.body, request.headers.get("x-signature", "")):
        return _NO
    tree, account = loaded(request.body), await held(bound)
    if not isinstance(tree, dict) or account is None or tree.get("account_id") != account.amojo_id:
        return _NO
    scope = await remembered(bound.memory, SCOPE, ConnectedChats)
    told = request.path.strip("/").partition("/")[2]
    if scope is not None and told and told != scope.scope:
        return _NO
    message = tree.get("message")
    if isinstance(message, dict):
        return CrmReply(arrivals=[await _wrote(bound, message, now)], body=b"ok")
    return await actions.accepted(bound, tree, request.body) or _DONE


async def _wrote(bound: Bound, message: Tree, now: Millis) -> CrmArrival:
    """A message of an employee, in a chat of ours or in one that they began."""
    client_id = str(_map(message, "conversation").get("client_id") or "")
    ours = names.our_ids(bound)
    known = ours.read_conversation(client_id)
    kept = events.words(message, ours, kind="", place="")
    if not kept.remote:
        raise ValueError("a message without an id")
    external = str(_map(message, "source").get("external_id") or "")
    number = known[0] if known else ours.pairing_of_source(external)
    author = await employee(bound, str(_map(message, "sender").get("id") or ""))
    if number is None and (client_id or external):
        return events.stray(_encoded(message), kept.remote, author)
    found = await _pairing(bound, number, external)
    about = found or PairedSource(kind="", place="")
    where: dict[str, Any] = {"kind": about.kind, "place": about.place, "channel": about.channel, "author": author}
    if found is None:
        where |= {"pairing": number or 0}
    if known is None:
        await _note_first(bound, message)
    return events.arrival(events.words(message, ours, **where, chat=known[1] if known else ""), now)


async def _pairing(bound: Bound, number: PairingId | None, source: str) -> PairedSource | None:
    """What a message is for: by the conversation or the source, or the only one of an account that tells no source."""
    if number is not None or source:
        return None if number is None else await paired_with(bound.memory, number)
    there = await paired(bound.memory)
    return next(iter(there.values())) if len(there) == 1 else None


async def _note_first(bound: Bound, message: Tree) -> None:
    """Note who the client is there: our first message in that conversation tells our ids with theirs (C5)."""
    chat, client = (str(_map(message, name).get("id") or "") for name in ("conversation", "receiver"))
    if names.is_uuid(chat) and names.is_uuid(client):
        await bound.memory.save({f"{FIRST}{chat}": client})


async def _account(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:  # noqa: ARG001 - see below
    """A hook of the account: a note, which makes us look into its lead's chat, or a card that was given to somebody.

    It is unsigned, so that nothing in it is taken for a fact; a look costs the account one request.
    """
    tree, account = parse(request.body), await held(bound)
    if account is None or str(_map(tree, "account").get("id") or "") != str(account.number):
        return _NO
    stirs = [one async for one in _stirs(bound, tree)]
    return CrmReply(arrivals=[*stirs, *_handed_over(tree), *_moved(tree)], body=b"ok")


def _handed_over(tree: Tree) -> Iterator[CrmArrival]:
    """The cards for which somebody else is responsible; companies come among the contacts (providers' sheet §4.9)."""
    for section, kind in (("leads", "deal"), ("contacts", "contact")):
        for item in members(_map(tree, section).get("responsible")):
            number = str(item.get("id") or "") if isinstance(item, Mapping) else ""
            if number.isdecimal():
                mark = ":".join(
                    str(item.get(name) or "") for name in ("updated_at", "last_modified", "responsible_user_id")
                )
                yield events.card_changed("company" if item.get("type") == "company" else kind, number, mark)


def _moved(tree: Tree) -> Iterator[CrmArrival]:
    """The leads that went to another stage."""
    for item in members(_map(tree, "leads").get("status")):
        number = str(item.get("id") or "") if isinstance(item, Mapping) else ""
        if number.isdecimal():
            mark = ":".join(str(item.get(name) or "") for name in ("updated_at", "last_modified", "status_id"))
            yield events.card_changed("deal", number, f"stage:{mark}")


async def _stirs(bound: Bound, tree: Tree) -> Any:
    for lead, note in _noted(tree):
        found = await written_in(bound.memory, lead)
        if found is not None:
            kept = KeptStir(kind=found.kind, place=found.place, stirred=found.chat)
            yield events.stir(kept, f"note:{note}")


def _noted(tree: Tree) -> Iterator[tuple[int, int]]:
    """The ids of leads and of their new notes; the note stands in the item, or is the item.

    Those that tell a text which answers nobody are passed over, such as our own: they need no look.
    """
    for item in members(_map(tree, "leads").get("note")):
        note = _map(item, "note") or (item if isinstance(item, Mapping) else {})
        lead = next((note[name] for name in ("element_id", "entity_id") if name in note), "")
        if isinstance(note.get("text"), str) and not answer_in(note["text"]):
            continue
        if str(lead).isdecimal() and str(note.get("id", "")).isdecimal():
            yield int(str(lead)), int(str(note["id"]))


async def _code(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    """The browser comes back from the page of consent; its code is kept until a session redeems it.

    ``referer`` comes from outside: only the account that was named gets the secret, whatever it says.
    """
    told = request.query
    if not await _state_holds(bound, told.get("state", ""), now):
        return _NO
    if told.get("error"):
        return button_pages.refused(bound.settings["account"])
    keys, code = await integration(bound), told.get("code", "")
    if keys is None or not 0 < len(code) <= _LONGEST or not _is_from(bound, told.get("referer", "")):
        return _NO
    if told.get("client_id", keys.client_id) != keys.client_id:
        return _NO
    used = (await bound.memory.known(STATE_USED)).get(STATE_USED, "")
    if not await bound.memory.swap(STATE_USED, used, bound.secrets["state"]):
        return _NO
    await bound.memory.save({OFFER: written(OfferedCode(at=now, code=code))})
    mark = sha256(code.encode("utf-8", "replace")).hexdigest()[:24]
    arrived = CrmArrival(provider_id=f"install:{mark}", event=LinkInstalled(), raw=b"{}")
    page = button_pages.allowed(bound.settings["account"])
    return CrmReply(arrivals=[arrived], body=page.body, content_type=page.content_type, headers=page.headers)


def _is_from(bound: Bound, referer: str) -> bool:
    """Whether a redirect names the account that was linked, and a host that may be one at all."""
    account = bound.settings["account"]
    scheme = urlsplit(account).scheme
    return is_account(f"{scheme}://{referer}") and referer.lower() == urlsplit(account).netloc


async def _state_holds(bound: Bound, said: str, now: Millis) -> bool:
    """Whether a state is the one that was given out, in its ten minutes and not used yet."""
    state = bound.secrets.get("state", "")
    used = (await bound.memory.known(STATE_USED)).get(STATE_USED, "")
    same = hmac.compare_digest(state.encode(), said.encode("utf-8", "replace"))
    return bool(state) and same and used != state and now < int(bound.secrets.get("window", "0"))


async def _secrets(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    """AmoCRM's button has made an integration and tells its keys; the window fails without a body (addendum C1)."""
    told = loaded(request.body)
    told = told if isinstance(told, dict) else {}
    if bound.settings.get("client_id") or not await _state_holds(bound, str(told.get("state") or ""), now):
        return _NO
    keys = [told.get(name) for name in ("client_id", "client_secret")]
    client, secret = (one if isinstance(one, str) and 0 < len(one) <= _LONGEST else "" for one in keys)
    if not names.is_uuid(client) or not secret:
        return _BAD
    known = (await bound.memory.known(MADE)).get(MADE, "")
    made = written(MadeIntegration(client_id=client, client_secret=secret))
    return _DONE if await bound.memory.swap(MADE, known, made) else _NO


async def _connect(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:
    """The page with amoCRM's button, for whoever has the link that was shown at the linking."""
    if bound.settings.get("client_id") or not await _state_holds(bound, request.query.get("state", ""), now):
        return _NO
    base = bound.settings["redirect_uri"].removesuffix(f"/{CODE}")
    return button_pages.page(bound, base)


async def _revoked(bound: Bound, request: HookRequest, now: Millis) -> CrmReply:  # noqa: ARG001 - it bears no time
    """An administrator has switched the integration off (C2). The same call may come again: once for each token."""
    told, keys, account = request.query, await integration(bound), await held(bound)
    if keys is None or account is None or told.get("client_uuid", "").lower() != keys.client_id.lower():
        return _NO
    signed = (keys.client_secret, told["client_uuid"], account.number, told.get("signature", ""))
    if told.get("account_id") != str(account.number) or not is_revocation(*signed):
        return _NO
    present = await token(bound)
    mark = sha256(present.refresh.encode()).hexdigest()[:24] if present is not None else ""
    return CrmReply(arrivals=[CrmArrival(provider_id=f"revoked:{mark}", event=LinkRemoved(), raw=b"{}")], body=b"ok")


def _encoded(tree: Tree) -> bytes:
    import msgspec

    return msgspec.json.encode(tree)


def _map(tree: Any, name: str) -> Tree:
    found = tree.get(name) if isinstance(tree, Mapping) else None
    return found if isinstance(found, Mapping) else {}
