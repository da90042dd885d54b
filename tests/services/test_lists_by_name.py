"""Lists of names stand in one order, whatever the store sorts by: case ignored, ё beside е."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatapp_cli.domain.ids import DialogId, SectionId
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.services import dialogs, duties, operators, replies
from chatapp_cli.store.tx import Tx
from tests.every import every
from tests.stores import Shop

MIXED = ["ящик", "Zoo", "альфа", "Ёлка", "альфа-2", "Еда"]
SORTED = ["Zoo", "альфа", "альфа-2", "Еда", "Ёлка", "ящик"]
"""By bytes it would be Zoo, Еда, Ёлка, альфа, …, and by a server's collation something else on each server."""
DIALOG, SECTION = DialogId(1), SectionId(1)
LISTS: Mapping[str, Callable[[Tx], list[str]]] = {
    "tags": dialogs.known_tags,
    "tags of a dialog": lambda tx: dialogs.tags(tx, DIALOG),
    "operators": lambda tx: [row.name for row in operators.everything(tx)],
    "who can answer": lambda tx: [name for name in duties.operators(tx) if name != tx.name],
    "who helps in a dialog": lambda tx: [row.operator for row in duties.members(tx, DIALOG)],
    "sections": lambda tx: [row.name for row in replies.sections(tx)],
    "editors": lambda tx: [name for name in replies.editors(tx, SECTION) if name != tx.name],
    "replies": lambda tx: [row.title for row in replies.everything(tx) if row.section_id == SECTION],
    "sections of replies": lambda tx: list(dict.fromkeys(row.section for row in replies.everything(tx))),
}


def test_every_list_of_names_stands_in_the_same_order_on_both_stores(shop: Shop) -> None:
    shop.hear(shop.channel())
    shop.write(lambda tx: [replies.add_section(tx, name) for name in MIXED])
    shop.write(lambda tx: [give(tx, name) for name in MIXED])

    def in_order(what: str) -> None:
        assert shop.read(LISTS[what]) == SORTED

    every(list(LISTS), in_order)


def give(tx: Tx, name: str) -> None:
    """Give a name to everything that people name."""
    dialogs.tag(tx, DIALOG, name)
    operators.add(tx, name, "", [])
    duties.join(tx, DIALOG, name, "observer")
    first, own = (replies.section(tx, one) for one in (str(SECTION), name))
    replies.invite(tx, first, name)
    replies.add(tx, first, QuickReplyDraft(title=name, text="–"))
    if own.id != first.id:
        replies.add(tx, own, QuickReplyDraft(title=name, text="–"))
