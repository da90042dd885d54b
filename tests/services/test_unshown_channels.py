"""In every channel what could not be shown becomes the message once that comes, in its place."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.kit.understanding import dead
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import StoredArrival
from chatapp_cli.services import deadletters
from chatapp_cli.services.ingest import UNSHOWN, ingest
from tests.fuzz.glimpses import GLIMPSES
from tests.fuzz.recorder import seeds
from tests.fuzz.rounds import bindings
from tests.stores import NOON, ON_SQLITE, Shop


def message(kind: str, folder: Path) -> tuple[Bound, Arrival, str]:
    """A binding, the first arrival of the seeds that is one message with words to it, and these."""
    connector = create(kind, system_world(folder))
    for bound, raw in product(bindings(kind), seeds(kind)):
        found = connector.understand(bound, StoredArrival("again", NOON, raw))
        said = [event.text for event in found.events if isinstance(event, MessageArrived) and not event.placeholder]
        if len(said) == 1 and said[0]:
            return bound, found, said[0]
    raise AssertionError(kind)


@ON_SQLITE
@pytest.mark.parametrize("kind", GLIMPSES)
def test_what_could_not_be_shown_becomes_the_message_in_its_place(kind: str, shop: Shop, tmp_path: Path) -> None:
    bound, real, words = message(kind, tmp_path)
    unread = dead(real.raw, "KeyError: x", provider_id="unread", shown=GLIMPSES[kind](bound, real.raw))
    channel = shop.channel(kind=kind)
    for arrival, text in ((unread, str(UNSHOWN)), (real, words)):
        shop.write(lambda tx, one=arrival: ingest(tx, channel, Batch(arrivals=(one,))))
        assert shop.texts(DialogId(1)) == [text]
    (letter,) = shop.read(deadletters.everything)
    assert (letter.dialog_id, bool(letter.who)) == (1, True)
