"""The talk with an open line: what clients, operators and employees write, change, quote and attach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, CrmReceipt, LedgerEntry, SharedFile
from chatapp_cli.domain.crm.events import (
    CrmConversation,
    CrmRewrote,
    CrmWithdrew,
    CrmWrote,
    MirroredChat,
    PlaceDetached,
)
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.errors import ChannelError, OutcomeUnknown, RateLimited, ReadInPart, Rejected, Retryable
from chatapp_cli.domain.message import Origin
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import StageFile
from tests.crm.bitrix24.desk import LINE, SVETLANA, WHATSAPP, OfficeDesk, entry, pairing

TRACKED = 4.0
"""Seconds after which the tracker has made its cards."""


async def shown(session: Bitrix24Session, *entries: LedgerEntry) -> list[CrmReceipt]:
    outcomes = await session.deliver(entries)
    assert [one for one in outcomes if isinstance(one, ChannelError)] == []
    return [one for one in outcomes if isinstance(one, CrmReceipt)]


def at(one: CrmReceipt, **about: str) -> CrmChat:
    return CrmChat(id="d-1", name="Иван Иванов", remote=one.chat, session=one.session, **about)


def written(desk: OfficeDesk) -> list[CrmWrote]:
    return [one for one in desk.events if isinstance(one, CrmWrote)]


@pytest.mark.req("S-164")
async def test_a_clients_message_is_shown_with_name_phone_and_file(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    desk.files["spec.pdf"] = b"%PDF"
    file = SharedFile(name="spec.pdf", url=f"{desk.url}/media/spec.pdf")
    (one,) = await shown(session, entry(files=[file]))
    (message,) = portal.messages("d-1")
    assert (message.text, message.by_client, message.connector_mid) == ("Добрый день", True, ["m-1"])
    assert [(got.name, got.content) for got in message.files] == [("spec.pdf", b"%PDF")]
    (chat,) = portal.chats
    assert (one.chat, one.session) == (str(chat.id), str(chat.session))
    (call,) = [one for one in portal.calls if one.method == "imconnector.send.messages"]
    assert call.params["MESSAGES"][0]["user"] == {
        "id": "u-1",
        "name": "Иван",
        "last_name": "Иванов",
        "phone": "+79161234567",
    }


async def test_many_messages_go_in_few_requests_and_each_has_its_own_answer(
    session: Bitrix24Session, portal: Portal
) -> None:
    portal.misbehaviour.refuse_messages.add("m-7")
    many = [
        entry(f"m-{n}", chat=CrmChat(id=f"d-{n}", name="x"), person=CrmPerson(id=f"u-{n}", name="Яна"))
        for n in range(1, 46)
    ]
    before = portal.requests
    outcomes = await session.deliver(many)
    assert portal.requests - before == 3
    failed = {n: one for n, one in enumerate(outcomes, 1) if isinstance(one, ChannelError)}
    assert [(n, type(one), one.code) for n, one in failed.items()] == [(7, Rejected, "refused")]
    assert [chat.outside for chat in portal.chats] == [f"d-{n}" for n in range(1, 46) if n != 7]
    by_chat = {str(chat.id): chat.outside for chat in portal.chats}
    assert [by_chat[one.chat] for one in outcomes if isinstance(one, CrmReceipt)] == [
        chat.outside for chat in portal.chats
    ]


@pytest.mark.parametrize("name", ["🙂🙂", "12345", "", "<script>", "Иван 2-й (склад) №5", "А" * 60 + " " + "Б" * 60])
async def test_names_of_any_kind_are_taken(session: Bitrix24Session, portal: Portal, name: str) -> None:
    await shown(
        session, entry(person=CrmPerson(id="u-1", name=name, phone="+7916ABC"), chat=CrmChat(id="d-1", name=name))
    )
    assert len(portal.messages("d-1")) == 1


async def test_two_dialogs_of_one_person_are_two_chats_of_one_client(session: Bitrix24Session, portal: Portal) -> None:
    anna = CrmPerson(id="u-5", name="Анна")
    await shown(session, entry("m-1", "Сколько?", person=anna, chat=CrmChat(id="d-6", name="Анна: заказ")))
    await shown(session, entry("m-2", "Пишу в личку", person=anna, chat=CrmChat(id="d-5", name="Анна")))
    assert [(chat.outside, chat.person_outside) for chat in portal.chats] == [("d-6", "u-5"), ("d-5", "u-5")]
    assert len({chat.person for chat in portal.chats}) == 1


async def test_what_an_operator_of_ours_writes_appears_as_the_employees(
    session: Bitrix24Session, portal: Portal
) -> None:
    ours = {"ours": True, "origin": Origin.OPERATOR}
    await shown(session, entry("m-1"))
    await shown(session, entry("m-2", "Сейчас узнаю", employee=str(SVETLANA), author="Света", **ours))
    await shown(session, entry("m-3", "Готово", author="Пётр", **ours))
    assert [(one.author, one.text) for one in portal.messages("d-1")[1:]] == [
        (SVETLANA, "Сейчас узнаю"),
        (1, "Пётр: Готово"),
    ]


async def test_a_quote_stands_before_the_words_and_brackets_are_not_obeyed(
    session: Bitrix24Session, portal: Portal
) -> None:
    await shown(session, entry(text="[url=http://evil]bank[/url] [1]", quoted="Сколько стоит\nдоставка? " * 9))
    (message,) = portal.messages("d-1")
    quote, words = message.text.split("\n")
    assert (quote[:15], len(quote), quote[-2:]) == ("«Сколько стоит ", 62, "…»")
    assert words == "[\u200burl=http://evil]bank[\u200b/url] [1]"


async def test_a_file_outside_our_address_is_named_and_never_linked(session: Bitrix24Session, portal: Portal) -> None:
    inner = SharedFile(name="a.pdf", url="http://10.0.0.5/media/a.pdf")
    await shown(session, entry(text="", files=[inner]))
    (message,) = portal.messages("d-1")
    assert (message.text, message.files, message.problems) == ("[a.pdf]", [], [])


async def test_an_empty_message_is_shown_as_a_sign(session: Bitrix24Session, portal: Portal) -> None:
    await shown(session, entry(text=""))
    assert [one.text for one in portal.messages("d-1")] == ["…"]


async def test_edits_and_deletions_of_clients_are_shown(session: Bitrix24Session, portal: Portal) -> None:
    await shown(session, entry())
    await shown(session, entry(text="Добрый вечер", act=Act.EDIT))
    (message,) = portal.messages("d-1")
    assert (message.text, message.edited, message.deleted) == ("Добрый вечер", True, False)
    await shown(session, entry(act=Act.DELETE))
    assert portal.messages("d-1")[0].deleted


async def test_an_employee_writes_and_hears_that_it_was_sent(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    (one,) = await shown(session, entry())
    message = await portal.staff.writes(WHATSAPP, LINE, "d-1", "[b]Да[/b], [url=https://x.ru]тут[/url][br]завтра")
    await portal.settled()
    (wrote,) = written(desk)
    assert replace(wrote, at=None) == CrmWrote(
        kind="whatsapp_web",
        place=str(LINE),
        chat="d-1",
        remote=str(message.id),
        remote_chat=one.chat,
        author=str(SVETLANA),
        text="Да, тут (https://x.ru)\nзавтра",
    )
    await shown(session, entry("", act=Act.DELIVERED, chat=at(one), remote=wrote.remote, sent_as=["wa-1", "wa-2"]))
    assert (message.delivered, message.connector_mid) == (True, ["wa-1", "wa-2"])


async def test_a_doubled_event_is_one_arrival(session: Bitrix24Session, portal: Portal, desk: OfficeDesk) -> None:
    await shown(session, entry())
    portal.misbehaviour.doubled_events = 2
    await portal.staff.writes(WHATSAPP, LINE, "d-1", "Да")
    await portal.settled()
    assert len([reply for reply in desk.replies if reply.arrivals and "add:" in reply.arrivals[0].provider_id]) == 2
    assert [one.text for one in written(desk)] == ["Да"]


async def test_an_automatic_text_has_no_author(session: Bitrix24Session, portal: Portal, desk: OfficeDesk) -> None:
    await shown(session, entry())
    await portal.staff.writes(WHATSAPP, LINE, "d-1", "Мы ответим утром", automatic=True)
    await portal.settled()
    assert [(one.author, one.text) for one in written(desk)] == [("", "Мы ответим утром")]


@pytest.mark.parametrize("style", ["lines", "bbcode"])
async def test_a_quote_of_an_employee_is_taken_out_of_the_text(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, style: str
) -> None:
    await shown(session, entry(text="Сколько стоит\nдоставка?"))
    await portal.staff.quotes(portal.messages("d-1")[0], "Триста", style=style)  # type: ignore[arg-type]
    await portal.settled()
    assert [(one.quoted, one.text) for one in written(desk)] == [("Сколько стоит доставка?", "Триста")]


async def test_changes_of_an_employees_message_name_the_channels_id(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    (one,) = await shown(session, entry())
    message = await portal.staff.writes(WHATSAPP, LINE, "d-1", "Да")
    delivered = entry("", act=Act.DELIVERED, chat=at(one), remote=str(message.id), sent_as=["wa-1"])
    await shown(session, delivered)
    await portal.staff.edits(message, "Нет")
    await portal.staff.deletes(message)
    await portal.settled()
    about = {"kind": "whatsapp_web", "place": str(LINE), "chat": "d-1", "remote": str(message.id), "sent_as": "wa-1"}
    assert [replace(one, at=None) for one in desk.events[-2:-1]] == [CrmRewrote(text="Нет", **about)]
    assert desk.events[-1] == CrmWithdrew(**about)


async def test_conversations_and_disconnections_are_told(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    (one,) = await shown(session, entry())
    await portal.staff.finishes("d-1")
    await portal.staff.disconnects(WHATSAPP, LINE)
    await portal.staff.deletes_line(109)
    await portal.settled()
    about = {"kind": "whatsapp_web", "place": str(LINE), "chat": "d-1", "session": one.session}
    assert CrmConversation(**about, closed=True) in desk.events
    ended = [(one.place, one.kind) for one in desk.events[-2:] if isinstance(one, PlaceDetached)]
    assert ended == [(str(LINE), "whatsapp_web"), ("109", "")]


@pytest.mark.parametrize("link", [None, ""])
async def test_a_file_of_an_employee_is_fetched_from_the_portal(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, tmp_path: Path, link: str | None
) -> None:
    await shown(session, entry())
    portal.misbehaviour.download_link = link
    await portal.staff.writes(
        WHATSAPP, LINE, "d-1", files=[StageFile(name="Прайс.pdf", mime="application/pdf", content=b"%PDF")]
    )
    await portal.settled()
    (file,) = written(desk)[0].files
    assert (file.name, file.mime, file.size) == ("Прайс.pdf", "application/pdf", 4)
    assert "auth=" not in file.address
    renewed = len(portal.authority.renewals)
    for number, expired in enumerate((False, True)):
        if expired:
            portal.authority.expire()
        await session.fetch(file.address, tmp_path / f"file {number}")
        assert (tmp_path / f"file {number}").read_bytes() == b"%PDF"
        assert len(portal.authority.renewals) == renewed + number


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:1/x", "https://evil.ru/x", "//evil.ru/x", "file:///etc/passwd", "http://[x", "disk:x"]
)
async def test_a_file_elsewhere_is_never_fetched(session: Bitrix24Session, tmp_path: Path, link: str) -> None:
    with pytest.raises(Rejected, match=r"file_elsewhere|file_gone"):
        await session.fetch(link, tmp_path / "file")
    assert not (tmp_path / "file").exists()


async def test_a_file_that_is_too_big_is_refused(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk, tmp_path: Path
) -> None:
    await shown(session, entry())
    portal.misbehaviour.download_size = 2 << 30
    await portal.staff.writes(WHATSAPP, LINE, "d-1", files=[StageFile(name="film.mp4", mime="video/mp4", content=b"x")])
    await portal.settled()
    with pytest.raises(Rejected, match="file_too_big"):
        await session.fetch(written(desk)[0].files[0].address, tmp_path / "file")


async def test_a_failure_is_told_to_its_author_and_in_the_card(
    session: Bitrix24Session, portal: Portal, world: World
) -> None:
    (one,) = await shown(session, entry())
    await world.clock.sleep(TRACKED)
    await portal.cards_made()
    message = await portal.staff.writes(WHATSAPP, LINE, "d-1", "Да")
    failed = {"chat": at(one), "remote": str(message.id), "reason": "Нет такого номера", "employee": str(SVETLANA)}
    await shown(session, entry("", "Да", act=Act.FAILED, **failed))
    assert [(notice.user, notice.text) for notice in portal.notices] == [
        (SVETLANA, "Иван Иванов\nНет такого номера\nДа")
    ]
    assert [(comment.kind, comment.text) for comment in portal.comments] == [
        (portal.cards[-1].kind if portal.cards[-1].kind != "contact" else portal.cards[0].kind, portal.notices[0].text)
    ]
    assert not message.delivered


@pytest.mark.parametrize("lost", [False, True])
async def test_a_remark_is_one_comment_in_the_card_of_its_chat_as_soon_as_there_is_one(
    session: Bitrix24Session, portal: Portal, world: World, lost: bool
) -> None:
    (one,) = await shown(session, entry())
    about = {"chat": at(one), "remote": one.chat, "reason": "Просит перезвонить"}
    remark = entry("", act=Act.REMARK, at=world.clock.now(), **about)
    (early,) = await session.deliver([remark])
    assert isinstance(early, Retryable)
    assert early.code == "card_awaited"
    await world.clock.sleep(TRACKED)
    await portal.cards_made()
    if lost:
        portal.misbehaviour.lose_after["crm.timeline.comment.add"] = 1
    assert await session.find(remark) is None
    (outcome,) = await session.deliver([remark])
    assert isinstance(outcome, OutcomeUnknown) is lost
    assert await session.find(remark) is not None
    assert [one.text for one in portal.comments] == ["Просит перезвонить"]


async def test_a_failure_is_told_to_its_author_of_whom_no_place_is_known(
    session: Bitrix24Session, portal: Portal
) -> None:
    nowhere = replace(pairing(), kind="", place="")
    failed = {"pairing": nowhere, "chat": CrmChat(id="", name=""), "person": CrmPerson(id="", name="")}
    await shown(session, entry("", act=Act.FAILED, reason="Не соединён", employee=str(SVETLANA), **failed))
    assert [(notice.user, notice.text) for notice in portal.notices] == [(SVETLANA, "Не соединён\nДобрый день")]


async def test_a_lost_answer_is_unknown_and_found_in_the_history(session: Bitrix24Session, portal: Portal) -> None:
    (one,) = await shown(session, entry())
    for fault, found in (("lose_after", True), ("lose_before", False)):
        getattr(portal.misbehaviour, fault)["imconnector.send.messages"] = 1
        lost = entry(f"m-{fault}-2", "ещё", chat=at(one))
        (outcome,) = await session.deliver([lost])
        assert isinstance(outcome, OutcomeUnknown)
        assert (await session.find(lost) is not None) is found
    assert [one.text for one in portal.messages("d-1")] == ["Добрый день", "ещё"]


async def test_the_first_message_of_a_chat_whose_answer_was_lost_stays_unknown(
    session: Bitrix24Session, portal: Portal
) -> None:
    portal.misbehaviour.lose_after["imconnector.send.messages"] = 1
    (outcome,) = await session.deliver([entry()])
    assert isinstance(outcome, OutcomeUnknown)
    with pytest.raises(OutcomeUnknown, match="chat_unknown"):
        await session.find(entry())
    by_session = entry(chat=CrmChat(id="d-1", name="x", session=str(portal.chats[0].session)))
    found = await session.find(by_session)
    assert found
    assert found.chat == str(portal.chats[0].id)


async def test_a_lost_answer_to_what_may_be_told_twice_is_asked_again(session: Bitrix24Session, portal: Portal) -> None:
    await shown(session, entry())
    portal.misbehaviour.lose_after["imconnector.update.messages"] = 1
    with pytest.raises(Retryable):
        await session.deliver([entry(text="Добрый вечер", act=Act.EDIT)])


async def test_a_line_that_is_off_refuses_its_messages_and_no_others(session: Bitrix24Session, portal: Portal) -> None:
    other = pairing("telegram", 109, 3)
    assert await session.arrange([pairing(), other]) == {}
    portal.lines[109].active = False
    outcomes = await session.deliver([entry("m-1"), entry("m-2", pairing=other)])
    assert isinstance(outcomes[0], CrmReceipt)
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].code == "line_inactive"


async def test_one_blocked_method_blocks_no_other(session: Bitrix24Session, portal: Portal) -> None:
    (one,) = await shown(session, entry())
    message = await portal.staff.writes(WHATSAPP, LINE, "d-1", "Да")
    portal.misbehaviour.time_limited.add("imconnector.send.messages")
    told = entry("", act=Act.DELIVERED, chat=at(one), remote=str(message.id), sent_as=["wa-1"])
    for _ in range(2):
        parked, done = await session.deliver([entry("m-2"), told])
        assert isinstance(parked, RateLimited)
        assert (parked.code, done) == ("method_parked", CrmReceipt())
    assert parked.retry_after > 0
    sent = [call for call in portal.calls if call.method == "imconnector.send.messages"]
    assert len(sent) == 2
    assert message.delivered


async def test_what_nobody_delivered_is_found_by_batches(
    session: Bitrix24Session, portal: Portal, desk: OfficeDesk
) -> None:
    many = [
        entry(f"m-{n}", chat=CrmChat(id=f"d-{n}", name="x"), person=CrmPerson(id=f"u-{n}", name="Яна"))
        for n in range(1, 61)
    ]
    outcomes = await shown(session, *many)
    portal.misbehaviour.drop_events = 2
    owed = await portal.staff.writes(
        WHATSAPP, LINE, "d-3", "Ответ [b]вам[/b]", files=[StageFile(name="a.png", mime="image/png", content=b"png")]
    )
    await portal.staff.writes(WHATSAPP, LINE, "d-3", "Автоответ", automatic=True)
    heard = await portal.staff.writes(WHATSAPP, LINE, "d-55", "Слышно")
    done = await portal.staff.writes(WHATSAPP, LINE, "d-7", "Доставлено")
    chats = [
        MirroredChat(kind="whatsapp_web", place=str(LINE), chat=f"d-{n}", remote=one.chat, session=one.session)
        for n, one in enumerate(outcomes, 1)
    ]
    told = entry("", act=Act.DELIVERED, chat=CrmChat(id="d-7", name="x", remote=outcomes[6].chat), remote=str(done.id))
    await shown(session, replace(told, sent_as=["wa-7"]))
    await portal.settled()
    before = portal.requests
    found = [arrival for some in [some async for some in session.catch_up(chats)] for arrival in some]
    assert portal.requests - before == 2
    assert [arrival.provider_id for arrival in found] == [f"add:{owed.id}", f"add:{heard.id}"]
    event = found[0].event
    assert isinstance(event, CrmWrote)
    assert (event.chat, event.author, event.text) == ("d-3", str(SVETLANA), "Ответ вам")
    assert [(file.name, file.address[:5]) for file in event.files] == [("a.png", "disk:")]
    assert desk.crm.understand(desk.bound, found[0].raw) == event  # type: ignore[arg-type]
    by_event = [reply.arrivals[0].provider_id for reply in desk.replies if reply.arrivals]
    assert found[1].provider_id in by_event


@pytest.mark.parametrize(
    ("code", "may_pass"), [("CHAT_ID", False), ("CHAT_TYPE", False), ("ACCESS_DENIED", True), ("ACCESS_ERROR", True)]
)
async def test_a_chat_that_may_not_be_read_was_not_looked_into_and_one_that_is_gone_never_will_be(
    session: Bitrix24Session, portal: Portal, code: str, may_pass: bool
) -> None:
    (one,) = await shown(session, entry())
    portal.misbehaviour.unreadable_chats[int(one.chat)] = code
    look = session.catch_up([MirroredChat(kind="whatsapp_web", place=str(LINE), chat="d-1", remote=one.chat)])
    assert [some async for some in look] == [[]] if not may_pass else await anext(look) == []
    if may_pass:
        with pytest.raises(ReadInPart):
            await anext(look)


async def test_a_file_that_a_catch_up_found_is_fetched_from_the_disk(
    session: Bitrix24Session, portal: Portal, tmp_path: Path
) -> None:
    (one,) = await shown(session, entry())
    portal.misbehaviour.drop_events = 1
    await portal.staff.writes(WHATSAPP, LINE, "d-1", files=[StageFile(name="a.png", mime="image/png", content=b"png")])
    chat = MirroredChat(kind="whatsapp_web", place=str(LINE), chat="d-1", remote=one.chat)
    (some,) = [some async for some in session.catch_up([chat])]
    assert isinstance(some[0].event, CrmWrote)
    await session.fetch(some[0].event.files[0].address, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"png"


async def test_an_older_session_is_caught_up_too(session: Bitrix24Session, portal: Portal) -> None:
    (one,) = await shown(session, entry())
    portal.misbehaviour.drop_events = 1
    await portal.staff.writes(WHATSAPP, LINE, "d-1", "Ночью")
    await portal.staff.finishes("d-1")
    await shown(session, entry("m-2"))
    chat = MirroredChat(kind="whatsapp_web", place=str(LINE), chat="d-1", remote=one.chat, session=one.session)
    (some,) = [some async for some in session.catch_up([chat])]
    assert [arrival.event.text for arrival in some if isinstance(arrival.event, CrmWrote)] == ["Ночью"]
