"""Chats of an account: signatures, messages of both sides, writing first, and the incoming leads that chats make."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from email.utils import formatdate
from typing import Any

import aiohttp
import pytest

from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.chat_signatures import check
from chatapp_cli.sandbox.amocrm.objects import ADMIN, MANAGER, WON, AmoRefusal
from chatapp_cli.sandbox.amocrm.office import SALES, SERVICE
from chatapp_cli.sandbox.stage import StageFile
from tests.sandbox.amocrm.desk import CHAT, CLIENT, PERSON, Client, Receiver, new_message
from tests.sandbox.clock import HandClock

PRICES = StageFile(name="Прайс.pdf", mime="application/pdf", content=b"%PDF of prices")
PHOTO = StageFile(name="сруб.jpg", mime="image/jpeg", content=b"JPEG")
SOMEBODY = "9320f3de-7bd3-4934-b05f-23f1db1a6514"


@pytest.fixture
async def talking(careless: Account, client: Client, receiver: Receiver) -> Receiver:
    """A receiver of a connected channel's hooks."""
    careless.hook_url = f"{receiver.url}/chat/:scope_id"
    assert (await client.connect())[0] == 200
    return receiver


def copy(account: Account, key: str, text: str = "Да, есть", **more: Any) -> Any:
    """A copy of what an employee wrote in the desk."""
    anna = {"id": "mgr-7", "name": "Анна", "ref_id": account.users[ADMIN].amojo_id}
    return new_message(key, text, **{"sender": anna, "receiver": PERSON, **more})


def test_the_documented_request_has_the_documented_signature() -> None:
    body = (
        b'{"account_id":"af9945ff-1490-4cad-807d-945c15d88bec","title":"ScopeTitle","hook_api_version":"v2"}'
    )  # fmt: skip
    headers = {
        "Date": "Thu, 29 Oct 2020 11:59:55 +0000", "Content-Type": "application/json",
        "Content-MD5": "a5e8ae04332a6d0aac15f01ad05d40e3", "X-Signature": "e0dcc1936d766a7d5f53fe19887fafa50bef92e0",
    }  # fmt: skip
    path = "/v2/origin/custom/f90ba33d-c9d9-44da-b76c-c349b0ecbe41/connect"
    secret, then = "5a44c5dff55f3c15a4cce8d7c4cc27e207c7e189", 1_603_972_795
    check("POST", path, headers, body, secret, then)
    with pytest.raises(AmoRefusal):
        check("POST", f"{path}/", headers, body, secret, then)
    with pytest.raises(AmoRefusal):
        check("POST", path, headers, body, secret, then + 901)


async def test_a_channel_is_connected_by_the_accounts_id_in_the_chats_and_this_can_be_repeated(
    account: Account, client: Client
) -> None:
    for _ in range(2):
        status, said = await client.connect()
        assert (status, said["scope_id"]) == (200, f"{account.channel_id}_{account.amojo_id}")
    assert account.channel.connected
    path = f"/v2/origin/custom/{account.channel_id}/disconnect"
    assert (await client.signed("DELETE", path, {"account_id": SOMEBODY}))[0] == 404
    assert (await client.signed("DELETE", path, {"account_id": account.amojo_id}))[0] == 200
    assert (await client.chat("POST", "", new_message("m-1")))[0] == 404
    assert account.chats == []


async def test_nothing_is_taken_before_the_channel_is_connected_or_where_none_is_registered(
    account: Account, client: Client
) -> None:
    assert (await client.chat("POST", "", new_message("m-1")))[0] == 404
    account.channel_id = ""
    assert (await client.connect())[0] == 404
    assert not account.channel.connected


@pytest.mark.parametrize(
    "forged", [
        {"X-Signature": "0" * 40}, {"Content-MD5": "d41d8cd98f00b204e9800998ecf8427e"}, {"Date": "yesterday"},
        {"Content-Type": "text/plain"},
    ],
)  # fmt: skip
async def test_a_request_that_is_not_signed_as_it_should_be_is_refused(
    account: Account, client: Client, talking: Receiver, forged: dict[str, str]
) -> None:
    assert (await client.chat("POST", "", new_message("m-1"), **forged))[0] == 403
    assert account.chats == []


