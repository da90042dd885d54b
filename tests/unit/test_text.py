"""Which texts can be stored and sent."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.text import is_whole


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("", True),
        ("Здравствуйте, 🌲", True),
        ("\ud7ff\ue000", True),
        ("да\0", False),
        ("\ud800", False),
        ("да\udfff нет", False),
    ],
)
def test_a_text_is_whole_without_nul_and_surrogates(said: str, whole: bool) -> None:
    assert is_whole(said) is whole
