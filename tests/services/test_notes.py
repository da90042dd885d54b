"""Notes: for operators alone, in their place among the messages, and told to whom they mention."""

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.journal.dialogs import NoteWritten
from chatapp_cli.services import journal, notes, transcript
from chatapp_cli.store.rows.outbox import OutboxRow
from tests.stores import Shop, owner


@pytest.fixture
def dialog(shop: Shop) -> DialogId:
    return shop.message(shop.hear(shop.channel())).dialog_id


def test_a_note_is_kept_and_told_and_never_sent(shop: Shop, dialog: DialogId) -> None:
    number = shop.write(lambda tx: notes.add(tx, dialog, " Обещали скидку "))
    assert shop.read(lambda tx: notes.between(tx, dialog)) == [
        (number, dialog, "Ольга", "Обещали скидку", shop.clock.at),
    ]
    assert shop.read(lambda tx: tx.all(OutboxRow, "outbox.of_dialog", dialog=dialog)) == []
    assert shop.texts(dialog) == ["Здравствуйте"]
    last = shop.read(lambda tx: journal.after(tx, 0, n=100))[-1]
    assert (last.actor, last.event) == ("Ольга", NoteWritten(dialog=dialog, note=number))
    with pytest.raises(UsageError, match="needs a text"):
        shop.write(lambda tx: notes.add(tx, dialog, " \n"))


def test_a_note_stands_among_the_messages_by_its_time(shop: Shop, dialog: DialogId) -> None:
    for text in ("первая", "вторая"):
        shop.clock.at += 1000
        shop.write(lambda tx: notes.add(tx, dialog, text))  # noqa: B023
    said = shop.read(lambda tx: transcript.latest(tx, dialog))
    shown = shop.read(lambda tx: notes.among(tx, dialog, said, complete=True))
    assert [e.message.text for e in shown] == ["Здравствуйте", "первая", "вторая"]
    assert [e.message.direction for e in shown] == ["in", "note", "note"]
    assert shop.read(lambda tx: notes.among(tx, dialog, said, complete=True, until=said[0].message.at)) == said


def test_whoever_is_mentioned_is_called_until_they_write_a_note_there(shop: Shop, dialog: DialogId) -> None:
    for text in ("@пётр, посмотри", "@Петрова, и вы", "почта petr@Пётр.example", "@Ольга сама себе"):
        shop.write(lambda tx: notes.add(tx, dialog, text))  # noqa: B023
    assert [row.text for row in shop.read(lambda tx: notes.calling(tx.by(owner("Пётр"))))] == ["@пётр, посмотри"]
    assert shop.read(notes.calling) == []
    shop.write(lambda tx: notes.add(tx.by(owner("Пётр")), dialog, "Вижу"))
    assert shop.read(lambda tx: notes.calling(tx.by(owner("Пётр")))) == []
    shop.write(lambda tx: notes.add(tx, dialog, "Ещё раз @Пётр"))
    assert len(shop.read(lambda tx: notes.calling(tx.by(owner("Пётр"))))) == 1
    shop.clock.at += notes.RECENT
    assert shop.read(lambda tx: notes.calling(tx.by(owner("Пётр")))) == []


@pytest.mark.parametrize(
    ("text", "called"),
    [("@Анна Котова!", True), ("спроси @анна котова", True), ("@Анна", False), ("@Анна Котовая", False)],
)
def test_a_name_of_two_words_is_mentioned_as_a_whole(text: str, *, called: bool) -> None:
    assert notes.mentions(text, "Анна Котова") is called
