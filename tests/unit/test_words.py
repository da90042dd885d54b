"""News and attempts are sentences in the reader's language, whatever words the store keeps."""

import json

import pytest

from chatapp_cli import i18n
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.reading import entry
from chatapp_cli.domain.message import Operation
from chatapp_cli.services import words
from chatapp_cli.services.journal_words import sentence


def said(topic: str, **data: object) -> str:
    row = entry(1, 0, topic, "Ольга", ChannelId(3), DialogId(5), MessageId(7), json.dumps(data))
    return i18n.show(sentence(row))


@pytest.mark.parametrize(
    ("change", "in_english", "in_russian"),
    [
        ({"read": True}, "Dialog changed: marked as read", "Диалог изменён: отмечен прочитанным"),
        ({"blocked": False}, "Dialog changed: taken off the blacklist", "Диалог изменён: убран из чёрного списка"),
        ({"tag": "опт"}, "Dialog changed: tag опт added", "Диалог изменён: поставлена метка «опт»"),
        ({"name": "Анна"}, "Dialog changed: named Анна", "Диалог изменён: название «Анна»"),
    ],
)
def test_a_change_of_a_dialog_is_said_in_words(change: dict[str, object], in_english: str, in_russian: str) -> None:
    assert said("dialog.changed", **change) == in_english
    i18n.use("ru")
    assert said("dialog.changed", **change) == in_russian


def test_a_state_and_an_action_within_a_piece_of_news_are_said_too() -> None:
    i18n.use("ru")
    assert said("message.state", state="uncertain") == "Сообщение 7: неясно"
    assert said("message.refused", action="edit") == "Сообщение 7: отказ, изменение"


@pytest.mark.parametrize("name", list(Operation))
def test_every_action_has_its_word(name: Operation) -> None:
    i18n.use("ru")
    assert i18n.show(words.action(name)) != name.value
