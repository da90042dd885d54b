"""A dead letter is taken again once it can be read, and only then."""

from __future__ import annotations

import json

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import NotFound, Refused
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.runtime.rereading import retry
from chatapp_cli.sandbox.api import ApiSandbox
from chatapp_cli.services import deadletters, ingest
from tests.runtime.desk import bound, the_dialogs

EVENT = {"type": "message", "id": "m1", "chat_id": "c1", "text": "Ау, ёлки!", "sender": {"name": "Вера"}}


async def dead_letter(company: Company, raw: bytes) -> int:
    async with ApiSandbox() as program:
        channel = await bound(company, program)
    arrival = Arrival(provider_id="unread 1", raw=raw, problem="an older program did not know it")
    company.write(lambda tx: ingest.ingest(tx, ChannelId(channel), Batch(arrivals=(arrival,))))
    (letter,) = company.read(deadletters.everything)
    return letter.id


async def test_what_is_understood_by_now_happens_once(company: Company) -> None:
    number = await dead_letter(company, json.dumps(EVENT).encode())
    await retry(company, number)
    (dialog,) = the_dialogs(company)
    assert (dialog.name, dialog.preview, dialog.unread) == ("Вера", "Ау, ёлки!", 1)
    assert company.read(deadletters.everything) == []
    with pytest.raises(NotFound):
        await retry(company, number)
    assert the_dialogs(company)[0].unread == 1


async def test_what_is_still_not_understood_stays_and_says_why(company: Company) -> None:
    number = await dead_letter(company, b"{not json")
    with pytest.raises(Refused, match="still not understood"):
        await retry(company, number)
    assert [letter.id for letter in company.read(deadletters.everything)] == [number]
