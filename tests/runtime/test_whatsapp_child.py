"""The process that speaks with WhatsApp may be killed at any time: the daemon goes on, nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox, create
from chatapp_cli.services import channels, sending, transcript
from tests.contract.connector_contract import ANNA, BORIS
from tests.runtime.desk import bound, eventually, serving, the_dialogs

HEARD, SAID, KILLS = 60, 30, 3


def children() -> list[int]:
    """The processes that we started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
            if int(fields[1]) == os.getpid() and b"stand_in" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


async def kill_some() -> None:
    for _ in range(KILLS):
        pid = await eventually(lambda: next(iter(children()), None))
        await asyncio.sleep(0.7)
        with suppress(ProcessLookupError):
            os.kill(int(str(pid)), signal.SIGKILL)
        await eventually(lambda pid=pid: pid not in children())


def texts(company: Company, direction: str) -> list[str]:
    found = []
    for dialog in the_dialogs(company):
        entries = company.read(partial(transcript.latest, dialog=dialog.id, n=500))
        found += [entry.message.text for entry in entries if entry.message.direction == direction]
    return found


def say(company: Company, channel: ChannelId, dialog: DialogId, n: int) -> MessageId:
    can = company.capabilities(company.read(lambda tx: channels.one(tx, channel)))
    order = sending.SendOptions(key=company.world.chance.key())
    return company.write(lambda tx: sending.enqueue(tx, can, dialog, Draft(text=f"ответ {n}"), order))


async def customers_write(phones: WhatsAppWebSandbox) -> None:
    """Every third message cannot be shown at first; the phone sends it again a little later."""
    hidden: list[str] = []
    for n in range(HEARD):
        who = ANNA if n % 2 else BORIS
        if n % 3:
            await phones.say(who, f"вопрос {n}")
        else:
            hidden.append(phones.hides(who, f"вопрос {n}"))
        if n % 5 == 0:
            phones.shows(hidden.pop(0))
        await asyncio.sleep(0.03)
    for one in hidden:
        phones.shows(one)


@pytest.mark.req("S-040")
async def test_a_child_that_is_killed_during_traffic_comes_back_and_nothing_is_lost_or_doubled(
    company: Company,
) -> None:
    async with create() as phones:
        channel = await bound(company, phones)
        async with serving(company):
            await phones.say(ANNA, "начало")
            (first,) = await eventually(lambda: the_dialogs(company))  # type: ignore[misc]
            written = [say(company, channel, DialogId(first.id), n) for n in range(SAID)]
            await asyncio.gather(customers_write(phones), kill_some())
            await eventually(lambda: len(texts(company, "in")) >= HEARD + 1, seconds=60)
            await eventually(lambda: not any(text.startswith("[") for text in texts(company, "in")), seconds=60)
            await eventually(lambda: all(settled(company, n) for n in written[:3]), seconds=60)
            await eventually(lambda: company.read(lambda tx: channels.one(tx, channel)).health == "ok", seconds=60)
        assert Counter(texts(company, "in")) == Counter(["начало", *(f"вопрос {n}" for n in range(HEARD))])
        heard = Counter(heard.text for heard in await phones.heard(ANNA))
    assert max(heard.values(), default=0) == 1
    for n, number in enumerate(written):
        state = company.read(partial(transcript.message, wanted=number)).state
        assert state in {"queued", "uncertain"} or heard[f"ответ {n}"] == 1, (n, state)


def settled(company: Company, number: MessageId) -> bool:
    return company.read(partial(transcript.message, wanted=number)).state not in {"queued", "sending"}
