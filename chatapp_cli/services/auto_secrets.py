"""The secrets by which other programs know the calls of rules, for people who set these programs up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chatapp_cli.domain.access import Right
from chatapp_cli.services import access, auto_calls, auto_rules

if TYPE_CHECKING:
    from chatapp_cli.domain.ids import AutoRuleId
    from chatapp_cli.store.secrets import Vault
    from chatapp_cli.store.tx import Tx


def shown(tx: Tx, rule: AutoRuleId, vault: Vault, make: Callable[[], str], *, new: bool = False) -> str:
    """The secret of a rule, for whoever may change it; ``new`` replaces it at once. Raises NotFound, Refused."""
    access.require(tx, Right.AUTOMATION)
    auto_rules.require_mine(tx, rule)
    return auto_calls.renewed(tx, rule, vault, make) if new else auto_calls.secret_of(tx, rule, vault, make)
