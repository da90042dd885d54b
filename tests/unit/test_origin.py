"""What follows from who caused a message."""

from chatapp_cli.domain.message import Origin, Priority
from chatapp_cli.services.sending import SendOptions


def test_what_no_person_said_is_no_answer_opens_no_work_and_lets_people_go_first() -> None:
    people = {Origin.CLIENT, Origin.OPERATOR, Origin.PHONE, Origin.API, Origin.CRM}
    for origin in Origin:
        traits = origin.traits
        assert (traits.automatic, traits.opens_work) == (origin not in people, origin in people)
        assert (traits.priority == Priority.OPERATOR) == (origin in people)
    assert Origin.CAMPAIGN.traits.priority < Origin.RULE.traits.priority == Origin.ROBOT.traits.priority


def test_an_order_has_the_priority_of_its_origin_unless_somebody_says_another() -> None:
    assert SendOptions(key="1").rank == Priority.OPERATOR
    assert SendOptions(key="1", origin=Origin.AUTOREPLY).rank == Priority.AUTOMATIC
    assert SendOptions(key="1", origin=Origin.CAMPAIGN).rank == Priority.BULK
    assert SendOptions(key="1", priority=Priority.BULK).rank == Priority.BULK
