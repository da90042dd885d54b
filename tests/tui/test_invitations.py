"""An invitation in the window: a key answers it, and first says to whom."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.outbound import Receipt
from chatapp_cli.services import outbox
from tests.connectors.email.calendars import calendar
from tests.connectors.email.corpus import mixed, part, word
from tests.tui.conftest import Opener, Window
from tests.tui.stage import MAIL, Stage

NEXT_CENTURY = "DTSTART:20991201T100000Z\r\n"


def invites(stage: Stage, when: str = NEXT_CENTURY, organizer: str = "Anna@example.org") -> None:
    text = calendar(when).replace("Anna@example.org", organizer).encode()
    body = part("text/calendar; method=REQUEST; charset=utf-8", text)
    stage.mail(MAIL, mixed(body, subtype="alternative", subject=word("Приёмка пледов")))


async def at_the_invitation(it: Window) -> None:
    await it.open("Приёмка пледов")
    await it.press("escape", "tab", "G")
    await it.sees("Invitation, not answered yet: g y answer")


def answered(company: Company) -> tuple[str, str]:
    claim = company.write(lambda tx: outbox.claim(tx, company.media, MAIL))
    assert claim is not None
    assert claim.outbound.invitation is not None
    return claim.outbound.address, claim.outbound.invitation.decision


@pytest.mark.parametrize(("key", "decision"), [("a", "accepted"), ("t", "tentative"), ("d", "declined")])
async def test_a_key_answers_an_invitation_and_says_first_to_whom(
    window: Opener, stage: Stage, company: Company, key: str, decision: str
) -> None:
    invites(stage)
    async with window() as it:
        await at_the_invitation(it)
        await it.press("g", "y")
        await it.sees("Приёмка, склад: answer anna@example.org", "Accept", "Maybe", "Decline")
        await it.press(key)
        await it.sees(f"{decision.capitalize()}: Приёмка, склад")
    assert answered(company) == ("anna@example.org", decision)


async def test_the_page_of_the_mail_answers_it_too_and_takes_it_back(
    window: Opener, stage: Stage, company: Company
) -> None:
    invites(stage)
    async with window() as it:
        await at_the_invitation(it)
        await it.press("g", "m")
        await it.sees("From: Анна Белова <anna@example.org>")
        await it.press("п", "н")
        await it.sees("Приёмка, склад: answer anna@example.org")
        await it.press("enter")
        await it.until(lambda: any("goes to anna@example.org" in note.message for note in it.app._notifications))
        await it.press("U")
        await it.until(lambda: company.write(lambda tx: outbox.claim(tx, company.media, MAIL)) is None)


async def test_the_conversation_and_the_page_say_that_it_is_accepted_once_the_answer_was_sent(
    window: Opener, stage: Stage, company: Company
) -> None:
    invites(stage)
    async with window() as it:
        await at_the_invitation(it)
        await it.press("g", "m")
        await it.sees("Invitation, not answered yet: g y answer", "When: ", "Organizer: ")
        await it.press("g", "y")
        await it.sees("Приёмка, склад: answer anna@example.org")
        await it.press("a")
        await it.until(lambda: any("goes to anna@example.org" in note.message for note in it.app._notifications))
        claim = company.write(lambda tx: outbox.claim(tx, company.media, MAIL))
        assert claim is not None
        company.write(lambda tx: outbox.succeed(tx, claim, Receipt(ids=("<1@teply-dom.example>",))))
        await it.sees("Invitation, accepted")
        assert "not answered yet" not in it.text()
        await it.press("escape")
        await it.sees("Accepted: Приёмка", "Invitation, accepted")
        assert "can be accepted" not in it.text()


async def test_another_organizer_and_an_event_that_is_over_are_asked_about_first(
    window: Opener, stage: Stage, company: Company
) -> None:
    invites(stage, "DTSTART:20200101T100000Z\r\n", "boss@example.org")
    async with window() as it:
        await at_the_invitation(it)
        await it.press("g", "y")
        await it.sees("The answer goes to boss@example.org", "The event is over.")
        await it.press("escape")
        await it.sees_no("The event is over.")
        assert company.write(lambda tx: outbox.claim(tx, company.media, MAIL)) is None
        await it.press("g", "y")
        await it.sees("The event is over.")
        await it.press("y")
        await it.sees("Приёмка, склад: answer boss@example.org")
        await it.press("a")
        await it.until(lambda: "answer boss" not in it.text())
    assert answered(company) == ("boss@example.org", "accepted")


async def test_a_message_that_is_no_invitation_says_so(window: Opener) -> None:
    async with window() as it:
        await it.open("Анна")
        await it.press("escape", "tab", "G", "g", "y")
        await it.until(lambda: any("no invitation" in note.message for note in it.app._notifications))
