"""The device: the library's client, from the first connection until only a new process helps.

Facts about the library: it does not repeat the first connection attempt, only later ones. ``get_me`` before the
connection is up ends the process. Exceptions in handlers are dropped, so handlers only enqueue. When codes run out no
event comes: the sign is silence. It restores lost connections; if it cannot, this process reports a failure and ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from chatapp_cli.connectors.whatsapp_web import wire
from chatapp_cli.connectors.whatsapp_web.child import jids
from chatapp_cli.connectors.whatsapp_web.child.endings import ending
from chatapp_cli.connectors.whatsapp_web.child.library import (
    DeviceProps,
    Event,
    NeonizeError,
    NewAClient,
    ProxySettings,
    events,
)
from chatapp_cli.connectors.whatsapp_web.child.translate import LASTING
from chatapp_cli.connectors.whatsapp_web.wire import Failure

CODE_SILENCE: Final = 75.0
"""Seconds without a next code after which there are none: the first is valid for 60, the others for 20."""
_CLIENT: Final = "desk"


class Unfit(Exception):
    """A request cannot be carried out."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class Phone:
    """One device of one account."""

    def __init__(self, tell: Callable[[wire.Line], None], fail: Callable[[Failure], None]) -> None:
        self._tell, self._fail = tell, fail
        self.inbox: asyncio.Queue[Event] = asyncio.Queue()
        """Events that must not be lost, in order."""
        self.client: Any = None
        self.me: frozenset[str] = frozenset()
        """Our addresses, known once it is online."""
        self.address = ""
        """Our address with the phone."""
        self.online = False
        self.wants_history = False
        """Whether to read the history sent to a new device; set once, before connecting."""
        self._up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._args = wire.Open(folder="")
        self._codes = 0
        self._silence: asyncio.TimerHandle | None = None
        self._lock = -1

    async def open(self, args: wire.Open) -> wire.Account:
        """Connect and return the account. Raises Unfit."""
        self._args = args
        device = str(Path(args.folder, "device.db"))
        self.client = NewAClient(device, uuid=_CLIENT, props=DeviceProps(os="Chatapp", platformType=DeviceProps.CHROME))
        self._listen()
        dialling = await self.client.connect(ProxySettings(proxy_address=args.proxy) if args.proxy else None)
        await asyncio.wait({dialling, self._up}, return_when=asyncio.FIRST_COMPLETED)
        if not self._up.done():
            raise Unfit(self._not_dialled(dialling.exception()))
        return await self._account()

    def _not_dialled(self, error: BaseException | None) -> Failure:
        words = str(error or "the library gave up")
        if self._args.proxy:
            words = words.replace(self._args.proxy, "***")
        code, outcome = ("unreachable", "retry") if isinstance(error, NeonizeError) else ("connect_failure", "retry")
        return Failure(code, outcome, words[:300])

    def claim(self, folder: Path) -> None:
        """Lock the device: two processes on one device disconnect each other. Raises Unfit.

        The lock file tells the state of the other process.
        """
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unfit(Failure("in_use", "retry", os.pread(self._lock, 16, 0).decode("ascii", "replace"))) from None
        self._note("offline")

    def _note(self, state: str) -> None:
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, state.encode(), 0)

    async def _account(self) -> wire.Account:
        me = await self.client.get_me()
        self.address = jids.bare(me.JID)
        self.me = frozenset({self.address, jids.bare(me.LID)} - {""})
        return wire.Account(phone=me.JID.User, name=me.PushName)

    def _listen(self) -> None:
        """Register the handlers, which the library reads once, before connecting."""

        async def keep(_: Any, event: Event) -> None:
            self.inbox.put_nowait(event)

        async def notice(_: Any, event: Event) -> None:
            self._notice(event)

        async def code(_: Any, said: bytes) -> None:
            await self._code(said.decode())

        for kind in (*LASTING.values(), *((events.HistorySync,) if self.wants_history else ())):
            self.client.event(kind)(keep)
        for kind in _PASSING:
            self.client.event(kind)(notice)
        self.client.qr(code)

    def _notice(self, event: Event) -> None:
        if isinstance(event, events.Connected):
            self._state("online")
        elif isinstance(event, events.Disconnected):
            self._state("offline")
        elif isinstance(event, events.OfflineSyncCompleted):
            self._tell(wire.Line(news=wire.News("synced")))
        elif isinstance(event, events.PairStatus) and event.Status == events.PairStatus.SUCCESS:
            self._hush()
            self._tell(wire.Line(news=wire.News("paired")))
        elif failure := ending(event):
            self._fail(failure)

    def _state(self, state: str) -> None:
        self.online = state == "online"
        self._note(state)
        self._tell(wire.Line(news=wire.News(state)))
        if self.online and not self._up.done():
            self._up.set_result(None)

    async def _code(self, said: str) -> None:
        """WhatsApp sent a code: this device is not linked."""
        self._codes += 1
        if not self._args.pair:
            self._fail(Failure("logged_out", "rebind"))
            return
        self._hush()
        self._silence = asyncio.get_running_loop().call_later(CODE_SILENCE, self._fail, Failure("qr_expired", "retry"))
        if self._args.pair == "qr":
            self._tell(wire.Line(news=wire.News("qr", said)))
        elif self._codes == 1:
            await self._pairing_code()

    async def _pairing_code(self) -> None:
        try:
            code = await self.client.PairPhone(self._args.phone, True)  # noqa: FBT003 - the library's order
        except NeonizeError as error:
            self._fail(Failure("pair_refused", "refused", str(error)))
        else:
            self._tell(wire.Line(news=wire.News("code", code)))

    def _hush(self) -> None:
        if self._silence:
            self._silence.cancel()

    async def close(self) -> None:
        """Disconnect; this may never return."""
        if self.client is not None:
            await self.client.disconnect()


_PASSING: Final = (
    events.Connected,
    events.Disconnected,
    events.OfflineSyncCompleted,
    events.PairStatus,
    events.LoggedOut,
    events.StreamReplaced,
    events.TemporaryBan,
    events.ConnectFailure,
    events.ClientOutdated,
)
