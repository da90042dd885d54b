"""What a provider's answer does to a message and to the channel, from the wire to the store."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import chatapp_cli.runtime
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.message import Operation
from chatapp_cli.runtime.binding import bind
from chatapp_cli.runtime.resuming import resume
from chatapp_cli.sandbox.telegram_bot.server import Fault
from chatapp_cli.services import channels, files, sending, words
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.runtime.desk import eventually
from tests.runtime.judged import Scene, played


@pytest.fixture
async def scene(company: Company) -> AsyncIterator[Scene]:
    async with played(company) as scene:
        yield scene


async def test_told_to_wait_it_waits_and_sends_once(scene: Scene) -> None:
    scene.telegram.faults.append(Fault("sendMessage", 429, "Too Many Requests: retry after 1", {"retry_after": 1}))
    number = scene.say("терпение")
    await scene.until(number, "sent")
    assert await scene.heard() == ["терпение"]
    verdicts = [a.verdict for a in scene.company.read(lambda tx: _attempts(tx, number))]
    assert verdicts == ["postponed", "done"]


async def test_a_refusal_for_good_says_why_and_keeps_the_words(scene: Scene) -> None:
    await scene.telegram.block(ANNA)
    await eventually(lambda: not _card(scene).reachable)
    scene.company.write(lambda tx: tx.run("dialogs.reach", id=scene.dialog, reachable=1, code=""))
    number = scene.say("зря")
    message = await scene.until(number, "failed")
    what, next_step = words.why(scene.company.manifest(scene.channel_row()), message.code, message.detail)
    assert message.code == "blocked_by_user"
    assert "block" in str(what)
    assert next_step is not None


async def test_a_connection_lost_after_the_request_is_uncertain_and_never_sent_again(scene: Scene) -> None:
    scene.telegram.faults.append(Fault("sendMessage", 0, ""))
    lost = scene.say("дошло или нет")
    message = await scene.until(lost, "uncertain")
    following = scene.say("следом")
    await scene.until(following, "sent")
    assert await scene.heard() == ["дошло или нет", "следом"]
    assert message.ext_id is None
    scene.company.write(lambda tx: sending.resolve(tx, lost, "sent"))
    assert scene.message(lost).state == "sent"


async def test_a_revoked_token_stops_the_channel_and_a_new_binding_sends_what_waited(scene: Scene) -> None:
    await scene.telegram.end_login()
    number = scene.say("подождёт")
    await eventually(lambda: scene.channel_row().health == "needs_rebind")
    assert scene.message(number).state == "queued"
    row = scene.channel_row()
    asker = ScriptedAsker(scene.telegram.answers)
    await bind(scene.company, asker, line=row.line_id, kind=row.kind, previous=row)
    await scene.until(number, "sent")
    assert await scene.heard() == ["подождёт"]
    assert scene.channel_row().health == "ok"


async def test_a_refusal_of_one_message_that_the_bot_outlives_stops_nothing(scene: Scene) -> None:
    scene.telegram.faults.append(Fault("sendMessage", 401, "Unauthorized"))
    refused = await scene.until(scene.say("одно"), "failed")
    await scene.until(scene.say("другое"), "sent")
    assert (refused.code, scene.channel_row().health) == ("refused_alone", "ok")
    assert await scene.heard() == ["другое"]


async def test_an_account_that_is_let_in_again_sends_at_once_when_a_person_says_so_whatever_waited_where(
    scene: Scene,
) -> None:
    token = scene.telegram.token
    await scene.telegram.end_login()
    numbers = [scene.say(f"подождёт {n}") for n in range(4)]
    await eventually(lambda: scene.channel_row().health == "needs_rebind")
    refused = await resume(scene.company, scene.channel)
    assert refused.health == "needs_rebind"
    assert await scene.heard() == []
    assert {scene.message(number).state for number in numbers} <= {"queued", "sending"}
    scene.telegram.token = token
    assert (await resume(scene.company, scene.channel)).health == "ok"
    for number in numbers:
        await scene.until(number, "sent")
    assert sorted(await scene.heard()) == [f"подождёт {n}" for n in range(4)]


async def test_a_file_that_vanished_fails_with_its_name(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "прайс.txt").write_text("2390")
    scene.company.write(lambda tx: channels.set_health(tx, scene.channel, "ok"))
    staged = files.stage(scene.company.media, tmp_path / "прайс.txt")
    shutil.rmtree(scene.company.media.root / staged.sha256[:2])
    can = scene.company.capabilities(scene.channel_row())
    order = sending.SendOptions(key=scene.company.world.chance.key())
    draft = Draft(text="вот", files=(staged,))
    number = scene.company.write(lambda tx: sending.enqueue(tx, can, scene.dialog, draft, order))
    message = await scene.until(number, "failed")
    assert (message.code, message.detail) == ("file_vanished", "прайс.txt")


async def test_the_desks_own_files_are_never_attached(scene: Scene, tmp_path: Path) -> None:
    key = scene.company.settings.folder / "secret.key"
    (tmp_path / "безобидный.txt").symlink_to(key)
    for path in (key, tmp_path / "безобидный.txt"):
        with pytest.raises(Refused, match="belongs to the desk itself"):
            files.stage(scene.company.media, path)


async def test_what_is_written_for_later_goes_later(scene: Scene) -> None:
    number = scene.say("позже", at=scene.company.world.clock.now() + 1500)
    assert scene.message(number).state == "scheduled"
    now = scene.say("сейчас")
    await scene.until(now, "sent")
    await scene.until(number, "sent")
    assert await scene.heard() == ["сейчас", "позже"]


async def test_an_edit_a_reaction_and_a_deletion_reach_the_client(scene: Scene) -> None:
    number = scene.say("опечатка")
    await scene.until(number, "sent")
    can = scene.company.capabilities(scene.channel_row())

    def ask(action: Operation, value: str) -> None:
        order = sending.SendOptions(key="")
        scene.company.write(lambda tx: sending.change(tx, can, number, action, value, options=order))

    ask(Operation.EDIT, "без опечатки")
    await eventually(lambda: scene.message(number).text == "без опечатки")
    assert await scene.heard() == ["без опечатки"]
    ask(Operation.DELETE, "")
    await eventually(lambda: scene.message(number).deleted_at is not None)
    assert await scene.heard() == []


def test_every_code_of_the_runtime_is_explained() -> None:
    folder = Path(chatapp_cli.runtime.__file__).parent
    raised = {
        code
        for file in folder.glob("*.py")
        for code in re.findall(r"(?:Rejected|Retryable|RateLimited|OutcomeUnknown)\(\s*\"(\w+)\"", file.read_text())
    }
    assert raised
    assert raised <= set(words.OWN_CODES)


def _attempts(tx, number: MessageId):
    from chatapp_cli.services.trace import life

    return life(tx, number).attempts


def _card(scene: Scene):
    from chatapp_cli.services import dialogs

    return scene.company.read(lambda tx: dialogs.card(tx, scene.dialog))
