"""Voice messages are written down by a command of the company's own, which may be slow, broken or missing."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, IncomingFile, MessageArrived, Peer
from chatapp_cli.domain.errors import Rejected, UsageError
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime import transcriber
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.transcriber import Transcriber
from chatapp_cli.services import channels, ingest, lines, raw_bodies, transcript, voice
from chatapp_cli.settings import Settings, load, save
from chatapp_cli.store.rows.messages import FileRow
from tests.runtime.desk import eventually

LISTENER = """
import os, pathlib, sys, time
content = pathlib.Path(sys.argv[1]).read_bytes()
if content == b"endless":
    time.sleep(600)
if content == b"broken":
    sys.exit(3)
if content == b"flood":
    print("ля " * 100_000)
if content != b"silent":
    print("сказано:", content.decode(), pathlib.Path(sys.argv[1]).suffix, os.getpriority(os.PRIO_PROCESS, 0) > 0)
"""


@pytest.fixture
def command(tmp_path: Path) -> str:
    listener = tmp_path / "слушатель.py"
    listener.write_text(LISTENER, "utf-8")
    return shlex.join([sys.executable, str(listener), "{file}"])


@pytest.fixture
def listening(companies: Callable[..., Company], command: str) -> Company:
    return companies(transcribe_command=command, transcribe_seconds=20)


def channel(company: Company) -> ChannelId:
    def make(tx):
        line = lines.add(tx, "Продажи")
        bound = Bound(account="7", title="@bot")
        return channels.save(tx, company.vault, bound, line=line, kind="telegram_bot")

    return company.write(make)


def hear(company: Company, where: ChannelId, content: bytes, *, kind: str = "voice") -> MessageId:
    file = IncomingFile(kind=kind, name="голос.ogg", mime="audio/ogg", content=content, seconds=4)  # type: ignore[arg-type]
    event = MessageArrived(peer=Peer(key="1", address="1"), ext_id=content.decode(), at=1, files=(file,))
    batch = raw_bodies.store_large(
        company.media, Batch(arrivals=(Arrival(provider_id=content.decode(), raw=b"{}", events=(event,)),))
    )
    company.write(lambda tx: ingest.ingest(tx, where, batch))
    found = company.read(lambda tx: tx.value("messages.ref_anywhere", channel=where, ext_id=content.decode()))
    return MessageId(found)


def file_of(company: Company, message: MessageId) -> FileRow:
    return company.read(lambda tx: transcript.entry(tx, message)).files[0]


def tried(file: FileRow) -> bool:
    return bool(file.words) or file.code not in {"", "transcribing"}


@asynccontextmanager
async def at_work(company: Company):
    store = AsyncStore(company)
    one = Transcriber(store)
    task = asyncio.create_task(one.run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.aclose()


async def test_a_voice_message_is_written_down_politely_with_the_end_of_its_name(listening: Company) -> None:
    message = hear(listening, channel(listening), "добрый день".encode())
    async with at_work(listening):
        await eventually(lambda: file_of(listening, message).words)
    assert file_of(listening, message).words == "сказано: добрый день .ogg True"


async def test_what_cannot_be_written_down_says_why_once_and_keeps_nothing_from_the_next(listening: Company) -> None:
    where = channel(listening)
    heard = [hear(listening, where, content) for content in (b"broken", b"silent", b"fine")]
    async with at_work(listening):
        await eventually(lambda: all(tried(file_of(listening, message)) for message in heard))
    assert [file_of(listening, m).code for m in heard] == ["transcribe_failed", "transcribe_silent", ""]
    assert listening.write(voice.claim) is None


async def test_the_command_gets_none_of_our_secrets(
    companies: Callable[..., Company], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATAPP_SECRET_KEY", "hush")
    script = tmp_path / "env.sh"
    script.write_text(f'env > "{tmp_path}/env"; echo words')
    company = companies(transcribe_command=f"/bin/sh '{script}' {{file}}", transcribe_seconds=20)
    message = hear(company, channel(company), b"fine")
    async with at_work(company):
        await eventually(lambda: tried(file_of(company, message)))
    known = (tmp_path / "env").read_text()
    assert f"PATH={os.environ['PATH']}\n" in known
    assert "CHATAPP" not in known


async def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(
    companies: Callable[..., Company], tmp_path: Path
) -> None:
    script = tmp_path / "slow.sh"
    script.write_text(f'sleep 600 & echo $! > "{tmp_path}/child"; wait')
    company = companies(transcribe_command=f"/bin/sh '{script}' {{file}}", transcribe_seconds=1)
    message = hear(company, channel(company), b"endless")
    async with at_work(company):
        await eventually(lambda: tried(file_of(company, message)))
    assert file_of(company, message).code == "transcribe_late"
    child = int((tmp_path / "child").read_text())
    await eventually(lambda: not alive(child))


def alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("odd", ["no\0program {file}", "listen '{file}", "{file}", "/dev/null/program {file}"])
async def test_whatever_a_command_stumbles_over_the_file_says_so_and_the_next_one_is_tried(
    companies: Callable[..., Company], odd: str
) -> None:
    company = companies(transcribe_command=odd)
    where = channel(company)
    heard = [hear(company, where, content) for content in (b"one", b"two")]
    async with at_work(company) as transcribing:
        await eventually(lambda: all(tried(file_of(company, message)) for message in heard))
        assert not transcribing.done()
    assert {file_of(company, message).code for message in heard} <= {"transcribe_failed", "transcribe_missing"}


async def test_a_voice_whose_file_has_vanished_is_given_up(listening: Company) -> None:
    message = hear(listening, channel(listening), b"fine")
    for file in (listening.settings.folder / "media").rglob("*"):
        if file.is_file():
            file.unlink()
    async with at_work(listening):
        await eventually(lambda: tried(file_of(listening, message)))
    assert file_of(listening, message).code == "transcribe_failed"


async def test_stopping_in_the_middle_leaves_it_for_the_next_start(listening: Company) -> None:
    message = hear(listening, channel(listening), b"endless")
    async with at_work(listening):
        await eventually(lambda: file_of(listening, message).code == "transcribing")
    found = listening.write(voice.claim)
    assert found is not None
    assert found.message_id == message


async def test_a_flood_of_words_is_cut(listening: Company) -> None:
    message = hear(listening, channel(listening), b"flood")
    async with at_work(listening):
        await eventually(lambda: file_of(listening, message).words)
    assert len(file_of(listening, message).words) == voice.LONGEST


async def test_other_files_and_old_voices_are_left_alone(listening: Company) -> None:
    where = channel(listening)
    hear(listening, where, b"song", kind="audio")
    old = hear(listening, where, b"old")
    listening.write(lambda tx: tx.run("files.later", id=file_of_tx(tx, old), next_at=tx.now - voice.RECENT, code=""))
    assert listening.write(voice.claim) is None
    (found,) = await transcriber.asked(listening, listening.read(lambda tx: transcript.entry(tx, old)))
    assert found.words.startswith("сказано: old")


def file_of_tx(tx, message: MessageId) -> int:
    return transcript.entry(tx, message).files[0].id


async def test_by_hand_a_missing_command_and_a_missing_voice_are_told(companies: Callable[..., Company]) -> None:
    company = companies(transcribe_command="/no/such/program {file}")
    message = hear(company, channel(company), b"fine")
    entry = company.read(lambda tx: transcript.entry(tx, message))
    with pytest.raises(Rejected) as refused:
        await transcriber.asked(company, entry)
    assert refused.value.code == "transcribe_missing"
    with pytest.raises(UsageError, match="No transcription command is set"):
        await transcriber.asked(companies(), entry)


@pytest.mark.parametrize("command", ["whisper-cli", "whisper-cli '{file}", "whisper-cli {name}"])
def test_a_command_without_a_place_for_the_file_is_refused(tmp_path: Path, command: str) -> None:
    with pytest.raises(UsageError, match="transcribe_command"):
        save(tmp_path / "config.toml", "transcribe_command", command)
    assert load({}, {"HOME": str(tmp_path)}).settings.transcribe_command == Settings().transcribe_command == ""
