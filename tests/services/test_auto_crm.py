"""Rules comment the cards of CRMs, where a CRM is told of the dialog and takes comments."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.crm.states import Act, Tells
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.services import links
from tests.services.automated import Automated
from tests.services.paired import Paired, linked
from tests.stores import Shop


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


def ends(automated: Automated) -> list[tuple[str, str]]:
    return [(one.state, str(recalled(one.outcome))) for one in automated.acts()]


@pytest.mark.req("S-035", part="a CRM act")
def test_a_comment_is_told_behind_the_message_in_the_card_of_the_chat_that_the_dialog_has_then(desk: Paired) -> None:
    desk.shop.write(lambda tx: links.learn(tx, desk.link, [Tells.REMARKS]))
    automated = Automated(desk.shop)
    automated.rule(do=[("comment", "Просит скидку: {имя клиента}")], asked={"words": ["скидка"]})
    automated.heard(desk.channel, "Будет скидка?", who="petr@example.ru")
    assert ends(automated) == [("done", "the CRM is told the comment")]
    [row] = desk.entries()
    assert (row.act, desk.told(row, chat="c-7")) == (Act.ADD, True)
    [row] = desk.entries()
    entry = desk.entry(row)
    assert entry is not None
    assert (entry.act, entry.remote, entry.reason[:14]) == (Act.REMARK, "c-7", "Просит скидку:")


def test_a_rule_says_where_no_crm_can_be_told(desk: Paired) -> None:
    automated = Automated(desk.shop)
    automated.rule(do=[("comment", "Перезвонить")])
    automated.heard(desk.channel, who="petr@example.ru")
    automated.heard(desk.shop.channel())
    assert ends(automated) == [
        ("failed", "The CRM of Почта магазина takes no comments."),
        ("failed", "No CRM is told of Почта магазина."),
    ]
