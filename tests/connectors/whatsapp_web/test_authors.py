"""Only who wrote a message changes it or takes it back, by WhatsApp's word and not by the message's own claim."""

from __future__ import annotations

import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from neonize.proto import Neonize_pb2 as events
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message, ProtocolMessage

from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.domain.arrival import Arrival, MessageArrived, MessageEdited, MessagesDeleted
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.library import ANNA, ANNA_HIDDEN, GROUP, OWNER, OWNER_HIDDEN, jid, whole
from tests.connectors.whatsapp_web.linked import arrivals, happened, outbound
from tests.connectors.whatsapp_web.native import Native, sent
from tests.contract.connector_contract import ANNA as ANNA_HERSELF
from tests.contract.connector_contract import BORIS as BORIS_HIMSELF

BORIS = "79160000002@s.whatsapp.net"
BORIS_HIDDEN = "900000007002@lid"
EDIT, REVOKE = ProtocolMessage.MESSAGE_EDIT, ProtocolMessage.REVOKE


def change(kind: int, target: str, ident: str, *, claims: bool = True, **where: object) -> events.Message:
    words = Message(conversation="1 рубль") if kind == EDIT else None
    return library.message(library.protocol(kind, target, words, claims=claims), ident, **where)


def changes(found: list[Arrival]) -> list[tuple[str, bool | None, str]]:
    """What changed, whether by us, and by whom."""
    done = [one for one in happened(found) if isinstance(one, MessageEdited | MessagesDeleted)]
    return [(getattr(one, "ext_id", "") or one.ext_ids[0], one.from_us, one.by.id) for one in done]  # type: ignore[union-attr]


def problems(found: list[Arrival]) -> list[str]:
    return [one.problem for one in found if one.problem]


def group_of(native: Native, *admins: str) -> None:
    info = library.joined("Соседи").GroupInfo
    for address in (ANNA, BORIS, OWNER):
        member = events.GroupParticipant(JID=jid(address), PhoneNumber=jid(address), IsAdmin=address in admins)
        info.Participants.append(whole(member))
    native.answers["get_group_info"] = info


@pytest.mark.parametrize("claims", [True, False])
async def test_a_client_who_changes_or_removes_our_message_changes_nothing(
    phone: WhatsAppSession, native: Native, claims: bool
) -> None:
    native.answers["send_message"] = sent("OURS")
    await phone.send(outbound("100 000"))
    await native.happens("event", change(EDIT, "OURS", "1", claims=claims))
    await native.happens("event", change(REVOKE, "OURS", "2", claims=claims))
    await native.happens("event", change(REVOKE, "OURS", "3", chat=ANNA_HIDDEN, sender=ANNA_HIDDEN, sender_alt=ANNA))
    found, _ = await arrivals(phone, 3)
    assert changes(found) == []
    kinds = ("foreign_edit", "foreign_delete", "foreign_delete")
    assert problems(found) == [f"{kind}: 79160000001/OURS by 79160000001" for kind in kinds]


async def test_a_client_changes_and_removes_what_the_client_wrote_under_either_address(
    phone: WhatsAppSession, native: Native
) -> None:
    by_lid = {"chat": ANNA_HIDDEN, "sender": ANNA_HIDDEN, "sender_alt": ANNA}
    await native.happens("event", library.text("раз", "A"))
    await native.happens("event", library.text("два", "B", **by_lid))
    await native.happens("event", change(EDIT, "A", "1", **by_lid))
    await native.happens("event", change(REVOKE, "B", "2", claims=False))
    found, _ = await arrivals(phone, 4)
    assert changes(found) == [("A", False, "+79160000001"), ("B", False, "+79160000001")]


async def test_what_the_owner_changes_on_the_phone_is_ours_and_only_of_ours(
    phone: WhatsAppSession, native: Native
) -> None:
    ours = {"chat": ANNA, "sender": OWNER, "from_me": True}
    await native.happens("event", library.text("наше", "OURS", **ours))
    await native.happens("event", library.text("её", "HERS"))
    await native.happens("event", change(EDIT, "OURS", "1", **{**ours, "sender": OWNER_HIDDEN}))
    await native.happens("event", change(REVOKE, "HERS", "2", **ours))
    found, _ = await arrivals(phone, 4)
    assert [(one, ours) for one, ours, _ in changes(found)] == [("OURS", True)]
    assert problems(found) == ["foreign_delete: 79160000001/HERS by 79161234567"]


async def test_a_change_from_another_chat_does_not_reach_over(phone: WhatsAppSession, native: Native) -> None:
    await native.happens("event", library.text("у Анны", "A"))
    await native.happens("event", change(EDIT, "A", "1", chat=BORIS, sender=BORIS))
    found, _ = await arrivals(phone, 2)
    assert problems(found) == ["foreign_edit: 79160000002/A by 79160000002"]


