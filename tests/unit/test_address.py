"""How a person names whom they write to."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.address import kinds


@pytest.mark.req("S-122")
@pytest.mark.req("S-123")
@pytest.mark.parametrize(
    ("said", "likeliest"),
    [
        ("7 999 999 99 99", "phone"),
        ("8 (999) 999-99-99", "phone"),
        ("999-99-99", "phone"),
        ("+79999999999", "phone"),
        ("79999999999", "chat_id"),
        ("-1001234567890", "chat_id"),
        ("5000000042", "chat_id"),
        ("@example", "username"),
        ("anna@example.org", "email"),
        ("(12) 345", "phone"),
        ("(12) - 34", "chat_id"),
    ],
)
def test_an_address_is_taken_for_what_a_person_would_write_so(said: str, likeliest: str) -> None:
    assert kinds(said)[0] == likeliest
