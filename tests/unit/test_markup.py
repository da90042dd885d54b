"""Signs that an application draws as bold, italic and so on."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatapp_cli.domain.markup import Style, read, signed


def told(text: str) -> tuple[str, list[tuple[Style, str]]]:
    marked = read(text)
    return marked.text, [(span.style, marked.text[span.start : span.end]) for span in marked.spans]


@pytest.mark.parametrize(
    ("text", "shown", "styles"),
    [
        ("*Акция:* до _пятницы_!", "Акция: до пятницы!", [("bold", "Акция:"), ("italic", "пятницы")]),
        ("было ~1 000~ 900", "было ~1 000~ 900", [("struck", "1 000"), ("tilde", "~"), ("tilde", "~")]),
        ("код `TEPLO_15_*`", "код TEPLO_15_*", [("code", "TEPLO_15_*")]),
        ("вот\n```\nул. *Лесная*, 1\nкв. 2\n```\nда", "вот\nул. *Лесная*, 1\nкв. 2\nда", None),
        ("*_оба_* и _*оба*_", "оба и оба", [("italic", "оба"), ("bold", "оба"), ("bold", "оба"), ("italic", "оба")]),
        ("> *да*\nнет", "> да\nнет", [("quote", "> да"), ("bold", "да")]),
        ("- раз\n* *два*\n1. три", "- раз\n* два\n1. три", [("item", "-"), ("item", "*"), ("bold", "два")]),
        ("*https://a.example/x_y_*, *b@c.example*", "https://a.example/x_y_, b@c.example", None),
        ("*раз *два* три", "*раз два три", [("bold", "два")]),
        ("_*раз_ два", "*раз два", [("italic", "*раз")]),
        ("(*раз*), «_два_»", "(раз), «два»", [("bold", "раз"), ("italic", "два")]),
    ],
)
def test_signs_go_and_what_they_say_stays(text: str, shown: str, styles: list[tuple[Style, str]] | None) -> None:
    assert told(text)[0] == shown
    assert styles is None or told(text)[1] == styles
    assert signed(text)


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4 и 5 * 6 * 7",
        "*раз*два",
        "раз*два*",
        "my_file_name, __init__, **не то**, х**ня",
        "*не до\nконца*",
        "вот * не касается*, *не касается *",
        "https://a.example/_x_/*y*?z=~1~ _a_@b.example @_teply_dom_",
        "цена* без доставки*",
        "от ~500 до ~600",
        "^_^ да ^_^ -_- нет -_- *_* ***",
        "``` ``` ``два`` ` нет `",
        "-нет\n>нет\n + нет",
        "Здравствуйте – и до свидания",
        "",
    ],
)
def test_what_is_no_sign_stays_as_it_is(text: str) -> None:
    assert told(text) == (text, [])


SIGNS = st.text(st.sampled_from("аб1 \n*_~`>-.@/:^"), max_size=60)


@given(st.one_of(SIGNS, st.text()))
@example("*`_`*")
@example("~_~_~")
def test_of_any_text_nothing_but_signs_goes_and_every_style_has_words(text: str) -> None:
    marked = read(text)
    assert re.sub(r"[*_`\n]", "", marked.text) == re.sub(r"[*_`\n]", "", text)
    assert all(0 <= span.start < span.end <= len(marked.text) for span in marked.spans)
    assert signed(text) or marked == (text, [])
    paired = (span for span in marked.spans if span.style in {"bold", "italic", "struck"})
    ordered = sorted(paired, key=lambda span: (span.start, -span.end))
    assert all(two.end <= one.end or two.start >= one.end for one, two in pairwise(ordered))


@given(st.text(st.characters(categories=["L", "N"]), min_size=1), st.text(st.characters(categories=["L", "N"])))
def test_a_word_between_two_signs_is_drawn_wherever_it_stands(word: str, other: str) -> None:
    for sign, style in (("*", "bold"), ("_", "italic"), ("`", "code")):
        assert told(f"{other} {sign}{word}{sign}, {other}") == (f"{other} {word}, {other}", [(style, word)])


@pytest.mark.parametrize("piece", ["*a ", "_a*b~", "`", "*", "```a", "https://*", "a.b-", "> *a*\n", "@"])
def test_nobody_can_write_a_text_that_takes_long_to_read(piece: str) -> None:
    """A reader whose work grows with the square of the text would need minutes for each of these."""
    text = piece * (60_000 // len(piece))
    assert len(read(text).text) <= len(text)
