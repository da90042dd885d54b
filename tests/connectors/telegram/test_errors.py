"""Silence is told apart from cancellation, and nothing of a request appears in an error."""

from __future__ import annotations

import asyncio

import pytest
from telethon.errors import rpc_message_to_error
from telethon.tl import functions as fn
from telethon.tl import types as tl

from chatapp_cli.connectors.telegram.errors import name_of, network, translate
from chatapp_cli.domain.errors import OutcomeUnknown, RateLimited, Retryable


async def _waits(answer: asyncio.Future[None], *, once: bool) -> None:
    with network(once=once):
        await answer


@pytest.mark.parametrize(("once", "kind"), [(True, OutcomeUnknown), (False, Retryable)])
async def test_a_request_that_telethon_drops_with_its_connection_is_silence(once: bool, kind: type[Exception]) -> None:
    dropped = asyncio.get_running_loop().create_future()
    dropped.cancel()
    with pytest.raises(kind):
        await _waits(dropped, once=once)


async def test_our_own_cancellation_stays_one() -> None:
    task = asyncio.create_task(_waits(asyncio.get_running_loop().create_future(), once=True))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("error", [OSError("host"), EOFError(), TimeoutError()])
async def test_whatever_the_network_does_is_silence(error: Exception) -> None:
    answer = asyncio.get_running_loop().create_future()
    answer.set_exception(error)
    with pytest.raises(OutcomeUnknown, match="no_answer"):
        await _waits(answer, once=True)


def test_an_error_has_telegrams_name_and_nothing_of_the_request() -> None:
    request = fn.messages.SendMessageRequest(tl.InputPeerSelf(), "тайна", random_id=1)
    error = rpc_message_to_error(tl.RpcError(400, "PEER_FLOOD"), request)
    assert name_of(error) == "PEER_FLOOD"
    told = translate(error)
    assert isinstance(told, RateLimited)
    assert "тайна" not in repr(told) + str(told)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("FLOOD_WAIT_7", 7), ("FLOOD_WAIT_0", 1), ("NEW_KIND_OF_WAIT_45", 45), ("NEW_KIND_OF_WAIT", 60)],
)
def test_every_flood_is_a_pause_even_one_of_tomorrow(name: str, seconds: int) -> None:
    told = translate(rpc_message_to_error(tl.RpcError(420, name), None), "strangers")
    assert isinstance(told, RateLimited)
    assert (told.retry_after, told.scope) == (seconds, "strangers")
