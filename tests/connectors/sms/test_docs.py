"""The page tells the truth about descriptions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from chatapp_cli.connectors.sms.bind import TRADE
from chatapp_cli.connectors.vk_notify.bind import TRADE as NOTICES
from chatapp_cli.kit.gateway import DeliveryState, GatewayFault, parse

pytestmark = pytest.mark.req("S-110")

PAGE = (Path(__file__).parents[3] / "docs/channels/sms.md").read_text("utf-8")
NOTIFY = (Path(__file__).parents[3] / "docs/channels/vk_notify.md").read_text("utf-8")


def test_the_example_of_a_description_holds() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    found = parse(example, known=TRADE.known, needed=TRADE.needed)
    assert (found.send.answer.id, found.send.not_taken, len(found.states)) == ("messages.0.id", [503, 507], 6)


def test_every_gap_state_and_error_is_explained() -> None:
    ours = {"name", "price", "public_url", "template", "language", "values"}
    assert [gap for gap in TRADE.known - ours if f"{{{gap}}}" not in PAGE] == []
    assert [word for word in get_args(DeliveryState) if f"`{word}`" not in PAGE] == []
    assert [word for word in get_args(GatewayFault) if f"`{word}`" not in PAGE + NOTIFY] == []


def test_the_gaps_of_notices_are_explained_too() -> None:
    ours = {"name", "public_url", "vk_user", "notices_email"}
    wanted = NOTICES.known - TRADE.known - ours
    assert [gap for gap in wanted if f"{{{gap}}}" not in NOTIFY and f"{{{gap}:number}}" not in NOTIFY] == []
