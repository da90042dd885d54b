"""The tracker and the cards, which appear in their own time."""

from __future__ import annotations

import pytest

from chatapp_cli.sandbox.bitrix24 import Portal
from tests.sandbox.bitrix24.desk import CHAT, CONNECTOR, LINE, Client, Handler, item
from tests.sandbox.clock import HandClock


def kinds(portal: Portal) -> list[str]:
    return [card.kind for card in portal.cards]


async def test_a_deal_with_its_contact_appears_seconds_after_the_message(
    portal: Portal, client: Client, clock: HandClock
) -> None:
    await client.connect()
    await client.send("m-1")
    clock.passed += 0.9
    assert kinds(portal) == []
    clock.passed += 2.1
    assert kinds(portal) == ["contact", "deal"]
    deal = portal.cards[1]
    assert (deal.responsible, deal.stage, deal.codes) == (27, "NEW", [portal.chats[0].code])
    dialog = await client.done("imopenlines.dialog.get", CHAT_ID=portal.chats[0].id)
    assert dialog["entity_id"] == portal.chats[0].code
    assert dialog["entity_data_2"] == f"LEAD|0|COMPANY|0|CONTACT|{portal.cards[0].id}|DEAL|{deal.id}"
    assert dialog["entity_data_1"].split("|")[:6] == ["Y", "DEAL", str(deal.id), "N", "N", str(portal.chats[0].session)]


async def test_a_card_is_made_and_told_of_although_nobody_asks_also_after_an_outage(
    portal: Portal, client: Client, clock: HandClock, handler: Handler
) -> None:
    await client.connect()
    await client.done("event.bind", event="OnCrmDealAdd", handler=f"{handler.url}/event")
    await client.send("m-1")
    await portal.vanish()
    await portal.come_back()
    clock.passed += 3
    await portal.cards_made()
    await portal.settled()
    assert [form["event"] for form in handler.forms] == ["ONCRMDEALADD"]


@pytest.mark.parametrize(
    ("settings", "group", "more", "made"),
    [
        ({"CRM": "N"}, False, {}, []), ({"CRM_CREATE": "none"}, False, {}, []),
        ({"CRM_CREATE": "lead"}, False, {}, ["lead"]), ({}, True, {}, []), ({}, False, {"disable_crm": "Y"}, []),
    ],
)  # fmt: skip
async def test_the_line_the_connector_and_the_message_decide_what_appears(
    portal: Portal, client: Client, clock: HandClock, settings: dict[str, str], group: bool, more: dict[str, str],
    made: list[str],
) -> None:  # fmt: skip
    portal.lines[LINE].settings.update(settings)
    await client.connect(CHAT_GROUP=group)
    await client.send("m-1", **more)
    clock.passed += 3
    assert kinds(portal) == made


@pytest.mark.parametrize(("third", "deals"), [("Y", 1), ("N", 2)])
async def test_a_second_session_reuses_the_open_deal_unless_the_line_wants_a_new_one(
    portal: Portal, client: Client, clock: HandClock, third: str, deals: int
) -> None:
    portal.lines[LINE].settings |= {"CRM_CREATE_THIRD": third, "CRM_CREATE_SECOND": "9"}
    await client.connect()
    for key in ("m-1", "m-2"):
        await client.send(key)
        clock.passed += 3
        await portal.staff.finishes(CHAT)
    assert kinds(portal).count("deal") == deals
    assert kinds(portal).count("contact") == 1
    assert {(card.stage, card.category) for card in portal.cards if card.kind == "deal"} == {("C9:NEW", 9)}


async def test_one_person_in_two_chats_has_one_contact_and_one_deal(
    portal: Portal, client: Client, clock: HandClock
) -> None:
    await client.connect()
    await client.send("m-1")
    await client.send("m-2", chat=f"{CHAT}:post:5")
    clock.passed += 3
    assert kinds(portal) == ["contact", "deal"]
    assert portal.cards[1].codes == [chat.code for chat in portal.chats]
    assert portal.chats[0].person == portal.chats[1].person


async def test_a_person_for_each_post_has_a_contact_for_each_if_nothing_else_joins_them(
    portal: Portal, client: Client, clock: HandClock
) -> None:
    await client.connect()
    for post in ("vk:1:post:5", "vk:1:post:6"):
        await client.send(post, chat=post, user={"id": post, "phone": ""})
    clock.passed += 3
    assert kinds(portal).count("deal") == 2


