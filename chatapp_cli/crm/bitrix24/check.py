"""What a doctor can find out about a portal without changing it: providers' sheet §10, addendum B1–B3."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from chatapp_cli.crm.bitrix24 import events, lines, record, robot_check
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.bind import SCOPES
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.crm.bitrix24.names import KIND
from chatapp_cli.crm.bitrix24.record import ECHO, HEARD, NONCE
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit import crm_checks, records
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding
from chatapp_cli.ports.world import World

PATIENCE: Final = 30
"""Seconds in which a test event has to come."""
RENEWABLE: Final[Millis] = 180 * 86_400_000
"""How long a refresh token is good in milliseconds, counted from when it came (addendum B6)."""
_MINUTE: Final = 60_000
_DAY: Final = 86_400_000
_NEEDED: Final = frozenset(SCOPES[:5])


broken = partial(crm_checks.broken, KIND)


async def findings(api: PortalApi, bound: Bound, world: World) -> Sequence[Finding]:
    """Rights, owner, clock, bindings, lines, and whether an event comes back."""
    asked = {name: BatchCommand(name) for name in ("scope", "user.current", "user.admin", "server.time", "event.get")}
    answers = await api.batch(asked)
    found = [
        await _tokens(bound, world),
        scopes(answers["scope"]),
        _owner(answers["user.current"], answers["user.admin"]),
        clock(answers["server.time"], world),
        _bindings(answers["event.get"], bound, await _wanted(bound)),
    ]
    found += [one async for one in _lines(api)]
    found += await robot_check.findings(api, bound)
    return [*found, await _echo(api, bound, world)]


async def _tokens(bound: Bound, world: World) -> Finding:
    """Both tokens come at once, so they have one age; the check renews them if the first has ended."""
    token = await records.token(bound)
    if token is None:
        return Finding(name="tokens", ok=True, what=T("Bitrix24 accepts our token."))
    now = world.clock.now()
    return Finding(
        name="tokens",
        ok=True,
        what=T(
            "Bitrix24 accepts our token. It was renewed {minutes} minutes ago, ends in {left} minutes, and can be"
            " renewed for {days} days.",
            minutes=(now - token.at) // _MINUTE,
            left=max(0, token.until - now) // _MINUTE,
            days=max(0, token.at + RENEWABLE - now) // _DAY,
        ),
    )


_TICK: Final = T("Tick them in the local application, and install it again.")


def scopes(said: Any, needed: Collection[str] = _NEEDED, step: Text = _TICK) -> Finding:
    """Whether a right is lacking; ``step``: how it is given."""
    if isinstance(said, ChannelError):
        return broken("scopes", said)
    there = {str(one).strip() for one in said} if isinstance(said, list) else set()
    if lacking := sorted(set(needed) - there):
        return Finding(
            name="scopes",
            ok=False,
            what=T("The rights {scopes} are lacking.", scopes=", ".join(lacking)),
            next_step=step,
        )
    return Finding(name="scopes", ok=True, what=T("All rights that are needed are given."))


def _owner(said: Any, admin: Any) -> Finding:
    if isinstance(said, ChannelError):
        return broken("owner", said)
    about = said if isinstance(said, Mapping) else {}
    name = " ".join(str(about[part]) for part in ("NAME", "LAST_NAME") if about.get(part)) or str(about.get("ID", ""))
    if about.get("ACTIVE") in {False, "N"}:
        return Finding(
            name="owner",
            ok=False,
            what=T("{name}, who installed the application, has left the portal: the link will end.", name=name),
            next_step=T("Let a service employee with an administrator's rights install it again."),
        )
    if admin is False:
        return Finding(
            name="owner",
            ok=False,
            what=T(
                "{name}, who installed the application, is no administrator: Bitrix24 may refuse changes.", name=name
            ),
            next_step=T("Let a service employee with an administrator's rights install it again."),
        )
    return Finding(name="owner", ok=True, what=T("The application belongs to {name}, who is active.", name=name))


def clock(said: Any, world: World) -> Finding:
    """Whether our clock and the portal's agree."""
    if isinstance(said, ChannelError):
        return broken("clock", said)
    try:
        apart = world.clock.now() / 1000 - datetime.fromisoformat(str(said)).timestamp()
    except (ValueError, OverflowError):
        return Finding(name="clock", ok=True, what=T("The portal does not tell its time."))
    differs = T("Our clock and the portal's are {seconds} seconds apart.", seconds=round(abs(apart)))
    return crm_checks.clock(apart, agrees=T("Our clock and the portal's agree."), differs=differs)


async def _wanted(bound: Bound) -> Sequence[str]:
    return events.wanted([one.options for one in (await record.joined(bound.memory)).values()])


def _bindings(said: Any, bound: Bound, wanted: Sequence[str]) -> Finding:
    """Each event has to come to one address, once: two spellings of ours would double everything."""
    if isinstance(said, ChannelError):
        return broken("events", said)
    there = [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []
    ours = f"/hooks/{bound.hook_key}/event"
    counted = Counter(str(one.get("event", "")).upper() for one in there)
    reached = {str(one.get("event", "")).upper() for one in there if str(one.get("handler", "")).endswith(ours)}
    missing = [event for event in wanted if event.upper() not in reached]
    doubled = [event for event in wanted if counted[event.upper()] > 1]
    step = T("It is mended when the daemon opens the link: start {how}.", how=to_do(Next.SERVE))
    if missing or doubled:
        return Finding(name="events", ok=False, what=_odd_bindings(missing, doubled), next_step=step)
    return Finding(name="events", ok=True, what=T("Each event is bound to this desk once."))


def _odd_bindings(missing: Sequence[str], doubled: Sequence[str]) -> Text:
    if missing:
        return T("Bitrix24 does not tell this desk: {events}.", events=", ".join(missing))
    return T("Bitrix24 tells twice: {events}.", events=", ".join(doubled))


async def _lines(api: PortalApi) -> AsyncIterator[Finding]:
    try:
        there = await lines.places(api)
    except ChannelError as error:
        yield broken("lines", error)
        return
    for place in there:
        for code in place.warnings:
            words = manifest(KIND).errors[code]
            what = T("Open line «{name}»: {problem}", name=place.name, problem=words.what)
            yield Finding(name="lines", ok=False, what=what, next_step=words.step_when_bound)


async def _echo(api: PortalApi, bound: Bound, world: World) -> Finding:
    """Let the portal send a test event: the only proof that its calls reach this desk (addendum B3)."""
    nonce = world.chance.key()
    await bound.memory.save({ECHO: nonce})
    begun = world.clock.monotonic()
    try:
        await api.call("event.test", {NONCE: nonce})
    except ChannelError as error:
        return broken("echo", error)
    while world.clock.monotonic() - begun < PATIENCE:
        if (await bound.memory.known(ECHO)).get(ECHO) == HEARD + nonce:
            seconds = round(world.clock.monotonic() - begun, 1)
            return Finding(
                name="echo", ok=True, what=T("A test event came back in {seconds} seconds.", seconds=seconds)
            )
        await world.clock.sleep(1)
    return Finding(
        name="echo",
        ok=False,
        what=T("A test event of the portal did not come back in {seconds} seconds.", seconds=PATIENCE),
        next_step=T(
            "The public address has to be reachable from the Internet, and the daemon has to run: start {how}.",
            how=to_do(Next.SERVE),
        ),
    )
