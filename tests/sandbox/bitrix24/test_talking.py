"""Clients and operators talk through a portal."""

from __future__ import annotations

import pytest

from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import StageFile
from tests.sandbox.bitrix24.desk import CHAT, CONNECTOR, ICON, LINE, Client, Handler, item

PICTURE = StageFile(name="Плед.png", mime="image/png", content=b"\x89PNG")


async def test_a_message_of_a_client_is_shown_once_with_the_file_that_the_portal_fetched(
    portal: Portal, client: Client, handler: Handler
) -> None:
    await client.connect()
    handler.files["plaid.png"] = PICTURE
    answer = await client.send(
        "m-1", "Смотрите", files=[{"url": f"{handler.url}/files/plaid.png", "name": PICTURE.name}]
    )
    (message,) = portal.messages(CHAT)
    assert (message.text, message.by_client, message.connector_mid, message.files) == (
        "Смотрите", True, ["m-1"], [PICTURE],
    )  # fmt: skip
    assert handler.asked == ["HEAD", "GET"]
    assert (answer["SUCCESS"], answer["session"]["CHAT_ID"]) == (True, str(portal.chats[0].id))


async def test_a_file_that_cannot_be_fetched_is_a_problem_of_its_message(
    portal: Portal, client: Client, handler: Handler
) -> None:
    await client.connect()
    await client.send("m-1", files=[{"url": f"{handler.url}/files/none", "name": "none"}])
    (message,) = portal.messages(CHAT)
    assert (message.files, message.problems) == ([], ["HEAD was answered with 404"])


async def test_the_same_id_sent_twice_is_shown_twice_unless_the_portal_is_told_to_look(
    portal: Portal, client: Client
) -> None:
    await client.connect()
    for _ in range(2):
        await client.send("m-1")
    portal.misbehaviour.dedupe = True
    await client.send("m-1")
    assert [message.connector_mid for message in portal.messages(CHAT)] == [["m-1"], ["m-1"]]


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"name": "Иван 😀"}, "NAME"), ({"name": "Иван2"}, "NAME"), ({"name": "😀"}, "NAME"),
        ({"last_name": "И" * 26}, "LAST_NAME"), ({"phone": "8-999-KANAL"}, "PHONE"), ({"phone": "0123456789"}, "PHONE"),
    ],
)  # fmt: skip
async def test_a_bad_name_or_phone_fails_alone_and_its_neighbour_is_shown(
    careless: Portal, client: Client, user: dict[str, str], words: str
) -> None:
    await client.connect()
    both = [item("m-1", "раз", user=user), item("m-2", "два")]
    result = await client.done("imconnector.send.messages", CONNECTOR=CONNECTOR, LINE=LINE, MESSAGES=both)
    bad, good = result["DATA"]["RESULT"]
    assert (bad["SUCCESS"], good["SUCCESS"]) == (False, True)
    assert words in bad["ERRORS"][0]
    assert [message.text for message in careless.messages(CHAT)] == ["два"]


async def test_a_name_of_letters_hyphens_and_apostrophes_is_taken_and_so_is_an_unchecked_phone(
    portal: Portal, client: Client
) -> None:
    await client.connect()
    user = {"name": "Анна-Мария", "last_name": "О'Коннор", "phone": "+79990000000", "skip_phone_validate": "Y"}
    assert (await client.send("m-1", user=user))["SUCCESS"]
    assert (await client.send("m-2", user={"name": ""}))["SUCCESS"]


async def test_an_empty_message_and_one_that_is_refused_by_name_are_not_shown(careless: Portal, client: Client) -> None:
    await client.connect()
    careless.misbehaviour.refuse_messages = {"m-2"}
    assert [(await client.send(key, text))["SUCCESS"] for key, text in (("m-1", ""), ("m-2", "да"))] == [False, False]
    assert careless.messages(CHAT) == []


async def test_edits_and_deletions_change_what_the_operator_sees(portal: Portal, client: Client) -> None:
    await client.connect()
    await client.send("m-1", "Превет")
    await client.send("m-2", "Лишнее")
    place = {"CONNECTOR": CONNECTOR, "LINE": LINE}
    await client.done("imconnector.update.messages", **place, MESSAGES=[item("m-1", "Привет")])
    gone = {"user": {"id": CHAT}, "message": {"id": "m-2"}, "chat": {"id": CHAT}}
    await client.done("imconnector.delete.messages", **place, MESSAGES=[gone])
    assert [(m.text, m.edited, m.deleted) for m in portal.messages(CHAT)] == [
        ("Привет", True, False), ("Лишнее", False, True),
    ]  # fmt: skip


async def test_a_delivery_gives_an_operators_message_its_outside_ids_in_the_history_too(
    portal: Portal, client: Client
) -> None:
    await client.connect()
    session = (await client.send("m-1"))["session"]
    owed = await portal.staff.writes(CONNECTOR, LINE, CHAT, "Здравствуйте!")
    before = await client.done("imopenlines.session.history.get", SESSION_ID=int(session["ID"]))
    told = {"im": {"chat_id": owed.chat, "message_id": owed.id}, "message": {"id": ["wamid-1"]}, "chat": {"id": CHAT}}
    await client.done("imconnector.send.status.delivery", CONNECTOR=CONNECTOR, LINE=LINE, MESSAGES=[told])
    after = await client.done("imopenlines.session.history.get", CHAT_ID=int(session["CHAT_ID"]))
    assert before["message"][str(owed.id)]["params"] == []
    assert after["message"][str(owed.id)]["params"] == {"connectorMid": ["wamid-1"]}
    assert (owed.delivered, owed.connector_mid) == (True, ["wamid-1"])
    assert [after["users"][user]["connector"] for user in ("27", str(portal.chats[0].person))] == [False, True]


