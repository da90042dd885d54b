"""A person at a shell who wants the conversations from before a pairing shown in the CRM."""

from __future__ import annotations

import json
from functools import partial

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.kit.crms import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import channels, crm_history, ingest, lines, links, pairings
from tests.commands.conftest import Shell

TOLD = ("Здравствуйте", "Есть ёлки?", "Спасибо")


@pytest.fixture
def paired(company: Company) -> Company:
    """A bot in which a client wrote before it was paired with an account with a chat channel."""
    line = company.write(lambda tx: lines.add(tx, "Продажи"))
    bot = Bound(account="@hvoya_bot", title="@hvoya_bot")
    channel = company.write(lambda tx: channels.save(tx, company.vault, bot, line=line, kind="telegram_bot"))
    arrivals = [
        Arrival(
            provider_id=f"p{n}",  # type: ignore[arg-type]
            raw=b"{}",
            events=(
                MessageArrived(peer=Peer(key="7", address="7"), ext_id=str(n), at=company.world.clock.now(), text=text),
            ),  # type: ignore[arg-type]
        )
        for n, text in enumerate(TOLD)
    ]
    company.write(lambda tx: ingest.ingest(tx, channel, Batch(arrivals=arrivals)))
    settings = {"channel_id": "c-1"}
    account = Bound(account="hvoya.amocrm.ru", title="hvoya.amocrm.ru", hook_key="k", settings=settings)
    link = company.write(lambda tx: links.save(tx, company.vault, account, kind="amocrm"))
    row = company.read(partial(channels.one, channel=channel))
    place, about = Place(id="1", name="Продажи"), manifest("amocrm")
    company.write(partial(pairings.attach, manifest=about, link=link, channel=row, place=place, changes={}))
    return company


def test_it_is_started_seen_and_stopped_by_commands(chatapp: Shell, paired: Company) -> None:
    assert "chatapp crm history start CHANNEL" in chatapp("crm", "history", "list").err
    said = chatapp("crm", "history", "start", "@hvoya_bot")
    assert (said.code, said.err.splitlines()[:2]) == (
        0,
        [
            "@hvoya_bot: messages from before that go to the CRM: 3.",
            "See how far it is: chatapp crm history list",
        ],
    )
    [row] = paired.read(crm_history.everything)
    paired.write(partial(crm_history.feed, link=row.link_id))
    said = chatapp("crm", "history", "list")
    assert "0 of 3" in said.out
    assert "running" in said.out
    assert chatapp("crm", "history", "stop", "@hvoya_bot").err == "@hvoya_bot: stopped, 0 of 3 are shown.\n"
    [told] = json.loads(chatapp("crm", "history", "list", "--json").out)
    assert (told["shown"], told["total"], told["running"], told["done"]) == (0, 3, False, False)


def test_what_cannot_be_is_refused_with_the_reason(chatapp: Shell, paired: Company) -> None:
    assert "Nobody asked for the messages" in chatapp.run("crm", "history", "stop", "@hvoya_bot").err
    assert "is no number of days" in chatapp.run("crm", "history", "start", "@hvoya_bot", "--days=-5").err
    link = paired.read(links.everything)[0]
    paired.write(lambda tx: links.remove(tx, link, force=True))
    said = chatapp.run("crm", "history", "start", "@hvoya_bot")
    assert (said.code != 0, "No CRM is linked yet." in said.err) == (True, True)
