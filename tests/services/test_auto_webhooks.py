"""Rules tell other programs what happened: each call is queued with its act, and ends it as it fared."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from chatapp_cli.domain.automation import PlannedState
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.option import COMPANY
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import T
from chatapp_cli.services import auto_addresses, auto_calls, auto_presence, auto_rules, auto_run, auto_secrets, dialogs
from chatapp_cli.services.auto_calls import AutoCall
from chatapp_cli.services.options import Changes, change
from chatapp_cli.store.tx import Tx
from tests.services.automated import Automated
from tests.stores import Shop

URL = "https://example.org/desk?token=hidden"
NUMBERS = count(1)


@pytest.fixture
def desk(shop: Shop) -> Automated:
    return Automated(shop)


def secret() -> str:
    return f"secret {next(NUMBERS)}"


def claimed(desk: Automated, n: int = 10) -> list[AutoCall]:
    return list(desk.shop.write(lambda tx: auto_calls.claim(tx, n, desk.shop.vault, secret)))


def ended(desk: Automated) -> list[tuple[str, str]]:
    return [(one.state, str(recalled(one.outcome))) for one in desk.acts()]


@pytest.mark.req("S-035", part="webhook")
def test_what_happened_is_queued_with_the_act_whatever_becomes_of_the_daemon(desk: Automated) -> None:
    rule = desk.rule(do=[("webhook", URL)], asked={"words": ["опт"]})
    dialog = desk.shop.message(desk.shop.hear(desk.shop.channel(), "Почём опт?")).dialog_id
    desk.shop.write(lambda tx: dialogs.tag(tx, dialog, "vip"))
    assert desk.step()

    def dies(tx: Tx) -> None:
        auto_run.work(tx, desk.desk)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        desk.shop.write(dies)
    assert claimed(desk) == []
    desk.works()
    [call] = claimed(desk)
    [act] = desk.acts()
    assert (act.state, act.ended_at) == ("calling", None)
    assert call.delivery == f"{rule}/1/{act.event}/0"
    said = json.loads(call.body)
    assert {name: said[name] for name in ("id", "event", "why")} == {
        "id": call.delivery, "event": "message.arrived", "why": "it says «опт»",
    }  # fmt: skip
    assert said["rule"] == {"id": rule, "name": "Опт", "version": 1}
    assert (said["message"]["text"], said["message"]["direction"]) == ("Почём опт?", "in")
    assert (said["dialog"]["id"], said["dialog"]["tags"]) == (dialog, ["vip"])
    assert said["contact"]["name"] == said["dialog"]["name"]
    assert URL not in repr(call)
    assert call.secret not in repr(call)


def test_a_call_that_is_not_taken_is_repeated_with_growing_pauses_and_given_up(desk: Automated) -> None:
    desk.rule(do=[("webhook", URL)])
    desk.heard(desk.shop.channel())
    began, waits, ids = desk.shop.clock.at, [], set()
    for _ in range(6):
        [call] = claimed(desk)
        ids.add(call.delivery)
        desk.shop.write(lambda tx, call=call: auto_calls.again(tx, call, T("HTTP 503")))
        due = desk.shop.read(auto_calls.next_due)
        waits.append(None if due is None else (due - desk.shop.clock.at) // 1000)
        assert claimed(desk) == []
        desk.shop.clock.at = due or desk.shop.clock.at
    assert (waits, len(ids)) == ([10, 60, 300, 1800, 7200, None], 1)
    assert ended(desk) == [("failed", "given up after 6 attempts: HTTP 503")]
    assert desk.shop.clock.at > began
    assert not desk.shop.read(auto_presence.has_calls)


def test_a_call_that_the_daemon_died_over_is_made_again_under_the_same_id_and_secret(desk: Automated) -> None:
    rule = desk.rule(do=[("webhook", URL)])
    desk.heard(desk.shop.channel())
    [first] = claimed(desk)
    assert claimed(desk) == []
    desk.shop.write(auto_calls.recover)
    [again] = claimed(desk)
    assert (again.delivery, again.secret, again.tries) == (first.delivery, first.secret, 2)
    desk.shop.write(lambda tx: auto_calls.put_back(tx, again))
    assert claimed(desk)[0].tries == 2
    desk.shop.write(lambda tx: auto_calls.end(tx, again.act, PlannedState.DONE, T("taken")))
    assert ended(desk) == [("done", "taken")]
    shown = desk.shop.read(lambda tx: auto_secrets.shown(tx, rule, desk.shop.vault, secret))
    assert shown == first.secret
    renewed = desk.shop.write(lambda tx: auto_secrets.shown(tx, rule, desk.shop.vault, secret, new=True))
    assert renewed != shown
    assert renewed.encode() not in desk.shop.read(lambda tx: bytes(tx.value("autosecrets.of", rule=rule)))


@pytest.mark.parametrize("changed", ["removed", "switched off"])
def test_a_rule_takes_its_calls_with_it_but_for_one_that_is_being_made(desk: Automated, changed: str) -> None:
    rule = desk.rule(do=[("webhook", URL), ("webhook", URL)])
    desk.heard(desk.shop.channel())
    [call] = claimed(desk, 1)
    change = {
        "removed": lambda tx: auto_rules.remove(tx, rule),
        "switched off": lambda tx: auto_rules.switch(tx, rule, on=False),
    }[changed]
    assert desk.shop.write(change) == 1
    assert [one.state for one in desk.acts()] == ["calling", "cancelled"]
    desk.shop.write(lambda tx: auto_calls.again(tx, call, T("HTTP 503")))
    desk.shop.clock.at += 60_000
    assert claimed(desk) == []
    assert [one.state for one in desk.acts()] == ["cancelled", "cancelled"]


def test_calls_count_among_the_acts_that_stop_a_rule_which_does_too_much(desk: Automated) -> None:
    desk.rule(do=[("webhook", URL)] * 20)
    channel = desk.shop.channel()
    for number in range(3):
        desk.heard(channel, f"Раз {number}")
    assert [one.state for one in desk.acts()].count("calling") == 0
    assert [one.state for one in desk.acts()].count("cancelled") == 60


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", "It has to begin with https://."),
        ("https://10.0.0.5/x", "10.0.0.5 is an address inside a network."),
        ("https://[fd00::1]/x", "fd00::1 is an address inside a network."),
        ("ftp://example.org", "webhook of a rule cannot be ftp://example.org."),
        ("https://me:hidden@example.org/", "webhook of a rule cannot be https://example.org."),
        ("https://exa mple.org/", "webhook of a rule cannot be https://exa mple.org."),
        ("nowhere", "webhook of a rule cannot be nowhere."),
        ("https://example.org:99999/", "webhook of a rule cannot be https://example.org:99999/."),
        (5, "webhook of a rule cannot be 5."),
    ],
)
def test_an_address_that_leads_where_it_may_not_is_refused(desk: Automated, url: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why.replace(".", r"\.").replace("[", r"\[").replace("?", r"\?")):
        desk.rule(do=[("webhook", url)])


@pytest.mark.parametrize("url", ["https://10.0.0.5:5678/x", "https://[fd00::1]/x"])
def test_a_host_of_the_own_network_may_be_told_once_the_company_names_it(desk: Automated, url: str) -> None:
    with pytest.raises(UsageError) as refused:
        desk.rule(do=[("webhook", url)])
    assert refused.value.next_step == auto_addresses.NAME_IT
    desk.options["webhook_hosts"] = "n8n.example.org, 10.0.0.5,[FD00::1]"
    desk.shop.write(lambda tx: change(tx, COMPANY, Changes(desk.options)))
    desk.rule(do=[("webhook", url)])
    assert desk.shop.read(lambda tx: auto_addresses.is_named(tx, "https://N8N.example.org/x"))
    assert not desk.shop.read(lambda tx: auto_addresses.is_named(tx, "https://10.0.0.50/x"))


def test_an_address_that_is_none_is_refused_with_an_example(desk: Automated) -> None:
    for said in ("", "nowhere", 5):
        with pytest.raises(UsageError) as refused:
            desk.rule(do=[("webhook", said)])
        assert str(refused.value.next_step) == "Such as: webhook: https://example.org/desk"


@pytest.mark.parametrize("url", ["http://localhost:5678/hook", "http://127.0.0.1/x", "http://[::1]:9/", URL])
def test_https_and_this_machine_may_be_told(desk: Automated, url: str) -> None:
    desk.rule(do=[("webhook", url)])
    assert "hidden" not in auto_addresses.origin(url)
