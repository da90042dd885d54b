"""What kind of failure a CRM is told of for the code of a message."""

from __future__ import annotations

from chatapp_cli.domain.crm.failure import KINDS, FailureKind
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import Rejected
from chatapp_cli.domain.ids import DialogId
from chatapp_cli.kit.manifests import manifest, packages
from chatapp_cli.services import outbox
from chatapp_cli.services.words import OWN_CODES
from tests.services.paired import Paired, linked
from tests.stores import Shop, hand_over


def test_every_code_is_one_that_a_message_can_have() -> None:
    explained = {code for kind in packages() for code in manifest(kind).errors}
    assert sorted(KINDS.keys() - explained - OWN_CODES.keys()) == []


CASES = {
    "user_gone": "client_left",
    "unauthorised": "channel_off",
    "unexpected": "internal",
    "no_such_mailbox": "no_conversation",
    "blocked_by_user": "other",
}


def fails(desk: Paired, dialog: DialogId, code: str) -> None:
    """An employee answers, and that does not go out."""
    desk.come(desk.wrote(dialog, "Ответ", remote=f"r-{code}"), f"e-{code}")
    claim = desk.shop.write(lambda tx: hand_over(tx, desk.shop.media, desk.channel))
    assert claim is not None
    desk.shop.write(lambda tx: outbox.fail(tx, claim, Rejected(code)))


def told(desk: Paired) -> FailureKind | None:
    (row,) = [one for one in desk.entries() if one.act == Act.FAILED]
    entry = desk.entry(row)
    assert entry is not None
    assert desk.told(row)
    return entry.failure


def test_the_kind_goes_with_the_code_of_the_message(shop: Shop) -> None:
    desk = linked(shop, shop.channel(kind="email"), "north.example")
    dialog = desk.dialog(shop.hear(desk.channel))
    desk.tell_all()
    found = {}
    for code in CASES:
        fails(desk, dialog, code)
        found[code] = told(desk)
    assert found == CASES
