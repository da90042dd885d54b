"""A file of rules says each thing once, and its buttons are texts."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.services import auto_form, auto_kinds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rules:\n- name: A\n  then: []\n  then: []\n", "Line 4 has then again."),
        ("rules:\n- if:\n    days: [mon]\n    days: [tue]\n", "Line 4 has days again."),
        ('{"version": 1, "version": 1}', "Line 1 has version again."),
    ],
)
def test_a_key_that_is_there_twice_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        auto_form.loaded(text)
    assert words in str(refused.value)


@pytest.mark.parametrize("one", [None, {"a": 1}, True, ["Цены"]])
def test_a_button_that_is_no_text_is_refused(one: object) -> None:
    with pytest.raises(UsageError):
        auto_kinds._parted({"text": "Что?", "buttons": [one]})
