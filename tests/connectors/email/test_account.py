"""A binding as a mailbox: whom it trusts is read once."""

from __future__ import annotations

from dataclasses import replace

from chatapp_cli.connectors.email.account import Account
from chatapp_cli.ports.bind import Bound


async def test_the_trusted_authorities_are_read_once_also_for_a_mailbox_that_gets_its_access_later(
    bound: Bound,
) -> None:
    account = Account.of(bound)
    context = await account.trust.load()
    later = replace(account, access=None)
    assert later.trust.context is context
    assert await later.trust.load() is context
