"""One person, many channels: from the command line."""

from __future__ import annotations

import pytest

from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.arrival import Arrival, Batch, MessageArrived, Peer, Profile
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.services.ingest import ingest
from tests.commands.conftest import NOON, Shell


@pytest.fixture
def two(company: Company, bound: ChannelId) -> None:
    """Anna writes under two names, by the same number."""
    for n, name in enumerate(("Анна", "Аня"), 1):
        write(company, bound, n, name)


def write(company: Company, channel: ChannelId, n: int, name: str) -> None:
    """She writes under one of her names."""
    event = MessageArrived(
        peer=Peer(key=f"client-{n}", address=f"client-{n}", title=name),
        ext_id=f"in-{n}",
        at=NOON + n,
        text=f"Здравствуйте, это {name}",
        sender=Profile(id=f"client-{n}", name=name, phone="8 916 123-45-67", username=f"anna_{n}"),
    )
    arrival = Arrival(provider_id=f"p{n}", raw=b"{}", events=(event,))
    company.write(lambda tx: ingest(tx, channel, Batch(arrivals=(arrival,))))


@pytest.mark.req("S-119", part="by operators, not by robots")
def test_contacts_are_suggested_joined_shown_with_their_chat_ids_and_parted(chatapp: Shell, two: None) -> None:
    assert chatapp("contact", "suggestions").rows == [["1", "Анна", "2", "Аня", "the same number +79161234567"]]
    (found,) = chatapp("contact", "suggestions", "@anna_2", "--json").json
    assert (found["one"]["id"], found["other"]["id"]) == (2, 1)
    assert found["reasons"] == [{"kind": "phone", "shared": "+79161234567"}]
    assert "chatapp contact unmerge 2" in chatapp("contact", "merge", "@anna_1", "2").err
    assert chatapp("contact", "suggestions").rows == []
    shown = chatapp("contact", "show", "+7 916 123 45 67", "--json").json
    assert (shown["id"], shown["name"], [one["id"] for one in shown["contacts"]]) == (1, "Анна", [1, 2])
    assert [one["dialogs"][0]["chat_id"] for one in shown["contacts"]] == ["client-1", "client-2"]
    said = chatapp("contact", "show", "2").out
    assert "Username\t@anna_1, @anna_2" in said
    assert "client-2" in said
    assert "Contact 2 is the same person as contact 1" in chatapp("tail").out
    assert chatapp.run("contact", "merge", "1", "2").code == 1
    chatapp("contact", "unmerge", "1")
    assert chatapp.run("contact", "show", "+7 916 123 45 67").code == 2
    assert chatapp.run("contact", "unmerge", "2").code == 1


def test_suggestions_that_are_not_shown_are_said_with_the_option_that_shows_them(
    chatapp: Shell, company: Company, bound: ChannelId, two: None
) -> None:
    write(company, bound, 3, "Нюра")
    for words, pairs in (((), 3), (("1",), 2)):
        whole = chatapp("contact", "suggestions", *words, "--limit", str(pairs))
        assert (len(whole.rows), whole.err) == (pairs, "")
        cut = chatapp("contact", "suggestions", *words, "--limit", "1")
        assert len(cut.rows) == 1
        assert "These are the first 1; more with: --limit 10" in cut.err


def test_who_is_said_to_be_somebody_else_is_suggested_no_more(chatapp: Shell, two: None) -> None:
    chatapp("contact", "apart", "1", "2")
    assert chatapp("contact", "suggestions", "--json").json == []
    assert chatapp("contact", "suggestions", "1").rows == []


def test_all_that_was_said_with_a_person_is_shown_in_the_order_of_time(chatapp: Shell, two: None) -> None:
    chatapp("contact", "merge", "1", "2")
    shown = chatapp("dialog", "show", "2", "--person", "--json").json
    assert [(one["dialog_id"], one["kind"], one["text"]) for one in shown["messages"]] == [
        (1, "api", "Здравствуйте, это Анна"),
        (2, "api", "Здравствуйте, это Аня"),
    ]
    assert shown["person"]["id"] == 1
    said = chatapp("dialog", "show", "1", "--person").out
    assert said.index("client-1]") < said.index("это Анна") < said.index("client-2]") < said.index("это Аня")


def test_a_chain_of_the_person_carries_a_message_by_either_of_their_names(chatapp: Shell, two: None) -> None:
    chatapp("contact", "merge", "1", "2")
    chatapp("contact", "chain", "@anna_2", "api")
    assert chatapp("contact", "chain", "@anna_1").rows[0][-1] == "api"
    sent = chatapp("send", "@anna_2", "--text", "Добрый день", "--wait", "0", "--json").json
    assert sent["dialog"] == 2
    assert chatapp("send", "@anna_1", "--text", "И вам", "--wait", "0", "--json").json["dialog"] == 1