async def test_a_request_from_more_than_a_quarter_of_an_hour_ago_is_refused_also_if_the_accounts_clock_is_wrong(
    account: Account, client: Client, talking: Receiver, clock: HandClock
) -> None:
    old = formatdate(clock.now() / 1000 - 901)
    assert (await client.chat("POST", "", new_message("m-1"), Date=old))[0] == 403
    account.misbehaviour.clock_off = 1000
    assert (await client.chat("POST", "", new_message("m-1")))[0] == 403
    account.misbehaviour.clock_off = 800
    assert (await client.chat("POST", "", new_message("m-1")))[0] == 200


async def test_every_answer_says_what_time_it_is_there(account: Account, clock: HandClock) -> None:
    account.misbehaviour.clock_off = 600
    for address in (account.address, account.chats_address):
        async with aiohttp.ClientSession() as http, http.get(address) as answer:
            assert answer.headers["Date"] == formatdate(clock.now() / 1000 + 600, usegmt=True)


async def test_a_clients_first_message_makes_a_contact_and_an_incoming_lead_in_the_pipeline_of_its_source(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.done("POST", "/api/v4/sources", [{"name": "WA", "external_id": "line-3", "pipeline_id": SERVICE}])
    said = await client.send("m-1", source={"external_id": "line-3"})
    (chat,) = account.chats
    (message,) = chat.messages
    assert (said["conversation_id"], said["msgid"], said["ref_id"]) == (chat.id, message.id, "m-1")
    assert (message.text, message.by_client, message.client_id) == ("Добрый день", True, "m-1")
    (contact,) = account.contacts.values()
    assert (contact.name, chat.person.contact) == ("Иван", contact.id)
    (unsorted,) = account.unsorted
    lead = account.leads[unsorted.lead]
    assert (lead.pipeline, lead.contacts, chat.lead) == (SERVICE, [contact.id], lead.id)
    answer = await client.done("GET", "/api/v4/leads/unsorted?filter[category][]=chats")
    (shown,) = answer["_embedded"]["unsorted"]
    assert (shown["pipeline_id"], shown["_embedded"]["leads"]) == (SERVICE, [{"id": lead.id}])
    assert (await client.ask("GET", "/api/v4/leads/unsorted?filter[category][]=forms"))[0] == 204
    assert (await client.ask("GET", f"/api/v4/leads/unsorted?filter[pipeline_id]={SALES}"))[0] == 204


async def test_the_next_messages_of_a_client_bring_no_second_lead_until_the_first_is_closed(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    await client.send("m-2")
    await client.send("m-3", conversation_id="dlg-56")
    assert (len(account.unsorted), len(account.contacts), len(account.chats)) == (1, 1, 2)
    await account.moves(account.unsorted[0].lead, WON)
    await client.send("m-4")
    assert len(account.unsorted) == 2


async def test_a_pipeline_without_incoming_leads_gets_an_ordinary_one_at_once(
    account: Account, client: Client, talking: Receiver
) -> None:
    account.pipelines[0].unsorted_on = False
    await client.send("m-1")
    (lead,) = account.leads.values()
    assert (lead.status, account.unsorted, account.chats[0].lead) == (33929752, [], lead.id)


async def test_an_incoming_lead_is_linked_with_the_contact_that_is_named(
    account: Account, client: Client, talking: Receiver
) -> None:
    (contact,) = await client.made("contacts", {"name": "Иван Петров"})
    (lead,) = await client.made("leads", {"_embedded": {"contacts": [{"id": contact}]}})
    await client.send("m-1")
    link = {"link": {"entity_id": lead, "entity_type": "leads", "metadata": {"contact_id": contact}}}
    await client.done("POST", f"/api/v4/leads/unsorted/{account.unsorted[0].uid}/link", link)
    assert (account.chats[0].person.contact, account.leads[lead].contacts) == (contact, [contact])


async def test_another_client_with_the_same_phone_is_another_contact(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    await client.send("m-2", conversation_id="dlg-56", sender={**PERSON, "id": "tg:79990000000"})
    assert (len(account.contacts), len(account.unsorted)) == (2, 2)


async def test_a_chat_that_belongs_to_a_contact_with_an_open_lead_before_its_first_message_brings_no_incoming_one(
    account: Account, client: Client, talking: Receiver
) -> None:
    (contact,) = await client.made("contacts", {"name": "Иван"})
    (lead,) = await client.made("leads", {"name": "Сруб", "_embedded": {"contacts": [{"id": contact}]}})
    status, chat = await client.chat("POST", "/chats", {"conversation_id": CHAT, "user": PERSON})
    assert (status, chat["user"]["client_id"], chat["user"]["phone"]) == (200, CLIENT, "79990000000")
    assert (await client.chat("POST", "/chats", {"conversation_id": CHAT, "user": PERSON}))[1] == chat
    assert (await client.ask("GET", "/api/v4/talks"))[0] == 204
    await client.done("POST", "/api/v4/contacts/chats", [{"contact_id": contact, "chat_id": chat["id"]}])
    await client.send("m-1")
    assert (account.unsorted, account.chats[0].lead, list(account.contacts)) == ([], lead, [contact])
    (talk,) = (await client.done("GET", f"/api/v4/talks?filter[entity_id]={lead}"))["_embedded"]["talks"]
    assert (talk["chat_id"], talk["contact_id"], talk["is_in_work"]) == (chat["id"], contact, True)
    assert (await client.ask("POST", f"/api/v4/talks/{talk['talk_id']}/close", {"force_close": True}))[0] == 202
    assert account.chats[0].closed
    bound = await client.done("GET", f"/api/v4/contacts/chats?contact_id={contact}")
    assert bound["_embedded"]["chats"][0]["chat_id"] == chat["id"]


async def test_only_a_known_contact_and_chat_are_bound(account: Account, client: Client) -> None:
    wrong = [{"contact_id": 9, "chat_id": SOMEBODY}]
    assert await client.refused("POST", "/api/v4/contacts/chats", wrong) == [
        ("NotSupportedChoice", "contact_id"), ("NotSupportedChoice", "chat_id"),
    ]  # fmt: skip


async def test_a_silent_message_and_our_own_copy_bring_no_incoming_lead(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1", silent=True)
    assert (await client.chat("POST", "", copy(account, "m-2")))[0] == 200
    assert (account.unsorted, account.leads) == ([], {})
    silent, ours = account.chats[0].messages
    assert (silent.silent, ours.by_client, ours.author) == (True, False, account.users[ADMIN].amojo_id)
    await account.settled()
    assert talking.chats == []


async def test_an_incoming_lead_is_accepted_once_with_a_stage_and_somebody_who_works_on_it(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    (unsorted,) = account.unsorted
    path = f"/api/v4/leads/unsorted/{unsorted.uid}"
    assert await client.refused("POST", f"{path}/accept", {"status_id": 33930752}) == [
        ("NotSupportedChoice", "status_id")
    ]
    assert await client.refused("POST", f"{path}/accept", {"status_id": account.pipelines[0].unsorted.id}) == [
        ("NotSupportedChoice", "status_id")
    ]
    assert await client.refused("POST", f"{path}/accept", {"user_id": 9}) == [("NotSupportedChoice", "user_id")]
    await client.done("POST", f"{path}/accept", {"user_id": MANAGER, "status_id": 33929755})
    lead = account.leads[unsorted.lead]
    assert (lead.status, lead.responsible, unsorted.state) == (33929755, MANAGER, "accepted")
    assert (await client.ask("POST", f"{path}/accept", {}))[0] == 404
    assert (await client.ask("GET", path))[0] == 404


async def test_an_incoming_lead_is_declined_or_linked_to_one_that_was_there(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    first = account.unsorted[0]
    await client.done("DELETE", f"/api/v4/leads/unsorted/{first.uid}/decline", {"user_id": ADMIN})
    assert (account.leads[first.lead].deleted, first.state, account.chats[0].lead) == (True, "declined", None)
    for path in ("leads", f"leads/{first.lead}"):
        assert (await client.ask("GET", f"/api/v4/{path}"))[0] == 204
    await client.send("m-2")
    second = account.unsorted[1]
    (lead,) = await client.made("leads", {"name": "Сруб"})
    link = {"link": {"entity_id": lead, "entity_type": "leads"}}
    path = f"/api/v4/leads/unsorted/{second.uid}/link"
    wrong = {"link": {"entity_id": 9, "entity_type": "leads"}}
    assert await client.refused("POST", path, wrong) == [("NotSupportedChoice", "link.entity_id")]
    await client.done("POST", path, link)
    assert (account.chats[0].lead, account.leads[lead].contacts) == (lead, [second.contact])
    assert account.leads[second.lead].deleted


@pytest.mark.parametrize(
    ("more", "errors"), [
        ({"message": {"type": "text", "text": ""}}, [("FieldMissing", "message.text")]),
        ({"message": {"type": "poem", "text": "x"}}, [("NotSupportedChoice", "message.type")]),
        ({"message": {"type": "picture", "media": "https://desk.test/x"}}, [("FieldMissing", "message.file_name")]),
        ({"message": {"type": "file", "media": "/x", "file_name": "x"}}, [("NotSupportedChoice", "message.media")]),
        ({"message": {"type": "location"}}, [("FieldMissing", "message.location")]),
        ({"sender": {"id": CLIENT}}, [("FieldMissing", "sender.name")]),
        ({"sender": {"id": "mgr-7", "ref_id": SOMEBODY}, "receiver": PERSON},
         [("NotSupportedChoice", "sender.ref_id")]),
        ({"conversation_id": ""}, [("FieldMissing", "conversation_id")]),
        ({"mood": "good"}, [("UnexpectedField", "mood")]),
        ({"msgid": 7}, [("InvalidType", "msgid")]),
    ],
)  # fmt: skip
async def test_a_message_that_lacks_what_its_kind_needs_is_refused(
    careless: Account, client: Client, talking: Receiver, more: Any, errors: list[tuple[str, str]]
) -> None:
    status, answer = await client.chat("POST", "", new_message("m-1", **more))
    assert status == 400
    assert [(e["code"], e["path"]) for one in answer["validation-errors"] for e in one["errors"]] == errors
    assert careless.chats == []


async def test_the_same_message_twice_is_two_unless_the_account_is_said_to_know_better(
    account: Account, client: Client, talking: Receiver
) -> None:
    first, second = await client.send("m-1"), await client.send("m-1")
    assert first["msgid"] != second["msgid"]
    account.misbehaviour.dedupe = True
    assert (await client.send("m-1"))["msgid"] == first["msgid"]
    assert len(account.chats[0].messages) == 2


async def test_a_file_is_fetched_from_its_address_and_a_failure_is_to_be_seen(
    account: Account, client: Client, talking: Receiver
) -> None:
    talking.files["a"] = PHOTO
    for key, name in (("m-1", "a"), ("m-2", "b")):
        file = {"type": "picture", "media": f"{talking.url}/files/{name}", "file_name": "сруб.jpg", "file_size": 4}
        await client.send(key, message=file)
    await account.settled()
    good, bad = account.chats[0].messages
    assert (good.file, good.problem, good.type) == (b"JPEG", "", "picture")
    assert (bad.file, bad.problem) == (None, "GET was answered with 404")


async def test_a_message_is_edited_by_our_id_and_an_unknown_one_is_not(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    edited = {**new_message("m-1", "Добрый вечер"), "event_type": "edit_message"}
    assert (await client.chat("POST", "", edited))[0] == 200
    (message,) = account.chats[0].messages
    assert (message.text, message.edited) == ("Добрый вечер", True)
    unknown = {**new_message("m-9", "x"), "event_type": "edit_message"}
    assert (await client.chat("POST", "", unknown))[0] == 404
    assert (await client.chat("POST", "", {**edited, "event_type": "sing"}))[0] == 400


async def test_a_reply_names_the_message_that_it_answers_by_either_id(
    account: Account, client: Client, talking: Receiver
) -> None:
    first = await client.send("m-1")
    await client.send("m-2", reply_to={"message": {"msgid": "m-1"}})
    await client.send("m-3", reply_to={"message": {"id": first["msgid"]}})
    assert [one.reply_to for one in account.chats[0].messages] == ["", first["msgid"], first["msgid"]]


async def test_a_manager_writes_and_the_hook_is_signed_over_its_body(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1", source={"external_id": "line-3"})
    quoted = account.chats[0].messages[0]
    message = await account.manager_writes(CHAT, "Да, есть", reply_to=quoted)
    await account.settled()
    ((path, body, signature),) = talking.chats
    assert path == f"/chat/{account.channel_id}_{account.amojo_id}"
    assert signature == hmac.new(account.channel_secret.encode(), body, hashlib.sha1).hexdigest()
    said = talking.said[0]["message"]
    assert (said["message"]["id"], said["message"]["text"]) == (message.id, "Да, есть")
    assert said["conversation"] == {"id": account.chats[0].id, "client_id": CHAT}
    assert (said["receiver"]["client_id"], said["receiver"]["phone"]) == (CLIENT, "79990000000")
    assert said["sender"] == {"id": account.users[MANAGER].amojo_id, "name": "Борис Лисин"}
    assert said["source"] == {"external_id": "line-3"}
    assert said["message"]["reply_to"]["message"] == {"id": quoted.id, "msgid": "m-1"}
    account.misbehaviour.source_left_out = True
    await account.manager_writes(CHAT, "И ещё")
    await account.settled()
    assert "source" not in talking.said[1]["message"]


async def test_a_managers_file_lies_at_an_address_of_the_chats(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    await account.manager_writes(CHAT, "Вот", media=PRICES)
    await account.settled()
    said = talking.said[0]["message"]["message"]
    assert (said["type"], said["file_name"], said["file_size"]) == ("file", "Прайс.pdf", len(PRICES.content))
    assert said["media"].startswith(f"{account.chats_address}/attachments/")
    async with aiohttp.ClientSession() as http, http.get(said["media"]) as answer:
        assert (await answer.read(), answer.content_type) == (PRICES.content, PRICES.mime)


async def test_a_chat_hook_is_sent_once_whatever_becomes_of_it(
    account: Account, client: Client, talking: Receiver, clock: HandClock
) -> None:
    await client.send("m-1")
    talking.status = 500
    await account.manager_writes(CHAT, "раз")
    await account.settled()
    clock.passed += 7200
    await account.settled()
    talking.status, talking.pause = 200, 0.3
    account.misbehaviour.chat_patience = 0.05
    await account.manager_writes(CHAT, "два")
    await account.settled()
    assert [one.outcome for one in account.chat_hooks] == ["lost", "lost"]
    assert len(talking.chats) == 2


async def test_chat_hooks_come_twice_or_not_at_all_or_with_a_newline_if_so_wanted(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    account.misbehaviour.double_hooks = 1
    await account.manager_writes(CHAT, "раз")
    await account.settled()
    assert [one["message"]["message"]["text"] for one in talking.said] == ["раз", "раз"]
    account.misbehaviour.drop_hooks = 1
    await account.manager_writes(CHAT, "два")
    await account.settled()
    assert (len(talking.chats), account.chat_hooks[-1].outcome) == (2, "dropped")
    account.misbehaviour.trailing_newline = True
    await account.manager_writes(CHAT, "три")
    await account.settled()
    _, body, signature = talking.chats[-1]
    assert body.endswith(b"}\n")
    assert signature == hmac.new(account.channel_secret.encode(), body.strip(), hashlib.sha1).hexdigest()


async def test_chat_hooks_of_a_slow_receiver_come_minutes_late(
    account: Account, client: Client, talking: Receiver, clock: HandClock
) -> None:
    await client.send("m-1")
    account.misbehaviour.late_chat_hooks = 180
    await account.manager_writes(CHAT, "раз")
    await asyncio.sleep(0.05)
    assert talking.chats == []
    clock.passed += 181
    await account.settled()
    assert len(talking.chats) == 1


async def test_the_address_of_the_channel_needs_the_place_of_the_scope(account: Account) -> None:
    with pytest.raises(ValueError, match=":scope_id"):
        account.hook_url = "https://desk.example.ru/amo/chat"
    assert account.hook_url == ""


async def test_who_writes_first_gives_only_their_ids_until_we_give_ours(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.done("POST", "/api/v4/sources", [{"name": "WA", "external_id": "line-3"}])
    (contact,) = await client.made("contacts", {
        "name": "Ольга", "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+79160000001"}]}],
    })  # fmt: skip
    chat = await account.writes_first("Здравствуйте", phone="+79160000001", source="line-3")
    await account.settled()
    said = talking.said[0]["message"]
    assert (said["conversation"], said["source"]) == ({"id": chat.id}, {"external_id": "line-3"})
    assert said["receiver"] == {"id": chat.person.id, "name": "Ольга", "phone": "+79160000001"}
    assert (chat.person.contact, list(account.contacts)) == (contact, [contact])
    olga = {"id": "wa:79160000001", "name": "Ольга", "ref_id": chat.person.id}
    await client.send("m-1", conversation_id="dlg-60", conversation_ref_id=chat.id, sender=olga)
    assert (chat.client_id, chat.person.client_id, len(chat.messages)) == ("dlg-60", "wa:79160000001", 2)
    await account.manager_writes("dlg-60", "Да?")
    await account.settled()
    assert talking.said[1]["message"]["conversation"] == {"id": chat.id, "client_id": "dlg-60"}
    assert talking.said[1]["message"]["receiver"]["client_id"] == "wa:79160000001"


async def test_without_their_id_our_answer_to_who_wrote_first_opens_a_second_chat(
    account: Account, client: Client, talking: Receiver
) -> None:
    await account.writes_first("Здравствуйте", username="@olga")
    await account.settled()
    assert talking.said[0]["message"]["receiver"]["phone"] == "@olga"
    await client.send("m-1", conversation_id="dlg-60", sender={"id": "tg:7", "name": "Ольга"})
    assert [one.client_id for one in account.chats] == ["", "dlg-60"]


async def test_a_reference_to_a_chat_that_has_our_id_or_is_not_there_is_refused(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    for number in (account.chats[0].id, SOMEBODY):
        said = new_message("m-2", conversation_id="dlg-60", conversation_ref_id=number)
        assert (await client.chat("POST", "", said))[0] == 400
    assert len(account.chats) == 1


async def test_a_reference_to_a_person_who_has_another_id_of_ours_is_refused(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    for number in (account.chats[0].person.id, SOMEBODY):
        other = {"id": "tg:7", "name": "Иван", "ref_id": number}
        assert (await client.chat("POST", "", new_message("m-2", conversation_id="dlg-60", sender=other)))[0] == 400
    assert len(account.chats) == 1


async def test_nothing_is_told_while_the_channel_is_not_connected(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    path = f"/v2/origin/custom/{account.channel_id}/disconnect"
    assert (await client.signed("DELETE", path, {"account_id": account.amojo_id}))[0] == 200
    await account.manager_writes(CHAT, "Да, есть")
    await account.settled()
    assert (talking.chats, account.chat_hooks) == ([], [])


async def test_nobody_writes_first_where_the_channel_cannot_or_from_a_source_that_is_not_there(
    account: Account, talking: Receiver
) -> None:
    with pytest.raises(LookupError):
        await account.writes_first("Здравствуйте", email="i@e.ru", source="line-9")
    account.capabilities.write_first = False
    with pytest.raises(PermissionError):
        await account.writes_first("Здравствуйте", email="i@e.ru")
    assert account.chats == []


async def test_what_became_of_a_message_is_told_by_the_chats_id_in_both_places(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    message = await account.manager_writes(CHAT, "Да, есть")
    path = f"/{message.id}/delivery_status"
    assert (await client.chat("POST", path, {"msgid": message.id, "delivery_status": 2}))[0] == 200
    assert message.status == 2
    said = {"msgid": message.id, "delivery_status": -1, "error_code": 904, "error": "нет WhatsApp"}
    assert (await client.chat("POST", path, said))[0] == 200
    assert (message.status, message.error_code, message.error) == (-1, 904, "нет WhatsApp")
    account.capabilities.delivery = False
    assert (await client.chat("POST", path, {"msgid": message.id, "delivery_status": 1}))[0] == 403
    assert message.status == -1
    account.capabilities.delivery = True
    unknown = {"msgid": SOMEBODY, "delivery_status": 1}
    assert (await client.chat("POST", f"/{SOMEBODY}/delivery_status", unknown))[0] == 404


@pytest.mark.parametrize(
    "said", [
        {"msgid": "m-1", "delivery_status": 1}, {"msgid": 7, "delivery_status": 1}, {"delivery_status": 7},
        {"status_code": 1}, {"delivery_status": -1}, {"delivery_status": -1, "error_code": 7},
        {"delivery_status": -1, "error_code": 905}, {"delivery_status": 0},
    ],
)  # fmt: skip
async def test_a_status_that_is_none_is_refused(
    careless: Account, client: Client, talking: Receiver, said: dict[str, Any]
) -> None:
    await client.send("m-1")
    message = await careless.manager_writes(CHAT, "Да, есть")
    path = f"/{message.id}/delivery_status"
    assert (await client.chat("POST", path, {"msgid": message.id, **said}))[0] == 400
    assert (await client.chat("POST", path, {"delivery_status": 1}))[0] == 400
    assert message.status == 0


async def test_reactions_go_both_ways_and_are_taken_back(account: Account, client: Client, talking: Receiver) -> None:
    await client.send("m-1")
    (message,) = account.chats[0].messages
    await account.reacts(message, "👍")
    await account.reacts(message, None)
    await account.settled()
    first, second = (one["action"]["reaction"] for one in talking.said)
    assert (first["type"], first["emoji"], first["message"]) == ("react", "👍", {"id": message.id, "msgid": "m-1"})
    assert (second["type"], message.reactions) == ("unreact", {})
    react = {"conversation_id": CHAT, "msgid": "m-1", "user": {"id": CLIENT}, "type": "react", "emoji": "❤"}
    assert (await client.chat("POST", "/react", react))[0] == 200
    assert message.reactions == {CLIENT: "❤"}
    assert (await client.chat("POST", "/react", {**react, "type": "unreact"}))[0] == 200
    assert message.reactions == {}
    assert (await client.chat("POST", "/react", {**react, "msgid": "m-9"}))[0] == 404
    account.capabilities.reactions = False
    assert (await client.chat("POST", "/react", react))[0] == 403


async def test_typing_goes_both_ways_where_the_channel_has_it(
    account: Account, client: Client, talking: Receiver, clock: HandClock
) -> None:
    await client.send("m-1")
    said = {"conversation_id": CHAT, "sender": {"id": CLIENT}, "duration_ms": 7000}
    assert await client.chat("POST", "/typing", said) == (204, None)
    assert account.chats[0].typing_until == clock.now() + 7000
    assert (await client.chat("POST", "/typing", {**said, "conversation_id": "dlg-9"}))[0] == 404
    await account.writes_first("Здравствуйте", phone="+79160000001")
    assert (await client.chat("POST", "/typing", {**said, "conversation_id": ""}))[0] == 404
    await account.types(CHAT)
    account.capabilities.typing = False
    await account.types(CHAT)
    await account.settled()
    _, typing = (one.get("action", {}).get("typing") for one in talking.said)
    assert typing["conversation"] == {"id": account.chats[0].id, "client_id": CHAT}


async def test_the_history_shows_what_a_manager_wrote_without_an_id_of_ours(
    account: Account, client: Client, talking: Receiver
) -> None:
    await client.send("m-1")
    account.misbehaviour.drop_hooks = 1
    written = await account.manager_writes(CHAT, "Да, есть")
    await account.edits(written, "Да, есть два")
    path = f"/chats/{account.chats[0].id}/history"
    _, said = await client.chat("GET", path)
    newest, oldest = said["messages"]
    assert (newest["message"]["id"], newest["message"]["text"]) == (written.id, "Да, есть два")
    assert "client_id" not in newest["message"]
    assert (oldest["message"]["client_id"], oldest["sender"]["client_id"]) == ("m-1", CLIENT)
    _, said = await client.chat("GET", f"{path}?offset=1&limit=1")
    assert [one["message"]["id"] for one in said["messages"]] == [oldest["message"]["id"]]
    assert await client.chat("GET", f"{path}?offset=2") == (204, None)
    assert await client.chat("GET", f"/chats/{SOMEBODY}/history") == (204, None)
    assert (await client.chat("GET", f"{path}?limit=51"))[0] == 400


async def test_an_incoming_message_is_told_by_a_hook_of_the_account_too_and_ours_is_not(
    account: Account, client: Client, talking: Receiver
) -> None:
    names = ["add_message", "add_talk", "update_talk"]
    await client.done("POST", "/api/v4/webhooks", {"destination": f"{talking.url}/hook", "settings": names})
    await client.send("m-1")
    await client.chat("POST", "", copy(account, "m-2"))
    await account.settled()
    assert [one.name for one in account.hooks] == ["add_talk", "add_message", "update_talk"]
    (said,) = (form["message"]["add"][0] for form in talking.forms if "message" in form)
    chat = account.chats[0]
    assert (said["type"], said["text"], said["chat_id"]) == ("incoming", "Добрый день", chat.id)
    assert (said["entity_id"], said["contact_id"]) == (str(chat.lead), str(chat.person.contact))
    assert (said["author"]["name"], said["origin"]) == ("Иван", account.channel_code)
