"""Passwords that anybody would try first are refused, and others are not."""

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.services import passwords
from chatapp_cli.services.common_passwords import is_common

COMMON = (
    "password password1 Password123 P@ssw0rd passw0rd! 12345678 123456789 1234567890 87654321 11111111",
    "00000000 12341234 qwertyuiop qwerty123 Qwerty1! 1qaz2wsx 1q2w3e4r zaq12wsx asdfghjkl zxcvbnm,.",
    "qwe123qwe123 abcdefgh abcd1234 aaaaaaaa iloveyou letmein1 welcome1 admin123 administrator superman",
    "sunshine football1 baseball princess trustno1 dragon123 пароль123 Пароль2026 йцукенгш йцукен123",
    "gfhjkm123 ghbdtn123 qwertyйцукен 01011990 31122026 89161234567 79161234567 абвгдеёж фывапролдж",
    "наташа1990 любовь123 солнышко привет12 москва2024 спартак1 Zenit2024 chatapp1 samsung123",
)
OWN = ["Ольга Петрова", "Тёплый дом", "main"]


@pytest.mark.parametrize("password", [word for line in COMMON for word in line.split()])
def test_what_is_tried_first_is_no_password(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", ["Петрова1990", "ольгапетрова", "тёплыйдом", "main2026"])
def test_neither_is_ones_own_name_or_the_companys(password: str) -> None:
    assert not is_common(password)
    assert is_common(password, OWN)


@pytest.mark.parametrize(
    "password",
    [
        "тёплый плед 7",
        "correct horse battery staple",
        "kj7#mQ2x",
        "u8GhVq5t",
        "eine lange Parole",
        "geheim-geheim",
        "482915037264918",
        "диван едет в Тверь",
        "passwords are read from standard input",
        "Ольга любит зелёный чай",
    ],
)
def test_a_password_of_ones_own_making_is_taken(password: str) -> None:
    assert not is_common(password, OWN)


def test_a_common_password_is_refused_with_a_better_way() -> None:
    with pytest.raises(UsageError, match="among the first") as caught:
        passwords.hashed("Ольга1990", ("Ольга",))
    assert caught.value.field == "password"
    assert passwords.renewed("password1").startswith("$argon2id$")
