"""Several accounts of one kind share a line, and new clients are spread over those that work."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, LineId
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import account_pools, channels, outbox
from tests.stores import Shop

HOUR = 3_600_000


def bot(shop: Shop, line: LineId, name: str, *, kind: str = "letters", pool: bool = True) -> ChannelId:
    bound = Bound(account=name, title=f"@{name}", facts={"Link": f"https://t.me/{name}"})
    keep: dict[str, Any] = {"line": line, "kind": kind, "pool": pool}
    return shop.write(lambda tx: channels.save(tx, shop.vault, bound, **keep))


def invited(shop: Shop, line: LineId, kind: str = "") -> str:
    return shop.read(lambda tx: account_pools.invite(tx, line, kind))[0].link


@pytest.mark.req("S-069", part="pools of accounts")
def test_the_next_client_goes_to_the_bot_with_the_fewest_new_dialogs_of_a_day(shop: Shop) -> None:
    line = shop.line()
    one, two = bot(shop, line, "one"), bot(shop, line, "two")
    assert invited(shop, line) == "https://t.me/one"
    shop.hear(one, who="anna")
    assert invited(shop, line) == "https://t.me/two"
    shop.hear(two, who="boris")
    shop.hear(two, who="vera")
    assert invited(shop, line) == "https://t.me/one"
    shop.clock.at += 25 * HOUR
    shop.hear(one, who="gleb")
    assert invited(shop, line) == "https://t.me/two"


@pytest.mark.req("S-069", part="pools of accounts")
def test_a_blocked_or_waiting_bot_is_stepped_over_until_none_is_left(shop: Shop) -> None:
    line = shop.line()
    one, two = bot(shop, line, "one"), bot(shop, line, "two")
    shop.write(lambda tx: channels.set_health(tx, one, "needs_rebind", "revoked"))
    assert invited(shop, line) == "https://t.me/two"
    shop.write(lambda tx: outbox.pause(tx, two, seconds=60, code="rate_limited"))
    with pytest.raises(Refused, match="None of 2 accounts"):
        invited(shop, line)
    shop.clock.at += 61_000
    assert invited(shop, line) == "https://t.me/two"


def test_each_client_stays_with_the_bot_that_they_wrote_to(shop: Shop) -> None:
    line = shop.line()
    one, two = bot(shop, line, "one"), bot(shop, line, "two")
    heard = [shop.message(shop.hear(channel, who="anna")).dialog_id for channel in (one, two, one)]
    assert (heard[0] == heard[2], heard[0] == heard[1]) == (True, False)


@pytest.mark.req("S-004")
def test_without_a_pool_a_kind_is_bound_once_and_an_account_never_twice(shop: Shop) -> None:
    line = shop.line()
    bot(shop, line, "one")
    with pytest.raises(Refused, match="has this kind of channel already"):
        bot(shop, line, "two", pool=False)
    with pytest.raises(Refused, match="bound already"):
        bot(shop, line, "one")


def test_with_several_kinds_one_has_to_be_named_and_a_line_without_links_says_so(shop: Shop) -> None:
    line = shop.line()
    with pytest.raises(NotFound, match="link"):
        invited(shop, line)
    bot(shop, line, "one")
    bot(shop, line, "group", kind="public")
    with pytest.raises(UsageError, match="letters, public"):
        invited(shop, line)
    assert invited(shop, line, "public") == "https://t.me/group"
