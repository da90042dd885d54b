"""A channel that falls or is refused comes up again: soon, then seldom, and at once when a person says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import ChannelError, Misconfigured, NeedsRebind, Retryable
from chatapp_cli.kit.tokens import GrantRefused
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.runtime import rereading
from chatapp_cli.runtime.lifecycle import SOUND
from chatapp_cli.services import channels, deadletters, outbox
from tests.runtime.desk import eventually
from tests.runtime.scripted import Scripted, play, within

__all__ = ["play"]

CALL = HookRequest(method="POST", path="", query={}, headers={}, body=b"\xff{{{")


class Hooked:
    """A kind of channel whose webhooks need no session."""

    def __init__(self, session: Scripted) -> None:
        self.open = session.open

    async def accept(self, bound: Bound, request: HookRequest) -> HookReply:
        arrival = Arrival(provider_id="7", raw=request.body, problem="unread")
        return HookReply(batch=Batch(arrivals=(arrival,)), body=bound.account.encode())


async def test_a_session_that_proves_its_life_and_falls_at_once_is_tried_ever_more_seldom(
    play: Callable[..., object],
) -> None:
    ended = ((), 0.0, Retryable("ended"))
    async with play(*[ended] * 6) as scene:
        await eventually(lambda: len(scene.clock.pauses) >= 6)
        assert all(within(pause, 2.0**n) for n, pause in enumerate(scene.clock.pauses[:6], 1))


@pytest.mark.parametrize(
    "life",
    [
        ((Batch(arrivals=(Arrival(provider_id="1", raw=b"{}"),)),), 0.0, Retryable("ended")),
        ((Batch(cursor="7"),), 0.0, Retryable("ended")),
        ((), SOUND + 1, Retryable("ended")),
    ],
    ids=["something came", "the cursor moved", "it lasted"],
)
async def test_what_came_of_a_session_or_a_while_without_a_fall_makes_the_next_fall_the_first(
    play: Callable[..., object], life: tuple[Sequence[Batch], float, ChannelError]
) -> None:
    ended = ((), 0.0, Retryable("ended"))
    async with play(ended, ended, ended, life) as scene:
        await eventually(lambda: len(scene.clock.pauses) >= 4)
        assert within(scene.clock.pauses[2], 8)
        assert within(scene.clock.pauses[3], 2)


@pytest.mark.parametrize(
    ("refusal", "health"),
    [
        (NeedsRebind("logged_out"), "needs_rebind"),
        (GrantRefused("grant_refused"), "needs_rebind"),
        (Misconfigured("bad_url"), "misconfigured"),
    ],
    ids=["needs_rebind", "refused grant", "misconfigured"],
)
async def test_a_refused_account_is_looked_at_again_by_itself_and_heals(
    play: Callable[..., object], refusal: ChannelError, health: str
) -> None:
    async with play(*[((), 0.0, refusal)] * 5, stands=True) as scene:
        seen = []
        for looks in range(1, 5):
            await eventually(lambda looks=looks: len(scene.clock.pauses) == looks)
            seen.append(scene.row.health)
            scene.clock.stands.set()
            await asyncio.sleep(0)
            scene.clock.stands.clear()
        assert set(seen) == {health}
        bases = (300, 600, 1200, 2400)
        assert [0.89 * b <= p <= 1.11 * b for p, b in zip(scene.clock.pauses, bases, strict=False)] == [True] * 4


async def test_a_person_has_a_refused_account_tried_at_once(play: Callable[..., object]) -> None:
    healthy = ((Batch(cursor="1"),), 0.0, Retryable("ended"))
    async with play(((), 0.0, NeedsRebind("logged_out")), healthy, stands=True) as scene:
        await eventually(lambda: scene.row.health == "needs_rebind")
        scene.runner.resume()
        await eventually(lambda: scene.session.lives >= 2 and scene.row.cursor == "1")


async def test_a_call_that_our_own_code_stumbles_over_is_kept_and_not_sent_again(
    play: Callable[..., object],
) -> None:
    async with play(((), 0.0, Retryable("ended")), stands=True) as scene:
        await eventually(lambda: scene.session.lives == 1 and scene.clock.pauses)
        scene.runner.session = scene.session  # type: ignore[assignment]
        reply = await scene.runner.accept(CALL)
        (letter,) = scene.company.read(deadletters.everything)
        raw = rereading.dead(scene.company, letter)
        assert (reply.status, raw, letter.problem) == (200, b"\xff{{{", "RecursionError: a tower")


async def test_a_stopped_channel_takes_webhooks_and_its_account_is_not_called_well_for_that(
    play: Callable[..., object],
) -> None:
    refused = ((), 0.0, NeedsRebind("expired"))
    async with play(refused, refused, stands=True) as scene:
        await eventually(lambda: scene.row.health == "needs_rebind")
        object.__setattr__(scene.company, "connection", Hooked(scene.session))
        replies = [await scene.runner.accept(CALL) for _ in range(2)]
        assert [(reply.status, reply.body) for reply in replies] == [(200, b"1")] * 2
        assert [letter.provider_id for letter in scene.company.read(deadletters.everything)] == ["7"]
        assert scene.row.health == "needs_rebind"


async def test_a_restart_does_not_call_an_account_well_whose_rest_is_not_over(play: Callable[..., object]) -> None:
    healthy = ((Batch(cursor="1"),), 0.0, Retryable("ended"))
    async with play(healthy, stands=True) as scene:
        channel = scene.runner.row.id
        scene.company.write(lambda tx: channels.set_health(tx, channel, "blocked", "unpaid"))
        scene.company.write(lambda tx: outbox.pause(tx, channel, seconds=3000, code="unpaid"))
        await eventually(lambda: scene.row.cursor == "1")
        assert scene.row.health in {"blocked", "retrying"}


async def test_who_is_told_to_stop_while_a_refusal_is_on_its_way_stops(play: Callable[..., object]) -> None:
    async with play(*[((), 0.0, NeedsRebind("logged_out"))] * 50) as scene:
        await eventually(lambda: scene.session.lives > 2)