async def test_cards_are_found_by_chat_and_a_page_has_fifty(portal: Portal, client: Client, clock: HandClock) -> None:
    await client.connect()
    await client.send("m-1")
    clock.passed += 3
    deal = portal.cards[1]
    for number in range(60):
        portal.server.office.add_card("deal", title=f"Сделка {number}", responsible=29, stage="WON")
    code = f"imol|{portal.chats[0].code}"
    _, found = await client.call("crm.item.list", entityTypeId=2, filter={"=imol": code}, select=["id", "stageId"])
    assert (found["result"]["items"], found["total"]) == ([{"id": deal.id, "stageId": "NEW"}], 1)
    _, first = await client.call("crm.item.list", entityTypeId=2, order={"id": "desc"})
    _, rest = await client.call("crm.item.list", entityTypeId=2, order={"id": "desc"}, start=50)
    assert (len(first["result"]["items"]), first["next"], first["total"]) == (50, 50, 61)
    assert (len(rest["result"]["items"]), rest.get("next")) == (11, None)
    _, late = await client.call("crm.item.list", entityTypeId=2, filter={">id": deal.id + 58}, start=-1)
    assert ([one["id"] for one in late["result"]["items"]], late.get("total")) == ([deal.id + 59, deal.id + 60], None)
    _, open_ones = await client.call("crm.item.list", entityTypeId=2, filter={"=closed": "N", "contactIds": 2301})
    assert [one["id"] for one in open_ones["result"]["items"]] == [deal.id]
    assert await client.refused("crm.item.list", entityTypeId=2, filter={"=colour": 1}) == (400, "INVALID_ARG_VALUE")


async def test_a_changed_card_is_told_of_and_shows_its_new_owner(
    portal: Portal, client: Client, clock: HandClock, handler: Handler
) -> None:
    await client.connect()
    await client.done("event.bind", event="OnCrmDealUpdate", handler=f"{handler.url}/event")
    await client.send("m-1")
    clock.passed += 3
    deal = portal.cards[1]
    await client.done("crm.item.update", entityTypeId=2, id=deal.id, fields={"assignedById": 29})
    await portal.staff.changes(deal, stageId="WON")
    await portal.settled()
    assert [form["data"]["FIELDS"]["ID"] for form in handler.forms] == [str(deal.id)] * 2
    shown = await client.done("crm.item.get", entityTypeId=2, id=deal.id)
    assert (shown["item"]["assignedById"], shown["item"]["stageId"], shown["item"]["closed"]) == (29, "WON", "Y")
    assert await client.refused("crm.item.get", entityTypeId=2, id=1) == (400, "NOT_FOUND")


async def test_a_converted_merged_or_deleted_card_gives_its_chats_away(
    portal: Portal, client: Client, clock: HandClock
) -> None:
    portal.lines[LINE].settings["CRM_CREATE"] = "lead"
    await client.connect()
    await client.send("m-1")
    clock.passed += 3
    (lead,) = portal.cards
    deal = await portal.staff.converts(lead)
    assert (lead.stage, deal.codes) == ("CONVERTED", lead.codes)
    other = portal.server.office.add_card("deal", title="Та же", responsible=27, stage="NEW")
    await portal.staff.merges(deal, other)
    chats = await client.done("imopenlines.crm.chat.get", CRM_ENTITY_TYPE="deal", CRM_ENTITY=other.id)
    upper = await client.refused("imopenlines.crm.chat.get", CRM_ENTITY_TYPE="DEAL", CRM_ENTITY=other.id)
    assert upper == (400, "ERROR_ARGUMENT")
    assert [chat["CHAT_ID"] for chat in chats] == [str(portal.chats[0].id)]
    assert await client.done("imopenlines.crm.chat.getLastId", CRM_ENTITY_TYPE="deal", CRM_ENTITY=other.id) == (
        portal.chats[0].id
    )
    assert await client.refused("crm.item.get", entityTypeId=2, id=deal.id) == (400, "NOT_FOUND")


async def test_a_contact_is_found_by_its_phone_and_nothing_found_is_a_list(
    portal: Portal, client: Client, clock: HandClock
) -> None:
    await client.connect()
    await client.send("m-1")
    clock.passed += 3
    said = {"type": "PHONE", "entity_type": "CONTACT"}
    found = await client.done("crm.duplicate.findbycomm", **said, values=["89990000000", "+79990000000"])
    assert found == {"CONTACT": [portal.cards[0].id]}
    assert await client.done("crm.duplicate.findbycomm", **said, values=["+79991111111"]) == []


