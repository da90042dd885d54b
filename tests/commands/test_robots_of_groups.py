"""All robots from the command line, in a messenger with groups: what each returns, to the letter (S-176, S-177)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from chatapp_cli.services import dialogs
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import NOON, Shell, elsewhere
from tests.contract.connector_contract import ANNA, BORIS

ANNAS, BORISES, NOBODYS = "+79160000001", "+79160000002", "+79169999999"
DONE = "79160000001:Y"


@pytest.fixture
def phone(chatapp: Shell) -> Iterator[WhatsAppWebSandbox]:
    with elsewhere() as loop:

        def do(work: object) -> object:
            return asyncio.run_coroutine_threadsafe(work, loop).result(30)  # type: ignore[arg-type]

        sandbox = WhatsAppWebSandbox()
        do(sandbox.__aenter__())
        sandbox.town.settle(ANNA, BORIS)
        chatapp("line", "add", "Магазин")
        given = [word for name, value in sandbox.answers.items() for word in ("--set", f"{name}={value}")]
        chatapp("line", "bind", "13", *given)
        yield sandbox
        do(sandbox.__aexit__(None, None, None))


def _answers(company: Company) -> None:
    """Anna answers, so that she is no stranger, whom WhatsApp lets one write to only once a minute."""
    row = company.read(lambda tx: dialogs.card(tx, DialogId(1)))
    peer = Peer(key=row.address, address=row.address, title="Анна")
    event = MessageArrived(peer=peer, ext_id="in-1", at=NOON, text="Жду", sender=Profile(id=row.address, name="Анна"))
    batch = Batch(arrivals=(Arrival(provider_id="in-1", raw=b"{}", events=(event,)),))
    company.write(lambda tx: ingest(tx, row.channel_id, batch))


@pytest.mark.req("S-119")
@pytest.mark.req("S-176")
@pytest.mark.req("S-177")
def test_each_of_the_eleven_robots_does_its_act_and_returns_its_results(
    chatapp: Shell, company: Company, phone: WhatsAppWebSandbox, tmp_path: Path
) -> None:
    paper = tmp_path / "Счёт.pdf"
    paper.write_bytes(b"%PDF")

    def run(robot: str, *words: str, code: int = 0) -> dict[str, str]:
        said = chatapp.run("robot", "run", robot, *words, "--wait", "8", "--json")
        assert said.code == code, said
        return {name: value for name, value in said.json.items() if name != "run"}

    to_anna = ("--phone", "8 (916) 000-00-01")
    usual = {"status": "Y", "detail": DONE, "timeout": "1"}
    assert run("send-message", *to_anna, "--message", "Готово", "--async") == {"robot": "send_message", **usual}
    _answers(company)
    assert run("send-file", *to_anna, "--file", str(paper)) == {"robot": "send_file", **usual}
    sent = run("send-document", *to_anna, "--file", str(paper), "--message", "Счёт", "--async")
    assert sent == {"robot": "send_document", **usual}
    found = run("check-phone", "--phone", f"{ANNAS};{NOBODYS}", code=1)
    detail = f"{DONE}; 79169999999:N:[NOBODY] Nobody has this messenger under this address"
    nobody = {"found": "N", "username": "", "first_name": "", "last_name": ""}
    assert found == {"robot": "check_phone", "status": "N", "detail": detail, "timeout": "1", **nobody}
    assert run("set-tags", *to_anna, "--tags", "VIP, Опт") == {"robot": "set_tags", **usual}
    assert run("set-tags", *to_anna, "--tags", "Опт", "--action", "detach") == {"robot": "set_tags", **usual}
    assert run("rename-chat", *to_anna, "--title", "Анна, опт") == {"robot": "rename_chat", **usual}
    shown = chatapp("dialog", "show", "1", "--json").json
    assert (shown["name"], shown["tags"], shown["chat_id"]) == ("Анна, опт", ["VIP"], ANNAS)
    chatapp("dialog", "rename", "1", "Анна")
    chatapp("dialog", "untag", "1", "VIP")
    shown = chatapp("dialog", "show", "1", "--json").json
    assert (shown["name"], shown["tags"]) == ("Анна", [])
    made = run("create-group", "--title", "Ёлки оптом", "--members", ANNAS)
    (address,) = phone.town.groups
    assert made == {"robot": "create_group", **usual, "group_id": address}
    group = ("--group", address)
    added = run("add-members", *group, "--members", BORISES, "--async")
    assert added == {"robot": "add_members", "status": "Y", "detail": "79160000002:Y", "timeout": "1"}
    assert len(phone.town.groups[address].members) == 2
    of_group = {"status": "Y", "detail": f"{address}:Y", "timeout": "1"}
    assert run("send-to-group", *group, "--message", "Всем привет") == {"robot": "send_to_group", **of_group}
    sent = run("send-file-to-group", *group, "--file", str(paper), "--async")
    assert sent == {"robot": "send_file_to_group", **of_group}
    assert run("end-group", *group, "--async") == {"robot": "end_group", **of_group}
    assert phone.town.groups[address].ours is False
    said = [(one.chat == address, one.text, [file.name for file in one.files]) for one in phone.town.said.values()]
    assert said == [
        (False, "Готово", []),
        (False, "", ["Счёт.pdf"]),
        (False, "Счёт", ["Счёт.pdf"]),
        (True, "Всем привет", []),
        (True, "", ["Счёт.pdf"]),
    ]
    listed = chatapp("robot", "runs", "--json").json
    assert [one["robot"] for one in listed][:2] == ["end_group", "send_file_to_group"]
    assert {one["state"] for one in listed} == {"ended"}
