"""Who is who under two addresses: a change is its author's or nobody's, and a line gives way to its own message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count, product
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("neonize", reason="needs libmagic1: apt install libmagic1", exc_type=ImportError)

from neonize.proto import Neonize_pb2 as events
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message, ProtocolMessage

from chatapp_cli.bootstrap import Company, open_company
from chatapp_cli.connectors.whatsapp_web.connector import WhatsAppSession
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, MessageEdited, MessagesDeleted
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.sandbox.whatsapp_web import WhatsAppWebSandbox
from chatapp_cli.services.ingest import ingest
from chatapp_cli.settings import Settings
from tests.connectors.whatsapp_web import library
from tests.connectors.whatsapp_web.library import ANNA, ANNA_HIDDEN, GROUP, jid
from tests.connectors.whatsapp_web.linked import arrivals, entries, happened, texts
from tests.connectors.whatsapp_web.native import Native
from tests.runtime.desk import bound, the_dialogs
from tests.stores import OWNER

EDIT, REVOKE = ProtocolMessage.MESSAGE_EDIT, ProtocolMessage.REVOKE
SEEN = ("lid", "phone", "both")
"""Which addresses of somebody a stanza tells."""


def source(number: int, seen: str, *, group: bool) -> dict[str, Any]:
    """Somebody says something, in a group or in a chat of two."""
    hidden, phone = f"90000000{number}@lid", f"7916{number}@s.whatsapp.net"
    sender, alt = {"lid": (hidden, ""), "phone": (phone, ""), "both": (hidden, phone), "none": ("", "")}[seen]
    return {"chat": GROUP if group else sender, "sender": sender, "sender_alt": alt}


def change(kind: int, target: str, ident: str, where: dict[str, str]) -> object:
    words = Message(conversation="1 рубль") if kind == EDIT else None
    return library.message(library.protocol(kind, target, words, claims=True), ident, **where)


def author(found: list[Arrival], ident: str) -> str:
    (heard,) = [one for one in happened(found) if isinstance(one, MessageArrived) and one.ext_id == ident]
    return heard.sender.id


def changers(found: list[Arrival], ident: str) -> list[str]:
    edits = [one.by.id for one in happened(found) if isinstance(one, MessageEdited) and one.ext_id == ident]
    return edits + [one.by.id for one in happened(found) if isinstance(one, MessagesDeleted) and ident in one.ext_ids]


def refused(found: list[Arrival], ident: str) -> list[str]:
    return [one.problem.partition(":")[0] for one in found if f"/{ident} by" in one.problem]


def told_apart(one: str, other: str) -> bool:
    """Both told the same kind of address."""
    return "none" not in {one, other} and (one == other or "both" in {one, other})


async def all_pairs(
    phone: WhatsAppSession, native: Native, *, group: bool
) -> dict[tuple[str, str, bool], list[Arrival]]:
    """By what is told of the author and of the changer, and whether they are the same person."""
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    seen = (*SEEN, "none") if group else SEEN
    numbers, told = count(1000, 2), {}
    for wrote, changes, same in product(seen, seen, (True, False)):
        number = next(numbers)
        where = source(number if same else number + 1, changes, group=group)
        await native.happens("event", library.text("слово", f"M{number}", **source(number, wrote, group=group)))
        await native.happens("event", change(EDIT, f"M{number}", f"E{number}", where))
        await native.happens("event", change(REVOKE, f"M{number}", f"R{number}", where))
        told[wrote, changes, same] = (await arrivals(phone, 3))[0]
    return told


async def test_among_many_a_change_is_done_only_if_its_sender_certainly_is_the_author(
    phone: WhatsAppSession, native: Native
) -> None:
    for (wrote, changes, same), found in (await all_pairs(phone, native, group=True)).items():
        ((heard,), case) = ([one for one in happened(found) if isinstance(one, MessageArrived)], (wrote, changes, same))
        may = same and told_apart(wrote, changes)
        assert (case, changers(found, heard.ext_id)) == (case, [heard.sender.id] * 2 if may else [])
        assert (case, refused(found, heard.ext_id)) == (case, [] if may else ["foreign_edit", "foreign_delete"])


async def test_in_a_chat_of_two_the_other_one_changes_their_words_and_who_may_be_another_one_changes_none_of_them(
    phone: WhatsAppSession, native: Native
) -> None:
    """Whose chat it is cannot always be told; then the change goes to its own chat, where the message is not."""
    for (wrote, changes, same), found in (await all_pairs(phone, native, group=False)).items():
        ((heard,), case) = ([one for one in happened(found) if isinstance(one, MessageArrived)], (wrote, changes, same))
        clear = told_apart(wrote, changes)
        assert (case, changers(found, heard.ext_id)) == (case, [heard.sender.id] * 2 if same or not clear else [])
        assert (case, len(refused(found, heard.ext_id))) == (case, 2 if clear and not same else 0)
        keys = {one.peer_key for one in happened(found) if isinstance(one, MessageEdited | MessagesDeleted)}
        assert (case, heard.peer.key in keys and not clear) == (case, False)


@pytest.mark.parametrize(("wrote", "changes"), [("lid", "phone"), ("phone", "lid")])
async def test_what_the_library_knows_of_a_person_tells_in_a_group_that_it_is_the_author(
    phone: WhatsAppSession, native: Native, wrote: str, changes: str
) -> None:
    whole = source(1000, "both", group=True)
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    await native.happens("event", library.text("слово", "M", **source(1000, wrote, group=True)))
    first, _ = await arrivals(phone, 1)
    native.answers |= {"get_lid_from_pn": jid(whole["sender"]), "get_pn_from_lid": jid(whole["sender_alt"])}
    await native.happens("event", change(EDIT, "M", "E", source(1000, changes, group=True)))
    found, _ = await arrivals(phone, 1)
    assert changers(found, "M") == [author(first, "M")]


async def test_an_administrator_of_whom_only_the_phone_is_told_takes_back_what_a_hidden_one_wrote(
    phone: WhatsAppSession, native: Native
) -> None:
    boss = source(1002, "phone", group=True)
    info = library.joined("Соседи").GroupInfo
    info.Participants.append(library.whole(events.GroupParticipant(JID=jid(boss["sender"]), IsAdmin=True)))
    native.answers["get_group_info"] = info
    await native.happens("event", library.text("слово", "M", **source(1000, "lid", group=True)))
    await native.happens("event", change(EDIT, "M", "E", boss))
    await native.happens("event", change(REVOKE, "M", "R", boss))
    found, _ = await arrivals(phone, 3)
    assert changers(found, "M") == ["+79161002"], "under their own name"
    assert refused(found, "M") == ["foreign_edit"]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with closing(open_company(Settings(home=str(tmp_path / "desk"), http_port=0)).seen_by(OWNER)) as company:
        yield company


@pytest.fixture
async def channel(company: Company) -> ChannelId:
    async with WhatsAppWebSandbox() as sandbox:
        return await bound(company, sandbox)


async def take(company: Company, channel: ChannelId, phone: WhatsAppSession, many: int) -> None:
    found, _ = await arrivals(phone, many)
    company.write(lambda tx: ingest(tx, channel, Batch(arrivals=found)))


@pytest.mark.parametrize("group", [True, False])
@pytest.mark.parametrize("learns", ["told", "asked"])
@pytest.mark.parametrize(("before", "after"), [one for one in product(SEEN, SEEN) if one[0] != one[1]])
async def test_a_line_gives_way_to_its_message_under_whichever_address_each_of_them_comes(
    company: Company,
    channel: ChannelId,
    phone: WhatsAppSession,
    native: Native,
    group: bool,
    learns: str,
    before: str,
    after: str,
) -> None:
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    whole = source(1000, "both", group=group)
    await native.happens("event", library.undecryptable("1", unavailable=True, **source(1000, before, group=group)))
    await take(company, channel, phone, 1)
    if learns == "told":
        elsewhere = {"chat": "120363000000000002@g.us"}
        await native.happens("event", library.text("в другой группе", "2", **(whole | elsewhere)))
        await take(company, channel, phone, 1)
    else:
        native.answers |= {"get_lid_from_pn": jid(whole["sender"]), "get_pn_from_lid": jid(whole["sender_alt"])}
    where = source(1000, after, group=group)
    await native.happens("event", library.text("Кто за ёлкой?", "1", **where))
    await native.happens("event", change(EDIT, "1", "3", source(1000, before, group=group)))
    await take(company, channel, phone, 2)
    assert [words for words in texts(company) if words != ["в другой группе"]] == [["1 рубль"]]
    await native.happens("event", change(REVOKE, "1", "4", where))
    await take(company, channel, phone, 1)
    gone = [one.message.deleted_at for dialog in the_dialogs(company) for one in entries(company, dialog.id)]
    assert sum(one is not None for one in gone) == 1


async def test_in_a_group_another_one_neither_rewrites_nor_fills_nor_removes_what_a_hidden_one_wrote(
    company: Company, channel: ChannelId, phone: WhatsAppSession, native: Native
) -> None:
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    for number, changes in enumerate(SEEN):
        await native.happens("event", library.text("слово", f"M{number}", **source(1000, "lid", group=True)))
        for kind in (EDIT, REVOKE):
            where = source(1002, changes, group=True)
            await native.happens("event", change(kind, f"M{number}", f"C{number}{kind}", where))
    await take(company, channel, phone, 9)
    (dialog,) = the_dialogs(company)
    now = [(one.message.text, one.message.author, one.message.deleted_at) for one in entries(company, dialog.id)]
    assert now == [("слово", "Анна Белова", None)] * 3


@pytest.mark.parametrize("seen", SEEN)
async def test_what_another_one_says_under_the_id_of_a_line_takes_nothing_away_from_whose_line_it_is(
    company: Company, channel: ChannelId, phone: WhatsAppSession, native: Native, seen: str
) -> None:
    native.answers["get_group_info"] = library.joined("Соседи").GroupInfo
    hers, his = source(1000, "lid", group=True), source(1002, seen, group=True)
    await native.happens("event", library.undecryptable("1", unavailable=True, **hers))
    await native.happens("event", library.text("не её слова", "1", **his))
    await native.happens("event", library.text("её слова", "1", **hers))
    await take(company, channel, phone, 3)
    assert texts(company) == [["её слова", "не её слова"]]


async def test_a_person_keeps_the_name_that_their_line_had_and_is_called_by_the_phone_from_then_on(
    phone: WhatsAppSession, native: Native
) -> None:
    by_lid: dict[str, Any] = {"chat": ANNA_HIDDEN, "sender": ANNA_HIDDEN}
    await native.happens("event", library.undecryptable("1", unavailable=True, **by_lid))
    await native.happens("event", library.text("слова", "1", sender_alt=ANNA, **by_lid))
    await native.happens("event", library.text("ещё", "2", **by_lid))
    found, _ = await arrivals(phone, 3)
    heard = [one for one in happened(found) if isinstance(one, MessageArrived)]
    assert [one.sender.id for one in heard] == [ANNA_HIDDEN, ANNA_HIDDEN, "+79160000001"]
    assert [one.sender.phone for one in heard] == ["", "+79160000001", "+79160000001"]
    assert [one.peer.key for one in heard] == [ANNA_HIDDEN, "+79160000001", "+79160000001"]
