"""What the outcomes of rules name and the CRM has no longer: looked for now and then, and told until it is mended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from chatapp_cli.domain.ids import LinkId, RuleId
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.stored_text import restored, stored
from chatapp_cli.domain.text import T, Text

if TYPE_CHECKING:
    from chatapp_cli.store.tx import Tx


def how_to_mend(link: LinkId) -> Text:
    """What a person does about a rule of a link of which the CRM has something no longer."""
    return T("Cards are made without it. Change the rule: {how}", how=to_do(Next.CRM_RULES, link=link))


class RuleTrouble(NamedTuple):
    """A rule of which the CRM has something no longer."""

    link: LinkId
    rule: RuleId
    name: str
    what: Text


def note(tx: Tx, found: Mapping[RuleId, Text | None]) -> None:
    """Record what each of these rules lacks; ``None``: nothing. A rule that was changed since counts as looked at."""
    for rule, what in found.items():
        kept = "" if what is None else json.dumps(stored(what), ensure_ascii=False)
        tx.run("rules.troubled", id=rule, trouble=kept)


def everything(tx: Tx) -> Sequence[RuleTrouble]:
    """The rules of all links that lack something."""
    rows = tx.all(lambda *row: row, "rules.troubles")
    return [RuleTrouble(link, rule, name, restored(json.loads(what))) for link, rule, name, what in rows]
