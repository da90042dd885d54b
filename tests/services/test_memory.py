"""A session finds again what it kept, and nobody else can read it."""

import pytest

from chatapp_cli.domain.errors import StoreError
from chatapp_cli.services import channels, memory
from chatapp_cli.store.secrets import Vault
from tests.stores import Shop


def test_what_a_session_kept_is_found_again_by_the_beginning_of_its_name(shop: Shop) -> None:
    channel, other = shop.channel(), shop.channel()
    shop.write(
        lambda tx: memory.save(
            tx, shop.vault, memory.of_channel(channel), {"peer/1": "Анна", "peer/2": "Борис", "token": "t"}
        )
    )
    shop.write(
        lambda tx: memory.save(tx, shop.vault, memory.of_channel(channel), {"peer/1": "Анна Белова", "peer/2": ""})
    )
    assert shop.read(lambda tx: memory.known(tx, shop.vault, memory.of_channel(channel), "peer/")) == {
        "peer/1": "Анна Белова"
    }
    assert set(shop.read(lambda tx: memory.known(tx, shop.vault, memory.of_channel(channel)))) == {"peer/1", "token"}
    assert shop.read(lambda tx: memory.known(tx, shop.vault, memory.of_channel(other))) == {}


def test_signs_that_a_pattern_would_understand_are_meant_as_they_are(shop: Shop) -> None:
    channel = shop.channel()
    shop.write(
        lambda tx: memory.save(
            tx, shop.vault, memory.of_channel(channel), {"a_b": "1", "axb": "2", "a%": "3", "a!": "4"}
        )
    )
    for prefix in ("a_", "a%", "a!"):
        assert len(shop.read(lambda tx, p=prefix: memory.known(tx, shop.vault, memory.of_channel(channel), p))) == 1


def test_it_is_sealed_and_goes_with_its_channel(shop: Shop, tmp_path: object) -> None:
    channel = shop.channel()
    shop.write(lambda tx: memory.save(tx, shop.vault, memory.of_channel(channel), {"token": "очень тайно"}))
    raw = shop.read(lambda tx: tx.all(lambda _name, value: bytes(value), "memory.known", channel=channel, like="%"))
    assert "очень тайно".encode() not in raw[0]
    wrong = Vault(tmp_path / "other.key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")  # type: ignore[operator]
    with pytest.raises(StoreError):
        shop.read(lambda tx: memory.known(tx, wrong, memory.of_channel(channel)))
    shop.write(lambda tx: channels.unbind(tx, channels.one(tx, channel), force=True))
    assert shop.read(lambda tx: memory.known(tx, shop.vault, memory.of_channel(channel))) == {}


def test_an_entry_is_swapped_only_while_it_is_what_was_seen(shop: Shop) -> None:
    channel = shop.channel()

    def swap(before: str, after: str) -> bool:
        return shop.write(lambda tx: memory.swap(tx, shop.vault, memory.of_channel(channel), "note", before, after))

    assert swap("", "one")
    assert not swap("", "two")
    assert shop.read(lambda tx: memory.known(tx, shop.vault, memory.of_channel(channel))) == {"note": "one"}
    assert swap("one", "")
    assert not swap("one", "two")
    assert shop.read(lambda tx: memory.known(tx, shop.vault, memory.of_channel(channel))) == {}
