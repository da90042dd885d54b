"""For whom a robot works: lines, channels and people as they are filled in, and the names of new contacts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.domain.access import Right, system
from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.robot import ROBOTS, RobotCode
from chatapp_cli.services import acts, channels, crm_chats, dialogs, duties, pairings
from chatapp_cli.services.act_call import ActCall
from tests.every import every
from tests.services.paired import CRM
from tests.services.robot_stage import ANNA, CAN, Stage, final, robot_stage
from tests.stores import Shop

YES = ("Y", "79000000001:Y", "1")


@pytest.fixture
def stage(shop: Shop) -> Stage:
    return robot_stage(shop)


def annas(stage: Stage) -> DialogId:
    """The dialog in which Anna has written."""
    sender = Profile(id="anna", username="anna", phone=ANNA)
    heard = stage.desk.shop.hear(stage.desk.channel, peer=Peer(key="anna", address="anna"), sender=sender)
    return stage.desk.shop.message(heard).dialog_id


def test_the_line_may_stay_empty_with_a_single_line_and_has_to_be_named_with_several(stage: Stage) -> None:
    shop, desk = stage.desk.shop, stage.desk

    def told(number: int, **where: str) -> tuple[str, str, str]:
        stage.runs(stage.asked(token=f"w{number}|A1|x", phone=ANNA, message="Готово", **where))
        [found] = stage.results()
        return found

    assert told(1) == YES
    line, second = shop.line("Опт"), "second"
    other = shop.channel(kind="email", line=line, account=second)
    elsewhere = Place(id="109", name="Опт")
    shop.write(lambda tx: pairings.attach(tx, CRM, desk.link, channels.one(tx, other), elsewhere, {}))
    missing = ("N", "79000000001:N:[LINE_MISSING] Several lines fit: the line has to be named", "1")
    refused: list[dict[str, str]] = [{}, {"channel": "email"}]
    accepted: list[dict[str, str]] = [{"line_id": "Опт"}, {"line_id": str(line)}, {"channel": second}]
    assert [told(number, **where) for number, where in enumerate(refused, 2)] == [missing] * 2
    assert [told(number, **where) for number, where in enumerate(accepted, 4)] == [YES] * 3


@pytest.mark.parametrize(
    ("write_first", "known", "names"),
    [
        (("phone", "username"), False, ("Анна", "Ильина")),
        (("phone", "username"), True, ("", "")),
        (("phone",), False, ("", "")),
    ],
    ids=["a stranger in Telegram", "who has a dialog", "a messenger without an address book"],
)
def test_a_new_contact_gets_the_names_that_are_filled_in_where_the_messenger_has_an_address_book(
    stage: Stage, write_first: Any, known: bool, names: tuple[str, str]
) -> None:
    if known:
        annas(stage)
    stage.able = replace(CAN, write_first=write_first)
    stage.runs(stage.asked(**final(first_name="Анна", last_name="Ильина")))
    sent = stage.hands_over().outbound
    assert (sent.first_name, sent.last_name) == names


def test_the_field_of_messengers_finds_the_dialog_of_its_chat_where_no_phone_and_no_chat_id_is_given(
    stage: Stage,
) -> None:
    chat = crm_chats.new_name(annas(stage))
    mask = f"imol|chatapp_email|107|{chat}|585"
    nobody = "There is no phone and no chat id"
    strange = "imol|livechat|107|79161234567|585"

    def told(case: tuple[dict[str, str], tuple[str, str]]) -> None:
        filled, expected = case
        stage.runs(stage.asked(token=f"{filled}", message="Готово", **filled))
        [(status, detail, _)] = stage.results()
        assert (status, detail) == expected

    every(
        [
            ({"messenger": mask}, ("Y", "anna:Y")),
            ({"messenger": f"{mask}, {mask}"}, ("Y", "anna:Y")),
            ({"messenger": mask, "phone": "+79000000002"}, ("Y", "79000000002:Y")),
            ({"messenger": mask, "chat_id": "boris"}, ("Y", "boris:Y")),
            ({"messenger": "Почта: @anna", "channel": "email"}, ("Y", "@anna:Y")),
            ({"messenger": strange}, ("N", f"{strange}:N:[NO_DIALOG] {strange} has no dialog here yet")),
            ({"messenger": " ; "}, ("N", f":N:[NO_RECIPIENT] {nobody}")),
        ],
        told,
    )


@pytest.mark.req("K-05")
def test_a_dialog_of_one_recipient_named_in_any_way_gets_participants_and_tags_and_loses_them(stage: Stage) -> None:
    shop, dialog = stage.desk.shop, annas(stage)
    fields = {one.name: one for one in ROBOTS[RobotCode.SET_TAGS].fields}
    assert {"line_id", "channel", "tags"} <= fields.keys()
    assert list(fields["action"].options) == ["attach", "detach"]

    def perform(code: str, **arguments: str) -> None:
        def job(tx: Any) -> None:
            asked = {"line_id": "", "channel": "email", **arguments}
            rights = system("", Right.ASSIGN, Right.TAG)
            call = ActCall(tx=tx.by(rights), able=lambda _row: CAN, arguments=asked, key="k", link=None)
            for attempt in acts.perform(code, call):
                assert attempt.refusal is None

        shop.write(job)

    def named(whom: dict[str, str]) -> None:
        for action, members, tags in (("attach", [("Пётр", "observer")], ["VIP"]), ("detach", [], [])):
            perform(acts.SET_PARTICIPANT, **whom, employee="Пётр", role="observer", action=action)
            perform(RobotCode.SET_TAGS, **whom, tags="VIP", action=action)
            assert [tuple(one) for one in shop.read(lambda tx: duties.members(tx, dialog))] == members
            assert shop.read(lambda tx: list(dialogs.tags(tx, dialog))) == tags

    mask = f"imol|chatapp_email|107|{crm_chats.new_name(dialog)}|585"
    every([{"phone": ANNA}, {"chat_id": "@anna"}, {"chat_id": "anna"}, {"messenger": mask}], named)
    with pytest.raises(Refused, match="It is for one only"):
        perform(acts.SET_PARTICIPANT, phone=ANNA, messenger=mask, employee="Пётр")
