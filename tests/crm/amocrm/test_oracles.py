"""What an account sends, as libraries of others read it (PyJWT, aioamocrm): the same values as ours."""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import jwt as pyjwt
from aioamocrm import Account as TheirAccount
from aioamocrm import Contact, Lead, Note, Pipeline, User, parse_webhook

from chatapp_cli.crm.amocrm import contacts, jwt
from chatapp_cli.crm.amocrm.connector import AmoSession
from chatapp_cli.crm.amocrm.rest import embedded
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.kit.brackets import parse
from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.jwt import signed
from tests.crm.amocrm.desk import IVAN_PHONE, SALES, AmoDesk, entry

SECRET = "k" * 64
WHO = {
    "iss": "https://hvoya.amocrm.ru", "aud": "https://desk.example.ru", "jti": "7", "account_id": 31,
    "client_uuid": "6b1f0d9e", "entity_id": 8, "entity_type": 2, "bot_type": "salesbot",
}  # fmt: skip
NO_ALGORITHM = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0"
SIGNED_256 = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"
SIGNED_512 = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9"


def claims(now: int, **other: object) -> dict[str, object]:
    """What a bot's token says that was made now, in seconds."""
    return {**WHO, "iat": now, "nbf": now, "exp": now + 1800, **other}


def proved(head: str, body: str) -> str:
    """The proof by HS512, under a head that says something else."""
    said = f"{head}.{body}"
    proof = hmac.new(SECRET.encode(), said.encode(), "sha512").digest()
    return f"{said}.{urlsafe_b64encode(proof).rstrip(b'=').decode()}"


def ours(token: str) -> jwt.BotClaims | None:
    try:
        return jwt.claims_of(token, SECRET, int(time.time()) * 1000)
    except ValueError:
        return None


def theirs(token: str) -> Mapping[str, Any] | None:
    """With the same algorithm, the same window, and the claims that we need; for whom it is is asked later by us."""
    needed = {"require": ["iss", "aud", "exp"], "verify_aud": False}
    try:
        return pyjwt.decode(token, SECRET, ["HS512"], leeway=jwt.CLOCKS_DIFFER, options=needed)  # type: ignore[arg-type]
    except pyjwt.InvalidTokenError:
        return None


def test_pyjwt_reads_a_bots_token_as_we_do() -> None:
    now = int(time.time())
    late, early = {"exp": now - 240, "iat": now - 2040, "nbf": now - 2040}, {"iat": now + 240, "nbf": now + 240}
    for said in (claims(now), claims(now, **late), claims(now, **early)):
        token = signed(said, SECRET, "HS512")
        mine = ours(token)
        assert mine is not None
        assert {name: getattr(mine, name) for name in said} == theirs(token) == said


def wrong_tokens(now: int) -> Sequence[str]:
    good = signed(claims(now), SECRET, "HS512")
    head, body, proof = good.split(".")
    without = [{name: said for name, said in claims(now).items() if name != lacks} for lacks in ("exp", "aud")]
    untimely = [{"exp": now - 360}, {"nbf": now + 360}, {"iat": now + 360}, {"exp": "soon"}]
    return [
        "", ".", "..", f"{head}.{body}", f"{good}.{proof}", f"{head}.{body}.", f"{NO_ALGORITHM}.{body}.",
        f"{NO_ALGORITHM}.{body}.{proof}", f"{head}.{proof}.{body}", f"{head}.{body}.{proof[1:]}", f"{good}ж",
        proved(SIGNED_256, body), proved(NO_ALGORITHM, body),
        signed(claims(now), SECRET, "HS256"), signed(claims(now), SECRET[1:] + "K", "HS512"),
        f"{SIGNED_512}.{body}.{signed(claims(now), SECRET, 'HS256').rpartition('.')[2]}",
        *(signed(claims(now, **other), SECRET, "HS512") for other in untimely),
        *(signed(said, SECRET, "HS512") for said in without),
        *(good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(0, len(good), 11)),
    ]  # fmt: skip


def test_pyjwt_refuses_what_we_refuse() -> None:
    believed = [token for token in wrong_tokens(int(time.time())) if (ours(token), theirs(token)) != (None, None)]
    assert believed == []


def answered(account: Account, path: str, kind: str = "") -> Any:
    """The last answer at a path, or the items of a kind in it."""
    found = [call.answer for call in account.calls if call.path == path and call.method == "GET" and call.answer]
    return embedded(found[-1], kind) if kind else found[-1]


async def test_another_library_reads_the_accounts_answers_as_we_do(noting: AmoSession, account: Account) -> None:
    await noting.deliver([entry()])
    assert await noting.find(entry()) is not None
    [deal] = await noting.cards(entry().chat)
    await noting.deliver([entry("m-2", chat=CrmChat(id="chat-2", name=""))])
    about = TheirAccount.model_validate(answered(account, "/api/v4/account"))
    assert (about.id, about.amojo_id, about.subdomain) == (account.id, account.amojo_id, account.subdomain)
    users = [User.model_validate(one) for one in answered(account, "/api/v4/users", "users")]
    employees = await noting.employees()
    assert [(str(one.id), one.name, one.email) for one in users] == [(one.id, one.name, one.email) for one in employees]
    rows = answered(account, "/api/v4/leads/pipelines", "pipelines")
    pipelines, places = [Pipeline.model_validate(one) for one in rows], await noting.places()
    assert [(str(one.id), one.name) for one in pipelines] == [(one.id, one.name) for one in places]
    assert pipelines[0].embedded.statuses[0].pipeline_id == SALES
    lead = Lead.model_validate(answered(account, f"/api/v4/leads/{deal.id}"))
    assert (str(lead.id), lead.name, lead.pipeline_id) == (deal.id, deal.title, SALES)
    [found], [known] = answered(account, "/api/v4/contacts", "contacts"), account.contacts.values()
    them = Contact.model_validate(found)
    assert (them.id, them.name) == (known.id, known.name)
    phones = [value.value for one in them.custom_fields_values or () for value in one.values or ()]
    assert phones == list(contacts.values(found, "PHONE")) == [IVAN_PHONE]
    [note] = [Note.model_validate(one) for one in answered(account, f"/api/v4/leads/{deal.id}/notes", "notes")]
    assert (note.id, str(note.entity_id)) == (account.notes[0].id, deal.id)
    assert "Добрый день" in (note.params or {})["text"]


async def test_another_library_reads_the_accounts_hooks_as_we_do(
    noting: AmoSession, account: Account, desk: AmoDesk
) -> None:
    await noting.deliver([entry()])
    [lead] = account.leads.values()
    for text in ("> Добрый день & 100% [да]", "", "a[b]=1;c"):
        await account.staff.notes(lead, text)
    await account.settled()
    asked = [one for one in desk.requests if one.path == "account"]
    assert len(asked) >= 3
    for request in asked:
        read, mine = parse_webhook(request.body), parse(request.body)
        assert read.data == mine
        [event] = read.events
        told = (event.entity, event.action, read.account_id, read.subdomain)
        assert told == ("leads", "note", account.id, account.subdomain)
    [theirs] = [event for one in asked for event in parse_webhook(one.body).events if "100%" in str(event.payload)]
    assert theirs.payload["note"]["text"] == "> Добрый день & 100% [да]"
