"""What the channel says of itself before anything is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatapp_cli.connectors import telegram_bot
from chatapp_cli.domain.manifest import Rate
from chatapp_cli.kit.manifests import manifest

SOURCES = sorted(Path(telegram_bot.__path__[0]).glob("*.py"))
OF_THE_KIT = {"sent_in_part"}
RAISED = re.compile(r'(?:Retryable|Rejected|OutcomeUnknown|NeedsRebind|Misconfigured|RateLimited|__init__)\("(\w+)"')
TABLED = re.compile(r'(?:\("[^"]+"|\d{3}): ?"(\w+)"|\("[^"]+", "(\w+)"\)')


@pytest.mark.req("S-036")
def test_its_number_is_stable() -> None:
    assert manifest("telegram_bot").source_id == 1


@pytest.mark.req("S-062")
@pytest.mark.req("S-065")
@pytest.mark.req("C-06")
def test_it_never_writes_first_but_finds_a_client_who_wrote_by_username() -> None:
    can = manifest("telegram_bot").capabilities
    assert list(can.write_first) == []
    assert list(can.addresses) == ["chat_id", "username"]


@pytest.mark.req("S-063")
def test_it_knows_nothing_of_delivery_or_reading() -> None:
    assert manifest("telegram_bot").capabilities.receipts == "none"


def test_it_keeps_telegrams_rates() -> None:
    assert list(manifest("telegram_bot").capabilities.rates) == [
        Rate(scope="account", limit=30, per=1),
        Rate(scope="dialog", limit=1, per=1),
        Rate(scope="group", limit=20, per=60, paced=False),
    ]


def test_every_code_that_it_raises_is_explained() -> None:
    codes = set(OF_THE_KIT)
    for source in SOURCES:
        text = source.read_text("utf-8")
        codes |= set(RAISED.findall(text))
        codes |= {a or b for a, b in TABLED.findall(text)} if source.name == "errors.py" else set()
    assert {"unauthorized", "blocked_by_user", "second_reader", "chat_moved", "sent_in_part"} <= codes
    assert codes <= set(manifest("telegram_bot").errors)
