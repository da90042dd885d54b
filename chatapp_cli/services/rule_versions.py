"""The rules of a link as they were before a change, for the messages that came before it and still wait to be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatapp_cli.domain.ids import EntryId, LinkId
from chatapp_cli.store.rows.crm import RuleRow

if TYPE_CHECKING:
    from chatapp_cli.store.tx import Tx


def keep(tx: Tx, link: LinkId) -> None:
    """Keep the rules as they are, if an entry waits that came after the last change; what nobody needs is forgotten.

    An entry that was given up decides by the rules of the day on which a person has it told again.
    """
    tx.run("rulesets.forget", link=link)
    last = tx.value("rulesets.waits", link=link)
    known = tx.value("rulesets.last", link=link)
    if last is None or (known is not None and known >= last):
        return
    rows = [list(row) for row in tx.all(RuleRow, "rules.all", link=link)]
    tx.insert("rulesets.keep", link=link, entry=last, rules=json.dumps(rows, ensure_ascii=False))


def of(tx: Tx, link: LinkId, entry: EntryId) -> int:
    """The version of the rules by which an entry is decided; 0: those of now."""
    return int(tx.value("rulesets.of", link=link, entry=entry) or 0)


def rows(tx: Tx, version: int) -> Sequence[RuleRow]:
    """The rules of a version in their order."""
    stored = tx.value("rulesets.rules", id=version)
    return [RuleRow(*row) for row in json.loads(stored or "[]")]
