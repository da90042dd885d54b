"""A sender that is killed in a hundred sends: uncertain is only what had begun its content, and nothing goes twice."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import open_company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.binding import bind
from chatapp_cli.sandbox.email import EmailSandbox
from chatapp_cli.services import channels, lines, reaching, sending
from chatapp_cli.settings import Settings
from chatapp_cli.store.tx import Tx
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.runtime.desk import eventually
from tests.stores import OWNER

ROOT = Path(__file__).parents[3]
MAILS = 100
BEFORE = ("EHLO", "AUTH", "MAIL", "RCPT", "DATA")
AFTER = ("the content", "the answer")
MOMENTS = (*BEFORE, *AFTER) * 2
EVERY = MAILS // (len(MOMENTS) + 1)
"""Every so many mails it is killed."""
CHILD = """
import asyncio, sys
from dataclasses import replace
from chatapp_cli.bootstrap import open_company
from chatapp_cli.runtime.memory import bound_with_memory
from chatapp_cli.runtime.sender import Sender
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels
from chatapp_cli.settings import Settings

async def nothing(_trouble):
    pass

async def main(home, channel):
    company = open_company(Settings(home=home, http_port=0))
    store = AsyncStore(company)
    row = company.read(lambda tx: channels.one(tx, channel))
    can = replace(company.capabilities(row), rates=())
    async with company.connector(row.kind).open(channel, bound_with_memory(company, row, store)) as session:
        await Sender(store, channel, can, count=lambda _word: None, tell=nothing).run(session, {})

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


class Gate:
    """Stands before the mail server, and has the client killed at a moment of one of its mails."""

    def __init__(self, server: int) -> None:
        self._server = server
        self.port = 0
        self.arm("", 0)

    def arm(self, moment: str, after: int) -> None:
        """The next client is to be killed at this moment, once it has begun so many mails."""
        self._moment, self._after = moment, after
        self._holds_answer = False
        self.killing = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as listening:
            self.port = listening.sockets[0].getsockname()[1]
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server)
        back = asyncio.create_task(self._back(from_server, writer))
        try:
            async for line in self._passed(reader):
                to_server.write(line)
            await reader.read()  # a killed client sees no cut
        except ConnectionError:
            pass
        finally:
            back.cancel()
            to_server.close()
            writer.close()

    async def _passed(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """What the client says, until it is to be killed."""
        content = False
        while line := await reader.readline():
            said = "the content" if content else line[:4].decode().strip().upper()
            content = line != b".\r\n" and (content or said == "DATA")
            self._holds_answer = line == b".\r\n" and self._moment == "the answer" and not self._after
            if said == self._moment and not self._after:
                self.killing.set()
                return
            self._after -= said == "RCPT" and self._after > 0
            yield line

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.readline():
            if self._holds_answer:
                self.killing.set()
                return
            writer.write(said)


class Office:
    """A desk with a mailbox and one customer, to whom everything goes in order."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.company = open_company(Settings(home=str(home), http_port=0)).seen_by(OWNER)
        self.channel = ChannelId(0)

    async def bind(self, sandbox: EmailSandbox, gate: Gate) -> None:
        line = self.company.write(lambda tx: lines.add(tx, "Продажи"))
        asker = ScriptedAsker({**sandbox.answers, "smtp_port": str(gate.port)})
        self.channel = await bind(self.company, asker, line=line, kind="email")

    def write_mails(self) -> None:
        def write(tx: Tx) -> None:
            can = self.company.capabilities(channels.one(tx, self.channel))
            for number in range(MAILS):
                dialog = reaching.dialog_for(tx, channels.one(tx, self.channel), can, ANNA.email)
                draft = Draft(text=f"письмо {number}", subject="Заказ")
                sending.enqueue(tx, can, dialog, draft, sending.SendOptions(key=sending.key_of(draft.text)))

        self.company.write(write)

    def states(self) -> Mapping[str, tuple[str, str]]:
        with self.company.database.reading() as tx:
            rows = tx.compose(lambda *row: row, "SELECT text, state, code FROM message WHERE direction = 'out'", {})
        return {text: (state, code) for text, state, code in rows}

    @asynccontextmanager
    async def sender(self) -> AsyncIterator[asyncio.subprocess.Process]:
        words = sys.executable, "-c", CHILD, str(self.home), str(self.channel)
        process = await asyncio.create_subprocess_exec(*words, cwd=ROOT)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()


@pytest.mark.req("S-115")
@pytest.mark.timeout(90)
async def test_of_a_hundred_mails_under_kills_only_those_whose_content_had_begun_are_uncertain(tmp_path: Path) -> None:
    office = Office(tmp_path)
    async with EmailSandbox() as sandbox:
        gate = Gate(int(sandbox.answers["smtp_port"]))
        async with gate.open():
            await office.bind(sandbox, gate)
            office.write_mails()
            for moment in MOMENTS:
                gate.arm(moment, 0 if moment in {"EHLO", "AUTH"} else EVERY)
                async with office.sender():
                    await gate.killing.wait()
            gate.arm("", 0)
            async with office.sender():
                await eventually(
                    lambda: not {"queued", "sending"} & {state for state, _ in office.states().values()}, 40
                )
        heard = Counter(mail.text.strip() for mail in await sandbox.heard(ANNA))
    states = office.states()
    office.company.close()
    uncertain = {text: code for text, (state, code) in states.items() if state == "uncertain"}
    assert set(uncertain.values()) == {"outcome_unknown"}
    assert len(uncertain) == MOMENTS.count("the content") + MOMENTS.count("the answer")
    assert sum(heard[text] for text in uncertain) == MOMENTS.count("the answer"), "only those had gone"
    sure = states.keys() - uncertain.keys()
    assert {states[text] for text in sure} == {("sent", "")}
    assert {text: heard[text] for text in sure} == dict.fromkeys(sure, 1)
    assert len(states) == MAILS
