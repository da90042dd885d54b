"""How fast mail goes out: as a service lets it through, or as the owner of a mail server says."""

from __future__ import annotations

import pytest

from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import channels
from tests.stores import Shop, clock, database, dialect, driver, shop, templates

__all__ = ["clock", "database", "dialect", "driver", "shop", "templates"]


@pytest.mark.parametrize(
    ("settings", "limits"),
    [
        ({"service": "custom"}, [20, 450]),
        ({"service": "custom", "per_minute": "20", "per_day": "450"}, [20, 450]),
        ({"service": "custom", "per_minute": "100", "per_day": "5000"}, [100, 5000]),
        ({"service": "custom", "per_minute": "5", "per_day": "50"}, [5, 50]),
        ({"service": "custom", "per_minute": "", "per_day": "0"}, [20, 450]),
        ({"service": "gmail", "per_minute": "100", "per_day": "5000"}, [20, 450]),
        ({"service": "yandex", "per_minute": "100", "per_day": "300"}, [20, 300]),
    ],
)
def test_an_own_server_has_the_limits_of_its_owner_and_a_service_at_most_its_own(
    shop: Shop, settings: dict[str, str], limits: list[int]
) -> None:
    number = shop.channel(kind="email", settings=settings)
    can = channels.capabilities(manifest("email"), shop.read(lambda tx: channels.one(tx, number)))
    assert [(rate.scope, rate.limit) for rate in can.rates] == [("account", limit) for limit in limits]
    assert [rate.per for rate in can.rates] == [60, 86400]


def test_the_owner_changes_them_without_binding_again_and_the_session_starts_anew(shop: Shop) -> None:
    number = shop.channel(kind="email", settings={"service": "custom"})
    row = shop.read(lambda tx: channels.one(tx, number))
    shop.write(lambda tx: channels.configure(tx, row, manifest("email"), {"per_minute": "300"}))
    changed = shop.read(lambda tx: channels.one(tx, number))
    assert channels.capabilities(manifest("email"), changed).rates[0].limit == 300
    assert changed.revision > row.revision