async def test_notices_and_comments_are_seen_and_a_message_by_card_goes_to_the_client(
    portal: Portal, client: Client, clock: HandClock, handler: Handler
) -> None:
    await client.connect()
    await client.done("event.bind", event="OnImConnectorMessageAdd", handler=f"{handler.url}/event")
    await client.send("m-1")
    clock.passed += 3
    deal = portal.cards[1]
    await client.done("im.notify.system.add", USER_ID=27, MESSAGE="Не доставлено")
    await client.done(
        "crm.timeline.comment.add", fields={"ENTITY_ID": deal.id, "ENTITY_TYPE": "deal", "COMMENT": "Не доставлено"}
    )
    await client.done(
        "imopenlines.crm.message.add", CRM_ENTITY_TYPE="deal", CRM_ENTITY=deal.id, USER_ID=27,
        CHAT_ID=portal.chats[0].id, MESSAGE="Здравствуйте",
    )  # fmt: skip
    await portal.settled()
    assert [(one.user, one.text) for one in portal.notices] == [(27, "Не доставлено")]
    assert [(one.kind, one.entity, one.text) for one in portal.comments] == [("deal", deal.id, "Не доставлено")]
    assert handler.forms[0]["data"]["MESSAGES"][0]["message"]["text"] == "Здравствуйте"
    assert await client.refused("im.notify.system.add", USER_ID=999, MESSAGE="?") == (400, "USER_ID_EMPTY")


async def test_lines_are_listed_made_and_changed(portal: Portal, client: Client) -> None:
    made = await client.done("imopenlines.config.add", PARAMS={"LINE_NAME": "ChatApp", "ACTIVE": "N", "CRM": "N"})
    await client.done("imopenlines.config.update", CONFIG_ID=made, PARAMS={"ACTIVE": "Y", "CRM_CREATE_THIRD": "N"})
    assert await client.done("imopenlines.config.update", CONFIG_ID=999, PARAMS={"ACTIVE": "Y"}) is False
    listed = await client.done(
        "imopenlines.config.list.get", PARAMS={"select": ["ID", "LINE_NAME", "ACTIVE"]}, OPTIONS={"QUEUE": "Y"}
    )
    assert listed[-1] == {"ID": str(made), "LINE_NAME": "ChatApp", "ACTIVE": "Y", "QUEUE": [27]}
    shown = await client.done("imopenlines.config.get", CONFIG_ID=made)
    assert (shown["CRM"], shown["CRM_CREATE_THIRD"], shown["LINE_NAME"]) == ("N", "N", "ChatApp")
    assert await client.refused("imopenlines.config.get", CONFIG_ID=7) == (400, "ERROR_ARGUMENT")
    assert portal.lines[made].active


async def test_pages_are_bound_once_and_opened_with_the_card_and_our_token(
    portal: Portal, client: Client, clock: HandClock, handler: Handler
) -> None:
    said = {"PLACEMENT": "CRM_DEAL_DETAIL_TAB", "HANDLER": f"{handler.url}/event", "TITLE": "ChatApp"}
    assert await client.done("placement.bind", **said) is True
    assert await client.refused("placement.bind", **said) == (200, "ERROR_CORE")
    assert await client.refused("placement.bind", **said | {"PLACEMENT": "NOWHERE"}) == (200, "ERROR_ARGUMENT")
    assert [one["handler"] for one in await client.done("placement.get")] == [said["HANDLER"]]
    await client.connect()
    await client.send("m-1")
    clock.passed += 3
    await portal.opens_card(portal.cards[1])
    assert handler.forms[0]["PLACEMENT_OPTIONS"] == f'{{"ID": "{portal.cards[1].id}"}}'
    assert await client.done("placement.unbind", PLACEMENT="CRM_DEAL_DETAIL_TAB") == {"count": 1}
    assert portal.placements == []


async def test_a_late_portal_goes_on_naming_cards_that_are_gone(
    portal: Portal, client: Client, clock: HandClock
) -> None:
    portal.misbehaviour.stale_cards = True
    await client.connect()
    await client.send("m-1")
    clock.passed += 3
    contact, deal = portal.cards
    await portal.staff.deletes_card(deal)
    dialog = await client.done("imopenlines.dialog.get", CHAT_ID=portal.chats[0].id)
    assert dialog["entity_data_2"] == f"LEAD|0|COMPANY|0|CONTACT|{contact.id}|DEAL|{deal.id}"
    assert await client.refused("crm.item.get", entityTypeId=2, id=deal.id) == (400, "NOT_FOUND")


