"""What rules did and why: of late, to a message, and why a message of theirs was written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chatapp_cli.domain.ids import AutoRuleId, ChannelId, DialogId, MessageId, Millis
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import Text
from chatapp_cli.store.rows.automation import AutoActRow
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.messages import MessageRow
from chatapp_cli.store.tx import Tx

_OF_RULES = frozenset({Origin.AUTOREPLY, Origin.RULE})


class AutoReason(NamedTuple):
    """Why a message was written automatically."""

    rule: str
    why: Text
    id: AutoRuleId
    """Of the rule, which may be gone."""


def latest(tx: Tx, *, rule: AutoRuleId | None = None, dialog: DialogId | None = None, n: int = 100) -> list[AutoActRow]:
    """At most ``n`` acts, the latest planned first; ``rule`` and ``dialog`` leave out those of others."""
    return tx.all(AutoActRow, "autoacts.latest", rule=rule or 0, dialog=dialog or 0, n=n)


def done_since(tx: Tx, rule: AutoRuleId, since: Millis) -> int:
    """How many acts of a rule were done after a time."""
    return int(tx.value("autoacts.done_since", rule=rule, since=since))


def planned(tx: Tx, rule: AutoRuleId) -> int:
    """How many acts of a rule wait to be done."""
    return int(tx.value("autoacts.open", rule=rule))


def of_message(tx: Tx, message: MessageRow) -> Sequence[AutoActRow]:
    """What rules wanted to do because of a message, and what wrote it if a rule did."""
    about = tx.all(AutoActRow, "autoacts.about", dialog=message.dialog_id, message=message.id)
    wrote = tx.all(AutoActRow, "autoacts.wrote", ids=json.dumps([message.id]))
    return [*wrote, *about]


def stops(tx: Tx) -> list[tuple[ChannelRow, Millis]]:
    """The channels whose automatic answers are stopped, and since when."""
    from chatapp_cli.services import channels  # which a conversation is shown without

    found = tx.all(ChannelId, "autostops.all")
    return [(channels.one(tx, one), Millis(tx.value("autostops.of", channel=one))) for one in found]


def reasons(tx: Tx, messages: Sequence[MessageRow]) -> Mapping[MessageId, AutoReason]:
    """Why those of some messages were written that rules wrote."""
    ids = [one.id for one in messages if one.origin in _OF_RULES]
    if not ids:
        return {}
    rows = tx.all(AutoActRow, "autoacts.wrote", ids=json.dumps(ids))
    return {row.result: AutoReason(row.name, recalled(row.why), row.rule_id) for row in rows if row.result is not None}
