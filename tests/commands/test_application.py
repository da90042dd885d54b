"""``chatapp application``."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from tests.commands.conftest import Shell
from tests.connectors.vk_notify.notices import PERSON

pytestmark = pytest.mark.req("S-088")

ANSWERS = [word for name, value in PERSON.items() if value for word in ("--set", f"{name}={value}")]


@pytest.fixture
def line(chatapp: Shell) -> str:
    return chatapp("line", "add", "Магазин").out.strip()


def test_an_application_goes_its_way_from_the_command_line(chatapp: Shell, line: str, tmp_path: Path) -> None:
    target = chatapp("application", "new", "vk_notify", *ANSWERS)
    assert target.out == "1\n"
    assert "chatapp application document 1" in target.err
    (row,) = chatapp("application", "list").rows
    assert row[:4] == ["1", "Statement of ИП Ёлкина Ольга Петровна", "Магазин", "Documents made"]
    written = Path(chatapp("application", "document", 1, "--to", tmp_path).out.strip())
    assert written == tmp_path / "Заявление о присоединении, ИП Ёлкина Ольга Петровна.docx"
    assert Document(BytesIO(written.read_bytes())).paragraphs[0].text == "Заявление о присоединении"
    assert chatapp("application", "sent", 1).err == "Statement of ИП Ёлкина Ольга Петровна: Statement sent\n"
    chatapp("application", "decide", 1, "checking")
    assert "chatapp line bind vk_notify --line 'Магазин'" in chatapp("application", "decide", 1, "approved").err
    (document,) = chatapp("application", "list", "--json").json
    assert (document["state"], document["applicant"]) == ("approved", "ИП Ёлкина Ольга Петровна")


def test_the_document_is_the_same_whenever_it_is_asked_for(chatapp: Shell, line: str, tmp_path: Path) -> None:
    chatapp("application", "new", "vk_notify", *ANSWERS)
    for name in ("a.docx", "b.docx"):
        chatapp("application", "document", 1, "--to", tmp_path / name)
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
    target = chatapp.run("application", "document", 1, "--to", tmp_path / "a.docx")
    assert (target.code, target.err.splitlines()[0]) == (2, f"{tmp_path / 'a.docx'} is there already.")
    lost = chatapp.run("application", "document", 1, "--to", tmp_path / "nowhere" / "a.docx")
    assert (lost.code, "cannot be written" in lost.err) == (1, True)


def test_what_was_filled_in_is_shown_by_its_labels_and_to_programs_by_its_names(chatapp: Shell, line: str) -> None:
    chatapp("application", "new", "vk_notify", *ANSWERS)
    target = chatapp("application", "show", 1)
    assert "400000000065" in target.out
    assert "Sole proprietor (ИП)" in target.out
    assert chatapp("application", "show", 1, "--json").json["answers"]["inn"] == "400000000065"


@pytest.mark.req("S-089")
def test_a_slip_is_told_with_its_field_and_nothing_is_kept(chatapp: Shell, line: str) -> None:
    target = chatapp.run("application", "new", "vk_notify", *ANSWERS, "--set", "inn=400000000066")
    assert target.code == 2
    assert "(inn): A sole proprietor's ИНН has twelve digits" in target.err
    assert chatapp("application", "list").rows == []


def test_after_a_rejection_the_next_one_begins_with_what_was_filled_in(chatapp: Shell, line: str) -> None:
    chatapp("application", "new", "vk_notify", *ANSWERS)
    chatapp("application", "sent", 1)
    assert chatapp.run("application", "decide", 1, "rejected").code == 1
    chatapp("application", "decide", 1, "rejected", "--reason", "нет подписи")
    assert chatapp("application", "new", "vk_notify", "--set", "basis=свидетельство").out == "2\n"
    answers = chatapp("application", "show", 2, "--json").json["answers"]
    assert (answers["basis"], answers["inn"]) == ("свидетельство", "400000000065")


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("new", "api"), 1, "API needs no application."),
        (("new", "pigeon"), 1, "There is no kind of channel pigeon."),
        (("sent", "7"), 1, "There is no application 7."),
        (("decide", "7", "maybe"), 2, "A verdict is one of: checking, approved, rejected"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    chatapp: Shell, line: str, words: tuple[str, ...], code: int, why: str
) -> None:
    target = chatapp.run("application", *words)
    assert (target.code, target.err.splitlines()[0]) == (code, why)


def test_binding_before_the_approval_is_possible_with_a_clear_warning(chatapp: Shell, line: str) -> None:
    bind = (
        "line", "bind", "vk_notify", "--set", "url=http://127.0.0.1:1", "--set", "secret=k", "--set", "sender=yolki",
        "--set", "vk_user=Ольга", "--set", "community=yolki", "--set", "notices_email=olga@example.org",
    )  # fmt: skip
    warning = "No application for VK Notify was approved on this line."
    assert warning in chatapp.run(*bind).err
    chatapp("application", "new", "vk_notify", *ANSWERS)
    chatapp("application", "sent", 1)
    chatapp("application", "decide", 1, "approved")
    target = chatapp.run(*bind)
    assert warning not in target.err
    assert "The gateway does not answer as described: unreachable" in target.err
