"""What could not be read of a message is named in it."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.arrival import MessageArrived, MessageEdited, Peer, PeerChanged
from chatapp_cli.kit.understanding import with_gaps

PEER = Peer(key="1", address="1")


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("words", ["geo", "files", "geo"], "words\n[geo]\n[files]"),
        ("", ["geo"], "[geo]"),
        ("words\n[geo]", ["geo"], "words\n[geo]"),
        ("words", [], "words"),
    ],
)
def test_each_part_that_could_not_be_read_is_named_once(text: str, names: list[str], expected: str) -> None:
    for event in (
        MessageArrived(peer=PEER, ext_id="1", at=1, text=text),
        MessageEdited(peer_key="1", ext_id="1", at=1, text=text),
    ):
        found = with_gaps(event, names)
        assert isinstance(found, MessageArrived | MessageEdited)
        assert found.text == expected


def test_what_has_no_text_stays_as_it_is() -> None:
    moved = PeerChanged(peer=PEER, at=1)
    assert with_gaps(moved, ["geo"]) == moved