async def test_a_contact_shows_its_phones_and_a_deal_has_none(portal: Portal, client: Client, clock: HandClock) -> None:
    await client.connect()
    await client.send("m-1")
    clock.passed += 3
    contact, deal = portal.cards
    contact.more_phones.append("8 916 000-00-02")
    shown = await client.done("crm.item.get", entityTypeId=3, id=contact.id)
    means = [(one["typeId"], one["value"]) for one in shown["item"]["fm"]]
    assert means == [
        ("PHONE", "+79990000000"), ("PHONE", "8 916 000-00-02"), ("IM", f"imol|{portal.chats[0].code}"),
    ]  # fmt: skip
    assert (await client.done("crm.item.get", entityTypeId=2, id=deal.id))["item"]["fm"] == []
    portal.server.office.hidden.add((1, "deal", deal.id))
    assert await client.refused("crm.item.get", entityTypeId=2, id=deal.id) == (400, "ACCESS_DENIED")
    assert (await client.done("crm.item.list", entityTypeId=2))["items"] == []
    stages = await client.done("crm.status.list", filter={"ENTITY_ID": "STATUS", "STATUS_ID": "CONVERTED"})
    assert [one["NAME"] for one in stages] == ["Качественный лид"]


async def test_a_tab_that_is_not_bound_cannot_be_opened_and_a_page_without_a_form_not_filled_in(
    portal: Portal, client: Client, handler: Handler
) -> None:
    card = portal.server.office.add_card("company", title="Ёлки", responsible=27)
    with pytest.raises(LookupError):
        await portal.opens_card(card)
    await client.done("placement.bind", PLACEMENT="CRM_COMPANY_DETAIL_TAB", HANDLER=f"{handler.url}/event")
    page = await portal.opens_card(card, employee=29)
    assert portal.authority.let_in(handler.forms[0]["AUTH_ID"]) == 29
    with pytest.raises(LookupError):
        await portal.fills_form(page, text="Здравствуйте")


async def test_the_settings_page_names_connector_and_line_and_can_be_forged(
    portal: Portal, client: Client, handler: Handler
) -> None:
    await client.connect()
    portal.connectors[CONNECTOR]["PLACEMENT_HANDLER"] = f"{handler.url}/event"
    await portal.opens_settings(CONNECTOR, LINE)
    await portal.opens_settings(CONNECTOR, LINE, application_token="of-somebody-else")
    assert [form["APPLICATION_TOKEN"] for form in handler.forms] == [portal.application_token, "of-somebody-else"]
    assert '"LINE": 107' in handler.forms[0]["PLACEMENT_OPTIONS"]


async def test_an_sms_is_posted_to_its_provider_and_takes_known_statuses_alone(
    portal: Portal, client: Client, handler: Handler
) -> None:
    sender = {"CODE": "chatapp_wa_3", "TYPE": "SMS", "HANDLER": f"{handler.url}/event", "NAME": "ChatApp"}
    await client.done("messageservice.sender.add", **sender)
    assert await client.refused("messageservice.sender.add", **sender) == (400, "ERROR_SENDER_ALREADY_INSTALLED")
    number, answered = await portal.sends_sms("chatapp_wa_3", "+79990000000", "Заказ готов")
    assert (answered.body, handler.forms[0]["message_id"], handler.forms[0]["message_to"]) == (
        "ok", number, "+79990000000",
    )  # fmt: skip
    said = {"CODE": "chatapp_wa_3", "MESSAGE_ID": number}
    await client.done("messageservice.message.status.update", **said, STATUS="delivered")
    for wrong, code in (({"STATUS": "read"}, "INCORRECT"), ({"MESSAGE_ID": "x", "STATUS": "sent"}, "NOT_FOUND")):
        status, error = await client.refused("messageservice.message.status.update", **said | wrong)
        assert (status, error.endswith(code)) == (400, True)
    assert portal.sms_statuses == {number: ["delivered"]}
    assert await client.done("messageservice.sender.list") == ["chatapp_wa_3"]
    await client.done("messageservice.sender.delete", CODE="chatapp_wa_3")
    assert portal.senders == {}


async def test_a_file_of_the_disk_is_fetched_by_the_address_that_the_portal_gives(
    portal: Portal, client: Client, handler: Handler
) -> None:
    await client.connect()
    await client.send("m-1")
    assert await client.refused("disk.file.get", id=1) == (400, "ERROR_NOT_FOUND")
    assert await client.refused("imopenlines.dialog.get", CHAT_ID=1) == (400, "ACCESS_ERROR")
    again = await client.done("imopenlines.session.open", USER_CODE=portal.chats[0].code)
    assert again == {"chatId": str(portal.chats[0].id)}
    both = [item("m-2", "раз"), item("m-3", "два")]
    await client.done("imconnector.send.messages", CONNECTOR=CONNECTOR, LINE=LINE, MESSAGES=both)
    assert [message.text for message in portal.messages(portal.chats[0].id)] == ["Добрый день", "раз", "два"]


