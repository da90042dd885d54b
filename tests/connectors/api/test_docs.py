"""The examples of docs/channels/api.md, run as they stand."""

from __future__ import annotations

import asyncio
import re
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec
import pytest

from chatapp_cli.connectors.api.api import Event
from chatapp_cli.connectors.api.connector import ApiSession, create
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.kit.signatures import sign
from chatapp_cli.kit.system import system_world
from tests.connectors.api.conftest import SECRET, binding
from tests.contract.connector_contract import collect
from tests.contract.door import Door
from tests.unit.kit.worlds import NOON

PAGE = (Path(__file__).parents[3] / "docs/channels/api.md").read_text("utf-8")
POST, EXAMPLES, VERIFY = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)

needs_tools = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl")), reason="the examples need curl and openssl"
)


async def shell(script: str, *args: str, **env: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", script, "sh", *args, stdout=PIPE, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **env}
    )
    out, _ = await process.communicate()
    return out.decode()


async def said(session: ApiSession, door: Door) -> list[str]:
    return [message.text for message in (await collect(session, 1, None, door=door))[0]]


@needs_tools
async def test_a_shell_can_write_to_the_desk(tmp_path: Path) -> None:
    (tmp_path / "post.sh").write_text(POST, "utf-8")
    async with Door() as door, create(system_world()).open(ChannelId(1), binding()) as session:
        reading = asyncio.create_task(said(session, door))
        out = await shell(f"cd {tmp_path}\n{EXAMPLES}", DESK=door.address("h00k"), SECRET=SECRET)
        assert await reading == ["Ёлки есть?"]
    assert out == '{"accepted":1}{"accepted":1}'


@needs_tools
async def test_a_shell_can_verify_what_the_desk_signed(tmp_path: Path) -> None:
    body = '{"type":"ping"}'
    (tmp_path / "body").write_text(body, "utf-8")
    signed = sign([SECRET], id="w-1", at=NOON, body=body)
    out = await shell(VERIFY, "w-1", str(NOON // 1000), str(tmp_path / "body"), SECRET=SECRET)
    assert out.strip() == signed["webhook-signature"]


def test_every_type_is_described() -> None:
    types = {kind.__struct_config__.tag for kind in Event.__args__}
    assert {word for word in re.findall(r"^\| `([a-z.]+)` \|", PAGE, re.MULTILINE) if word in types} == types


def test_the_example_of_a_message_is_one() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    event = msgspec.json.decode(example, type=Event)
    assert event.__struct_config__.tag == "message"
