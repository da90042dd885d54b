"""Who acts: decided by login, account, system user and window, in one table."""

from __future__ import annotations

import pytest

from chatapp_cli.domain.access import Acting
from chatapp_cli.domain.errors import Refused
from chatapp_cli.services import acting, operators
from tests.stores import Shop

OLGA = "Ольга"


def with_account(shop: Shop, state: str) -> None:
    """Olga's account, which sees one line of two, in one of its states."""
    shop.line("Розница")
    line = shop.line("Опт")
    if state != "none":
        shop.write(lambda tx: operators.add(tx, OLGA, "", [line]))
    if state == "disabled":
        shop.write(lambda tx: operators.disable(tx, OLGA))
    if state == "removed":
        shop.write(lambda tx: operators.remove(tx, OLGA))


def decided(shop: Shop, *, token: str = "", owner: bool, restricted: bool) -> str:
    """Who acts under Olga's name, or the code of the refusal."""
    try:
        who: Acting = shop.read(
            lambda tx: acting.who_acts(tx, token=token, name=OLGA, owner=owner, restricted=restricted)
        )
    except Refused as refused:
        return refused.code
    assert who.name == OLGA
    return f"{'owner' if who.owner else 'account'}, {'all lines' if who.lines is None else f'{len(who.lines)} line'}"


@pytest.mark.req("S-128", part="access by lines, assignees")
@pytest.mark.parametrize(
    ("state", "owner", "restricted", "expected"),
    [
        ("none", True, False, "owner, all lines"),
        ("enabled", True, False, "owner, 1 line"),
        ("disabled", True, False, "owner, all lines"),
        ("removed", True, False, "owner, all lines"),
        ("none", True, True, "account_wanted"),
        ("enabled", True, True, "account, 1 line"),
        ("disabled", True, True, "account_over"),
        ("removed", True, True, "account_wanted"),
        ("none", False, False, "login_wanted"),
        ("enabled", False, False, "login_wanted"),
        ("none", False, True, "login_wanted"),
        ("enabled", False, True, "login_wanted"),
    ],
)
def test_a_restricted_window_acts_as_its_account_and_never_as_the_owner(
    shop: Shop, state: str, owner: bool, restricted: bool, expected: str
) -> None:
    with_account(shop, state)
    assert decided(shop, owner=owner, restricted=restricted) == expected


@pytest.mark.parametrize("restricted", [False, True])
def test_a_login_counts_in_every_window_until_it_is_over(shop: Shop, restricted: bool) -> None:
    with_account(shop, "enabled")
    shop.write(lambda tx: operators.open_session(tx, OLGA, "token"))
    assert decided(shop, token="token", owner=True, restricted=restricted) == "account, 1 line"
    shop.write(lambda tx: operators.disable(tx, OLGA))
    assert decided(shop, token="token", owner=True, restricted=restricted) == "login_over"
