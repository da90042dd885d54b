"""A night in which tokens live for 20 seconds and answers get lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random

import pytest

from chatapp_cli.domain.errors import NeedsRebind, Retryable
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.amocrm import TOKEN, Account
from tests.crm.amocrm.desk import AmoDesk

LIVES = 20.0
RESTARTS = 60


async def proved(desk: AmoDesk, pauses: list[float]) -> None:
    """Ask the account several things at once, again and again, in a session that is opened and closed for it."""
    async with desk.session() as session:
        for pause in pauses:
            await desk.world.clock.sleep(pause)
            await asyncio.gather(*(session.prove() for _ in range(3)))


@pytest.mark.parametrize("seed", [1, 2])
async def test_in_a_night_of_short_lives_the_pair_stays_whole_or_a_person_is_called_and_no_refused_token_comes_again(
    desk: AmoDesk, account: Account, world: World, seed: int
) -> None:
    chance, faults, renewals = Random(seed), account.misbehaviour, account.authority.renewals
    account.authority.lives = LIVES
    await desk.link()
    await desk.allow()
    await proved(desk, [0.0])
    ended = passing = 0
    for _ in range(RESTARTS):
        faults.lose_before[TOKEN], faults.lose_after[TOKEN] = chance.random() < 0.2, chance.random() < 0.1
        try:
            await proved(desk, [chance.uniform(0, LIVES) for _ in range(3)])
        except Retryable:
            passing += 1
        except NeedsRebind:
            before = len(renewals)
            for _ in range(3):
                with pytest.raises(NeedsRebind, match="access_ended"):
                    await proved(desk, [0.0])
            assert len(renewals) == before
            ended += 1
            faults.lose_before[TOKEN] = faults.lose_after[TOKEN] = 0
            await desk.link(desk.bound)
            await desk.allow()
            await proved(desk, [0.0])
    times = Counter(Counter(renewals).values())
    assert (max(times), times[2]) == (2, ended)
    assert min(ended, passing) > 0
    assert times[1] > RESTARTS
