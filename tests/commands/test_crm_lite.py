"""A person at a shell who links a portal by a webhook alone, on a machine that nobody reaches from outside."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.ids import ChannelId, LinkId
from chatapp_cli.services import links
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import Shell
from tests.commands.crm_office import Office, eventually


def hears(company: Company, channel: ChannelId, *texts: str) -> None:
    """A client writes."""
    for text in texts:
        event = MessageArrived(
            peer=Peer(key="anna", address="anna", title="Анна"),
            ext_id=text,
            at=company.world.clock.now(),
            text=text,
            sender=Profile(id="anna", name="Анна Петрова"),
        )
        batch = Batch(arrivals=(Arrival(provider_id=text, raw=b"{}", events=(event,)),))
        company.write(lambda tx, batch=batch: ingest(tx, channel, batch))  # type: ignore[misc]


def written(office: Office) -> list[str]:
    return [one.text.partition("\n")[2] for one in office.portal.comments]


@pytest.fixture
def linked(chatapp: Shell, company: Company, office: Office) -> LinkId:
    said = chatapp("crm", "link", "bitrix24", "--set", "way=webhook", "--set", f"webhook={office.portal.webhook}")
    secret = office.portal.webhook.rstrip("/").rpartition("/")[2]
    assert secret not in said.out + said.err
    assert "messages go there while the daemon runs: chatapp serve" in said.err
    link = LinkId(int(said.out))
    eventually(lambda: company.read(lambda tx: links.one(tx, link)).state == LinkState.OK)
    return link


@pytest.mark.req("S-016", part="deals and contacts in Bitrix24")
def test_a_conversation_stands_as_comments_in_one_deal_without_a_public_address(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    assert chatapp("crm", "list").rows[0][1:4] == [office.portal.domain, "Bitrix24", "works"]
    assert chatapp("crm", "places").rows == [["deal-0", "Deals: Общая", "on", ""], ["lead", "Leads", "on", ""]]
    chatapp("crm", "attach", bound, "Deals: Общая")
    hears(company, bound, "Здравствуйте", "Где ёлка?")
    eventually(lambda: written(office) == ["Здравствуйте", "Где ёлка?"])
    (deal,) = [card for card in office.portal.cards if card.kind == "deal"]
    (contact,) = [card for card in office.portal.cards if card.kind == "contact"]
    assert (contact.title, deal.contact) == ("Анна Петрова", contact.id)
    assert chatapp("crm", "outbox", "list").err == "The CRMs have been told everything.\n"
    assert {call.context for call in office.portal.calls} == {"webhook"}
    assert [call.error for call in office.portal.calls if call.error] == []


def test_the_deal_in_which_a_conversation_stands_is_shown(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    chatapp("crm", "attach", bound, "deal-0")
    hears(company, bound, "Здравствуйте")
    eventually(lambda: written(office) == ["Здравствуйте"])
    eventually(lambda: company.read(lambda tx: links.one(tx, linked)).waiting == 0)
    (deal,) = [card for card in office.portal.cards if card.kind == "deal"]
    (shown,) = chatapp("crm", "card", 1, "--json").json
    (card,) = shown["cards"]
    assert (card["card"], card["title"], shown["code"]) == (f"deal:{deal.id}", deal.title, "")
    assert (card["pipeline"], card["stage"]) == ("Общая", "Новая")
    assert card["url"].endswith(f"/crm/deal/details/{deal.id}/")


def test_a_link_by_webhook_is_spoken_of_as_what_it_is(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    assert "Way by a webhook alone" in [" ".join(line.split()) for line in chatapp("crm", "show").out.splitlines()]
    assert chatapp("crm", "list", "--json").json[0]["one_way"] is True
    for words in (("crm", "catchup"), ("crm", "write", "deal:17", "Здравствуйте")):
        refused = chatapp.run(*words)
        assert refused.code == 1
        assert f"Nothing comes here from {office.portal.domain}: it is linked by a webhook alone." in refused.err
        assert ("chatapp reply DIALOG, chatapp send ADDRESS" in refused.err) is ("write" in words)
        assert f"chatapp crm link --renew {linked}" in refused.err
    said = chatapp("crm", "unlink", "--force").err
    assert "Delete the webhook there too: whoever has its address can read the CRM." in said
    assert "application" not in said


def test_an_outage_and_lost_answers_lose_and_double_nothing(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    chatapp("crm", "attach", bound, "deal-0")
    office.portal.misbehaviour.lose_after = {"crm.item.add": 2, "batch": 1}
    hears(company, bound, "раз")
    office.do(office.portal.vanish())
    hears(company, bound, "два")
    office.do(office.portal.come_back())
    chatapp("crm", "resume")
    hears(company, bound, "три")
    eventually(lambda: written(office)[-1:] == ["три"])
    assert written(office) == ["раз", "два", "три"]
    assert sorted(card.kind for card in office.portal.cards) == ["contact", "deal"]


def test_a_link_that_goes_another_way_says_which_channels_are_to_be_paired_again_and_loses_no_message(
    chatapp: Shell, company: Company, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    chatapp("crm", "attach", bound, "lead")
    chatapp("company", "configure", "--set", f"public_url={office.address}")
    given = {"way": "application", **office.answers}
    chatapp("crm", "link", "--renew", linked, *(f"--set={name}={value}" for name, value in given.items()))
    said = chatapp("crm", "show").err
    assert "The link goes another way now, and this place is none of it." in said
    assert "See its places: chatapp crm places 1, and pair again: chatapp crm attach CHANNEL PLACE --link 1" in said
    key = company.read(lambda tx: links.one(tx, linked)).hook_key
    eventually(lambda: office.installs(key))
    eventually(lambda: company.read(lambda tx: links.one(tx, linked)).state == LinkState.OK)
    hears(company, bound, "Здравствуйте")
    eventually(lambda: chatapp("crm", "show", "--json").json["pairings"][0]["waits"])
    assert chatapp("crm", "outbox", "list", "--json").json[0]["code"] == "other_way"
    listed = chatapp.run("crm", "list")
    assert (listed.code, listed.rows[0][5], listed.rows[0][7]) == (4, "1", "0")
    assert "What is to be told waits, and goes out in order" in listed.err
    line = office.portal.add_line("Опт")
    chatapp("crm", "attach", bound, line)
    eventually(lambda: chatapp("crm", "outbox", "list").err == "The CRMs have been told everything.\n")


def test_a_doctor_of_a_webhook_asks_for_no_address(
    chatapp: Shell, office: Office, linked: LinkId, bound: ChannelId
) -> None:
    chatapp("crm", "attach", bound, "lead")
    port = str(urlsplit(office.address).port)
    said = chatapp.run("doctor", "crm", "--json", CHATAPP_HTTP_PORT=port)
    found = {one["name"].rpartition(" ")[2]: one["ok"] for one in said.json}
    assert found == dict.fromkeys(
        ("daemon", "state", "tokens", "scopes", "clock", "uncalled", "pairings", "outbox", "calls", "answers"), True
    )
    assert [one for one in said.json if one["next_step"]] == []
    assert said.code == 0
    robots = chatapp.run("crm", "robots", "install")
    assert (robots.code, robots.out) == (1, "")
    assert robots.err == (
        f"{office.portal.domain} is linked by a webhook alone, and its automations cannot call this desk.\n"
        "→ Robots need the other way of linking: chatapp crm link --renew 1\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "webhook="], "An answer is needed"),
        (["--set", "webhook=https://firma.bitrix24.ru/crm/"], "An address like https://company.bitrix24.ru/rest/1/"),
        (["--set", "way=pigeon"], "Choose one of: application, webhook"),
    ],
)
def test_what_is_no_webhook_is_refused_with_what_to_do(
    chatapp: Shell, company: Company, words: list[str], said: str
) -> None:
    refused = chatapp.run("crm", "link", "bitrix24", "--set", "way=webhook", *words)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert company.read(links.everything) == []
