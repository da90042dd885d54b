"""A channel whose provider lets it send, or does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Batch
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.outbound import Outbound, Receipt
from chatapp_cli.ports.bind import Bound
from chatapp_cli.runtime.sender import Sender
from chatapp_cli.runtime.sending_permission import SendingTrouble
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, lines, reaching, sending, transcript
from chatapp_cli.store.rows.channels import ChannelRow
from tests.runtime.desk import eventually

CAN = Capabilities(intake="socket", write_first=("username",))


class PatientClock:
    """Time passes when somebody is asleep for less than a minute; longer sleeps last until the test lets them end."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.0
        self.slept: list[float] = []
        self._over = asyncio.Event()

    def now(self) -> int:
        return int(self.at * 1000)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        if seconds < 60:
            await asyncio.sleep(min(seconds, 0.01))
            return
        self.slept.append(seconds)
        until = self.at + seconds
        while self.at < until:
            await self._over.wait()

    def pass_by(self, seconds: float) -> None:
        self.at += seconds
        self._over.set()
        self._over = asyncio.Event()


class Provider:
    """A session whose provider has something against the account, or against some messages."""

    def __init__(self) -> None:
        self.against_messages: dict[str, ChannelError] = {}
        self.against_us: ChannelError | None = None
        self.sent: list[str] = []
        self.proofs = 0

    async def events(self, cursor: str | None) -> AsyncGenerator[Batch, None]:
        yield Batch()

    async def send(self, message: Outbound) -> Receipt:
        if refusal := self.against_messages.get(message.text) or self.against_us:
            raise refusal
        self.sent.append(message.text)
        return Receipt(ids=(f"id {len(self.sent)}",))


class Scene:
    """A sender at work on one channel."""

    def __init__(self, company: Company, channel: ChannelId, clock: PatientClock, sender: Sender) -> None:
        self.company, self.channel, self.clock, self.sender = company, channel, clock, sender

    def say(self, text: str) -> MessageId:
        order = sending.SendOptions(key=self.company.world.chance.key())

        def accept(tx: object) -> MessageId:
            dialog = reaching.dialog_for(tx, channels.one(tx, self.channel), CAN, f"@reader_{abs(hash(text))}")
            return sending.enqueue(tx, CAN, dialog, Draft(text=text), order)

        number = self.company.write(accept)
        self.sender.wake()
        return number

    async def until(self, number: MessageId, state: str, code: str = "") -> None:
        def there() -> bool:
            found = self.company.read(lambda tx: transcript.message(tx, number))
            return (found.state, found.code) == (state, code)

        await eventually(there)

    def state(self, number: MessageId) -> str:
        return self.company.read(lambda tx: transcript.message(tx, number)).state

    @property
    def row(self) -> ChannelRow:
        return self.company.read(lambda tx: channels.one(tx, self.channel))


@asynccontextmanager
async def at_work(
    company: Company, clock: PatientClock, session: Provider, told: list[SendingTrouble | None]
) -> AsyncIterator[Scene]:
    line = company.write(lambda tx: lines.add(tx, "Продажи"))
    bound = Bound(account="1", title="Аккаунт")
    channel = company.write(lambda tx: channels.save(tx, company.vault, bound, line=line, kind="any"))

    async def tell(trouble: SendingTrouble | None) -> None:
        told.append(trouble)

    store = AsyncStore(company)
    sender = Sender(store, channel, CAN, count=lambda _word: None, tell=tell)
    task = asyncio.create_task(sender.run(session, {}))
    try:
        yield Scene(company, channel, clock, sender)
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await store.aclose()


async def nothing(trouble: SendingTrouble | None) -> None:
    """Nobody asks."""
