"""Times that no calendar shows: a provider may give any number, and none of them closes the desk."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import printing
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.moment import iso, local, utc, written
from chatapp_cli.domain.when import since, when
from chatapp_cli.tui.reading import words
from tests.tui.conftest import Opener
from tests.tui.stage import NOON

LAST = 253_402_300_799_999
ABSURD = (0, -1, 1, -(10**17), 10**17, LAST, LAST + 1, -62_135_596_800_000, 1_700_000_000_000_000, 2**63 - 1, -(2**63))
ZONES = ("UTC", "Europe/Moscow", "Pacific/Kiritimati", "Pacific/Pago_Pago")


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.delenv("TZ", raising=False)
    os.environ.setdefault("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize("at", ABSURD)
def test_no_formatter_raises_whatever_the_time(zone: str, at: int) -> None:
    for said in (words.clock(at), words.short(at, NOON), words.day(at, NOON), words.moment(at, NOON), words.age(at)):
        assert said
    assert words.age(NOON - at)
    assert printing.moment(at or 1)
    assert str(iso(at or 1)).endswith("Z")
    assert written(at)


@pytest.mark.parametrize("at", ABSURD)
def test_what_lies_beyond_the_calendar_is_its_end(zone: str, at: int) -> None:
    assert 1 <= local(at).year <= 9999
    assert utc(at).utcoffset() is not None


@pytest.mark.parametrize("at", [NOON, 631_152_000_000, NOON + 86_400_000])
def test_a_time_of_ours_is_the_time_that_it_was(zone: str, at: int) -> None:
    assert round(local(at).timestamp() * 1000) == at == round(utc(at).timestamp() * 1000)


@pytest.mark.parametrize("said", ["+99999999999d", "in 99999999999 weeks", "через 99999999999 дней", "+9999999d"])
def test_a_time_that_a_person_names_beyond_the_calendar_is_refused_in_words(zone: str, said: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        when(said, now=NOON)
    with pytest.raises(UsageError, match="is not a time"):
        since(said.removeprefix("+"), now=NOON)


@pytest.mark.parametrize("at", ABSURD)
async def test_a_list_and_a_conversation_with_such_times_are_drawn(window: Opener, company: Company, at: int) -> None:
    with company.database.driver.connect() as store:
        store.execute("UPDATE dialog SET last_at = ?, waiting_since = ?", [at, at])
        store.execute("UPDATE message SET at = ?", [at])
        store.execute("UPDATE channel SET health_since = ?, proof_at = ?", [at, at])
        store.commit()
    async with window() as it:
        await it.press("1")
        await it.until(lambda: it.app.screen.query_one("DialogList").ids)
        await it.press("enter")
        await it.until(lambda: it.app.screen.opening is not None)
        await it.press("f3")
        await it.press("escape", "f2")
        assert it.app.is_running
