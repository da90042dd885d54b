"""What the portal sends, as the provider's own library for Python (b24pysdk) reads it: the same values as ours.

Where the two differ, the test says which is right and why.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import aiohttp
import pytest
from b24pysdk.credentials import OAuthEventData, OAuthPlacementData
from b24pysdk.credentials._utils import parse_flattened_keys
from b24pysdk.credentials.auth import EventOAuth, RenewedOAuth
from hypothesis import given
from hypothesis import strategies as st

from chatapp_cli.crm.bitrix24 import bbcode, events, pages
from chatapp_cli.crm.bitrix24.access import Issued
from chatapp_cli.crm.bitrix24.connector import Bitrix24Session
from chatapp_cli.crm.bitrix24.record import NONCE, OFFER, Offer
from chatapp_cli.domain.crm.events import CrmArrival, CrmConversation, CrmRewrote, CrmWithdrew, CrmWrote, PlaceDetached
from chatapp_cli.kit.brackets import parse
from chatapp_cli.kit.lenient import read_as
from chatapp_cli.kit.records import remembered
from chatapp_cli.ports.connector import HookRequest
from chatapp_cli.sandbox.bitrix24 import Portal
from chatapp_cli.sandbox.stage import StageFile
from tests.crm.bitrix24.desk import LINE, WHATSAPP, OfficeDesk, entry

PRICES = StageFile(name="Прайс.pdf", mime="application/pdf", content=b"%PDF of prices")


def flat(request: HookRequest) -> dict[str, str]:
    """A form as web frameworks hand it to the library: one value a name."""
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def posted(desk: OfficeDesk, name: str) -> list[HookRequest]:
    """What came with this name of an event."""
    return [one for one in desk.requests if flat(one).get("event") == name]


def read_by_sdk(request: HookRequest) -> OAuthEventData:
    """An event as the library reads it.

    It wants ``event_handler_id`` of every event; those of dialogs bear ``eventId`` in its place
    (b24-rest-docs ``on-im-connector-dialog-start.md``), which we do not read at all.
    """
    form = flat(request)
    return OAuthEventData.from_dict({"event_handler_id": form.get("eventId", ""), **form})


async def everything_happens(portal: Portal, session: Bitrix24Session) -> None:
    """An event of every kind that we bind."""
    await session.deliver([entry("m-1")])
    asked = {"auth": portal.hand_out().access, NONCE: "n-1"}
    async with aiohttp.ClientSession() as http, http.post(f"{portal.client_endpoint}event.test", data=asked) as answer:
        assert answer.status == 200
    staff, chat = portal.staff, "d-1"
    message = await staff.writes(WHATSAPP, LINE, chat, "[b]Светлана:[/b] [br]1 + 1 = 2 & [i]да[/i]", files=(PRICES,))
    message.connector_mid = ["wamid-1", "wamid-2"]
    await staff.edits(message, "Добрый день, 100%")
    await staff.deletes(message)
    await staff.writes(WHATSAPP, LINE, chat, "Мы ответим утром", automatic=True)
    portal.misbehaviour.events_without_tokens = True
    await staff.writes(WHATSAPP, LINE, chat, "робот")
    portal.misbehaviour.events_without_tokens = False
    await staff.finishes(chat)
    await staff.disconnects(WHATSAPP, LINE)
    await staff.deletes_line(LINE)
    await staff.uninstalls()
    await portal.settled()


async def test_the_providers_library_reads_every_event_as_we_do(
    portal: Portal, desk: OfficeDesk, session: Bitrix24Session
) -> None:
    await everything_happens(portal, session)
    asked = [one for one in desk.requests if one.path == "event"]
    assert {flat(one)["event"] for one in asked} == {name.upper() for name in events.BOUND}
    for request in asked:
        theirs, ours = read_by_sdk(request), parse(request.body)
        auth = ours["auth"]
        assert (theirs.event, theirs.data) == (ours["event"], ours["data"])
        assert str(int(theirs.ts.timestamp())) == ours["ts"]
        assert (theirs.auth.application_token, theirs.auth.member_id) == (auth["application_token"], auth["member_id"])
        assert (theirs.auth.client_endpoint, theirs.auth.domain) == (auth["client_endpoint"], auth["domain"])
        token = theirs.auth.oauth_token
        assert (token.access_token if token else None) == auth.get("access_token")
        assert theirs.is_system is ("access_token" not in auth)
    assert any(read_by_sdk(one).is_system for one in posted(desk, events.MESSAGE_ADD))


async def test_what_we_understand_of_an_event_is_what_the_library_hands_out(
    portal: Portal, desk: OfficeDesk, session: Bitrix24Session
) -> None:
    await everything_happens(portal, session)
    pairs = list(zip(desk.requests, desk.replies, strict=True))
    understood = [(read_by_sdk(request), one) for request, reply in pairs[1:] for one in reply.arrivals]
    kinds = {type(one.event) for _, one in understood}
    assert {CrmWrote, CrmRewrote, CrmWithdrew, CrmConversation, PlaceDetached} <= kinds
    for theirs, ours in understood:
        assert_the_same(theirs, ours)


def assert_the_same(theirs: OAuthEventData, ours: CrmArrival) -> None:
    """Compare what an event means with the values that the library found in it."""
    data, event = theirs.data, ours.event
    if isinstance(event, CrmWrote | CrmRewrote | CrmWithdrew):
        (item,) = data["MESSAGES"]
        assert (event.place, event.chat, event.remote) == (data["LINE"], item["chat"]["id"], item["im"]["message_id"])
    if isinstance(event, CrmWrote):
        said = item["message"]
        assert event.author == ("" if said["user_id"] == events.SYSTEM else said["user_id"])
        assert bbcode.read(said["text"]).text == event.text
        links = [file["downloadLink"] for file in said.get("files", [])]
        assert [file.address for file in event.files] == [events.without_token(link) for link in links]
        assert [file.name for file in event.files] == [file["name"] for file in said.get("files", [])]
        assert event.at == int(theirs.ts.timestamp()) * 1000
    if isinstance(event, CrmRewrote):
        assert (event.sent_as, event.text) == (item["message"]["id"][0], item["message"]["text"])
    if isinstance(event, CrmWithdrew):
        ids = item["message"]["id"]
        assert event.sent_as == (ids if isinstance(ids, str) else ids[0])
    if isinstance(event, CrmConversation):
        assert event.session == data["DATA"][0]["session"]["id"]
    if isinstance(event, PlaceDetached):
        assert event.place == (data if isinstance(data, str) else data["line"])


async def test_an_installation_by_event_bears_the_same_tokens_for_both(portal: Portal, desk: OfficeDesk) -> None:
    await desk.install("event")
    (request,) = desk.requests
    with pytest.raises(OAuthEventData.ValidationError, match="event_handler_id"):
        # Nobody bound the installation, so it has no handler: the library is made for bound events only.
        OAuthEventData.from_dict(flat(request))
    theirs = EventOAuth.from_dict(parse_flattened_keys(flat(request))["auth"])
    assert desk.bound
    ours = await remembered(desk.bound.memory, OFFER, Offer)
    assert ours
    assert (ours.access, ours.refresh) == (theirs.oauth_token.access_token, theirs.oauth_token.refresh_token)
    assert (ours.member_id, ours.application_token) == (theirs.member_id, theirs.application_token)
    assert (ours.endpoint, ours.owner) == (theirs.client_endpoint, str(theirs.user_id))
    assert ours.expires_in == theirs.oauth_token.expires_in


async def test_an_installation_by_page_bears_the_same_tokens_for_both(portal: Portal, desk: OfficeDesk) -> None:
    await desk.install("page")
    (request,) = desk.requests
    theirs = OAuthPlacementData.from_dict({**request.query, **flat(request)})
    assert desk.bound
    ours = await remembered(desk.bound.memory, OFFER, Offer)
    assert ours
    assert (ours.access, ours.refresh) == (theirs.oauth_token.access_token, theirs.oauth_token.refresh_token)
    assert (ours.member_id, ours.expires_in) == (theirs.member_id, theirs.oauth_token.expires_in)
    assert ours.endpoint == f"{theirs.protocol.name.lower()}://{theirs.domain}/rest/" == portal.client_endpoint


async def test_a_page_of_a_connector_names_the_same_place_for_both(
    portal: Portal, desk: OfficeDesk, session: Bitrix24Session
) -> None:
    await portal.opens_settings(WHATSAPP, LINE)
    request = next(one for one in desk.requests if one.path == "connector")
    theirs = OAuthPlacementData.from_dict({**request.query, **flat(request)})
    tree = parse(request.body)
    assert theirs.placement == tree["PLACEMENT"] == "SETTING_CONNECTOR"
    assert theirs.placement_options == json.loads(tree["PLACEMENT_OPTIONS"])
    options = theirs.placement_options
    assert (
        pages.place_of(tree["PLACEMENT_OPTIONS"]) == (options["CONNECTOR"], str(options["LINE"])) == (WHATSAPP, "107")
    )
    assert (theirs.member_id, theirs.oauth_token.access_token) == (tree["member_id"], tree["AUTH_ID"])


async def test_a_robots_call_bears_the_same_step_and_proofs_for_both(
    portal: Portal, desk: OfficeDesk, session: Bitrix24Session
) -> None:
    await session.install_robots()
    deal = portal.server.office.add_card("deal", title="Заказ", responsible=1, stage="NEW")
    portal.automation.place("chatapp_send_message", "PREPARATION", {"message": "a[0]=1 & [b]да[/b]; 100%"}, timeout=60)
    await portal.staff.changes(deal, stageId="PREPARATION")
    while not desk.robots_asked:
        await asyncio.sleep(0)
    request = next(one for one in desk.requests if one.path == "robot")
    theirs = parse_flattened_keys(flat(request))
    assert theirs == parse(request.body)
    auth = EventOAuth.from_dict(theirs["auth"])
    assert (auth.member_id, auth.application_token) == (portal.member_id, portal.application_token)
    (asked,) = desk.robots_asked
    assert (asked.remote, asked.arguments["message"]) == (theirs["event_token"], theirs["properties"]["message"])
    assert asked.card
    assert theirs["document_id"][-1] == f"DEAL_{asked.card.id}"


async def test_an_answer_with_tokens_is_read_alike(portal: Portal) -> None:
    grant = {"grant_type": "refresh_token", "refresh_token": portal.hand_out().refresh}
    query = {"client_id": portal.client_id, "client_secret": portal.client_secret, **grant}
    async with aiohttp.ClientSession() as http, http.get(f"{portal.auth_address}/oauth/token/", params=query) as answer:
        body = await answer.read()
    theirs, ours = RenewedOAuth.from_dict(json.loads(body)), read_as(body, Issued, lax=True)
    assert (ours.access_token, ours.refresh_token) == (
        theirs.oauth_token.access_token,
        theirs.oauth_token.refresh_token,
    )
    assert (ours.member_id, ours.client_endpoint) == (theirs.member_id, theirs.client_endpoint)
    assert (ours.user_id, ours.expires_in) == (str(theirs.user_id), theirs.oauth_token.expires_in)


KEYS = st.integers(0, 12).map(str) | st.text(
    st.characters(exclude_characters="[]", exclude_categories=["Cs"]), min_size=1, max_size=6
).filter(lambda name: not name.isdigit())
"""Names, and numbers as they are counted: lists of any length, from zero or not, with gaps or without."""
ROOTS = KEYS.filter(lambda name: not name.isdigit())
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(["[b]x[/b]", "a[0]=1&b", ""])
TREES = st.recursive(VALUES, lambda inside: st.dictionaries(KEYS, inside, min_size=1, max_size=5), max_leaves=25)


def pairs(tree: Any, name: str) -> list[tuple[str, str]]:
    """The pairs of a tree."""
    if isinstance(tree, str):
        return [(name, tree)]
    return [pair for key, inside in tree.items() for pair in pairs(inside, f"{name}[{key}]")]


@given(st.dictionaries(ROOTS, TREES, max_size=4), st.randoms(use_true_random=False), st.booleans())
def test_brackets_in_any_order_encoded_or_not_are_read_as_the_providers_library_reads_them(
    tree: Mapping[str, Any], order: Any, encoded: bool
) -> None:
    form = [pair for name, inside in tree.items() for pair in pairs(inside, name)]
    order.shuffle(form)
    safe = "" if encoded else "[]"
    body = "&".join(f"{quote(name, safe=safe)}={quote(value, safe='[]')}" for name, value in form)
    assert parse(body.encode()) == parse_flattened_keys(dict(form))


@given(st.lists(st.tuples(ROOTS, VALUES), max_size=8))
def test_of_a_name_that_comes_twice_both_take_the_last_value(form: Sequence[tuple[str, str]]) -> None:
    assert parse(urlencode(form).encode()) == parse_flattened_keys(dict(form))


@pytest.mark.parametrize(
    ("form", "ours", "theirs"),
    [
        # PHP, which the portal is written in, appends at empty brackets; the library does not see them.
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}, {"a": "2"}),
        ([("a[][b]", "1"), ("a[][b]", "2")], {"a": [{"b": "1"}, {"b": "2"}]}, {"a": {"b": "2"}}),
        # PHP stops reading a name behind a bracket that is followed by none.
        ([("a[b]c[d]", "1")], {"a": {"b": "1"}}, {"a": {"b": {"c": {"d": "1"}}}}),
        # PHP takes an unclosed bracket for a part of the name.
        ([("a[b", "1")], {"a[b": "1"}, {"a": {"b": "1"}}),
        ([("[a]", "1")], {"[a]": "1"}, {"a": "1"}),
        # A form is a map by name at its first level, however its names look.
        ([("0", "x")], {"0": "x"}, ["x"]),
        # A map that came before is replaced by a text, as in PHP; both do so.
        ([("a[b]", "1"), ("a", "2")], {"a": "2"}, {"a": "2"}),
        # The other way round, the library fails; a call from outside must not.
        ([("a", "2"), ("a[b]", "1")], {"a": {"b": "1"}}, TypeError),
        # Digits that count nothing: the library takes them for numbers and fails.
        ([("a[00]", "1")], {"a": {"00": "1"}}, KeyError),
        ([("a[²]", "1")], {"a": {"²": "1"}}, ValueError),
        # A value without a name.
        ([("", "1")], {}, IndexError),
    ],
)  # fmt: skip
def test_where_the_library_reads_brackets_otherwise_ours_reads_as_php(
    form: Sequence[tuple[str, str]], ours: Any, theirs: Any
) -> None:
    assert parse(urlencode(form).encode()) == ours
    if isinstance(theirs, type):
        with pytest.raises(theirs):
            parse_flattened_keys(dict(form))
    else:
        assert parse_flattened_keys(dict(form)) == theirs


async def test_everything_that_the_portal_posts_is_one_tree_for_both(
    portal: Portal, desk: OfficeDesk, session: Bitrix24Session
) -> None:
    await everything_happens(portal, session)
    await portal.settled()
    forms = [form for form, _ in portal.server.courier.posted]
    assert len(forms) > len(events.BOUND)
    for form in forms:
        assert parse(urlencode(form).encode()) == parse_flattened_keys(dict(form))
