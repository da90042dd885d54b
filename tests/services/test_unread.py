"""What each operator with an account has not read, apart from what the client is shown: on both databases."""

import pytest

from chatapp_cli.domain.arrival import Peer, PeerMoved
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import ChannelId, DialogId
from chatapp_cli.domain.journal.dialogs import DialogEvent
from chatapp_cli.services import dialogs, duties, journal, lines, operators, sending
from chatapp_cli.store import dialog_list
from chatapp_cli.store.visibility import Visibility
from tests.stores import EVERYTHING, Shop, owner

PYOTR, ANNA, DESK = "Пётр", "Анна", ""


@pytest.fixture
def channel(shop: Shop) -> ChannelId:
    return shop.channel()


@pytest.fixture
def dialog(shop: Shop, channel: ChannelId) -> DialogId:
    """A dialog in which two messages came to two operators with accounts; the first came before Анна had hers."""
    shop.write(lambda tx: operators.add(tx, PYOTR, "", ()))
    dialog = shop.message(shop.hear(channel)).dialog_id
    shop.write(lambda tx: operators.add(tx, ANNA, "", ()))
    shop.hear(channel, "Ау!")
    return dialog


def unread(shop: Shop, dialog: DialogId, *names: str) -> list[int]:
    """The count in the list as each of them sees it."""

    def seen_by(name: str) -> int:
        visibility = Visibility(shop.driver.dialect, lines=None, reader=name) if name else None
        rows = shop.read(lambda tx: dialog_list.rows(tx.through(visibility), shop.driver.dialect, [dialog]))
        return int(rows[dialog].unread)

    return [seen_by(name) for name in names]


def topics(shop: Shop) -> list[str]:
    rows = shop.read(lambda tx: journal.after(tx, 0, n=100))
    return [row.event.topic for row in rows if isinstance(row.event, DialogEvent)]


def test_everybody_has_an_own_count_and_reading_clears_only_that_and_the_desks(shop: Shop, dialog: DialogId) -> None:
    assert unread(shop, dialog, PYOTR, ANNA, DESK) == [2, 2, 2]
    shop.write(lambda tx: dialogs.read(tx.by(owner(PYOTR)), dialog))
    assert unread(shop, dialog, PYOTR, ANNA, DESK) == [0, 2, 0]
    shop.write(lambda tx: dialogs.read(tx.by(owner(ANNA)), dialog))
    shop.write(lambda tx: dialogs.read(tx.by(owner(ANNA)), dialog))
    assert unread(shop, dialog, PYOTR, ANNA, DESK) == [0, 0, 0]
    assert topics(shop) == ["dialog.new", "dialog.read", "dialog.changed"]
    shop.write(lambda tx: dialogs.unread(tx.by(owner(ANNA)), dialog))
    assert unread(shop, dialog, PYOTR, ANNA, DESK) == [0, 1, 1]


def test_an_answer_is_read_by_whoever_gave_it(shop: Shop, dialog: DialogId) -> None:
    shop.acting = owner(PYOTR)
    shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order()))
    assert unread(shop, dialog, PYOTR, ANNA, DESK) == [0, 2, 0]


def test_a_peek_tells_neither_colleagues_nor_the_client(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: dialogs.peek(tx.by(owner(PYOTR)), dialog))
    shop.write(lambda tx: dialogs.peek(tx.by(owner(PYOTR)), dialog))
    assert unread(shop, dialog, PYOTR, ANNA, DESK) == [0, 2, 2]
    assert topics(shop) == ["dialog.new", "dialog.changed"]
    with pytest.raises(Refused, match="operator account"):
        shop.write(lambda tx: dialogs.peek(tx, dialog))


def test_filters_and_counters_go_by_ones_own_count(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: dialogs.read(tx.by(owner(PYOTR)), dialog))

    def found(name: str) -> tuple[list[DialogId], int, int]:
        visibility, dialect = Visibility(shop.driver.dialect, lines=None, reader=name), shop.driver.dialect
        seen: tuple[list[DialogId], int, int] = shop.read(
            lambda tx: (
                dialog_list.ids(tx.through(visibility), dialect, DialogFilter(unread=True)),
                dialogs.unread_count(tx.through(visibility)),
                lines.everything(tx.through(visibility))[0].unread,
            )
        )
        return seen

    assert (found(PYOTR), found(ANNA)) == (([], 0, 0), ([dialog], 1, 1))


@pytest.mark.req("S-128", part="access by lines, assignees")
def test_nothing_is_counted_of_lines_that_are_not_seen_nor_for_whom_cannot_log_in(shop: Shop, dialog: DialogId) -> None:
    elsewhere = shop.line()
    shop.write(lambda tx: operators.see_lines(tx, PYOTR, [elsewhere]))
    shop.write(lambda tx: operators.disable(tx, ANNA))
    shop.write(lambda tx: dialogs.block(tx, dialog, blocked=True))
    shop.write(lambda tx: dialogs.block(tx, dialog, blocked=False))
    assert unread(shop, dialog, PYOTR, ANNA, DESK) == [0, 0, 0]
    row = shop.read(lambda tx: dialogs.card(tx, dialog))
    shop.hear(row.channel_id, "Ещё")
    assert unread(shop, dialog, PYOTR, ANNA, DESK) == [0, 0, 1]


def test_a_chat_that_moves_takes_counts_and_drafts_along(shop: Shop, channel: ChannelId, dialog: DialogId) -> None:
    shop.write(lambda tx: dialogs.read(tx.by(owner(ANNA)), dialog))
    shop.write(lambda tx: tx.run("drafts.keep", operator=PYOTR, dialog=dialog, sheet="{}", at=1))
    other = shop.message(shop.hear(channel, who="boris")).dialog_id
    shop.take(channel, PeerMoved(old_key="anna", peer=Peer(key="boris", address="boris"), at=shop.clock.now()))
    assert unread(shop, other, PYOTR, ANNA, DESK) == [3, 1, 1]
    assert shop.read(lambda tx: tx.value("drafts.one", operator=PYOTR, dialog=other)) == "{}"


def test_whoever_has_an_account_can_be_given_a_dialog(shop: Shop, dialog: DialogId) -> None:
    shop.write(lambda tx: duties.assign(tx, dialog, "Вера"))
    shop.write(lambda tx: operators.disable(tx, ANNA))
    assert shop.read(duties.operators) == ["Вера", PYOTR]