@pytest.mark.parametrize("where", [{"chat": ANNA_HIDDEN}, {"chat": GROUP}])
async def test_who_changes_a_message_bears_the_name_under_which_it_was_told(
    phone: WhatsAppSession, native: Native, where: dict[str, str]
) -> None:
    group_of(native)
    native.answers["get_pn_from_lid"] = [jid(), jid(ANNA), jid(ANNA)]
    await native.happens("event", library.text("раз", "A", sender=ANNA_HIDDEN, **where))
    await native.happens("event", library.text("два", "B", sender=ANNA_HIDDEN, **where))
    await native.happens("event", change(EDIT, "A", "1", sender=ANNA_HIDDEN, sender_alt=ANNA, **where))
    await native.happens("event", change(REVOKE, "B", "2", sender=ANNA_HIDDEN, **where))
    found, _ = await arrivals(phone, 4)
    written = [one.sender.id for one in happened(found) if isinstance(one, MessageArrived)]
    assert written == [ANNA_HIDDEN, "+79160000001"]
    assert changes(found) == [("A", False, ANNA_HIDDEN), ("B", False, "+79160000001")]


async def test_in_a_group_nobody_changes_what_another_one_wrote(phone: WhatsAppSession, native: Native) -> None:
    group_of(native)
    in_group = {"chat": GROUP, "sender": BORIS_HIDDEN, "sender_alt": BORIS}
    await native.happens("event", library.text("слово Анны", "A", chat=GROUP, sender=ANNA))
    await native.happens("event", change(EDIT, "A", "1", **in_group))
    await native.happens("event", change(REVOKE, "A", "2", **in_group))
    await native.happens("event", change(EDIT, "A", "3", chat=GROUP, sender=ANNA_HIDDEN, sender_alt=ANNA))
    found, _ = await arrivals(phone, 4)
    assert changes(found) == [("A", False, "+79160000001")]
    assert [one.partition(":")[0] for one in problems(found)] == ["foreign_edit", "foreign_delete"]
    (heard,) = [one for one in happened(found) if isinstance(one, MessageArrived)]
    assert heard.sender.id == "+79160000001"


async def test_an_administrator_takes_back_what_others_wrote_but_does_not_rewrite_it(
    phone: WhatsAppSession, native: Native
) -> None:
    group_of(native, BORIS)
    in_group = {"chat": GROUP, "sender": BORIS_HIDDEN, "sender_alt": BORIS}
    await native.happens("event", library.text("слово Анны", "A", chat=GROUP, sender=ANNA))
    await native.happens("event", change(EDIT, "A", "1", **in_group))
    await native.happens("event", change(REVOKE, "A", "2", **in_group))
    found, _ = await arrivals(phone, 3)
    (gone,) = [one for one in happened(found) if isinstance(one, MessagesDeleted)]
    assert (gone.by_admin, gone.by.id, gone.from_us) == (True, "+79160000002", False)
    assert [one.partition(":")[0] for one in problems(found)] == ["foreign_edit"]


async def test_whoever_was_an_administrator_is_asked_for_each_time(phone: WhatsAppSession, native: Native) -> None:
    group_of(native, BORIS)
    await native.happens("event", library.text("слово Анны", "A", chat=GROUP, sender=ANNA))
    await arrivals(phone, 1)
    for answer in (None, ValueError("info query timed out")):
        group_of(native)
        native.answers["get_group_info"] = answer or native.answers["get_group_info"]
        await native.happens("event", change(REVOKE, "A", "2", chat=GROUP, sender=BORIS))
        found, _ = await arrivals(phone, 1)
        assert changes(found) == []


async def test_a_change_that_overtakes_its_message_is_told_with_its_author(
    phone: WhatsAppSession, native: Native
) -> None:
    await native.happens("event", change(EDIT, "LATER", "1"))
    await native.happens("event", change(REVOKE, "LATER2", "2", claims=False))
    found, _ = await arrivals(phone, 2)
    assert changes(found) == [("LATER", False, "+79160000001"), ("LATER2", False, "+79160000001")]


async def test_the_miniature_refuses_what_whatsapp_refuses(
    session: WhatsAppSession, sandbox: WhatsAppWebSandbox
) -> None:
    sandbox.town.settle(ANNA_HERSELF, BORIS_HIMSELF)
    circle = sandbox.town.gather("Соседи", ["79160000001", "79160000002"])
    circle.admins.add("79160000002")
    ours = (await session.send(outbound("100 000"))).ids[0]
    hers = sandbox.hears(circle.jid, ANNA_HERSELF, "слово")
    sandbox.edits(ANNA_HERSELF, ours, "1 рубль")
    sandbox.takes_back(ANNA_HERSELF, ours)
    sandbox.edits(BORIS_HIMSELF, hers, "чужое")
    sandbox.edits(ANNA_HERSELF, hers, "своё")
    sandbox.takes_back(BORIS_HIMSELF, hers)
    sandbox.edits(ANNA_HERSELF, ours, "1 рубль", knows=False)
    found, _ = await arrivals(session, 8)
    refused = ["foreign_edit", "foreign_delete", "foreign_edit"]
    assert [one.partition(":")[0] for one in problems(found)] == refused
    assert changes(found) == [
        (hers, False, "+79160000001"),
        (hers, False, "+79160000002"),
        (ours, False, "+79160000001"),
    ]
    assert (sandbox.town.said[ours].text, sandbox.town.said[hers].text) == ("100 000", "своё")
