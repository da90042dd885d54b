"""Comments: answered in private, or in public where a person or a setting says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.connectors.vk.comments import Comment, to_answer
from chatapp_cli.connectors.vk.session import PollingSession
from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.domain.errors import OutcomeUnknown, Rejected
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import LocalFile, Outbound
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.sandbox.vk.server import Fault
from chatapp_cli.sandbox.vk.town import GROUP
from tests.connectors.vk.hearing import events
from tests.contract.connector_contract import ANNA

pytestmark = [pytest.mark.req("S-079"), pytest.mark.req("S-080", part="comments and private messages, without a CRM")]

PLACE = f"wall-{GROUP}_45_r601"


@asynccontextmanager
async def opened(connector: Connector, bound: Bound, *, refused: str = "say") -> AsyncIterator[PollingSession]:
    settings = {**bound.settings, "private_refused": refused}
    async with connector.open(ChannelId(1), replace(bound, settings=settings)) as session:
        assert isinstance(session, PollingSession)
        yield session


def outbound(text: str = "Две тысячи", *, address: str = "7001", **changes: object) -> Outbound:
    return Outbound(message_id=MessageId(1), key="a" * 32, address=address, text=text, **changes)  # type: ignore[arg-type]


def public(sandbox: VkSandbox) -> list[tuple[str, int]]:
    """What the community said in public, and to which comment."""
    ours = (comment for comment in sandbox.town.comments.values() if comment["from_id"] == -GROUP)
    return [(comment["text"], comment["reply_to_comment"]) for comment in ours]


async def test_an_answer_to_a_comment_goes_to_its_writer_in_private(
    connector: Connector, bound: Bound, sandbox: VkSandbox
) -> None:
    await sandbox.comment(ANNA, "Почём?")
    await sandbox.permit(ANNA, allow=True)
    async with opened(connector, bound) as session:
        heard, *_ = await events(session, bound.cursor, 1)
        assert isinstance(heard, MessageArrived)
        assert (heard.ext_id, heard.sender.name) == (PLACE, ANNA.name)
        receipt = await session.send(outbound(address=heard.peer.address, thread=(heard.ext_id,)))
    assert receipt.ids == ("1",)
    assert [said.text for said in await sandbox.heard(ANNA)] == ["Две тысячи"]
    assert public(sandbox) == []


async def test_where_vk_refuses_the_operator_is_told_the_address_of_the_public_answer(
    connector: Connector, bound: Bound, sandbox: VkSandbox
) -> None:
    await sandbox.comment(ANNA, "Почём?")
    async with opened(connector, bound) as session:
        with pytest.raises(Rejected) as caught:
            await session.send(outbound(thread=(PLACE,)))
        assert (caught.value.code, caught.value.detail) == ("only_in_public", PLACE)
        assert public(sandbox) == []
        receipt = await session.send(outbound(address=PLACE))
    assert receipt.ids == (f"ours:wall-{GROUP}_45_r602",)
    assert public(sandbox) == [("Две тысячи", 601)]
    assert "ChatID" in str(manifest("vk").errors["only_in_public"].next_step)


async def test_the_setting_answers_in_public_where_vk_refuses_and_the_echo_is_the_same_message(
    connector: Connector, bound: Bound, sandbox: VkSandbox
) -> None:
    await sandbox.comment(ANNA, "Почём?")
    async with opened(connector, bound, refused="comment") as session:
        receipt = await session.send(outbound(thread=(PLACE,)))
        _, echo = await events(session, bound.cursor, 2)
    assert public(sandbox) == [("Две тысячи", 601)]
    assert isinstance(echo, MessageArrived)
    assert ((echo.ext_id,), echo.peer.key, echo.from_us) == (receipt.ids, "7001", True)


async def test_what_went_on_in_private_is_never_made_public(
    connector: Connector, bound: Bound, sandbox: VkSandbox
) -> None:
    await sandbox.comment(ANNA, "Почём?")
    await sandbox.say(ANNA, "Напишу сюда")
    await sandbox.permit(ANNA, allow=False)
    async with opened(connector, bound, refused="comment") as session:
        with pytest.raises(Rejected, match="not_allowed"):
            await session.send(outbound("Ваш пароль…", thread=(PLACE, "1")))
    assert public(sandbox) == []


@pytest.mark.parametrize(
    ("reply_to", "thread", "expected"),
    [
        ("", (PLACE,), PLACE),
        ("", ("1", PLACE, f"ours:wall-{GROUP}_45_r602"), PLACE),
        (PLACE, (PLACE, "1"), PLACE),
        ("", (PLACE, "1"), None),
        ("", (f"ours:wall-{GROUP}_45_r602",), None),
        ("1", ("1",), None),
        ("", (), None),
    ],
)
def test_the_comment_to_answer_is_the_quoted_one_or_the_last_thing_in_the_dialog(
    reply_to: str, thread: tuple[str, ...], expected: str | None
) -> None:
    found = to_answer(reply_to, thread)
    assert (found.address if found else None) == expected


async def test_a_public_answer_is_given_once_for_the_same_key(
    connector: Connector, bound: Bound, sandbox: VkSandbox
) -> None:
    await sandbox.comment(ANNA, "Почём?")
    sandbox.faults.append(Fault("wall.createComment", 0))
    async with opened(connector, bound) as session:
        with pytest.raises(OutcomeUnknown):
            await session.send(outbound(address=PLACE))
        receipt = await session.send(outbound(address=PLACE))
    assert receipt.ids == (f"ours:wall-{GROUP}_45_r602",)
    assert public(sandbox) == [("Две тысячи", 601)]


async def test_files_and_changes_are_not_for_comments(
    connector: Connector, bound: Bound, sandbox: VkSandbox, tmp_path: Path
) -> None:
    await sandbox.comment(ANNA, "Почём?")
    path = tmp_path / "price"
    path.write_bytes(b"%PDF")
    price = LocalFile(path=path, name="прайс.pdf", mime="application/pdf", size=4)
    ours = f"ours:wall-{GROUP}_45_r602"
    async with opened(connector, bound) as session:
        with pytest.raises(Rejected, match="no_files_in_public"):
            await session.send(outbound(address=PLACE, files=(price,)))
        with pytest.raises(Rejected, match="cannot_edit"):
            await session.edit("7001", ours, "иначе")
        with pytest.raises(Rejected, match="cannot_delete"):
            await session.delete("7001", ours)
        with pytest.raises(Rejected, match="reaction_not_allowed"):
            await session.react("7001", PLACE, "👍")
        with pytest.raises(Rejected, match="comments_closed 213"):
            await session.send(outbound(address=f"wall-{GROUP}_45_r999"))
    assert public(sandbox) == []


def test_the_desk_knows_the_address_of_a_comment_from_the_manifest() -> None:
    can = manifest("vk").capabilities
    assert can.may_begin("chat_id", PLACE)
    assert not can.may_begin("chat_id", "7001")
    assert not can.may_begin("chat_id", f"ours:{PLACE}")
    assert Comment.named(PLACE) == Comment(-GROUP, 45, 601)
    assert Comment.named("7001") is None
