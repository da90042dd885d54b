"""What the channel says of itself, files that are fetched, and whether the judge of all tests bites."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp_cli.connectors import max as channel
from chatapp_cli.connectors.max.connector import PollingSession
from chatapp_cli.domain.errors import Rejected, Retryable
from chatapp_cli.domain.ids import MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.max import MaxSandbox
from chatapp_cli.sandbox.max.server import Fault
from chatapp_cli.sandbox.stage import StageFile
from tests.contract.connector_contract import ANNA, collect
from tests.contract.max_schema import schema

RAISED = re.compile(r'(?:Retryable|Rejected|OutcomeUnknown|NeedsRebind|Misconfigured|RateLimited)\)?(?:\(|, )"(\w+)"')
TOLD = re.compile(r'code="(\w+)"')
OF_THE_KIT = {"timeout", "unreachable", "no_answer", "bad_url", "proxies_down", "sent_in_part"}


@pytest.mark.req("S-036")
@pytest.mark.req("S-109")
def test_its_number_is_stable_and_it_never_writes_first() -> None:
    assert manifest("max").source_id == 4
    assert list(manifest("max").capabilities.write_first) == []


def test_every_code_that_it_raises_is_explained() -> None:
    text = "".join(source.read_text("utf-8") for source in Path(channel.__path__[0]).glob("*.py"))
    codes = {*RAISED.findall(text), *TOLD.findall(text)} | OF_THE_KIT
    assert {"subscribed_elsewhere", "attachment_not_ready", "certificate", "removed_from_chat"} <= codes
    assert codes == set(manifest("max").errors)


async def test_files_are_fetched_and_a_video_in_its_best_quality(
    session: PollingSession, sandbox: MaxSandbox, bound: Bound, tmp_path: Path
) -> None:
    sent = [
        StageFile(name="a.jpg", mime="image/jpeg", content=b"a picture"),
        StageFile(name="b.mp4", mime="video/mp4", content=b"a video"),
        StageFile(name="c.pdf", mime="application/pdf", content=b"a file"),
    ]
    await sandbox.say(ANNA, "Вот", files=sent)
    (message,), _ = await collect(session, 1, bound.cursor)
    for file, there in zip(message.files, sent, strict=True):
        await session.fetch(file.remote, tmp_path / "taken")
        assert (tmp_path / "taken").read_bytes() == there.content
    videos = [one.answer["urls"] for one in sandbox.exchanges if one.path == "/videos/{videoToken}"]
    assert len(videos) == 1
    sandbox.town.files.clear()
    for file in message.files:
        with pytest.raises(Rejected, match=r"file_gone|chat_gone"):
            await session.fetch(file.remote, tmp_path / "taken")


async def test_a_video_that_is_still_worked_on_is_fetched_later(
    session: PollingSession, sandbox: MaxSandbox, tmp_path: Path
) -> None:
    sandbox.faults.append(Fault("GET", "/videos/{videoToken}", 503, "service.unavailable", "x"))
    with pytest.raises(Retryable):
        await session.fetch("video:t", tmp_path / "taken")


async def test_checking_takes_no_updates_from_a_running_daemon(
    connector: Connector, bound: Bound, sandbox: MaxSandbox
) -> None:
    sandbox.exchanges.clear()
    findings = await connector.check(bound)
    assert all(finding.ok for finding in findings)
    assert [one.path for one in sandbox.exchanges] == ["/me", "/subscriptions"]
    sandbox.faults.append(Fault("GET", "/me", 401, "verify.token", "Invalid access_token"))
    broken = {finding.name: finding for finding in await connector.check(bound)}
    assert (broken["send"].ok, broken["receive"].ok) == (False, True)
    assert broken["send"].next_step == manifest("max").errors["unauthorised"].next_step


@pytest.mark.parametrize(
    "change",
    [
        {"query": {"chat_id": "x"}},
        {"query": {"chat_id": "1", "access_token": "t"}},
        {"body": {"text": "ж" * 4001, "attachments": []}},
        {"body": {"text": "x", "format": "rtf"}},
        {"body": {"text": "x", "reply_to": "m"}},
        {"body": {"text": "x", "link": {"type": "reply"}}},
        {"body": {"text": "x", "attachments": [{"type": "file"}]}},
        {"body": {"text": "x", "attachments": [{"type": "photo", "payload": {"token": "t"}}]}},
    ],
)
async def test_the_judge_of_calls_bites(session: PollingSession, sandbox: MaxSandbox, change: dict[str, Any]) -> None:
    judge = schema()
    if judge is None:
        pytest.skip("MAX's published description is not here")
    await sandbox.say(ANNA, "да")
    chat = str(sandbox.town.dialog(ANNA).id)
    await session.send(Outbound(message_id=MessageId(1), key="k" * 32, address=chat, text="да"))
    sent = sandbox.exchanges[-1]
    assert judge.exchange(sent) == []
    assert judge.exchange(replace(sent, call=replace(sent.call, **change))) != []


async def test_the_judge_of_answers_and_updates_bites(sandbox: MaxSandbox) -> None:
    judge = schema()
    if judge is None:
        pytest.skip("MAX's published description is not here")
    await sandbox.say(ANNA, "да", files=[StageFile(name="a.jpg", mime="image/jpeg", content=b"x")])
    ((_, update),) = sandbox.delivery.pending
    assert judge.update(update) == []
    assert judge.update({**update, "colour": "red"}) != []
    assert judge.update({**update, "update_type": "message_painted"}) != []
    message = update["message"]
    for wrong in ({"timestamp": "now"}, {"recipient": {"chat_id": 1, "chat_type": "cloud"}}, {"body": {"seq": 1}}):
        assert judge.update({**update, "message": {**message, **wrong}}) != []
    odd = {"type": "image", "payload": {"url": "u"}}
    body = {**message["body"], "attachments": [odd]}
    assert judge.update({**update, "message": {**message, "body": body}}) != []
