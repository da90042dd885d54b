"""News and attempts are sentences in the reader's language, whatever words the store keeps."""

import json
import re

import pytest

from chatapp_cli import i18n
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.reading import entry
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.manifests import manifest, manifests
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


def test_a_channel_that_is_bound_is_also_told_what_happens_by_itself() -> None:
    vk = manifest("vk")
    what, step = words.why(vk, "unreachable", "no route")
    assert str(what) == "VK cannot be reached. (no route)"
    assert str(step) == "Check the network and the proxies. It is retried automatically."
    assert str(words.why(vk, "busy")[1]) == "It is retried automatically."
    assert str(words.why_not_bound(vk, "unreachable")[1]) == "Check the network and the proxies."
    assert words.why_not_bound(vk, "busy")[1] == T("Try again in a few minutes.")
    assert words.why(vk, "nothing known") == words.why_not_bound(vk, "nothing known") == (Text("nothing known"), None)


REPEATED = re.compile(
    r"\bit (is (retried|restarted|tried)|reconnects)|comes back automatically|Nothing is lost|"
    r"bind (the mailbox|it) again",
    re.IGNORECASE,
)


@pytest.mark.parametrize("kind", manifests())
def test_what_a_channel_does_by_itself_is_kept_apart_from_what_a_person_does(kind: str) -> None:
    steps = {code: str(known.next_step) for code, known in manifest(kind).errors.items() if known.next_step}
    by_person = {"access_ended"} if kind == "email" else set()
    assert {code for code, step in steps.items() if REPEATED.search(step)} == by_person
