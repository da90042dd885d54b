"""What in a text leads somewhere, and where to."""

import pytest

from chatapp_cli.domain.links import find


def test_links_addresses_and_numbers_are_found_where_they_stand() -> None:
    text = "Смотрите https://lavka.example/a?b=1. Пишите на Info@Lavka.example, звоните +7 (916) 555-01-02!"
    found = list(find(text))
    assert [one.url for one in found] == [
        "https://lavka.example/a?b=1",
        "mailto:info@lavka.example",
        "tel:+79165550102",
    ]
    assert [text[one.start : one.end] for one in found] == [one.said for one in found]


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


def test_a_link_names_the_host_that_it_really_leads_to() -> None:
    (link,) = find("https://bank.example@evil.example/login")
    assert link.host == "evil.example"
    (broken,) = find("http://[::1/abc")
    assert broken.host == ""
