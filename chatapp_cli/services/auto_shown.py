"""Rules as whoever reads them may see them: addresses of webhooks often hide a token in their path or query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.automation import ActWanted
from chatapp_cli.domain.errors import Refused
from chatapp_cli.services import access, auto_addresses, auto_rules
from chatapp_cli.services.auto_rules import AutoRule
from chatapp_cli.store.tx import Tx


def as_seen(tx: Tx, rule: AutoRule) -> AutoRule:
    """The rule; only the origins of its webhooks unless the acting operator may change it. Raises NotFound."""
    if may_change(tx, rule):
        return rule
    acts, otherwise = _covered(rule.wanted.acts), _covered(rule.wanted.otherwise)
    return replace(rule, wanted=replace(rule.wanted, acts=acts, otherwise=otherwise))


def may_change(tx: Tx, rule: AutoRule) -> bool:
    """Whether the acting operator may change a stored rule. Raises NotFound for one that is gone."""
    if not access.has(tx, Right.AUTOMATION):
        return False
    try:
        auto_rules.require_mine(tx, rule.id)
    except Refused:
        return False
    return True


def _covered(acts: Sequence[ActWanted]) -> Sequence[ActWanted]:
    return [
        one._replace(value=auto_addresses.origin(one.value)) if one.do == auto_addresses.KIND else one for one in acts
    ]
