"""What one form can say of a rule comes back as it was; what it cannot is known."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.domain.automation import ActWanted, RuleEvent, RuleKind, RuleWanted
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import LineId
from chatapp_cli.domain.text import Text
from chatapp_cli.services import auto_fields
from chatapp_cli.services.conditions import SourceNames

NAMES = SourceNames(lines={1: "Магазин", 2: "Опт"}, channels={7: "Бот"})
TAG = ActWanted("tag", ["vip", "опт"])


def again(wanted: RuleWanted) -> RuleWanted:
    """The rule after its form was opened and saved as it was."""
    return auto_fields.wanted(auto_fields.answers_of(wanted, NAMES), wanted, NAMES, Text.__str__)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"words": ["опт", "купить оптом"], "every": True, "without": ["спам"]},
        {"lines": [2], "channels": [7], "kinds": ["telegram"], "tags": ["vip"], "untagged": ["новый"]},
        {"hours": ["09:00-18:00"], "days": ["mon-fri"], "zone": "Europe/Moscow", "outside": True},
        {"open": False, "first": "day", "waited": 15, "direction": "in", "assignee": ["nobody"]},
        {"match": [r"(опт|розниц[аы]),\s*\d{1,3}"]},
        {"any": [{"words": ["опт"], "exact": True}, {"tags": ["vip"]}, {"open": False}]},
    ],
)
def test_a_rule_of_one_level_comes_out_of_its_form_as_it_went_in(asked: dict[str, Any]) -> None:
    acts = [ActWanted("note", "Первая\nвторая"), TAG, ActWanted("robot", {"robot": "set-tags", "tags": "vip"}),
            ActWanted("waive", value=True), ActWanted("send", "{имя клиента}, здравствуйте"),
            ActWanted("webhook", "https://example.org/desk?key=1,2"), ActWanted("comment", "off")]  # fmt: skip
    wanted = RuleWanted(
        name="Опт",
        event=RuleEvent.SENT,
        kind=RuleKind.AUTOREPLY,
        line=LineId(2),
        asked=asked,
        acts=acts,
        otherwise=[],
        stop=True,
    )
    assert auto_fields.fits(wanted)
    assert again(wanted) == wanted


@pytest.mark.parametrize(
    ("asked", "acts"),
    [
        ({"words": ["опт"], "not": {"tags": ["спам"]}}, [TAG]),
        ({"any": [{"words": ["опт"], "tags": ["vip"]}, {"first": "ever"}]}, [TAG]),
        ({"any": [{"words": ["опт"]}, {"words": ["прайс"]}]}, [TAG]),
        ({"all": [{"any": [{"words": ["опт"]}]}]}, [TAG]),
        ({"match": ["один", "два"]}, [TAG]),
        ({}, [ActWanted("send", "Раз"), ActWanted("send", "Два")]),
        ({}, [ActWanted("fly", "away")]),
        ({}, [ActWanted("tag", ["a, b"])]),
        ({"words": ["раз, два"]}, [TAG]),
        ({}, [ActWanted("send", "C:\\new")]),
        ({}, [ActWanted("send", {"text": "Что интересует?", "buttons": ["Цены", "Доставка"]})]),
        ({}, [ActWanted("webhook", "https://example.org/\\new")]),
    ],
)
def test_what_one_form_would_lose_is_left_to_the_command(asked: dict[str, Any], acts: list[ActWanted]) -> None:
    assert not auto_fields.fits(RuleWanted(name="Опт", asked=asked, acts=acts))


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ([TAG, ActWanted("waive", value=True), TAG], "tag=vip, опт; waive; tag=vip, опт"),
        ([ActWanted("send", "1=2\nда"), ActWanted("robot", {"robot": "set-tags", "tags": "a"})],
         'send=1=2\\nда; robot={"robot": "set-tags", "tags": "a"}'),
        ([ActWanted("note", "раз; два")], None),
        ([ActWanted("send", {"text": "Что?", "buttons": ["Цены"]})], None),
    ],
)  # fmt: skip
def test_an_else_comes_out_of_its_field_as_it_went_in_or_is_left_to_the_command(
    otherwise: list[ActWanted], said: str | None
) -> None:
    wanted = RuleWanted(name="Ночь", acts=[ActWanted("distribute", "line")], otherwise=otherwise)
    assert auto_fields.fits(wanted) is (said is not None)
    if said is not None:
        assert auto_fields.answers_of(wanted, NAMES)["else"] == said
        assert again(wanted) == wanted


def test_an_else_that_no_rule_can_do_is_refused() -> None:
    wanted = RuleWanted(name="Ночь", acts=[ActWanted("distribute", "line")])
    with pytest.raises(UsageError, match=r"A rule cannot fly\."):
        auto_fields.wanted({"do_distribute": "line", "else": "fly=away"}, wanted, NAMES, Text.__str__)
