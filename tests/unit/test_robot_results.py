"""The detailed result of a robot: how it is written, and what is read for one (C-09)."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.robot import RobotVerdict, detail, read_detail

LICENSE = RobotVerdict("79000000000", done=False, code="LICENSE_NOT_FOUND", message="license not found")
TO_THE_LETTER = "79000000000:N:[LICENSE_NOT_FOUND] license not found"


@pytest.mark.req("C-09")
@pytest.mark.parametrize(
    ("verdicts", "written", "others"),
    [
        ([RobotVerdict("79000000000", done=True)], "79000000000:Y", ["79000000000: Y", " 79000000000 :Y ;"]),
        ([LICENSE], TO_THE_LETTER, ["79000000000 : N : [ LICENSE_NOT_FOUND ]  license not found;"]),
        ([RobotVerdict("c:7", done=True), LICENSE], f"c:7:Y; {TO_THE_LETTER}", [f"c:7: Y;{TO_THE_LETTER}"]),
        ([LICENSE, LICENSE], f"{TO_THE_LETTER}; {TO_THE_LETTER}", [f"{TO_THE_LETTER} ;\n{TO_THE_LETTER};;"]),
        ([], "", [";", " "]),
    ],
)  # fmt: skip
def test_a_result_has_one_form_and_is_read_with_more_blanks(
    verdicts: list[RobotVerdict], written: str, others: list[str]
) -> None:
    assert detail([one._replace(code=one.code.lower()) for one in verdicts]) == written
    assert [read_detail(one) for one in (written, *others)] == [verdicts] * (1 + len(others))


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        ("79000000000: N: license not found;", "", "license not found"),
        ("79000000000:N", "", ""),
        ("79000000000:N:[X] why: one; two", "X", "why: one; two"),
    ],
)
def test_a_code_may_be_missing_and_a_message_has_what_signs_it_likes(said: str, code: str, message: str) -> None:
    assert read_detail(said) == [RobotVerdict("79000000000", done=False, code=code, message=message)]


@pytest.mark.parametrize("said", ["79000000000", "79000000000:X", "Done; 79000000000:Y", ":maybe"])
def test_what_is_no_result_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match="This is no detailed result of a robot"):
        read_detail(said)


def test_a_message_of_ours_is_one_line_without_a_semicolon() -> None:
    said = RobotVerdict("a", done=False, code="blocked", message="one;\ntwo ")
    assert read_detail(str(said)) == [RobotVerdict("a", done=False, code="BLOCKED", message="one, two")]
