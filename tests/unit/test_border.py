"""What comes from outside is made a checked value: what is sound stays as it is, whatever is not is made so."""

from __future__ import annotations

import json
import math

import pytest

from chatapp_cli.domain import border

NOW = 1_790_000_000_000
SOUND = (
    "",
    "Анна",
    "anna_b",
    "Ёлки\nи\tпихты",
    "שלום \u200fעולם",
    "مرحبا\u200e!",
    "👨\u200d👩\u200d👧 🏴\U000e0067\U000e007f",
    "नमस्ते\u200c",
    "\xa0 ",
)
"""Letters of every kind: what Arabic, Hebrew, Persian and joined emoji are written with stays."""


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (NOW - 1, NOW - 1),
        (border.EARLIEST, border.EARLIEST),
        (border.EARLIEST - 1, NOW),
        (0, NOW),
        (-1, NOW),
        (NOW + border.AHEAD, NOW + border.AHEAD),
        (NOW + border.AHEAD + 1, NOW),
        (10**400, NOW),
        (NOW - 0.5, NOW - 1),
        (math.nan, NOW),
        (math.inf, NOW),
    ],
)
def test_a_time_at_which_nothing_can_have_been_written_is_taken_for_now(told: float, kept: int) -> None:
    assert border.at(told, NOW) == kept


@pytest.mark.parametrize(
    ("told", "kept"), [(0, 0), (9, 9), (2.9, 2), (-1, 0), (1 << 63, 0), (math.nan, 0), (math.inf, 0)]
)
def test_a_count_is_one_that_both_databases_hold(told: float, kept: int) -> None:
    assert border.count(told) == kept


@pytest.mark.parametrize("said", SOUND)
def test_what_is_sound_stays_as_it_is(said: str) -> None:
    assert border.text(said) == border.clean(said) == border.visible(said) == said
    assert border.external_id(said) == border.address(said) == said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("да\0", "да"),
        ("\x1b[31mкрасный\x1b[0m", "[31mкрасный[0m"),
        ("сначала\r\nпотом\rи\vещё", "сначала\nпотом\nи\nещё"),
        ("счёт\u202efdp.exe", "счётfdp.exe"),
        ("@\u2068Анна\u2069", "@Анна"),
        ("\x9b2J\x7f", "2J"),
        ("\ud83d", "\ufffd"),
        ("\ud83c\udf84 ёлка", "🎄 ёлка"),
    ],
)
def test_words_lose_what_a_database_refuses_and_what_a_terminal_obeys(said: str, kept: str) -> None:
    assert border.text(said) == kept
    assert border.text(kept) == kept


def test_a_name_is_one_line_and_not_longer_than_a_list_can_show() -> None:
    assert border.name("Анна\r\n\tБелова\0") == "Анна Белова"
    assert border.name("я" * 500) == "я" * 500
    assert border.name("я" * 501) == "я" * 499 + "…"


def test_words_of_any_length_are_kept_whole() -> None:
    assert border.text("я" * 3_000_000) == "я" * 3_000_000


@pytest.mark.parametrize("said", ["7\0", "a\x1bb", "\ud83d", "<1\u202e@x>", "я" * 1001, "a" * 2001])
def test_an_id_that_cannot_be_stored_has_one_that_is_its_own(said: str) -> None:
    found = border.external_id(said)
    assert found == border.external_id(said) == border.external_id(found)
    assert len(found.encode()) <= border.LONGEST_ID
    assert len({found, *(border.external_id(said + other) for other in ("\0", "a", "b"))}) == 4


@pytest.mark.parametrize(("said", "kept"), [(7, "7"), (-1001, "-1001"), ("я" * 1000, "я" * 1000)])
def test_an_id_that_can_be_stored_is_the_providers_own(said: str | int, kept: str) -> None:
    assert border.external_id(said) == border.address(said) == kept


@pytest.mark.parametrize("said", ["an\0na@client.test", "+7916\x1b0000001", "anna\u202e", "anna@client.test" * 200])
def test_an_address_that_nobody_can_have_becomes_no_address_of_somebody_else(said: str) -> None:
    found = border.address(said)
    assert "\ufffd" in found
    assert len(found.encode()) <= border.LONGEST_ID
    assert border.address(found) == found


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("прайс.pdf", "прайс.pdf"),
        ("", ""),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\temp\\прайс.pdf", "C:_temp_прайс.pdf"),
        ("счёт\u202efdp.exe", "счётfdp.exe"),
        ("a\n\0b.txt", "a b.txt"),
        ("я" * 200 + ".pdf", "я" * 125 + ".pdf"),
        ("я" * 200, "я" * 127),
        ("a." + "я" * 200, "a." + "я" * 126),
    ],
)
def test_a_file_name_fits_into_a_folder_and_keeps_its_ending(said: str, kept: str) -> None:
    assert border.file_name(said) == kept
    assert border.file_name(kept) == kept


def test_json_for_a_terminal_says_the_same() -> None:
    told = {"text": "\x7f\x9b2J\u202e\ud83d", "name": "Анна\nБелова"}
    shown = border.escaped(json.dumps(told, ensure_ascii=False, indent=2))
    assert json.loads(shown) == told
    assert border.visible(shown) == shown
