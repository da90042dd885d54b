"""However a pairing ends, the CRM hears of it, and so does who wrote there in vain."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.journal.links import PairingEnded
from chatapp_cli.services import channels, journal, lines
from chatapp_cli.store.tx import Tx
from tests.services.paired import Paired, linked
from tests.stores import Shop


@pytest.fixture
def desk(shop: Shop) -> Paired:
    return linked(shop, shop.channel(kind="email"), "north.example")


@pytest.mark.parametrize("gone", ["channel", "line"])
def test_the_crm_is_told_of_a_pairing_that_is_removed_with_its(desk: Paired, gone: str) -> None:
    def remove(tx: Tx) -> None:
        row = channels.one(tx, desk.channel)
        if gone == "channel":
            channels.unbind(tx, row, force=True)
        else:
            lines.remove(tx, lines.find(tx, str(row.line_id)), force=True)

    before = desk.shop.read(journal.last)
    desk.shop.write(remove)
    told = [one.event for one in desk.shop.read(lambda tx: journal.after(tx, before))]
    assert [(one.link, one.channel) for one in told if isinstance(one, PairingEnded)] == [(desk.link, desk.channel)]


def test_a_paired_channel_is_unbound_only_by_force_even_without_dialogs(desk: Paired) -> None:
    row = desk.shop.read(lambda tx: channels.one(tx, desk.channel))
    with pytest.raises(Refused, match="is paired with") as refused:
        desk.shop.write(lambda tx: channels.unbind(tx, row, force=False))
    assert refused.value.code == "still_paired"
