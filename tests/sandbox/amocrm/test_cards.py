"""Contacts, leads, notes and tasks of an account, and what it refuses of them."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.sandbox.amocrm import Account
from chatapp_cli.sandbox.amocrm.objects import LOST, MANAGER, WON
from chatapp_cli.sandbox.amocrm.office import BOT, CHANNEL, PHONE, SALES, SERVICE
from tests.sandbox.amocrm.desk import Client
from tests.sandbox.clock import HandClock

FIRST, TALKS = 33929752, 33929755
IVAN = {
    "first_name": "Иван", "last_name": "Петров",
    "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": "+79990000000", "enum_code": "MOB"}]}],
}  # fmt: skip


async def test_a_contact_is_found_by_any_part_of_any_field_and_shown_with_its_leads(
    account: Account, client: Client
) -> None:
    (number,) = await client.made("contacts", IVAN)
    (lead,) = await client.made("leads", {"name": "Сруб", "_embedded": {"contacts": [{"id": number}]}})
    answer = await client.done("GET", "/api/v4/contacts?query=9990000&with=leads")
    (shown,) = answer["_embedded"]["contacts"]
    assert (shown["id"], shown["name"], shown["first_name"]) == (number, "Иван Петров", "Иван")
    (phones,) = shown["custom_fields_values"]
    assert (phones["field_code"], phones["values"]) == (
        "PHONE", [{"value": "+79990000000", "enum_id": 193230, "enum_code": "MOB"}],
    )  # fmt: skip
    assert shown["_embedded"]["leads"] == [{"id": lead}]
    assert (await client.done("GET", "/api/v4/contacts?query=петров"))["_embedded"]["contacts"][0]["id"] == number
    assert account.contacts[number].responsible == 55


@pytest.mark.parametrize(
    "path", [
        "contacts", "contacts?query=nobody", "contacts/7", "leads", "leads/7", "sources", "webhooks", "talks", "tasks",
        "leads/unsorted", "leads/notes", "contacts?page=2",
    ],
)  # fmt: skip
async def test_nothing_found_is_204_with_an_empty_body(account: Account, client: Client, path: str) -> None:
    assert await client.ask("GET", f"/api/v4/{path}") == (204, "")


async def test_a_list_has_pages_and_the_last_one_leads_nowhere(account: Account, client: Client) -> None:
    await client.made("contacts", *({"name": f"К{number}"} for number in range(5)))
    first = await client.done("GET", "/api/v4/contacts?limit=3")
    assert len(first["_embedded"]["contacts"]) == 3
    onward = first["_links"]["next"]["href"].removeprefix(account.address)
    last = await client.done("GET", onward)
    assert [len(last["_embedded"]["contacts"]), "next" in last["_links"]] == [2, False]
    assert (await client.ask("GET", "/api/v4/contacts?limit=251"))[0] == 400


async def test_answers_to_a_collection_come_in_another_order_and_are_told_apart_by_request_id(
    account: Account, client: Client
) -> None:
    answer = await client.done("POST", "/api/v4/contacts", [{"name": "А", "request_id": "a"}, {"name": "Б"}])
    assert [one["request_id"] for one in answer["_embedded"]["contacts"]] == ["1", "a"]


async def test_a_field_of_phones_is_replaced_as_a_whole(account: Account, client: Client) -> None:
    (number,) = await client.made("contacts", IVAN)
    phone = {"field_id": PHONE, "values": [{"value": "@ivan", "enum_id": 193226}]}
    await client.done("PATCH", "/api/v4/contacts", [{"id": number, "custom_fields_values": [phone]}])
    assert account.contacts[number].values[PHONE] == [{"value": "@ivan", "enum_id": 193226, "enum_code": "WORK"}]
    assert account.contacts[number].name == "Иван Петров"


@pytest.mark.parametrize("body", [{"name": "x"}, [], ["x"], None, [{"name": "x"}] * 251])
async def test_a_collection_is_an_array_of_some_items_and_not_too_many(
    careless: Account, client: Client, body: Any
) -> None:
    assert (await client.ask("POST", "/api/v4/contacts", body))[0] == 400
    assert (careless.contacts, len(careless.problems)) == ({}, 1)


@pytest.mark.parametrize(
    ("item", "errors"), [
        ({"nick": "x"}, [("UnexpectedField", "nick")]),
        ({"name": 7}, [("InvalidType", "name")]),
        ({"responsible_user_id": 9}, [("NotSupportedChoice", "responsible_user_id")]),
        ({"custom_fields_values": [{"field_id": 1, "values": [{"value": "x"}]}]},
         [("NotSupportedChoice", "custom_fields_values.0.field_id")]),
        ({"custom_fields_values": [{"field_code": "IM", "values": [{"value": "x"}]}]},
         [("NotSupportedChoice", "custom_fields_values.0.field_code")]),
        ({"custom_fields_values": [{"field_id": PHONE, "values": []}]},
         [("FieldMissing", "custom_fields_values.0.values")]),
        ({"custom_fields_values": [{"field_id": PHONE, "values": [{"value": "1", "enum_code": "MINE"}]}]},
         [("NotSupportedChoice", "custom_fields_values.0.values.0.enum_code")]),
        ({"custom_fields_values": [{"field_id": PHONE, "values": [{"value": 7}]}]},
         [("InvalidType", "custom_fields_values.0.values.0.value")]),
    ],
)  # fmt: skip
async def test_one_wrong_contact_refuses_the_whole_array_and_is_named(
    careless: Account, client: Client, item: Any, errors: list[tuple[str, str]]
) -> None:
    assert await client.refused("POST", "/api/v4/contacts", [{"name": "Хороший"}, item]) == errors
    assert careless.contacts == {}


async def test_a_contact_that_is_not_there_cannot_be_changed(account: Account, client: Client) -> None:
    assert await client.refused("PATCH", "/api/v4/contacts", [{"id": 7}]) == [("NotSupportedChoice", "id")]
    assert (await client.ask("PATCH", "/api/v4/contacts/7", {"name": "x"}))[0] == 404


async def test_a_lead_with_its_contact_is_made_at_once(account: Account, client: Client) -> None:
    field = {"field_id": CHANNEL, "values": [{"value": "WhatsApp"}]}
    said = {
        "name": "WhatsApp: Иван", "pipeline_id": SERVICE, "status_id": 33930752, "responsible_user_id": MANAGER,
        "request_id": "dlg-55", "custom_fields_values": [field],
        "_embedded": {"contacts": [IVAN], "companies": [{"name": "ООО Ромашка"}], "tags": [{"name": "chatapp"}],
                      "source": {"external_id": "line-3-wa", "type": "widget"}},
    }  # fmt: skip
    (answer,) = await client.done("POST", "/api/v4/leads/complex", [said])
    lead = account.leads[answer["id"]]
    assert (answer["request_id"], answer["merged"], lead.contacts) == (["dlg-55"], False, [answer["contact_id"]])
    assert (lead.pipeline, lead.status, lead.responsible, lead.tags) == (SERVICE, 33930752, MANAGER, ["chatapp"])
    assert lead.values[CHANNEL] == [{"value": "WhatsApp", "enum_id": 2957741}]
    assert account.contacts[answer["contact_id"]].name == "Иван Петров"
    assert lead.companies == [answer["company_id"]]
    shown = await client.done("GET", f"/api/v4/leads/{lead.id}?with=contacts")
    assert shown["_embedded"]["contacts"] == [{"id": answer["contact_id"], "is_main": True}]


async def test_a_repeated_request_makes_a_second_lead_because_nothing_tells_them_apart(
    account: Account, client: Client
) -> None:
    said = [{"name": "Сруб", "request_id": "dlg-55", "_embedded": {"contacts": [IVAN]}}]
    for _ in range(2):
        await client.done("POST", "/api/v4/leads/complex", said)
    assert (len(account.leads), len(account.contacts)) == (2, 2)


@pytest.mark.parametrize(
    ("item", "errors"), [
        ({"pipeline_id": 9}, [("NotSupportedChoice", "pipeline_id")]),
        ({"status_id": 9}, [("NotSupportedChoice", "status_id")]),
        ({"pipeline_id": SERVICE, "status_id": FIRST}, [("NotSupportedChoice", "status_id")]),
        ({"_embedded": {"contacts": [{"id": 9}]}}, [("NotSupportedChoice", "_embedded.contacts.0.id")]),
        ({"_embedded": {"contacts": [{"name": "А"}, {"name": "Б"}]}}, [("InvalidLength", "_embedded.contacts")]),
        ({"_embedded": {"contacts": [{"nick": "А"}]}}, [("UnexpectedField", "nick")]),
        ({"_embedded": {"owner": 1}}, [("UnexpectedField", "_embedded.owner")]),
        ({"custom_fields_values": [{"field_id": CHANNEL, "values": [{"value": "Telegram"}]}]},
         [("NotSupportedChoice", "custom_fields_values.0.values.0.value")]),
        ({"custom_fields_values": [{"field_id": 1286581, "values": [{"value": "да"}]}]},
         [("InvalidType", "custom_fields_values.0.values.0.value")]),
    ],
)  # fmt: skip
async def test_a_lead_that_does_not_fit_the_account_is_refused_with_the_path_of_what_is_wrong(
    careless: Account, client: Client, item: Any, errors: list[tuple[str, str]]
) -> None:
    assert await client.refused("POST", "/api/v4/leads/complex", [item]) == errors
    assert (careless.leads, careless.contacts) == ({}, {})


async def test_who_does_not_work_here_any_more_gets_no_cards(account: Account, client: Client) -> None:
    await account.staff.dismisses(MANAGER)
    for kind in ("contacts", "leads", "leads/complex"):
        assert await client.refused("POST", f"/api/v4/{kind}", [{"responsible_user_id": MANAGER}]) == [
            ("NotSupportedChoice", "responsible_user_id")
        ]
    assert (account.contacts, account.leads) == ({}, {})


async def test_links_are_not_changed_by_changing_a_lead(careless: Account, client: Client) -> None:
    (contact,) = await client.made("contacts", {"name": "А"})
    (lead,) = await client.made("leads", {"name": "Сруб"})
    await client.done("PATCH", "/api/v4/leads", [{"id": lead, "_embedded": {"contacts": [{"id": contact}]}}])
    assert careless.leads[lead].contacts == []
    assert careless.problems == ["PATCH /api/v4/leads: links are changed by /link only"]


async def test_only_a_form_or_a_call_puts_a_lead_among_the_incoming_ones(account: Account, client: Client) -> None:
    there = {"status_id": account.pipelines[0].unsorted.id}
    (lead,) = await client.made("leads", {"name": "Сруб"})
    for method, item in (("POST", there), ("PATCH", {"id": lead, **there})):
        assert await client.refused(method, "/api/v4/leads", [item]) == [("NotSupportedChoice", "status_id")]
    form = {"category": "forms", "form_id": "f", "form_name": "Заявка"}
    said = [{**there, "name": "С сайта", "_embedded": {"metadata": form, "contacts": [IVAN]}}]
    (made,) = await client.done("POST", "/api/v4/leads/complex", said)
    answer = await client.done("GET", "/api/v4/leads/unsorted?filter[category][]=forms")
    (shown,) = answer["_embedded"]["unsorted"]
    assert (shown["category"], shown["_embedded"]["leads"]) == ("forms", [{"id": made["id"]}])
    link = {"link": {"entity_id": lead, "entity_type": "leads"}}
    assert (await client.ask("POST", f"/api/v4/leads/unsorted/{shown['uid']}/link", link))[0] == 400
    assert (await client.ask("DELETE", f"/api/v4/leads/unsorted/{shown['uid']}/decline", {}))[0] == 200
    assert account.leads[made["id"]].deleted


async def test_duplicate_control_takes_the_contact_with_the_same_phone_and_says_so(
    account: Account, client: Client
) -> None:
    (number,) = await client.made("contacts", IVAN)
    said = [{"name": "Сруб", "_embedded": {"contacts": [IVAN]}}]
    (first,) = await client.done("POST", "/api/v4/leads/complex", said)
    assert (first["merged"], first["contact_id"] == number) == (False, False)
    account.misbehaviour.duplicate_control = True
    (second,) = await client.done("POST", "/api/v4/leads/complex", said)
    assert (second["merged"], second["contact_id"], len(account.contacts)) == (True, number, 2)


async def test_no_more_than_fifty_leads_are_made_with_contacts_at_once(careless: Account, client: Client) -> None:
    assert (await client.ask("POST", "/api/v4/leads/complex", [{"name": "x"}] * 51))[0] == 400
    assert careless.leads == {}


async def test_a_field_or_stage_that_was_deleted_is_refused_from_then_on(account: Account, client: Client) -> None:
    field = {"custom_fields_values": [{"field_id": CHANNEL, "values": [{"enum_id": 2957741}]}]}
    (lead,) = await client.made("leads", {"status_id": TALKS, **field})
    await account.deletes_field(CHANNEL)
    await account.deletes_stage(TALKS)
    assert (account.leads[lead].values, account.leads[lead].status) == ({}, FIRST)
    assert await client.refused("POST", "/api/v4/leads", [field]) == [
        ("NotSupportedChoice", "custom_fields_values.0.field_id")
    ]
    assert await client.refused("PATCH", "/api/v4/leads", [{"id": lead, "status_id": TALKS}]) == [
        ("NotSupportedChoice", "status_id")
    ]


async def test_a_lead_that_is_moved_changes_pipeline_and_stage_and_is_closed_or_opened(
    account: Account, client: Client
) -> None:
    (number,) = await client.made("leads", {"name": "Сруб"})
    lead = account.leads[number]
    assert (lead.pipeline, lead.status, lead.open) == (SALES, FIRST, True)
    await client.done("PATCH", "/api/v4/leads", [{"id": number, "pipeline_id": SERVICE, "status_id": WON}])
    assert (lead.pipeline, lead.status, lead.open) == (SERVICE, WON, False)
    assert lead.closed_at
    await account.moves(lead, 33930752)
    assert (lead.closed_at, lead.open) == (None, True)
    with pytest.raises(LookupError):
        await account.moves(lead, FIRST)


async def test_leads_are_filtered_and_an_unknown_filter_is_a_problem(
    careless: Account, client: Client, clock: HandClock
) -> None:
    old, new = await client.made("leads", {"name": "А"}, {"name": "Б", "status_id": LOST})
    clock.passed += 100
    await careless.moves(old, TALKS)
    since = f"filter[updated_at][from]={clock.now() // 1000 - 50}"

    async def found(query: str) -> list[int]:
        answer = await client.done("GET", f"/api/v4/leads?{query}")
        return [one["id"] for one in answer["_embedded"]["leads"]] if answer else []

    assert await found(since) == [old]
    assert await found(f"filter[id][]={new}&filter[id][]=7") == [new]
    assert await found(f"filter[statuses][0][pipeline_id]={SALES}&filter[statuses][0][status_id]={LOST}") == [new]
    assert await found(f"filter[responsible_user_id]={MANAGER}") == []
    assert careless.problems == []
    assert await found("filter[mood]=good") == [old, new]
    assert careless.problems == ["GET /api/v4/leads: filter[mood] is not known"]


async def test_tags_are_added_and_taken_away_without_the_others(account: Account, client: Client) -> None:
    (number,) = await client.made("leads", {"_embedded": {"tags": [{"name": "a"}, {"name": "b"}]}})
    said = {"id": number, "tags_to_add": [{"name": "c"}, {"name": "a"}], "tags_to_delete": [{"name": "b"}]}
    await client.done("PATCH", "/api/v4/leads", [said])
    assert account.leads[number].tags == ["a", "c"]


async def test_a_contact_is_linked_to_a_lead_and_the_main_one_stands_first(account: Account, client: Client) -> None:
    first, second = await client.made("contacts", {"name": "А"}, {"name": "Б"})
    (lead,) = await client.made("leads", {"_embedded": {"contacts": [{"id": first}]}})
    link = {"to_entity_id": second, "to_entity_type": "contacts", "metadata": {"is_main": True}}
    await client.done("POST", f"/api/v4/leads/{lead}/link", [link])
    assert account.leads[lead].contacts == [second, first]
    answer = await client.done("GET", f"/api/v4/leads/{lead}/links")
    assert [one["to_entity_id"] for one in answer["_embedded"]["links"]] == [second, first]
    assert (await client.ask("POST", f"/api/v4/leads/{lead}/unlink", [link]))[0] == 204
    assert account.leads[lead].contacts == [first]
    wrong = {"to_entity_id": 9, "to_entity_type": "contacts"}
    assert await client.refused("POST", f"/api/v4/leads/{lead}/link", [wrong]) == [
        ("NotSupportedChoice", "to_entity_id")
    ]


async def test_a_note_is_written_into_a_card_and_needs_what_its_type_needs(careless: Account, client: Client) -> None:
    (lead,) = await client.made("leads", {"name": "Сруб"})
    said = {"note_type": "extended_service_message", "params": {"service": "ChatApp", "text": "Клиент ответил"}}
    await client.done("POST", f"/api/v4/leads/{lead}/notes", [said])
    (note,) = careless.notes
    assert (note.card, note.kind, note.params["text"]) == (lead, "leads", "Клиент ответил")
    answer = await client.done("GET", f"/api/v4/leads/{lead}/notes?filter[note_type][]=extended_service_message")
    assert answer["_embedded"]["notes"][0]["params"] == said["params"]
    path = f"/api/v4/leads/{lead}/notes"
    assert await client.refused("POST", path, [{"note_type": "common", "params": {}}]) == [
        ("FieldMissing", "params.text")
    ]
    assert await client.refused("POST", path, [{"note_type": "shout", "params": {"text": "x"}}]) == [
        ("NotSupportedChoice", "note_type")
    ]
    assert (await client.ask("POST", "/api/v4/leads/9/notes", [said]))[0] == 404
    assert len(careless.notes) == 1


async def test_a_task_is_set_for_somebody_who_works_here(careless: Account, client: Client) -> None:
    (lead,) = await client.made("leads", {"name": "Сруб"})
    said = {"text": "Ответить", "complete_till": 1_796_100_000, "entity_id": lead, "entity_type": "leads",
            "responsible_user_id": MANAGER}  # fmt: skip
    await client.made("tasks", said)
    (task,) = careless.tasks
    assert (task.card, task.responsible, task.text) == (lead, MANAGER, "Ответить")
    assert (await client.done("GET", f"/api/v4/tasks?filter[entity_id][]={lead}"))["_embedded"]["tasks"]
    await careless.staff.dismisses(MANAGER)
    assert await client.refused("POST", "/api/v4/tasks", [said]) == [("NotSupportedChoice", "responsible_user_id")]
    assert await client.refused("POST", "/api/v4/tasks", [{"text": "x"}]) == [("FieldMissing", "complete_till")]
    unknown = {**said, "responsible_user_id": 55, "entity_id": 9}
    assert await client.refused("POST", "/api/v4/tasks", [unknown]) == [("NotSupportedChoice", "entity_id")]


async def test_custom_fields_are_listed_with_their_choices(account: Account, client: Client) -> None:
    answer = await client.done("GET", "/api/v4/leads/custom_fields")
    fields = {one["id"]: one for one in answer["_embedded"]["custom_fields"]}
    assert [one["value"] for one in fields[CHANNEL]["enums"]] == ["WhatsApp", "VK"]
    answer = await client.done("GET", "/api/v4/contacts/custom_fields")
    phone = answer["_embedded"]["custom_fields"][0]
    assert (phone["code"], phone["type"], phone["enums"][0]["code"]) == ("PHONE", "multitext", "WORK")


async def test_bots_are_listed(account: Account, client: Client) -> None:
    assert (await client.done("GET", "/api/v4/bots"))["_embedded"]["bots"][0]["id"] == BOT
