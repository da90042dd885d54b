"""Colleagues see where one another are, and nobody loses what they began to write: on both databases."""

import pytest

from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.presence import DraftEvent, PresenceEvent
from chatapp_cli.services import dialogs, drafts, journal, presence, upkeep
from chatapp_cli.services.drafts import Unsent
from tests.stores import Shop, owner

ANNA, PYOTR = owner("Анна"), owner("Пётр")


@pytest.fixture
def dialog(shop: Shop) -> DialogId:
    return shop.message(shop.hear(shop.channel())).dialog_id


def there(shop: Shop, dialog: DialogId, window: str = "") -> list[tuple[str, bool]]:
    found = shop.read(lambda tx: presence.others(tx, dialog, window))
    return [(row.operator, row.typing_until > shop.clock.now()) for row in found]


def told(shop: Shop) -> list[tuple[str, str, int | None]]:
    rows = shop.read(lambda tx: journal.after(tx, 0, n=100))
    kinds = (PresenceEvent, DraftEvent)
    return [(row.event.topic, row.actor, row.event.dialog) for row in rows if isinstance(row.event, kinds)]


def test_others_are_seen_and_oneself_is_not(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", dialog))
    shop.write(lambda tx: presence.look(tx.by(PYOTR), "w2", dialog))
    shop.write(lambda tx: presence.typing(tx.by(PYOTR), "w2", dialog))
    assert there(shop, dialog) == [("Анна", False), ("Пётр", True)]
    assert there(shop, dialog, "w1") == [("Пётр", True)]
    shop.clock.at += presence.TYPING
    assert there(shop, dialog, "w1") == [("Пётр", False)]


def test_a_window_at_rest_tells_nobody_and_a_dead_one_is_forgotten(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", dialog))
    shop.write(lambda tx: presence.look(tx.by(PYOTR), "w2", dialog))
    before = told(shop)
    shop.clock.at += presence.LASTS - 1
    seen = shop.write(lambda tx: presence.beat(tx.by(ANNA), "w1", dialog))
    assert [row.operator for row in seen] == ["Анна", "Пётр"]
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", dialog))
    assert told(shop) == before
    shop.clock.at += 1
    assert there(shop, dialog) == [("Анна", False)]


def test_leaving_and_closing_are_told_to_the_dialogs_they_concern(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", dialog))
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", None))
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", dialog))
    shop.write(lambda tx: presence.gone(tx.by(ANNA), "w1"))
    shop.write(lambda tx: presence.gone(tx.by(ANNA), "w1"))
    assert told(shop) == [("presence.moved", "Анна", dialog)] * 4
    assert there(shop, dialog) == []


def test_the_end_of_writing_is_told_once(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", dialog))
    shop.write(lambda tx: presence.typing(tx.by(ANNA), "w1", dialog))
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", dialog))
    shop.write(lambda tx: presence.look(tx.by(ANNA), "w1", dialog))
    assert [topic for topic, *_who in told(shop)] == ["presence.moved", "presence.typing", "presence.moved"]


def test_passing_news_and_closed_windows_are_cleared_away_after_a_day(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: presence.typing(tx.by(ANNA), "w1", dialog))
    shop.write(lambda tx: drafts.save(tx.by(ANNA), dialog, Unsent(Draft(text="да"))))
    shop.write(lambda tx: dialogs.pin(tx, dialog, pinned=True))
    shop.clock.at += 2 * upkeep.DAY
    shop.write(upkeep.delete_expired)
    assert told(shop) == []
    assert shop.read(lambda tx: tx.value("presence.own", window="w1", operator="Анна")) is None
    assert shop.read(lambda tx: drafts.everywhere(tx.by(ANNA))) == [dialog]


def test_a_draft_comes_back_whole_and_belongs_to_one_operator(shop: Shop, dialog: DialogId) -> None:
    file = StagedFile(name="счёт.pdf", mime="application/pdf", size=7, sha256="ab" * 32)
    unsent = Unsent(Draft(text="Завтра\nпришлём", subject="Счёт", files=(file,), reply_to=3), edits=5)
    shop.write(lambda tx: drafts.save(tx.by(ANNA), dialog, unsent))
    assert shop.read(lambda tx: drafts.of(tx.by(ANNA), dialog)) == unsent
    assert shop.read(lambda tx: drafts.of(tx.by(PYOTR), dialog)) is None
    assert shop.read(lambda tx: drafts.everywhere(tx.by(ANNA))) == [dialog]
    shop.write(lambda tx: drafts.save(tx.by(ANNA), dialog, unsent))
    assert told(shop) == [("draft.kept", "Анна", dialog)]


def test_an_emptied_draft_is_gone(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: drafts.save(tx.by(ANNA), dialog, Unsent(Draft(text="да"))))
    shop.write(lambda tx: drafts.save(tx.by(ANNA), dialog, Unsent(Draft(text=" \n", subject="Счёт"))))
    shop.write(lambda tx: drafts.delete(tx.by(ANNA), dialog))
    assert shop.read(lambda tx: drafts.everywhere(tx.by(ANNA))) == []
    assert [topic for topic, *_who in told(shop)] == ["draft.kept", "draft.dropped"]
    with pytest.raises(NotFound, match="no dialog 999"):
        shop.write(lambda tx: drafts.save(tx.by(ANNA), DialogId(999), Unsent(Draft(text="да"))))
