"""Names: what may be one, and which two nobody can tell apart."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import chatapp_cli
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.name import RESERVED, of_operator, skeleton, sound


def test_the_names_of_the_programs_own_parts_are_nobody_elses() -> None:
    calls = [
        node.args[0].value
        for file in Path(chatapp_cli.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "system"
        if isinstance(node.args[0], ast.Constant)
    ]
    assert {"daemon", "effect", "door"} <= set(calls) <= RESERVED
    for name in RESERVED:
        with pytest.raises(UsageError):
            of_operator(name.upper())


@pytest.mark.parametrize(
    "sign", ["\x00", "\x1b", "\x9b", "\n", "\u2028", "\u202e", "\u2067", "\u200d", "\udcff", "\u3164"]
)
def test_a_sign_that_nobody_sees_is_in_no_name(sign: str) -> None:
    with pytest.raises(UsageError, match="nobody sees"):
        sound(f"a{sign}b")


def test_every_letter_that_looks_like_a_latin_one_counts_as_it_in_capitals_too() -> None:
    pairs = {"АВЕЗІКМНОРСТУХЅЈ": "ABE3IKMHOPCTYXSJ", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ": "ABEZHIKMNOPTYX"}
    for other, latin in pairs.items():
        assert skeleton(other) == skeleton(latin) == latin.lower()
        assert skeleton(other.lower()) == latin.lower()


@pytest.mark.parametrize(("one", "other"), [("Анна", "Anna"), ("Оля", "Коля"), ("Olga", "Olha"), ("Пётр", "Петр")])
def test_names_that_differ_for_the_eye_stay_two(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)
