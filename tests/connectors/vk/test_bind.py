"""Binding: by a copied key or by signing in, proved by what the key may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.ids import ChannelId, MessageId
from chatapp_cli.domain.outbound import Outbound
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Connector
from chatapp_cli.sandbox.vk import VkSandbox
from chatapp_cli.sandbox.vk.server import APP, TOKEN, USER_TOKEN, Fault
from chatapp_cli.sandbox.vk.town import GROUP, OTHER_GROUP
from tests.connectors.vk.hearing import message
from tests.contract.connector_contract import ANNA, ScriptedAsker
from tests.contract.proxy import ConnectProxy


class Administrator(ScriptedAsker):
    """Signs in at VK when sent there, and chooses a community."""

    def __init__(self, sandbox: VkSandbox, **answers: str) -> None:
        super().__init__({**sandbox.answers, "access": "oauth", "group": str(GROUP), **answers})
        self._sandbox = sandbox
        self.pages: list[Mapping[str, list[str]]] = []

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        self.pages.append(parse_qs(urlsplit(url).query))
        back = self._sandbox.allow(url)
        assert back["state"] == state
        return back


class Unwilling(Administrator):
    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        return {"error": "access_denied", "error_description": "User denied your request", "state": state}


async def blamed(connector: Connector, asker: ScriptedAsker, previous: Bound | None = None) -> Mapping[str, str]:
    with pytest.raises(UsageError):
        await connector.bind(asker, previous=previous)
    return asker.blamed


@pytest.mark.req("S-081")
async def test_a_copied_key_binds_its_community_and_shows_its_link(bound: Bound) -> None:
    assert (bound.account, bound.title) == (str(GROUP), "Ёлочный базар")
    assert bound.facts == {"Name": "Ёлочный базар", "Link to the community": "https://vk.com/yolki_bazar"}
    assert bound.secrets["token"] == TOKEN
    assert len(bound.secrets["hook_secret"]) <= 50


@pytest.mark.req("S-075")
async def test_signing_in_offers_the_communities_that_the_person_administers(
    connector: Connector, sandbox: VkSandbox
) -> None:
    asker = Administrator(sandbox)
    bound = await connector.bind(asker)
    assert bound.secrets["token"] == TOKEN
    assert bound.account == str(GROUP)
    assert bound.facts["Signed in as"] == "Ольга Лескова, https://vk.com/olga_les"
    (field,) = asker.forms[1].fields
    assert {choice.value: str(choice.label) for choice in field.choices} == {
        str(GROUP): "Ёлочный базар",
        str(OTHER_GROUP["id"]): "Клуб мастеров",
    }
    assert [str(line) for line in asker.forms[1].intro] == ["Signed in as Ольга Лескова, https://vk.com/olga_les."]


@pytest.mark.req("S-075")
async def test_vk_is_asked_first_for_the_person_and_then_for_the_community(
    connector: Connector, sandbox: VkSandbox
) -> None:
    asker = Administrator(sandbox)
    bound = await connector.bind(asker)
    person, community = asker.pages
    assert (person["scope"], person["client_id"], person["response_type"]) == (["groups"], [APP["app_id"]], ["code"])
    assert (community["group_ids"], community["scope"]) == ([str(GROUP)], ["messages,manage,photos,docs,wall"])
    assert person["redirect_uri"] == [f"{sandbox.url}/blank.html"]
    assert person["state"] != community["state"]
    assert APP["app_secret"] not in repr(bound) + str(bound.secrets)
    assert USER_TOKEN not in str(bound.secrets)


@pytest.mark.req("S-075")
async def test_whoever_does_not_allow_it_or_gives_a_wrong_application_is_asked_again(
    connector: Connector, sandbox: VkSandbox
) -> None:
    assert await blamed(connector, Unwilling(sandbox)) == {"access": "Access was not allowed: User denied your request"}
    wrong = await blamed(connector, Administrator(sandbox, app_secret="guess"))
    assert wrong == {"app_secret": "VK did not accept the application: client_secret is incorrect"}
    assert "access" in await blamed(connector, Administrator(sandbox, group="5"))
    assert "administers no such community" in str(await blamed(connector, Administrator(sandbox, group="")))
    assert "oauth_url" in await blamed(connector, Administrator(sandbox, oauth_url="vk"))


@pytest.mark.parametrize("missing", ["messages", "manage", "photos", "docs"])
async def test_a_key_without_a_right_is_refused_by_its_name(
    connector: Connector, sandbox: VkSandbox, missing: str
) -> None:
    sandbox.town.rights.remove(missing)
    asker = ScriptedAsker(sandbox.answers)
    assert await blamed(connector, asker) == {"token": f"The key lacks the rights: {missing}."}
    assert "access" in await blamed(connector, Administrator(sandbox))


async def test_a_key_of_another_community_is_another_channel(
    connector: Connector, sandbox: VkSandbox, bound: Bound
) -> None:
    other = replace(bound, account="5")
    found = await blamed(connector, ScriptedAsker(sandbox.answers), other)
    assert "another community, «Ёлочный базар»" in found["token"]


async def test_renewing_keeps_the_address_of_the_webhook_its_secret_and_the_place_in_the_events(
    connector: Connector, sandbox: VkSandbox, bound: Bound
) -> None:
    again = await connector.bind(ScriptedAsker(sandbox.answers), previous=bound)
    assert (again.hook_key, again.secrets, again.cursor) == (bound.hook_key, bound.secrets, None)


async def test_vks_trouble_blames_the_server_and_not_the_key(connector: Connector, sandbox: VkSandbox) -> None:
    sandbox.faults.append(Fault("groups.getById", 10, "Internal server error"))
    found = await blamed(connector, ScriptedAsker(sandbox.answers))
    assert found == {"api_url": "VK does not answer there: 10: Internal server error"}


async def test_everything_goes_through_the_proxy_of_the_account(connector: Connector, sandbox: VkSandbox) -> None:
    there = sandbox.url.removeprefix("http://")
    async with ConnectProxy("desk:secret-word") as proxy:
        proxied = ScriptedAsker({**sandbox.answers, "proxies": proxy.url})
        bound = await connector.bind(proxied)
        after_binding = len(proxy.led_to)
        findings = await connector.check(bound)
        after_checking = len(proxy.led_to)
        await sandbox.say(ANNA, "Ёлки?")
        async with connector.open(ChannelId(1), bound) as session:
            heard = await message(session, bound.cursor)
            answer = Outbound(message_id=MessageId(1), key="0" * 32, address=heard.peer.address, text="Есть")
            assert (await session.send(answer)).ids == ("2",)
        assert len(proxy.led_to) > after_checking
    assert bound.secrets["proxies"] == proxy.url
    assert set(proxy.led_to) == {there}
    assert len(proxy.led_to) > after_binding > 0
    assert {finding.name: finding.ok for finding in findings}["proxy"]
    assert "secret-word" not in repr(bound) + " ".join(str(finding.what) for finding in findings)
    down = {finding.name: finding for finding in await connector.check(bound)}
    assert (down["receive"].ok, down["send"].ok, down["proxy"].ok) == (False, False, False)
    assert "proxy" in str(down["send"].what)


async def test_a_check_tells_a_dead_key_from_one_that_lacks_a_right(
    connector: Connector, sandbox: VkSandbox, bound: Bound
) -> None:
    sandbox.town.rights.remove("wall")
    found = {finding.name: finding for finding in await connector.check(bound)}
    assert [found[name].ok for name in ("receive", "send", "comments")] == [True, True, True]
    assert found["comments"].next_step
    sandbox.town.rights.remove("docs")
    found = {finding.name: finding for finding in await connector.check(bound)}
    assert (found["send"].ok, str(found["send"].what)) == (False, "The key lacks the rights: docs.")
    dead = replace(bound, secrets={**bound.secrets, "token": "vk1.a.revoked"})
    found = {finding.name: finding for finding in await connector.check(dead)}
    assert [found[name].ok for name in ("receive", "send")] == [False, False]
    assert "no longer accepts" in str(found["send"].what)
    assert "vk1.a.revoked" not in str(found["send"].what)
