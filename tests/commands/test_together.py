"""Who looks at a dialog, what was begun there, and several dialogs at once: from the command line."""

from chatapp_cli.bootstrap import Desk
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.services import presence
from tests.commands.conftest import Shell, Write


def test_viewers_are_told_for_people_and_for_programs(chatapp: Shell, client_writes: Write, desk: Desk) -> None:
    client_writes("Сколько стоит ель?")
    desk.write(lambda tx: presence.look(tx, "w1", "Анна", DialogId(1)))
    desk.write(lambda tx: presence.typing(tx, "w2", "Пётр", DialogId(1)))
    assert chatapp("dialog", "viewers").rows == [["1", "Анна", "looks"], ["1", "Пётр", "is writing"]]
    assert chatapp("dialog", "viewers", "1", "--json").json == [
        {"dialog_id": 1, "operator": "Анна", "typing": False},
        {"dialog_id": 1, "operator": "Пётр", "typing": True},
    ]
    assert chatapp.run("dialog", "viewers", "9").code == 1


def test_a_draft_is_written_read_and_cleared(chatapp: Shell, client_writes: Write) -> None:
    client_writes("Сколько стоит ель?")
    assert chatapp("dialog", "draft", "1", "--json").json is None
    chatapp("dialog", "draft", "1", "-", stdin="Здравствуйте!\nЕль стоит\n")
    assert chatapp("dialog", "draft", "1").out == "Здравствуйте!\nЕль стоит\n"
    assert chatapp("dialog", "draft", "1", "--json").json["text"] == "Здравствуйте!\nЕль стоит"
    assert chatapp("dialog", "draft", "1", CHATAPP_OPERATOR="Пётр").out == ""
    chatapp("dialog", "draft", "1", "")
    assert chatapp("dialog", "draft", "1", "--json").json is None