async def test_a_card_shows_when_a_field_changed_and_a_comment_changes_none(
    portal: Portal, client: Client, clock: HandClock, handler: Handler
) -> None:
    await client.connect()
    for event in ("OnCrmDealUpdate", "OnCrmTimelineCommentAdd"):
        await client.done("event.bind", event=event, handler=f"{handler.url}/event")
    await client.send("m-1")
    clock.passed += 3
    deal = portal.cards[1]
    made = deal.updated
    clock.passed += 60
    await portal.staff.comments(deal, "Перезвонить", employee=29)
    comment = await client.done("crm.timeline.comment.get", id=portal.comments[0].id)
    assert (comment["ENTITY_TYPE"], comment["ENTITY_ID"], comment["AUTHOR_ID"]) == ("deal", str(deal.id), "29")
    assert deal.updated == made
    await client.done("crm.item.update", entityTypeId=2, id=deal.id, fields={"assignedById": 29})
    assert (deal.responsible, deal.updated - made) == (29, 60_000)
    since = {"entityTypeId": 2, "filter": {">=updatedTime": "2020-01-01T00:00:00+00:00"}, "select": ["id"]}
    assert (await client.done("crm.item.list", **since))["items"] == [{"id": deal.id}]
    since["filter"] = {">=updatedTime": "2100-01-01T00:00:00+00:00"}
    assert (await client.done("crm.item.list", **since))["items"] == []
    await portal.settled()
    assert [form["event"] for form in handler.forms] == ["ONCRMTIMELINECOMMENTADD", "ONCRMDEALUPDATE"]


async def test_nobody_becomes_responsible_who_does_not_work_here(
    portal: Portal, client: Client, clock: HandClock
) -> None:
    await client.connect()
    await client.send("m-1")
    clock.passed += 3
    deal = portal.cards[1]
    await portal.staff.dismisses(29)
    change = {"entityTypeId": 2, "id": deal.id}
    for employee in (29, 4711):
        said = await client.refused("crm.item.update", **change, fields={"assignedById": employee})
        assert said == (400, "CRM_FIELD_ERROR_VALUE_NOT_VALID")
    portal.misbehaviour.denied_cards = {("deal", deal.id)}
    assert await client.refused("crm.item.update", **change, fields={"assignedById": 1}) == (403, "ACCESS_DENIED")
    assert deal.responsible == 27
    assert await client.refused("crm.timeline.comment.get", id=1) == (400, "NOT_FOUND")


async def test_a_stage_that_the_pipeline_does_not_have_is_refused(portal: Portal, client: Client) -> None:
    office = portal.server.office
    office.funnels[9] = "Опт"
    stages = await client.done("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE_9"})
    assert [one["STATUS_ID"] for one in stages] == ["C9:NEW", "C9:PREPARATION", "C9:WON", "C9:LOSE"]
    for fields in (
        {"categoryId": 9, "stageId": "NEW"},
        {"stageId": "C9:NEW"},
        {"categoryId": 8},
        {"assignedById": 404},
    ):
        refused = await client.refused("crm.item.add", entityTypeId=2, fields={"title": "Ёлки", **fields})
        assert refused == (400, "CRM_FIELD_ERROR_VALUE_NOT_VALID")
    made = await client.done("crm.item.add", entityTypeId=2, fields={"title": "Ёлки", "categoryId": 9})
    moves = {"categoryId": 0, "stageId": "C9:WON"}
    refused = await client.refused("crm.item.update", entityTypeId=2, id=made["item"]["id"], fields=moves)
    assert refused == (400, "CRM_FIELD_ERROR_VALUE_NOT_VALID")
    assert portal.cards[-1].category == 9


async def test_fields_are_described_and_those_that_are_not_known_are_ignored(portal: Portal, client: Client) -> None:
    portal.server.office.own_fields["ufCrm_1"] = "Откуда"
    told = (await client.done("crm.item.fields", entityTypeId=2))["fields"]
    assert (told["ufCrm_1"]["title"], told["ufCrm_1"]["isDynamic"], told["id"]["isReadOnly"]) == ("Откуда", True, True)
    assert "ufCrm_1" not in (await client.done("crm.item.fields", entityTypeId=1))["fields"]
    made = await client.done("crm.item.add", entityTypeId=2, fields={"title": "Ёлки", "ufCrm_1": "чат", "ufCrm_2": "?"})
    assert made["item"]["ufCrm_1"] == "чат"
    assert "ufCrm_2" not in made["item"]
