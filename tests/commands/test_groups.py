"""A group in WhatsApp from the command line: made, filled, written to, ended (S-045)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.commands.conftest import Shell, elsewhere
from tests.contract.connector_contract import ANNA, BORIS

ANNAS, BORISES = "+79160000001", "+79160000002"


@pytest.fixture
def phone() -> Iterator[WhatsAppWebSandbox]:
    with elsewhere() as loop:

        def do(work: object) -> object:
            return asyncio.run_coroutine_threadsafe(work, loop).result(30)  # type: ignore[arg-type]

        sandbox = WhatsAppWebSandbox()
        do(sandbox.__aenter__())
        sandbox.town.settle(ANNA, BORIS)
        yield sandbox
        do(sandbox.__aexit__(None, None, None))


@pytest.mark.req("S-045", part="all but documents of a CRM")
def test_a_group_is_made_filled_written_to_with_a_file_and_ended(
    chatapp: Shell, phone: WhatsAppWebSandbox, tmp_path: Path
) -> None:
    chatapp("line", "add", "Магазин")
    given = [word for name, value in phone.answers.items() for word in ("--set", f"{name}={value}")]
    assert chatapp("line", "bind", "13", *given).out == "1\n"
    made = chatapp("group", "create", "whatsapp_web", "Ёлки оптом", ANNAS, "--json").json
    (address,) = phone.town.groups
    circle, dialog = phone.town.groups[address], str(made["dialog"])
    assert (circle.title, len(circle.members)) == ("Ёлки оптом", 1)
    chatapp("group", "add", dialog, BORISES)
    assert len(circle.members) == 2
    paper = tmp_path / "Договор.pdf"
    paper.write_bytes(b"%PDF")
    for words in (["--text", "Добрый день"], ["--text", "Договор", "--file", str(paper)]):
        assert chatapp("reply", dialog, *words, "--json").json["state"] in {"sent", "delivered"}
    said = [one for one in phone.town.said.values() if one.chat == address]
    assert [(one.text, [file.name for file in one.files]) for one in said] == [
        ("Добрый день", []),
        ("Договор", ["Договор.pdf"]),
    ]
    chatapp("group", "remove", dialog, ANNAS)
    assert len(circle.members) == 1
    chatapp("group", "end", dialog)
    assert (circle.ours, circle.members) == (False, set())
    assert chatapp("dialog", "show", dialog, "--json").json["name"] == "Ёлки оптом"
    assert chatapp.run("reply", dialog, "--text", "Ау").code != 0
