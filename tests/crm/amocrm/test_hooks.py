"""What comes from outside: signed or not, forged, repeated, odd; a refusal stores nothing."""

from __future__ import annotations

import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from chatapp_cli.crm.amocrm import signing
from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.domain.crm.events import CrmWrote, CrmWroteFirst
from chatapp_cli.sandbox.amocrm import Account
from tests.crm.amocrm.desk import CONVERSATION, MARK, AmoDesk, entry, pairing

SECRET = "5a44c5dff55f3c15a4cce8d7c4cc27e207c7e189"
CHAT = "8e4d4baa-9e6c-4a88-838a-5f62be227bdc"
MESSAGE = "0371a0ff-b78a-4c7b-8538-a7d547e10692"
CLIENT = "2ed64e26-70a1-4857-8382-bb066a076219"


def hook(account: Account, inner: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    said = {
        "receiver": {"id": CLIENT, "name": "Иван", "client_id": f"{MARK}.person-1"},
        "sender": {"id": "76fc2bea-902f-425c-9a3d-dcdac4766090", "name": "Анна"},
        "conversation": {"id": CHAT, "client_id": CONVERSATION},
        "timestamp": 1_795_000_000,
        "message": {"id": MESSAGE, "type": "text", "text": "Да", **(inner or {})},
        **other,
    }
    return {"account_id": account.amojo_id, "time": 1_795_000_000, "message": said}


async def signed(desk: AmoDesk, said: Any, path: str = "") -> Any:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    signature = hmac.digest(desk.account.channel_secret.encode(), body, "sha1").hex()
    return await desk.accept(path or f"chat/{desk.account.channel.scope_id}", body, x_signature=signature)


def test_a_request_is_signed_as_the_documents_example() -> None:
    """The vector of the providers' sheet §5.2."""
    body = b'{"account_id":"af9945ff-1490-4cad-807d-945c15d88bec","title":"ScopeTitle","hook_api_version":"v2"}'
    path = "/v2/origin/custom/f90ba33d-c9d9-44da-b76c-c349b0ecbe41/connect"
    assert signing.headers(SECRET, "post", path, body, 1_603_972_795_000) == {
        "Date": "Thu, 29 Oct 2020 11:59:55 +0000",
        "Content-Type": "application/json",
        "Content-MD5": "a5e8ae04332a6d0aac15f01ad05d40e3",
        "X-Signature": "e0dcc1936d766a7d5f53fe19887fafa50bef92e0",
    }
    assert signing.headers(SECRET, "GET", path, b"", 0)["Content-MD5"] == "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize(
    ("secret", "sent", "over", "holds"),
    [
        ("key", b"{}", b"{}", True), ("key", b"{}\n", b"{}", True), ("key", b"{}\n", b"{}\n", True),
        ("key", b"{} ", b"{}", False), ("", b"{}", b"{}", False), ("key", b"{}", b"[]", False),
    ],
)  # fmt: skip
def test_a_hook_is_signed_over_its_body(secret: str, sent: bytes, over: bytes, holds: bool) -> None:
    said = hmac.digest((secret or "x").encode(), over, "sha1").hex()
    assert signing.is_signed(secret, sent, said) is holds
    assert signing.is_signed(secret, sent, said.upper()) is False
    assert signing.is_signed(secret, sent, "я") is False


