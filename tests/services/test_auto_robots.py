"""Robots that rules run work for the dialog of the rule, or for the group that the rule names (K-05)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.domain.arrival import Peer, Profile
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.services import auto_rules, session_requests
from tests.services.automated import Automated
from tests.stores import EVERYTHING, Shop

ANNA = "+79000000001"
GROUP = Peer(key="g", address="g", kind="group", title="Доставка")


@pytest.fixture
def desk(shop: Shop) -> Automated:
    return Automated(shop, can=replace(EVERYTHING, finds_people=("phone", "chat_id"), manages_groups=True))


def asked(desk: Automated, channel: ChannelId) -> tuple[str, dict[str, Any]]:
    """What the channel's session is asked."""
    row = desk.shop.write(lambda tx: session_requests.claim(tx, channel, epoch=0))
    return row.what, json.loads(row.arguments)


@pytest.mark.parametrize(
    ("robot", "peer", "method", "about"),
    [
        ({"robot": "create-group", "title": "Заказ"}, None, "create_group", {"title": "Заказ"}),
        ({"robot": "add-members", "members": ANNA}, GROUP, "add_members", {"address": "g"}),
        ({"robot": "end-group"}, GROUP, "end_group", {"address": "g"}),
        ({"robot": "rename-chat", "title": "Заказ"}, GROUP, "rename_group", {"address": "g", "title": "Заказ"}),
        ({"robot": "check-phone"}, None, "find", {"address": ANNA}),
    ],
)
def test_a_robot_works_in_the_dialog_also_where_several_lines_have_channels(
    desk: Automated, robot: dict[str, str], peer: Peer | None, method: str, about: dict[str, str]
) -> None:
    channel = desk.shop.channel()
    desk.shop.channel()
    desk.rule(do=[("robot", robot)])
    who = {"sender": Profile(id="anna", name="Анна", phone=ANNA)} if peer is None else {"peer": peer}
    desk.heard(channel, **who)
    assert [(one.state, str(recalled(one.outcome))) for one in desk.acts()] == [
        ("done", f"the robot {robot['robot'].replace('-', '_')} was run")
    ]
    found, arguments = asked(desk, channel)
    assert (found, {name: arguments[name] for name in about}) == (method, about)


def test_a_rule_writes_to_a_group_that_it_names_and_not_in_its_own_dialog_by_a_robot(desk: Automated) -> None:
    channel = desk.shop.channel()
    group = desk.heard(channel, "Мы здесь", peer=GROUP, who="oleg")
    desk.rule(do=[("robot", {"robot": "send-to-group", "group_id": "g", "message": "Новый заказ"})])
    desk.heard(channel)
    assert desk.shop.texts(group) == ["Мы здесь", "Новый заказ"]
    desk.heard(channel, "Взял", peer=GROUP, who="oleg")
    assert desk.shop.texts(group) == ["Мы здесь", "Новый заказ", "Взял"]
    assert str(recalled(desk.acts()[-1].outcome)) == "A rule answers in its own dialog by: send, reply"


NAMED = [
    {"robot": "send-to-group", "group_id": "{dialog}", "message": "Привет"},
    {"robot": "send-to-group", "group_id": "g", "message": "Привет"},
    {"robot": "end-group", "group_id": "{dialog}", "line_id": "{line}"},
    {"robot": "end-group", "group_id": "g", "channel": "{channel}"},
    {"robot": "create-group", "title": "Заказ", "line_id": "{line}"},
    {"robot": "create-group", "title": "Заказ", "channel": "{channel}"},
]


@pytest.mark.parametrize("robot", NAMED)
def test_a_rule_of_a_line_names_nothing_of_another_line_and_does_nothing_there(
    desk: Automated, robot: dict[str, str]
) -> None:
    ours, theirs = desk.shop.line("Альфа"), desk.shop.line("Бета")
    ours_channel, channel = desk.shop.channel(line=ours), desk.shop.channel(line=theirs)
    group = desk.heard(channel, "Совет", peer=GROUP)
    said = {name: one.format(dialog=group, line=theirs, channel=channel) for name, one in robot.items()}
    with pytest.raises(UsageError, match="The line of the rule has nothing called"):
        desk.rule(line=ours, do=[("robot", said)])
    kept = desk.rule(do=[("robot", said)])  # of the company, and then as a rule of the line is in an older store
    desk.shop.write(lambda tx: tx.run("autorules.change", **auto_rules.one(tx, kept)._asdict() | {"line": ours}))
    desk.heard(ours_channel)
    [act] = desk.acts()
    assert (act.state, str(recalled(act.outcome)).startswith("There is no")) == ("failed", True)
    assert desk.shop.texts(group) == ["Совет"]
    assert desk.shop.write(lambda tx: session_requests.claim(tx, channel, epoch=0)) is None


@pytest.mark.parametrize("robot", ["end-group", "add-members"])
def test_a_dialog_that_is_no_group_says_so(desk: Automated, robot: str) -> None:
    desk.rule(do=[("robot", {"robot": robot})])
    desk.heard(desk.shop.channel())
    assert [(one.state, str(recalled(one.outcome))) for one in desk.acts()] == [
        ("failed", "The dialog is no group, and the rule names none.")
    ]


@pytest.mark.parametrize(
    ("robot", "why"),
    [
        ({"robot": "send-message", "message": "Я"}, "A rule does not write by the robot send-message."),
        ({"robot": "send-to-group", "message": "Я"}, "needs the group that it writes to"),
        ({"robot": "send-file-to-group", "group_id": "g"}, "has no files for the robot send-file-to-group"),
        ({"robot": "set-tags", "phone": ANNA}, "it has no phone"),
    ],
)
def test_what_a_robot_of_a_rule_cannot_do_is_refused_when_the_rule_is_made(
    desk: Automated, robot: dict[str, str], why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        desk.rule(do=[("robot", robot)])
