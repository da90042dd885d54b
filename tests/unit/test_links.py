"""What in a text leads somewhere, and where to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.domain.links import Hidden, find, reveal


def test_links_addresses_and_numbers_are_found_where_they_stand() -> None:
    text = "Смотрите https://lavka.example/a?b=1. Пишите на Info@Lavka.example, звоните +7 (916) 555-01-02!"
    found = list(find(text))
    assert [one.url for one in found] == [
        "https://lavka.example/a?b=1",
        "mailto:info@lavka.example",
        "tel:+79165550102",
    ]
    assert [text[one.start : one.end] for one in found] == [one.text for one in found]


@pytest.mark.parametrize(
    "text",
    [
        "заказ 812-44, счёт 40702810900000012345",
        "8 штук по 350",
        "+1 2 3 4 5 6 7",
        "javascript:alert(1) file:///etc/passwd",
        "собака@",
        "в 12:30 2026-11-20",
    ],
)
def test_what_leads_nowhere_is_left_alone(text: str) -> None:
    assert list(find(text)) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("пишите на Sean.O'Brien@client.example", "sean.o'brien@client.example"),
        ("почта 'anna@lavka.example'.", "anna@lavka.example"),
        ("*anna+shop@lavka.example*", "anna+shop@lavka.example"),
        ("(d'arc&sons@lavka.example)", "d'arc&sons@lavka.example"),
        ("mailto:anna@lavka.example", "anna@lavka.example"),
        ("a_b-c@lavka.example", "a_b-c@lavka.example"),
    ],
)
def test_an_address_is_found_whole(text: str, address: str) -> None:
    assert [one.address for one in find(text)] == [address]


def test_a_link_names_the_host_that_it_really_leads_to() -> None:
    (link,) = find("https://bank.example@evil.example/login")
    assert link.host == "evil.example"
    (broken,) = find("http://[::1/abc")
    assert broken.host == ""


SHOP = "https://lavka.example/price"


@pytest.mark.parametrize(
    ("text", "hidden", "shown"),
    [
        ("вот прайс, смотрите", [Hidden(4, 5, SHOP)], f"вот прайс ({SHOP}), смотрите"),
        ("🎄🎄 прайс!", [Hidden(5, 5, SHOP)], f"🎄🎄 прайс ({SHOP})!"),
        ("прайс \nи счёт", [Hidden(9, 4, "https://b.example"), Hidden(0, 7, SHOP)], None),
        (f"{SHOP}/", [Hidden(0, 28, SHOP)], f"{SHOP}/"),
        (
            "https://bank.example",
            [Hidden(0, 20, "https://evil.example")],
            "https://bank.example (https://evil.example)",
        ),
        ("прайс", [Hidden(90, 5, SHOP)], f"прайс ({SHOP})"),
        ("🎄", [Hidden(-3, 4, SHOP)], f" ({SHOP})🎄"),
        ("без ссылок", [Hidden(0, 3, "")], "без ссылок"),
    ],
)
def test_an_address_behind_words_stands_after_them(text: str, hidden: list[Hidden], shown: str | None) -> None:
    both = f"прайс ({SHOP}) \nи счёт (https://b.example)"
    assert reveal(text, hidden) == (both if shown is None else shown)


@given(st.text(), st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60))))
def test_whatever_places_a_channel_names_no_character_and_no_address_is_lost(
    text: str, places: list[tuple[int, int]]
) -> None:
    shown = reveal(text, [Hidden(start, length, SHOP) for start, length in places])
    assert shown.replace(f" ({SHOP})", "") == text
    assert shown.count(SHOP) == len(places)