async def test_a_delivery_with_one_id_in_place_of_a_list_is_refused(careless: Portal, client: Client) -> None:
    await client.connect()
    await client.send("m-1")
    told = {"im": {"chat_id": 1, "message_id": 1}, "message": {"id": "wamid-1"}, "chat": {"id": CHAT}}
    place = {"CONNECTOR": CONNECTOR, "LINE": LINE}
    said = await client.refused("imconnector.send.status.delivery", **place, MESSAGES=[told])
    assert said == (400, "ERROR_ARGUMENT")
    assert careless.problems == ["imconnector.send.status.delivery wants message.id as array"]


async def test_a_chat_has_a_new_session_after_an_operator_closed_the_last(portal: Portal, client: Client) -> None:
    await client.connect()
    first = await client.send("m-1")
    await portal.staff.finishes(CHAT)
    second = await client.send("m-2")
    assert first["session"]["CHAT_ID"] == second["session"]["CHAT_ID"]
    assert first["session"]["ID"] != second["session"]["ID"]
    latest = await client.done("imopenlines.session.history.get", CHAT_ID=int(first["session"]["CHAT_ID"]))
    assert [one["params"]["connectorMid"] for one in latest["message"].values()] == [["m-2"]]


async def test_registering_fails_with_status_200_and_a_code(careless: Portal, client: Client) -> None:
    good = {"ID": CONNECTOR, "NAME": "WhatsApp", "ICON": ICON, "PLACEMENT_HANDLER": "https://desk.test/p"}
    wrong = (
        ({"ID": ""}, "CONNECTOR_ID_REQUIRED"), ({"NAME": ""}, "NAME_REQUIRED"), ({"ICON": {}}, "ICON_REQUIRED"),
        ({"PLACEMENT_HANDLER": ""}, "NO_PLACEMENT_HANDLER"),
        ({"ID": "chat.app"}, "GENERAL_CONNECTOR_REGISTRATION_ERROR"),
    )  # fmt: skip
    for change, code in wrong:
        answer = await client.done("imconnector.register", **good | change)
        assert (answer["result"], answer["error"]) == (False, code)
    careless.misbehaviour.register_error = "APPLICATION_REGISTRATION_ERROR"
    assert (await client.done("imconnector.register", **good))["error"] == "APPLICATION_REGISTRATION_ERROR"
    assert careless.connectors == {}


async def test_a_line_that_is_not_connected_or_does_not_exist_takes_no_messages(portal: Portal, client: Client) -> None:
    said = {"MESSAGES": [item("m-1", "да")]}
    unknown = await client.refused("imconnector.send.messages", CONNECTOR="nobody", LINE=LINE, **said)
    await client.connect()
    idle = await client.refused("imconnector.send.messages", CONNECTOR=CONNECTOR, LINE=109, **said)
    nowhere = await client.refused("imconnector.send.messages", CONNECTOR=CONNECTOR, LINE=7, **said)
    assert [unknown, idle, nowhere] == [
        (400, "IMCONNECTOR_NO_CORRECT_PROVIDER"), (400, "NOT_ACTIVE_LINE"), (400, "ERROR_ARGUMENT"),
    ]  # fmt: skip


async def test_the_status_tells_whether_a_line_is_connected_and_described(portal: Portal, client: Client) -> None:
    await client.connect()
    place = {"CONNECTOR": CONNECTOR, "LINE": LINE}
    before = await client.done("imconnector.status", **place)
    for name in ("first", "second"):
        await client.done("imconnector.connector.data.set", **place, DATA={"ID": "line-3", "NAME": name})
    await client.done("imconnector.activate", **place, ACTIVE="0")
    after = await client.done("imconnector.status", **place)
    assert [(one["STATUS"], one["CONFIGURED"]) for one in (before, after)] == [(True, False), (False, True)]
    assert portal.connector_data == {(CONNECTOR, LINE): {"ID": "line-3", "NAME": "second"}}


async def test_a_chat_is_renamed_only_if_its_client_is_named(portal: Portal, client: Client) -> None:
    await client.connect()
    await client.send("m-1")
    said = {"CONNECTOR": CONNECTOR, "LINE": LINE, "CHAT_ID": CHAT, "NAME": "Иван, сделка 17"}
    assert await client.refused("imconnector.chat.name.set", **said) == (400, "CHAT_RENAMING_FAILED")
    await client.done("imconnector.chat.name.set", **said, USER_ID=CHAT)
    assert portal.chats[0].name == "Иван, сделка 17"


@pytest.mark.parametrize(("group", "chats"), [(False, 2), (True, 1)])
async def test_two_people_share_a_chat_only_in_a_connector_for_groups(
    portal: Portal, client: Client, group: bool, chats: int
) -> None:
    await client.connect(CHAT_GROUP=group)
    for person in ("wa:1", "wa:2"):
        await client.send(person, user={"id": person})
    assert len(portal.chats) == chats
    assert len(portal.messages(CHAT)) == 2
