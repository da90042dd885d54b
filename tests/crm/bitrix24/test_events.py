"""What comes from outside: events as the documents show them, forged, foreign, doubled, and nonsense of any size."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.crm.bitrix24 import accept, bbcode, events, names
from chatapp_cli.crm.bitrix24.bind import portal_of
from chatapp_cli.crm.bitrix24.connector import Bitrix24
from chatapp_cli.crm.bitrix24.record import INSTALLED, Installation
from chatapp_cli.domain.crm.entry import CrmPerson
from chatapp_cli.domain.crm.events import CrmWrote, LinkRemoved, RemoteFile
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.kit.brackets import parse
from chatapp_cli.kit.records import written
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.ports.crm import CrmReply
from tests.unit.kit.worlds import NOON, held_world

TOKEN = "51856f" * 5
MEMBER = "a223c6" * 5
AUTH = {"auth[application_token]": TOKEN, "auth[member_id]": MEMBER, "auth[domain]": "demo.bitrix24.ru"}
DASHES = "-" * 54
ADD = {
    "event": "ONIMCONNECTORMESSAGEADD",
    "event_handler_id": "555",
    "data[CONNECTOR]": "chatapp_telegram",
    "data[LINE]": "107",
    "data[MESSAGES][0][im][chat_id]": "1807",
    "data[MESSAGES][0][im][message_id]": "86497",
    "data[MESSAGES][0][message][user_id]": "27",
    "data[MESSAGES][0][message][text]": "[b]Светлана:[/b] [br]Добрый день!",
    "data[MESSAGES][0][chat][id]": "d-5",
    "ts": str(NOON // 1000 - 60),
    "auth[access_token]": "sesame",
}


async def installed() -> Bound:
    bound = Bound(
        account="demo.bitrix24.ru",
        title="demo",
        settings={"portal": "https://demo.bitrix24.ru", "client_id": "local.1", "auth_server": "https://oauth.test"},
        secrets={"client_secret": "s", "grant": "g", "state": "st", "window": str(NOON + 600_000)},
        hook_key="k" * 32,
    )
    endpoint = "https://demo.bitrix24.ru/rest/"
    known = Installation(member_id=MEMBER, endpoint=endpoint, application_token=TOKEN, owner="1")
    await bound.memory.save({INSTALLED: written(known)})
    return bound


def call(form: dict[str, str] | bytes, page: str = "event", method: str = "POST", **query: str) -> HookRequest:
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    return HookRequest(method=method, path=page, query=query, headers={}, body=body)


async def taken(form: dict[str, str] | bytes, **how: Any) -> CrmReply:
    return await accept.accept(await installed(), call(form, **how), held_world(NOON), accept.KnownPortals())


async def test_an_event_is_understood_and_kept_without_tokens() -> None:
    reply = await taken({**ADD, **AUTH})
    (one,) = reply.arrivals
    assert (reply.status, one.provider_id, one.problem) == (200, "add:86497", "")
    assert one.event == CrmWrote(
        kind="telegram",
        place="107",
        chat="d-5",
        remote="86497",
        remote_chat="1807",
        author="27",
        text="Добрый день!",
        at=NOON - 60_000,
    )
    assert b"sesame" not in one.raw
    assert TOKEN.encode() not in one.raw
    assert Bitrix24(held_world()).understand(await installed(), one.raw) == one.event


@pytest.mark.parametrize(
    "wrong",
    [
        {"auth[application_token]": "x" * 30},
        {"auth[application_token]": ""},
        {"auth[member_id]": "another"},
        {"auth[member_id]": "", "auth[application_token]": ""},
        {"auth": "text"},
        {"auth[application_token][]": TOKEN},
    ],
)
async def test_a_forged_foreign_or_tokenless_event_is_refused(wrong: dict[str, str]) -> None:
    reply = await taken({**ADD, **AUTH, **wrong})
    assert (reply.status, reply.arrivals) == (403, ())
    assert (await taken(ADD)).status == 403


async def test_an_event_that_a_robot_caused_needs_no_tokens_but_the_password() -> None:
    form = {name: said for name, said in ADD.items() if name != "auth[access_token]"}
    assert len((await taken({**form, **AUTH})).arrivals) == 1


async def test_several_messages_of_an_event_arrive_apart_also_with_a_gap() -> None:
    second = {name.replace("[0]", "[7]", 1): said for name, said in ADD.items() if "MESSAGES" in name}
    second["data[MESSAGES][7][im][message_id]"] = "86498"
    reply = await taken({**ADD, **second, **AUTH})
    assert [one.provider_id for one in reply.arrivals] == ["add:86497", "add:86498"]


@pytest.mark.parametrize(
    "change",
    [
        {"data[MESSAGES][0][im][message_id]": ""},
        {"data[MESSAGES][0][chat][id]": ""},
        {"data[CONNECTOR]": "livechat"},
        {"data[LINE]": ""},
        {"data[MESSAGES]": "text"},
        {"data": "text"},
        {"event": "ONSOMETHINGNEW"},
        {"data[MESSAGES][0]": "text"},
        {"data[MESSAGES][0][message][text]": " "},
    ],
)
async def test_what_is_not_understood_is_kept_with_the_reason(change: dict[str, str]) -> None:
    reply = await taken({**ADD, **change, **AUTH})
    (one,) = reply.arrivals
    assert (reply.status, one.event) == (200, None)
    assert one.problem
    with pytest.raises(ValueError, match=r"."):
        Bitrix24(held_world()).understand(await installed(), one.raw)


async def test_an_empty_message_leaves_its_place_to_what_a_catch_up_finds() -> None:
    reply = await taken({**ADD, "data[MESSAGES][0][message][text]": "", **AUTH})
    assert not reply.arrivals[0].provider_id.startswith("add:")


@pytest.mark.parametrize(
    ("file", "read"),
    [
        (
            {"name": "a.pdf", "downloadLink": "/rest/download.json?token=t&auth=sesame", "size": "7"},
            ("a.pdf", "/rest/download.json?token=t", 7),
        ),
        ({"name": "../../a", "link": "https://demo.bitrix24.ru/x"}, (".._.._a", "https://demo.bitrix24.ru/x", 0)),
        ({"url": "https://demo.bitrix24.ru/y", "size": "-1"}, ("file", "https://demo.bitrix24.ru/y", 0)),
        ({"url": "https://demo.bitrix24.ru/y", "size": "9" * 40}, ("file", "https://demo.bitrix24.ru/y", 0)),
    ],
)
async def test_files_are_read_in_every_spelling(file: dict[str, str], read: tuple[str, str, int]) -> None:
    told = {f"data[MESSAGES][0][message][files][0][{name}]": said for name, said in file.items()}
    (one,) = (await taken({**ADD, **told, **AUTH})).arrivals
    assert isinstance(one.event, CrmWrote)
    assert one.event.files == (RemoteFile(name=read[0], address=read[1], size=read[2]),)
    assert b"sesame" not in one.raw


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("data[MESSAGES][0][message][files][0][urlDownload]", "https://b/f?auth=sesame&x=1", "https://b/f?x=1"),
        ("data[MESSAGES][0][message][files][0][link]", "http://[bad?x=1&auth=sesame", "http://[bad?x=1"),
        ("data[MESSAGES][0][message][files][0][access_token]", "sesame", ""),
        ("data[MESSAGES][0][message][auth]", "sesame", ""),
    ],
)
async def test_a_token_is_kept_nowhere_and_no_link_keeps_its_message_away(name: str, value: str, kept: str) -> None:
    (one,) = (await taken({**ADD, name: value, **AUTH})).arrivals
    assert isinstance(one.event, CrmWrote)
    assert b"sesame" not in one.raw
    assert kept.encode() in one.raw


async def test_a_message_that_only_mentions_a_token_stays_as_it_is() -> None:
    (one,) = (await taken({**ADD, "data[MESSAGES][0][message][text]": "https://x.ru/?auth=1&b=2", **AUTH})).arrivals
    assert isinstance(one.event, CrmWrote)
    assert one.event.text == "https://x.ru/?auth=1&b=2"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * (1 << 20),
        b"a" + b"[b]" * 10_000 + b"=1",
        b"&".join(b"a%d=1" % n for n in range(50_000)),
        b"\xff\xfe\x00",
        b'{"event":"ONIMCONNECTORMESSAGEADD"}',
        b"",
    ],
    ids=["brackets", "deep", "many names", "bytes", "JSON", "nothing"],
)
@pytest.mark.parametrize("page", ["event", "install", "connector"])
async def test_nonsense_of_any_size_is_refused_and_nothing_is_kept(body: bytes, page: str) -> None:
    bound = await installed()
    before = dict(await bound.memory.known())
    reply = await accept.accept(bound, call(body, page), held_world(NOON), accept.KnownPortals())
    assert reply.status in {400, 403}
    assert reply.arrivals == ()
    assert await bound.memory.known() == before


@pytest.mark.parametrize(
    ("page", "method", "status"),
    [("event", "GET", 405), ("install", "HEAD", 405), ("code", "POST", 405), ("other", "POST", 404), ("", "GET", 404)],
)
async def test_other_calls_are_told_so(page: str, method: str, status: int) -> None:
    assert (await taken(b"", page=page, method=method)).status == status


async def test_an_event_for_a_desk_that_is_not_installed_is_refused() -> None:
    bound = await installed()
    await bound.memory.save({INSTALLED: ""})
    assert (await accept.accept(bound, call({**ADD, **AUTH}), held_world(NOON), accept.KnownPortals())).status == 403


async def test_a_new_password_is_taken_at_once_and_the_old_one_no_longer_after_a_moment() -> None:
    bound, portals = await installed(), accept.KnownPortals()

    async def status(token: str, at: int) -> int:
        form = {**ADD, **AUTH, "auth[application_token]": token}
        return (await accept.accept(bound, call(form), held_world(at), portals)).status

    assert await status(TOKEN, NOON) == 200
    known = Installation(member_id=MEMBER, endpoint="https://demo.bitrix24.ru/rest/", application_token="renewed")
    await bound.memory.save({INSTALLED: written(known)})
    assert await status("renewed", NOON + 1) == 200
    assert [await status(TOKEN, NOON + 2), await status("renewed", NOON + 2)] == [403, 200]
    await bound.memory.save({INSTALLED: ""})
    assert await status("renewed", NOON + 1500) == 403


async def test_a_removal_is_told_without_tokens() -> None:
    (one,) = (await taken({"event": "ONAPPUNINSTALL", "data[CLEAN]": "1", "ts": "1", **AUTH})).arrivals
    assert one.event == LinkRemoved()


@given(st.dictionaries(st.sampled_from(sorted(ADD)), st.text(max_size=20), max_size=6))
def test_an_event_with_any_values_is_understood_or_explained(changes: dict[str, str]) -> None:
    tree = parse(urlencode({**ADD, **changes}).encode("utf-8", "surrogatepass"))
    for part in events.kept(tree, lambda _connector, _line: False):
        arrival = events.arrival(part, NOON)
        assert (arrival.event is None) is bool(arrival.problem)
        assert arrival.provider_id
        assert json.loads(part.raw) == part.tree


@given(st.text())
def test_a_name_has_only_letters_blanks_hyphens_and_apostrophes(name: str) -> None:
    said = names.called(CrmPerson(id="u", name=name))
    for part in said.values():
        assert 0 < len(part) <= names.LONGEST
        assert not set(part) & set('0123456789_<>[](){}@#%&*+=/\\|"!?.,:;~^$№🙂')


@pytest.mark.parametrize(
    ("person", "said"),
    [
        (CrmPerson(id="u", name="Иван Иванов"), {"name": "Иван", "last_name": "Иванов"}),
        (CrmPerson(id="u", name="Иван"), {"name": "Иван"}),
        (CrmPerson(id="u", name="🙂 123"), {"name": "Клиент"}),
        (CrmPerson(id="u", name="❤️ 1️⃣"), {"name": "Клиент"}),
        (CrmPerson(id="u", name="Ма́ша ❤️"), {"name": "Ма́ша"}),
        (
            CrmPerson(id="u", name="x", first_name="Анна-Мария", last_name="О’Нил"),
            {"name": "Анна-Мария", "last_name": "О’Нил"},
        ),
        (CrmPerson(id="u", name="x", last_name="Петров"), {"name": "Петров"}),
        (CrmPerson(id="u", name="ООО «Ромашка» (опт)"), {"name": "ООО", "last_name": "Ромашка опт"}),
    ],
)
def test_names_are_taken_apart(person: CrmPerson, said: dict[str, str]) -> None:
    assert names.called(person) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[b]Да[/b] [i]и[/i] [u]нет[/u] [s]о[/s]", "Да и нет о"),
        ("a[br]b[BR]c", "a\nb\nc"),
        ("[url=https://x.ru/a]тут[/url]", "тут (https://x.ru/a)"),
        ("[url]https://x.ru[/url] [url=https://x.ru]https://x.ru[/url]", "https://x.ru https://x.ru"),
        ("[USER=27]Олег[/USER], [1] [да] a[0]", "Олег, [1] [да] a[0]"),
        ("[list][*]раз[*]два[/list]", "- раз\n- два"),
        ("[url=x]не закрыт", "не закрыт"),
    ],
)
def test_tags_become_plain_text(text: str, shown: str) -> None:
    assert bbcode.read(text).text == shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[b]Светлана:[/b] [br]Добрый день!", bbcode.Said("Добрый день!", signature="Светлана")),
        ("[b]Адрес доставки:[/b]\nЛенина 5", bbcode.Said("Адрес доставки:\nЛенина 5")),
        ("[b]Итого:[/b][br]5000", bbcode.Said("Итого:\n5000")),
        (
            f"{DASHES}\nЧай 100\nКофе 200\n{DASHES}\nЧто берёте?",
            bbcode.Said(f"{DASHES}\nЧай 100\nКофе 200\n{DASHES}\nЧто берёте?"),
        ),
        (f"{DASHES}\nАнна [12.05.2026 10:00]\nЧай есть?\n{DASHES}\nЕсть", bbcode.Said("Есть", "Чай есть?")),
        (f"{DASHES}\nАнна [12.05.2026 10:00]\nЧай есть?\n{DASHES}\n", bbcode.Said("Чай есть?")),
        ("[quote=Анна]Чай есть?[/quote]", bbcode.Said("Чай есть?")),
        ("[quote]а[quote]б[/quote]в[/quote]хвост", bbcode.Said("хвост", "а в")),
        ("[quote]а[quote]б[/quote]хвост", bbcode.Said("хвост", "аб")),
        (
            f"{DASHES}\nСвета [12:01]\n{DASHES}\nИван [12:00]\nСто?\n{DASHES}\nДа\n{DASHES}\nЖду",
            bbcode.Said("Жду", "Да"),
        ),
        (f"[quote]Света [12:01]\n{DASHES}\nИван [12:00]\nСто?\n{DASHES}\nДа[/quote]\nЖду", bbcode.Said("Жду", "Да")),
        (f"{DASHES}\nСвета [12:01]\n[quote]Иван [12:00]\nСто?[/quote]\nДа\n{DASHES}\nЖду", bbcode.Said("Жду", "Да")),
        (f"{DASHES}\nИван [12:00]\nСто?\n{DASHES}\nЖду в среду [12:00]", bbcode.Said("Жду в среду [12:00]", "Сто?")),
    ],
)
def test_of_an_employee_s_words_only_a_signature_and_a_quote_are_taken_apart(text: str, said: bbcode.Said) -> None:
    assert bbcode.read(text) == said


@given(st.text())
def test_what_is_shielded_is_read_back_as_it_was(text: str) -> None:
    assert bbcode.plain(bbcode.shielded(text)).replace("\u200b", "") == text.strip().replace("\u200b", "")


@pytest.mark.parametrize(
    "text",
    [
        "-" * 200_000,
        "[url=" * 50_000,
        "[quote]" * 30_000,
        "[b]" * 60_000,
        "[b]x:" * 40_000,
        f"{'-' * 30}\n{'[1:11' * 40_000}",
        f"{'-' * 30}\nА [1:11]\n" * 20_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.perf_counter()
    bbcode.read(text)
    assert time.perf_counter() - begun < 1


@given(st.text(max_size=40))
def test_an_address_is_canonical_or_refused(said: str) -> None:
    try:
        assert portal_of(portal_of(said)) == portal_of(said)
    except UsageError as refusal:
        assert refusal.field == "portal"  # noqa: PT017 - most texts are no address
