"""The placeholder of a message that cannot be read stands where the message belongs, for every seed of a channel."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.arrival import MessageArrived
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.connector import StoredArrival
from tests.fuzz.glimpses import GLIMPSES
from tests.fuzz.recorder import seeds
from tests.fuzz.rounds import KINDS, bindings
from tests.stores import NOON

WITHOUT = {
    "vk_notify": "VK Notify brings no answers of those who are notified",
}
"""Channels of which nothing that came can have a placeholder."""
FEWEST = {"telegram": 2, "sms": 1}
"""Messages among the seeds that a glimpse is for, where they are fewer than four; a form can always be read."""
SEEN = ("peer", "ext_id", "at", "from_us")


def test_every_channel_gives_what_it_cannot_show_a_place_or_has_a_reason() -> None:
    assert {*GLIMPSES, *WITHOUT} == set(KINDS)


@pytest.mark.parametrize("kind", GLIMPSES)
def test_a_glimpse_finds_the_place_of_a_message(kind: str, tmp_path: object) -> None:
    connector, bound, found = create(kind, system_world(tmp_path)), bindings(kind)[-1], 0  # type: ignore[arg-type]
    for raw in seeds(kind):
        events = connector.understand(bound, StoredArrival("again", NOON, raw)).events
        message = next((event for event in events if isinstance(event, MessageArrived)), None)
        glimpse = None if message is None else GLIMPSES[kind](bound, raw)
        if message is None or glimpse is None:
            continue
        found += 1
        assert glimpse.placeholder
        assert [getattr(glimpse, name) for name in SEEN] == [getattr(message, name) for name in SEEN], raw
        assert glimpse.sender.id == message.sender.id
    assert found >= FEWEST.get(kind, 4)
