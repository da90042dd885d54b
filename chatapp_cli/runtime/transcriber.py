"""Transcribes voice messages with a command of the company's own, one at a time and at the lowest priority."""

from __future__ import annotations

import asyncio
import mimetypes
import os
import re
import shlex
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.errors import ChatappError, NotFound, Rejected, UsageError
from chatapp_cli.domain.journal.messages import FileArrived, MessageReceived
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.kit import commands
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.runtime.worker import Woken
from chatapp_cli.services import files, voice
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.services.words import OWN_CODES
from chatapp_cli.settings import FILE
from chatapp_cli.store.rows.messages import FileRow

log = structlog.get_logger()

LONGEST_NAP = 30.0
LOWEST = 19
"""The lowest CPU priority."""
_SPOKEN = {"voice", "audio"}
MOST_BYTES = 4 * voice.LONGEST


class Transcriber(Woken):
    """The transcriber of a daemon whose company has such a command."""

    name = "transcriber"
    wakes = (FileArrived, MessageReceived)

    def __init__(self, store: AsyncStore) -> None:
        super().__init__()
        self._store = store
        self._failing = False
        self._impolite = False

    async def run(self) -> None:
        """Transcribe until cancelled."""
        while True:
            try:
                file = await self._store.write(voice.claim)
                if file is not None:
                    await self._turn(file)
                    continue
            except ChatappError as error:
                log.warning("transcriber.delayed", why=str(error))
            await self._wakeup.wait(LONGEST_NAP)

    async def _turn(self, file: FileRow) -> None:
        try:
            words = await written(self._store.company, file, impolite=self._say_impolite)
        except asyncio.CancelledError:
            await self._store.write(partial(voice.release, file=file))
            raise
        except Rejected as error:
            await self._store.write(partial(voice.give_up, file=file, code=error.code))
            self._say(file, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the file must neither hang nor be tried for ever
            await self._store.write(partial(voice.give_up, file=file, code="transcribe_failed"))
            self._say(file, Rejected("transcribe_failed", f"{type(error).__name__}: {error}"))
        else:
            await self._store.write(partial(voice.save_text, file=file, words=words))
            self._say(file, None)

    def _say_impolite(self, why: str) -> None:
        if not self._impolite:
            log.warning("transcriber.no_priority", why=why)
        self._impolite = True

    def _say(self, file: FileRow, error: Rejected | None) -> None:
        """Log once on failure and once on recovery; transcripts are never logged."""
        broken = error is not None and error.code != "transcribe_silent"
        if broken and not self._failing and error is not None:
            log.warning("transcriber.failed", file=file.id, code=error.code, detail=error.detail)
        if self._failing and not broken:
            log.info("transcriber.works", file=file.id)
        self._failing = broken


def spoken(entry: TranscriptEntry) -> Sequence[FileRow]:
    """The audio files of a message."""
    return [file for file in entry.files if file.kind in _SPOKEN]


async def asked(company: Company, entry: TranscriptEntry) -> Sequence[FileRow]:
    """Transcribe a message on a person's request. Raises an error that says what failed."""
    if not company.settings.transcribe_command:
        raise UsageError(
            T("No transcription command is set."),
            T(
                "Set one, such as: {how}",
                how=to_do(Next.SET, name="transcribe_command", value=f"'whisper-cli -nt -l ru {FILE}'"),
            ),
            field="transcribe_command",
        )
    found = spoken(entry)
    if not found:
        raise NotFound(T("Message {n} has no voice message.", n=entry.message.id))
    return [await _asked(company, file) for file in found]


async def _asked(company: Company, file: FileRow) -> FileRow:
    try:
        words = await written(company, file)
    except Rejected as error:
        await asyncio.to_thread(company.write, partial(voice.give_up, file=file, code=error.code))
        error.what, error.next_step = OWN_CODES[error.code]
        raise
    await asyncio.to_thread(company.write, partial(voice.save_text, file=file, words=words))
    return file._replace(words=words[: voice.LONGEST], code="")


async def written(company: Company, file: FileRow, *, impolite: Callable[[str], None] = lambda _why: None) -> str:
    """The transcript of a file. Raises Rejected with the reason, and Busy or Refused if the file is not downloaded.

    ``impolite`` is called with the reason if the command's priority could not be lowered.
    """
    content = await asyncio.to_thread(files.content, company.media, file)
    with TemporaryDirectory(prefix="chatapp-voice-") as folder:
        named = Path(folder) / f"voice{_ending(file)}"
        named.symlink_to(content.resolve())
        command = [word.replace(FILE, str(named)) for word in shlex.split(company.settings.transcribe_command)]
        words = await _run(command, seconds=company.settings.transcribe_seconds, impolite=impolite)
    if not words:
        raise Rejected("transcribe_silent")
    return words


def _ending(file: FileRow) -> str:
    """The file extension, which programs need and stored files do not have."""
    found = Path(file.name).suffix
    return found if re.fullmatch(r"\.\w{1,5}", found) else mimetypes.guess_extension(file.mime) or ""


async def _run(command: list[str], *, seconds: float, impolite: Callable[[str], None]) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=commands.bare(),
            start_new_session=True,
        )
    except OSError as error:
        raise Rejected("transcribe_missing", error.strerror or "") from error
    if why := _step_back(process.pid):
        impolite(why)
    try:
        async with asyncio.timeout(seconds):
            output = await _output(process)
    except TimeoutError as error:
        raise Rejected("transcribe_late", f"{seconds} s") from error
    finally:
        await _end(process)
    if process.returncode:
        raise Rejected("transcribe_failed", f"exit {process.returncode}")
    return output


def _step_back(process: int) -> str:
    """Lower a process's priority; returns why that is not permitted, if so, as under a strict systemd unit."""
    try:
        os.setpriority(os.PRIO_PROCESS, process, LOWEST)
    except ProcessLookupError:
        return ""
    except OSError as error:
        return error.strerror or str(error)
    return ""


async def _output(process: asyncio.subprocess.Process) -> str:
    """Its output up to the limit; the rest is read and dropped."""
    assert process.stdout is not None
    output = b""
    while piece := await process.stdout.read(65_536):
        output = (output + piece)[:MOST_BYTES]
    await process.wait()
    return " ".join(output.decode("utf-8", "replace").split())


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill it and everything it started; processes of other users cannot be killed."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