async def test_a_hook_with_a_wrong_signature_account_or_scope_stores_nothing(
    session: AmoSession, desk: AmoDesk, account: Account
) -> None:
    await session.deliver([entry()])
    good, before = hook(account), len(desk.replies)
    body = json.dumps(good).encode()
    refused = [
        await desk.accept(f"chat/{account.channel.scope_id}", body, x_signature="0" * 40),
        await desk.accept(f"chat/{account.channel.scope_id}", body),
        await signed(desk, {**good, "account_id": CHAT}),
        await signed(desk, good, "chat/another_scope"),
        await signed(desk, [good]),
    ]
    assert [(one.status, len(one.arrivals)) for one in refused] == [(403, 0)] * 5
    assert [one.status for one in desk.replies[before:]] == [403] * 5


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"message":{"message":{"id":7}}}', b'{"message":[]}', b"null"]
)
async def test_an_odd_body_is_refused_or_nothing_but_never_a_fault(
    session: AmoSession, desk: AmoDesk, account: Account, body: bytes
) -> None:
    reply = await signed(desk, body)
    assert (reply.status in {400, 403}, list(reply.arrivals)) == (True, [])
    whole = body.replace(b'{"message"', b'{"account_id":"%s","message"' % account.amojo_id.encode())
    again = await signed(desk, whole)
    assert (again.status in {200, 400, 403}, list(again.arrivals)) == (True, [])


async def test_words_places_contacts_and_buttons_become_text(
    session: AmoSession, desk: AmoDesk, account: Account
) -> None:
    markup = {"mode": "inline", "buttons": [[{"text": "Да"}, {"text": "Нет"}], "odd", [7]]}
    inner = {"text": "Берёте?", "markup": markup, "location": {"lat": 55.7, "lon": 37.6}}
    reply = await signed(desk, hook(account, {**inner, "contact": {"name": "Пётр", "phone": "+79990000001"}}))
    event = reply.arrivals[0].event
    assert isinstance(event, CrmWrote)
    assert event.text == "Берёте?\n55.7, 37.6\nПётр +79990000001\n[Да]\n[Нет]"
    assert (event.remote, event.author, event.at) == (MESSAGE, "", 1_795_000_000_000)


async def test_a_quote_and_a_file_are_read_and_odd_fields_lose_only_themselves(
    session: AmoSession, desk: AmoDesk, account: Account
) -> None:
    media = f"{account.chats_address}/attachments/x/image.jpg?a=1"
    inner = {"text": None, "type": "picture", "media": media, "file_size": "much", "file_name": 7}
    reply = await signed(desk, hook(account, {**inner, "reply_to": {"message": {"text": "Красный?"}}}))
    event = reply.arrivals[0].event
    assert isinstance(event, CrmWrote)
    assert (event.text, event.quoted) == ("", "Красный?")
    assert [(one.name, one.address, one.mime, one.size) for one in event.files] == [
        ("image.jpg", media, "image/jpeg", 0)
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"conversation": {"id": CHAT, "client_id": "p1.chat-1"}},
        {"conversation": {"id": CHAT, "client_id": "0123456789ab.p1.chat-1"}},
        {"conversation": {"id": CHAT, "client_id": "dlg-55"}},
        {"conversation": {"id": CHAT}, "source": {"external_id": "line-3-wa"}},
        {"conversation": {"id": CHAT}, "source": {"external_id": "chatapp-0123456789ab-1"}},
    ],
)
async def test_a_message_in_a_chat_that_is_none_of_this_desk_is_kept_for_a_person_to_see(
    session: AmoSession, desk: AmoDesk, account: Account, other: dict[str, Any]
) -> None:
    reply = await signed(desk, hook(account, **other))
    [kept] = reply.arrivals
    assert (reply.status, kept.event, bool(kept.problem)) == (200, None, True)
    assert MESSAGE.encode() in kept.raw


