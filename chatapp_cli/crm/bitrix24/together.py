"""Calls of one moment go in one request: many cards are asked for and made at once, each by a step of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from chatapp_cli.crm.bitrix24.calls import Answer, BatchCommand, MethodCalls


class _WaitingCall(NamedTuple):
    command: BatchCommand
    once: bool
    answer: asyncio.Future[Any]


class TogetherCalls:
    """Gathers the calls that are made in the same turn of the event loop into a batch."""

    def __init__(self, api: MethodCalls) -> None:
        self._api = api
        self._waiting: list[_WaitingCall] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def call(self, method: str, params: Answer, *, once: bool = False) -> Any:
        """The ``result`` of a method, as of ``MethodCalls.call``: one that fails costs none of the others."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._send)
        one = _WaitingCall(BatchCommand(method, params), once, loop.create_future())
        self._waiting.append(one)
        return await one.answer

    def _send(self) -> None:
        """Ask apart for what may be repeated: a lost answer means another error for it."""
        waiting, self._waiting = self._waiting, []
        for once in (False, True):
            if some := [one for one in waiting if one.once is once]:
                task = asyncio.create_task(self._ask(some, once=once))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def _ask(self, calls: Sequence[_WaitingCall], *, once: bool) -> None:
        answers: Sequence[Any] = ()
        try:
            answers = await self._answers([one.command for one in calls], once=once)
        except Exception as error:  # noqa: BLE001 - each of those who wait has to hear of it
            answers = [error] * len(calls)
        finally:
            for one, answer in zip(calls, answers or [None] * len(calls), strict=True):
                _hand_over(one.answer, answer, ended=not answers)

    async def _answers(self, commands: Sequence[BatchCommand], *, once: bool) -> Sequence[Any]:
        if len(commands) == 1:
            return [await self._api.call(*commands[0], once=once)]
        told = await self._api.batch({str(number): one for number, one in enumerate(commands)}, once=once)
        return [told[str(number)] for number in range(len(commands))]


def _hand_over(waits: asyncio.Future[Any], answer: Any, *, ended: bool) -> None:
    if waits.done():  # its caller was cancelled
        return
    if ended:
        waits.cancel()
    elif isinstance(answer, Exception):
        waits.set_exception(answer)
    else:
        waits.set_result(answer)
