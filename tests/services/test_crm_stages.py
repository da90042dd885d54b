"""Where the cards of clients stand: what rules are told, and what they may ask."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.automation import RuleEvent
from chatapp_cli.domain.crm.stages import CardStage, StageName
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.links import CardStageChanged
from chatapp_cli.services import auto_rules, crm_stages, dialogs, journal
from tests.services.automated import Automated
from tests.services.paired import HERE, Paired, linked
from tests.stores import Shop

NEW, PAID = StageName("Продажи", "Новая"), StageName("Продажи", "Оплачена")


@pytest.fixture
def paired(shop: Shop) -> Paired:
    found = linked(shop, shop.channel(kind="email"), "north.example")
    shop.write(lambda tx: crm_stages.learn_names(tx, found.link, [NEW, PAID]))
    return found


@pytest.fixture
def desk(paired: Paired) -> Automated:
    return Automated(paired.shop)


def stands(paired: Paired, dialog: DialogId, called: StageName, *, card: str = "deal:17") -> None:
    """The CRM tells where a card of a chat stands."""
    one = CardStage(
        kind="email", place=HERE.id, chat=f"chat-{dialog}", remote_chat="", card=card, pipeline_id="1",
        stage_id=called.stage, called=called,
    )  # fmt: skip
    chat = {"pairing": paired.pairing, "chat": one.chat, "dialog": dialog, "remote": "", "session": ""}
    paired.shop.write(lambda tx: tx.run("chats.keep", **chat))
    paired.shop.write(lambda tx: crm_stages.record(tx, paired.link, [one]))


def went(paired: Paired) -> list[tuple[str, str]]:
    entries = paired.shop.read(lambda tx: journal.after(tx, 0, n=1000))
    return [(one.event.before, one.event.stage) for one in entries if isinstance(one.event, CardStageChanged)]


def test_a_rule_acts_when_a_known_card_goes_to_its_stage_and_not_when_it_is_seen_first(
    paired: Paired, desk: Automated
) -> None:
    dialog = desk.heard(paired.channel, who="anna@mail.ru")
    for about in ("Оплачена", "Продажи/Оплачена", "Новая"):
        desk.rule(about, event=RuleEvent.STAGE, about=about, do=[("tag", about)])
    for called in (NEW, NEW, PAID, PAID):
        stands(paired, dialog, called)
        desk.works()
    assert went(paired) == [("Новая", "Оплачена")]
    assert sorted(desk.shop.read(lambda tx: dialogs.tags(tx, dialog))) == ["Оплачена", "Продажи/Оплачена"]


def test_a_condition_asks_where_the_cards_of_the_dialog_stand(paired: Paired, desk: Automated) -> None:
    desk.rule(asked={"stages": ["Продажи/Новая"]})
    fresh, paid = desk.heard(paired.channel, who="anna@mail.ru"), desk.heard(paired.channel, who="boris@mail.ru")
    stands(paired, fresh, NEW)
    stands(paired, paid, PAID)
    for who in ("anna@mail.ru", "boris@mail.ru"):
        desk.heard(paired.channel, "Ещё вопрос", who=who)
    assert [one.dialog_id for one in desk.acts()] == [fresh]


def test_the_clock_finds_dialogs_by_their_stage(paired: Paired, desk: Automated) -> None:
    dialog = desk.heard(paired.channel, who="anna@mail.ru")
    stands(paired, dialog, PAID)
    desk.rule(event=RuleEvent.TIME, about="every 5m", asked={"stages": ["Оплачена"]})
    desk.works()
    desk.shop.clock.at += 6 * 60_000
    desk.works()
    assert [one.dialog_id for one in desk.acts()] == [dialog]


def test_a_stage_that_no_crm_has_is_refused_and_one_that_was_deleted_is_told(paired: Paired, desk: Automated) -> None:
    with pytest.raises(UsageError, match=r"No CRM has a stage Оплочена\."):
        desk.rule(asked={"any": [{"stages": ["Оплочена"]}]})
    desk.rule(asked={"stages": ["Оплачена"]})
    paired.shop.write(lambda tx: crm_stages.learn_names(tx, paired.link, [NEW]))
    (rule,) = paired.shop.read(lambda tx: auto_rules.everything(tx, desk.desk.names(tx)))
    assert rule.problem is not None
    assert (str(rule.problem.what), rule.works) == ("No CRM has a stage Оплачена.", False)
    paired.shop.write(lambda tx: crm_stages.learn_names(tx, paired.link, []))
    with pytest.raises(UsageError, match="No CRM tells at which stages its cards stand"):
        desk.rule("Другое", event=RuleEvent.STAGE)
