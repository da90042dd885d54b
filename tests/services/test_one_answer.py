"""To one arrival at most one automatic answer, also where an automation of a CRM wants to answer it (S-141)."""

from __future__ import annotations

from functools import partial

import pytest

from chatapp_cli.domain.arrival import Profile
from chatapp_cli.services import acts
from chatapp_cli.services.act_call import ActCall
from tests.services.automated import HELLO, Automated
from tests.services.robot_stage import ANNA, Stage, final, robot_stage
from tests.stores import EVERYTHING, Shop

LATER = 31_000
REFUSED = "The client was answered automatically already: rule Ответ"


@pytest.fixture
def stage(shop: Shop) -> Stage:
    return robot_stage(shop)


@pytest.fixture
def automated(stage: Stage) -> Automated:
    """A desk that answers by itself beside the robots."""
    found = Automated(stage.desk.shop)
    found.answers()
    return found


def heard(automated: Automated, stage: Stage, text: str = "Здравствуйте") -> int:
    return automated.heard(stage.desk.channel, text, sender=Profile(id="anna", name="Анна", phone=ANNA))


def outcomes(stage: Stage) -> list[tuple[str, str]]:
    return [(status, detail) for status, detail, _timeout in stage.results()]


@pytest.mark.req("S-141", part="a robot that reacts to an arrival is no second answer to it")
def test_a_robot_that_reacts_to_what_a_rule_has_answered_says_why_it_does_not_write(
    stage: Stage, automated: Automated
) -> None:
    dialog = heard(automated, stage)
    stage.runs(stage.asked(**final()))
    assert stage.desk.shop.texts(dialog) == ["Здравствуйте", HELLO]
    [(status, detail)] = outcomes(stage)
    assert (status, REFUSED in detail) == ("N", True)


def test_a_robot_that_somebody_starts_later_writes_although_the_client_was_answered(
    stage: Stage, automated: Automated
) -> None:
    dialog = heard(automated, stage)
    stage.desk.shop.clock.at += LATER
    stage.runs(stage.asked(**final()))
    assert stage.desk.shop.texts(dialog) == ["Здравствуйте", HELLO, "Готово"]


def test_robots_of_one_automation_write_one_after_the_other_and_no_rule_writes_between(
    stage: Stage, automated: Automated
) -> None:
    shop, channel = stage.desk.shop, stage.desk.channel
    anna = Profile(id="anna", name="Анна", phone=ANNA)
    dialog = shop.message(shop.hear(channel, sender=anna)).dialog_id
    for token in ("w1|A1|x", "w1|A2|x"):
        stage.runs(stage.asked(token=token, **final()))
    automated.works()
    assert shop.texts(dialog) == ["Здравствуйте", "Готово", "Готово"]
    assert automated.ends() == [("Ответ", "send", "skipped")]
    shop.clock.at += LATER
    heard(automated, stage, "Ещё")
    assert shop.texts(dialog)[3:] == ["Ещё", HELLO]


def test_a_robot_that_a_person_has_work_by_hand_writes_at_once(stage: Stage, automated: Automated) -> None:
    dialog = heard(automated, stage)
    call = partial(ActCall, able=lambda _row: EVERYTHING, arguments={"phone": ANNA, "message": "Я здесь"}, key="k")
    stage.desk.shop.write(lambda tx: acts.perform("send_message", call(tx=tx)))
    assert stage.desk.shop.texts(dialog)[2:] == ["Я здесь"]