async def test_with_one_pairing_a_conversation_without_a_source_is_its_and_with_two_nobodys(
    session: AmoSession, desk: AmoDesk, account: Account
) -> None:
    first = hook(account, conversation={"id": CHAT}, receiver={"id": CLIENT, "phone": "+79990000001"})
    assert (await signed(desk, first)).arrivals[0].event.channel == pairing().channel
    await session.arrange([pairing(), pairing("telegram", number=2)])
    nobodys = (await signed(desk, first)).arrivals[0].event
    assert isinstance(nobodys, CrmWroteFirst)
    assert (nobodys.channel, nobodys.pairing) == (0, None)


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ({"conversation": {"id": CHAT, "client_id": f"{MARK}.p9.chat-1"}}, CrmWrote),
        ({"conversation": {"id": CHAT}, "source": {"external_id": f"chatapp-{MARK}-9"}}, CrmWroteFirst),
    ],
)
async def test_a_message_for_a_channel_that_is_not_paired_now_names_its_pairing(
    session: AmoSession, desk: AmoDesk, account: Account, other: dict[str, Any], kind: type
) -> None:
    [kept] = (await signed(desk, hook(account, **other))).arrivals
    assert isinstance(kept.event, kind)
    assert (getattr(kept.event, "pairing", None), getattr(kept.event, "kind", ""), kept.event.remote) == (
        9,
        "",
        MESSAGE,
    )
    assert desk.crm.understand(desk.bound, kept.raw) == kept.event  # type: ignore[arg-type]


async def test_a_reply_names_a_message_of_ours_by_its_own_key_and_none_of_another_desk(
    session: AmoSession, desk: AmoDesk, account: Account
) -> None:
    found = []
    for msgid in (f"{MARK}.m-7", "0123456789ab.m-7", "m-7"):
        answered = {"reply_to": {"message": {"id": CLIENT, "msgid": msgid}}}
        found.append((await signed(desk, hook(account, answered))).arrivals[0].event)
    assert [(one.quoted_key, one.quoted_remote) for one in found] == [("m-7", CLIENT), ("", CLIENT), ("", CLIENT)]


@pytest.mark.parametrize("kind", ["telegram", "email"])
async def test_a_client_is_written_to_first_at_an_address_of_the_card_and_never_at_the_name_they_chose(
    session: AmoSession, desk: AmoDesk, account: Account, kind: str
) -> None:
    await session.arrange([pairing(kind)])
    person = {"id": CLIENT, "name": "@director"}
    said = [person, {**person, "email": "petr@example.ru"}, {**person, "phone": "@petr"}]
    found = [(await signed(desk, hook(account, conversation={"id": CHAT}, receiver=one))).arrivals[0] for one in said]
    assert [one.event.phone for one in found] == ["", "petr@example.ru", "@petr"]


async def test_an_account_hook_is_believed_for_ids_only_and_only_from_that_account(
    noting: AmoSession, desk: AmoDesk, account: Account
) -> None:
    await noting.deliver([entry()])
    [lead] = account.leads
    form = {"leads[note][0][note][id]": "5", "leads[note][0][note][element_id]": str(lead)}

    async def told(**other: str) -> Any:
        return await desk.accept("account", urlencode({**form, "account[id]": str(account.id), **other}).encode())

    assert len((await told()).arrivals) == 1
    assert (await told(**{"account[id]": "7"})).status == 403
    other = {"leads[note][0][note][element_id]": "77"}, {"leads[note][0][note][id]": "x"}
    for one in other:
        reply = await told(**one)
        assert (reply.status, list(reply.arrivals)) == (200, [])
    for body in (b"", b"a[" * 40, b"\xff=%ff", b"leads=1&account[id]=" + str(account.id).encode()):
        reply = await desk.accept("account", body)
        assert (reply.status in {200, 400, 403}, list(reply.arrivals)) == (True, [])


async def test_other_doors_are_closed(session: AmoSession, desk: AmoDesk) -> None:
    said = [
        (await desk.accept(path, method=method)).status
        for path, method in (("", "GET"), ("chat/x", "GET"), ("code", "POST"), ("code/x", "GET"), ("other", "POST"))
    ]
    assert said == [404, 405, 405, 404, 404]


async def test_without_a_chat_channel_nobody_can_speak_as_the_chats(
    noting: AmoSession, desk: AmoDesk, account: Account
) -> None:
    body = json.dumps(hook(account)).encode()
    for secret in (b"", account.channel_secret.encode()):
        signature = hmac.digest(secret, body, "sha1").hex()
        reply = await desk.accept(f"chat/{account.channel.scope_id}", body, x_signature=signature)
        assert (reply.status, list(reply.arrivals)) == (404, [])
