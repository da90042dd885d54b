"""How a person names whom they write to."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.address import kinds
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.recipients import is_address, require_addresses, typed_addresses
from chatapp_cli.domain.variables import require_signature


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


@pytest.mark.parametrize(
    ("said", "can_be"),
    [
        ("anna@example.org", True),
        ("anna@пример.рф", True),
        ("иван@example.org", True),
        ('"anna b"@example.org', True),
        ('"a@b"@example.org', True),
        (f"{'b' * 64}@example.org", True),
        (f"{'b' * 65}@example.org", False),
        ("a@x..example", False),
        (f"a@{'l' * 64}.example", False),
        ("a@x.example>", False),
        (f"a@{'l.' * 127}example", False),
        ("a\u200bb@example.org", False),
        ("a@b", False),
    ],
)
def test_only_what_a_mail_server_could_take_is_an_address(said: str, can_be: bool) -> None:
    assert is_address(said) == can_be
    assert typed_addresses(f"{said}, vera@example.org") == (said, "vera@example.org")


def test_an_address_for_everybody_of_a_domain_is_no_alias() -> None:
    with pytest.raises(UsageError, match=r"aliases has \*@shop.example.org"):
        require_addresses("aliases", "sales@shop.example.org, *@shop.example.org")


@pytest.mark.parametrize("signature", ["{operator_name.__class__}", "{", "}}{{", "Лавка }", "{operator_name}}"])
def test_a_brace_that_belongs_to_no_variable_is_refused_in_a_signature(signature: str) -> None:
    with pytest.raises(UsageError, match="signature has a brace that belongs to no variable"):
        require_signature("signature", signature)


@pytest.mark.parametrize("signature", ["{{", "{{Лавка}}", "{operator_name}|{{-:"])
def test_a_doubled_brace_stands_for_itself_in_a_signature(signature: str) -> None:
    require_signature("signature", signature)
