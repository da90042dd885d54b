"""How far a CRM lets a link in: until when, and what is lacking, as its session found it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chatapp_cli.domain import next_step
from chatapp_cli.domain.ids import LinkId, Millis
from chatapp_cli.domain.stored_text import restored, stored
from chatapp_cli.domain.text import Text
from chatapp_cli.services import links
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.ports.connector import Finding
    from chatapp_cli.store.rows.crm import LinkRow

_UNTIL: Final = "until"
_LACKS: Final = "lacks "
"""Before the name of a finding."""


class LackingPart(NamedTuple):
    """A right, or a part of the tariff, that a link needs and has not."""

    name: str
    what: Text
    next_step: Text | None


class LinkAccess(NamedTuple):
    """How far a CRM lets a link in."""

    until: Millis | None = None
    """When access ends that only a person renews; ``None`` if there is no such end, or no session has told it yet."""
    lacks: Sequence[LackingPart] = ()


def of(tx: Tx, link: LinkId) -> LinkAccess:
    """What the last session has found; nothing for a link that was renewed since."""
    kept = _kept(tx, link)
    until = kept.pop(_UNTIL, None)
    return LinkAccess(None if until is None else int(until), [_lacking(link, *one) for one in kept.items()])


def record(tx: Tx, link: LinkRow, until: Millis | None, findings: Sequence[Finding] | None) -> None:
    """Keep what a session of this revision of a link found; of an older one it says nothing.

    With ``None`` for the findings, because the CRM did not tell them, those of before stay.
    """
    if links.one(tx, link.id).revision != link.revision:
        return
    before = _kept(tx, link.id)
    wanted = {name: value for name, value in before.items() if findings is None and name != _UNTIL}
    wanted |= {f"{_LACKS}{one.name}": _written(one) for one in findings or () if not one.ok}
    wanted |= {} if until is None else {_UNTIL: str(until)}
    for name in before.keys() - wanted.keys():
        tx.run("options.forget", subject=links.ACCESS, id=link.id, name=name)
    for name, value in wanted.items():
        if before.get(name) != value:
            tx.run("options.keep", subject=links.ACCESS, id=link.id, name=name, value=value)


def _kept(tx: Tx, link: LinkId) -> dict[str, str]:
    return dict(tx.all(lambda name, value: (str(name), str(value)), "options.of", subject=links.ACCESS, id=link))


def _written(one: Finding) -> str:
    step = None if one.next_step is None else stored(one.next_step)
    return json.dumps({"what": stored(one.what), "next_step": step}, ensure_ascii=False)


def _lacking(link: LinkId, name: str, text: str) -> LackingPart:
    kept = json.loads(text)
    step = None if kept["next_step"] is None else next_step.about(restored(kept["next_step"]), link=link)
    return LackingPart(name.removeprefix(_LACKS), restored(kept["what"]), step)
