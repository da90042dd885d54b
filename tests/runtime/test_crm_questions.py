"""What a command asks of a CRM: answered by the daemon's session while it works, and over one of its own otherwise."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import NamedTuple, cast

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmChat
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.errors import NeedsRebind, Rejected
from chatapp_cli.domain.ids import QuestionId
from chatapp_cli.domain.journal.links import LinkAnswered
from chatapp_cli.ports.crm import CrmSession
from chatapp_cli.runtime import crm_answers
from chatapp_cli.runtime.asking_crm import asked
from chatapp_cli.runtime.crm_answers import NOT_HERE
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.upkeep import Upkeep
from chatapp_cli.services import crm_questions, journal, links
from chatapp_cli.services.crm_upkeep import ABANDONED
from chatapp_cli.store.rows.crm import LinkRow
from chatapp_cli.store.tx import Tx
from tests.runtime.desk import eventually
from tests.runtime.owner_desk import OwnerDesk, owner_desk


class Stored(NamedTuple):
    """A question and its state."""

    what: str
    state: str


@pytest.fixture
async def desk(companies: Callable[..., Company]) -> AsyncIterator[OwnerDesk]:
    async with owner_desk(companies(http_port=0)) as desk:
        yield desk


def link(desk: OwnerDesk) -> LinkRow:
    return desk.company.read(lambda tx: links.one(tx, desk.links[0]))


def answers(desk: OwnerDesk) -> list[QuestionId]:
    """The questions that the daemon answered; what it said of them goes with the answer."""
    events = [entry.event for entry in desk.company.read(lambda tx: journal.after(tx, 0))]
    found = [QuestionId(event.question) for event in events if isinstance(event, LinkAnswered)]
    assert not any(desk.company.read(lambda tx, one=one: crm_questions.one(tx, one)) for one in found)
    return found


def questions(desk: OwnerDesk) -> list[tuple[str, str]]:
    """The questions that are stored, and their states."""
    return desk.company.read(lambda tx: tx.compose(Stored, "SELECT what, state FROM crm_question ORDER BY id", {}))


async def test_the_daemons_session_answers_with_what_the_portal_says(desk: OwnerDesk) -> None:
    before = len(answers(desk))
    places = await asked(desk.company, link(desk), CrmQuestion.PLACES)
    assert {place.name for place in places} >= {"Продажи", "Поддержка"}
    await desk.client_writes()
    deal = desk.card("deal")
    (chat,) = desk.portal.chats
    shown = CrmChat(id=chat.outside, name="Анна", remote=str(chat.id))
    cards = await asked(desk.company, link(desk), CrmQuestion.CARDS, chat=shown)
    assert {(card.kind, card.id) for card in cards} == {(one.kind, str(one.id)) for one in desk.portal.cards}
    client = await asked(desk.company, link(desk), CrmQuestion.CLIENT_OF, card=CardRef("deal", str(deal.id)))
    assert (client.card.id, client.card.title, len(client.chats)) == (str(deal.id), deal.title, 1)
    pipelines = await asked(desk.company, link(desk), CrmQuestion.PIPELINES)
    assert "Общая" in " ".join(one.name for one in pipelines)
    desk.portal.misbehaviour.answer_with["crm.item.get"] = [(400, "NOT_FOUND")]
    with pytest.raises(Rejected) as gone:
        await asked(desk.company, link(desk), CrmQuestion.CLIENT_OF, card=CardRef("deal", "999"))
    assert gone.value.code == "card_gone"
    assert str(gone.value.what).startswith("There is no such card")
    assert len(answers(desk)) - before == 5


async def test_while_the_link_does_not_work_a_session_of_ones_own_says_why(desk: OwnerDesk) -> None:
    desk.portal.authority.withdraw()
    with pytest.raises(NeedsRebind):
        await asked(desk.company, link(desk), CrmQuestion.PLACES)
    before = answers(desk)
    await eventually(lambda: link(desk).state == LinkState.AUTH_LOST)
    with pytest.raises(NeedsRebind) as lost:
        await asked(desk.company, link(desk), CrmQuestion.EMPLOYEES)
    assert str(lost.value.what).startswith("Bitrix24 does not accept the application's token")
    assert answers(desk) == before


async def test_a_slow_answer_holds_up_no_other_and_goes_with_a_caller_who_is_interrupted(desk: OwnerDesk) -> None:
    desk.portal.misbehaviour.slow["imopenlines.config.list.get"] = 20.0
    slow = asyncio.create_task(asked(desk.company, link(desk), CrmQuestion.PLACES))
    await eventually(lambda: questions(desk) == [(CrmQuestion.PLACES, "running")])
    assert len(await asked(desk.company, link(desk), CrmQuestion.EMPLOYEES)) > 1
    assert questions(desk) == [(CrmQuestion.PLACES, "running")]
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert questions(desk) == []


async def test_a_caller_interrupted_while_it_puts_its_question_leaves_none(desk: OwnerDesk) -> None:
    with closing(sqlite3.connect(desk.company.settings.folder / "chatapp.db")) as busy:
        busy.execute("BEGIN IMMEDIATE")
        asking = asyncio.create_task(asked(desk.company, link(desk), CrmQuestion.PLACES))
        await asyncio.sleep(0.2)  # by now it waits for the store
        asking.cancel()
        busy.rollback()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert questions(desk) == []


async def test_what_a_killed_caller_asked_is_deleted_once_nobody_can_wait_for_it(desk: OwnerDesk) -> None:
    def left(tx: Tx, *, seconds: float) -> None:
        crm_questions.ask(tx, desk.links[0], CrmQuestion.CARDS, "{}", seconds=seconds)

    desk.company.write(lambda tx: (left(tx, seconds=-ABANDONED / 1000 - 1), left(tx, seconds=-1)))
    store = AsyncStore(desk.company)
    await Upkeep(store).turn()
    await store.aclose()
    assert questions(desk) == [(CrmQuestion.CARDS, "waiting")]


async def test_a_session_that_cannot_answer_a_question_says_so() -> None:
    with pytest.raises(Rejected) as unable:
        await crm_answers.answer(cast("CrmSession", object()), CrmQuestion.ROBOTS, {})
    assert unable.value.code == NOT_HERE
