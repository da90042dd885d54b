"""Calls of methods one by one and by batch, whatever lets them in: a token or a webhook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.rate import BURST, LEAK, Parking
from chatapp_cli.domain.errors import ChannelError, RateLimited, Retryable
from chatapp_cli.kit.http import HttpResponse
from chatapp_cli.kit.pace import Bucket, Urgency
from chatapp_cli.ports.world import World

AT_ONCE: Final = 50
"""The most commands of a batch (b24-rest-docs ``batch.md``)."""
LARGEST: Final = 32 << 20
"""The largest answer in bytes."""
PATIENCE: Final = 65.0
"""Seconds: the portal cuts a request at 60."""
PROOF: Final = "scope"
"""The method that needs no right: what it answers concerns the whole link."""
AGAIN: Final = 3
"""How often a request that the full bucket turned away is repeated here, before the caller hears of it."""

Answer: TypeAlias = Mapping[str, Any]


class BatchCommand(NamedTuple):
    """A call inside a batch."""

    method: str
    params: Mapping[str, Any] = {}


class MethodCalls(ABC):
    """Calls at the portal's pace; every failure is a ChannelError without secrets."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._bucket, self._parking = Bucket(world.clock, leak=LEAK, burst=BURST), Parking(world.clock)
        self.calls = 0
        """Requests made so far."""

    async def aclose(self) -> None:
        """Let nobody wait any more."""
        await self._bucket.aclose()

    @abstractmethod
    async def _answer(self, method: str, params: Answer, urgency: Urgency, *, once: bool = False) -> Answer:
        """The whole answer of a method that went well; raises ChannelError."""

    async def call(
        self, method: str, params: Answer | None = None, *, urgency: Urgency = Urgency.CLIENT, once: bool = False
    ) -> Any:
        """The ``result`` of a method; with ``once`` (not repeatable) no answer means OutcomeUnknown."""
        return (await self._answer(method, params or {}, urgency, once=once)).get("result")

    async def batch(
        self, commands: Mapping[str, BatchCommand], *, urgency: Urgency = Urgency.CLIENT, once: bool = False
    ) -> Mapping[str, Any | ChannelError]:
        """The results of many methods, in as few requests as possible, none for no method; of a failed one its error.

        Raises what concerns all of them; with ``once``, commands that are not repeatable, no answer is OutcomeUnknown.
        """
        found: dict[str, Any | ChannelError] = {}
        waiting = iter(commands.items())
        while some := dict(islice(waiting, AT_ONCE)):
            found |= await self._batch(some, urgency, once=once)
        return found

    async def pages(self, method: str, params: Answer, *, urgency: Urgency = Urgency.BACKGROUND) -> Sequence[Any]:
        """All members of a list, which comes in pages of fifty."""
        found: list[Any] = []
        start = 0
        while True:
            answer = await self._answer(method, {**params, "start": start}, urgency)
            page = answer.get("result")
            found += page if isinstance(page, list) else []
            following = answer.get("next")
            if not isinstance(following, int) or following <= start:
                return found
            start = following

    async def _batch(
        self, commands: Mapping[str, BatchCommand], urgency: Urgency, *, once: bool
    ) -> dict[str, Any | ChannelError]:
        found: dict[str, Any | ChannelError] = {}
        lines: dict[str, str] = {}
        for name, (method, params) in commands.items():
            try:
                self._parking.require_free(method)
            except RateLimited as parked:
                found[name] = parked
            else:
                lines[name] = f"{method}?{query(params)}"
        if not lines:
            return found
        answer = await self._answer("batch", {"halt": 0, "cmd": lines}, urgency, once=once)
        return found | self._split(answer.get("result"), {name: commands[name] for name in lines})

    def _split(self, result: Any, commands: Mapping[str, BatchCommand]) -> dict[str, Any | ChannelError]:
        """Each command's own result; PHP writes an empty mapping as a list."""
        good, bad, times = (_mapping(result, name) for name in ("result", "result_error", "result_time"))
        found: dict[str, Any | ChannelError] = {}
        for name, (method, _) in commands.items():
            self._parking.heed(method, times.get(name))
            said = {"error": "", **_error(bad[name])} if name in bad else {"result": good.get(name)}
            if name not in bad and name not in good:
                found[name] = Retryable("strange_answer", method)
            elif name in bad or errors.code_of(said):
                found[name] = errors.of_one_method(self._refused(method, {**said, "time": times.get(name)}))
            else:
                found[name] = good[name]
        return found

    async def _blamed(self, method: str, error: ChannelError) -> ChannelError:
        """The error of a method; of a right that is lacking it is asked whether it is lacking for all methods."""
        if error.code != errors.SCOPE or method == PROOF:
            return error
        try:
            await self.call(PROOF, urgency=Urgency.OPERATOR)
        except ChannelError as worse:
            return worse
        return errors.of_one_method(error)

    def _failed(
        self, method: str, response: HttpResponse, said: Answer | None, *, once: bool, secrets: Sequence[str]
    ) -> ChannelError:
        return self._refused(method, said or {}, status=response.status, once=once, secrets=secrets)

    def _refused(
        self, method: str, said: Answer, *, status: int = 0, once: bool = False, secrets: Sequence[str] = ()
    ) -> ChannelError:
        words = errors.words_of(said, secrets) or f"{method} HTTP {status}"
        error = errors.refusal(errors.code_of(said), words, status=status, once=once)
        if isinstance(error, RateLimited) and error.code == errors.PARKED_CODE:
            seconds = self._parking.told(said.get("time"), errors.PARKED)
            self._parking.park(method, seconds)
            return RateLimited(error.code, words, retry_after=seconds)
        return error


def query(params: Answer) -> str:
    """Parameters as PHP reads them from a query, for a command of a batch."""
    return "&".join(f"{quote(name, safe='[]')}={quote(value, safe='')}" for name, value in _pairs(params))


def _pairs(params: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(params, Mapping):
        for key, value in params.items():
            yield from _pairs(value, f"{name}[{key}]" if name else str(key))
    elif isinstance(params, list | tuple):
        for place, value in enumerate(params):
            yield from _pairs(value, f"{name}[{place}]")
    else:
        yield name, str(int(params)) if isinstance(params, bool) else str(params)


def _mapping(result: Any, name: str) -> Mapping[str, Any]:
    found = result.get(name) if isinstance(result, dict) else None
    return found if isinstance(found, dict) else {}


def _error(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {"error": str(said)}
