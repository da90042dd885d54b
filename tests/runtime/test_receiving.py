"""A channel whose receiving has a connection of its own: it falls and comes up alone, and sending goes on."""

from __future__ import annotations

from collections.abc import Callable

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import NeedsRebind, Retryable
from chatapp_cli.domain.journal.channels import HealthChanged
from chatapp_cli.ports.connector import ReceivesApart
from chatapp_cli.services import journal
from tests.runtime.desk import eventually
from tests.runtime.scripted import Scene, Scripted, play, within

__all__ = ["play"]

AWAY = Retryable("unreachable", "no answer within 30 s")
CAME = Batch(arrivals=(Arrival(provider_id="1", raw=b"{}"),))


def told(scene: Scene) -> list[str]:
    """The channel's states of health, one after another."""
    rows = scene.company.read(lambda tx: journal.after(tx, 0, n=100))
    return [row.event.health for row in rows if isinstance(row.event, HealthChanged)]


class Apart(Scripted):
    """A session that stays open while nothing can be received."""

    reconnected = 0

    async def reconnect(self) -> None:
        self.reconnected += 1


async def test_while_receiving_is_down_the_session_stays_and_the_channel_says_so_with_the_next_time(
    play: Callable[..., object],
) -> None:
    away = ((), 0.0, AWAY)
    async with play(away, stands=True, kind=Apart) as scene:
        await eventually(lambda: scene.row.health == "sends_only")
        row = scene.row
        assert (row.health_code, row.health_detail) == ("unreachable", "no answer within 30 s")
        assert 0 < row.look_at - scene.clock.now() <= 1200
        assert scene.runner.session is scene.session
        assert isinstance(scene.session, ReceivesApart)


async def test_it_is_tried_ever_more_seldom_over_the_same_session_until_it_works(play: Callable[..., object]) -> None:
    fall = ((), 0.0, AWAY)
    async with play(*[fall] * 5, kind=Apart) as scene:
        await eventually(lambda: len(scene.clock.pauses) >= 5)
        assert all(within(pause, 2.0**n) for n, pause in enumerate(scene.clock.pauses[:5], 1))
        assert scene.session.lives == 1
        assert scene.session.reconnected >= 4


async def test_what_arrives_makes_the_channel_well_again_and_the_next_fall_the_first(
    play: Callable[..., object],
) -> None:
    async with play(((), 0.0, AWAY), ((), 0.0, AWAY), ((CAME,), 0.0, AWAY), kind=Apart) as scene:
        await eventually(lambda: len(scene.clock.pauses) >= 3)
        assert within(scene.clock.pauses[1], 4)
        assert within(scene.clock.pauses[2], 2)
        assert told(scene)[:4] == ["ok", "sends_only", "ok", "sends_only"]


async def test_a_mere_login_that_repeats_the_stored_cursor_counts_as_nothing_and_the_pauses_grow(
    play: Callable[..., object],
) -> None:
    login = ((Batch(cursor="7"),), 0.0, AWAY)
    async with play(*[login] * 5, kind=Apart) as scene:
        await eventually(lambda: len(scene.clock.pauses) >= 5)
        assert all(within(pause, 2.0**n) for n, pause in enumerate(scene.clock.pauses[:5], 1))


async def test_a_connection_that_stood_for_a_minute_makes_the_next_fall_the_first(play: Callable[..., object]) -> None:
    async with play(((), 0.0, AWAY), ((), 0.0, AWAY), ((), 61.0, AWAY), kind=Apart) as scene:
        await eventually(lambda: len(scene.clock.pauses) >= 3)
        assert within(scene.clock.pauses[1], 4)
        assert within(scene.clock.pauses[2], 2)


async def test_a_refused_account_stops_the_channel_whichever_side_says_so(play: Callable[..., object]) -> None:
    async with play(((), 0.0, AWAY), ((), 0.0, NeedsRebind("login_refused")), kind=Apart) as scene:
        await eventually(lambda: "needs_rebind" in told(scene))
        assert told(scene)[:4] == ["ok", "sends_only", "ok", "needs_rebind"]


async def test_a_channel_that_works_says_what_of_the_account_is_not_read(play: Callable[..., object]) -> None:
    lacks = Batch(not_read=border.name("Orders"))
    async with play(((lacks,), 0.0, AWAY), stands=True, kind=Apart) as scene:
        await eventually(lambda: "sends_only" in told(scene))
        rows = scene.company.read(lambda tx: journal.after(tx, 0, n=100))
        said = [row.event for row in rows if isinstance(row.event, HealthChanged)]
        assert [(one.health, one.code, one.detail) for one in said[:2]] == [
            ("ok", "not_all_read", "Orders"),
            ("sends_only", "unreachable", "no answer within 30 s"),
        ]


async def test_a_person_has_it_tried_at_once(play: Callable[..., object]) -> None:
    async with play(((), 0.0, AWAY), ((), 0.0, AWAY), stands=True, kind=Apart) as scene:
        await eventually(lambda: scene.row.health == "sends_only")
        scene.runner.resume()
        await eventually(lambda: scene.session.reconnected == 1)


async def test_a_session_of_one_connection_falls_as_a_whole(play: Callable[..., object]) -> None:
    async with play(((), 0.0, AWAY), stands=True) as scene:
        await eventually(lambda: scene.row.health == "retrying")
        assert scene.runner.session is None
