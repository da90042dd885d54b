"""What a channel does is said by one word everywhere: list, line, doctor, window, health, readiness, metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import httpx
import pytest

from chatapp_cli.api.server import application
from chatapp_cli.bootstrap import Company
from chatapp_cli.domain.health import ChannelState
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.i18n import show
from chatapp_cli.runtime.daemon import Daemon
from chatapp_cli.runtime.lease import holding
from chatapp_cli.runtime.store import AsyncStore
from chatapp_cli.services import channels, faults, outbox
from chatapp_cli.services.standings import STATES, state_of
from chatapp_cli.store.process_identity import this_process
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.reading.channel_notice import channel_notice
from chatapp_cli.tui.widgets.bars import health
from chatapp_cli.tui.widgets.line_words import LineWords
from tests.commands.conftest import Said, Shell
from tests.leases import clock_of, rewrite
from tests.stores import OWNER

HOUR = 3_600_000


class Case(NamedTuple):
    """How a channel came there, and what is said of it."""

    state: ChannelState
    happens: Callable[[Tx, ChannelId], object]
    said: str
    step: str = ""
    bar: str = ""
    """In the status bar, if that is another word."""


def _proved(tx: Tx, channel: ChannelId) -> None:
    channels.set_health(tx, channel, "ok")
    channels.prove(tx, channel)


def _rests(tx: Tx, channel: ChannelId) -> None:
    _proved(tx, channel)
    outbox.pause(tx, channel, seconds=3600, code="rate_limited")


def _refused_to_send(tx: Tx, channel: ChannelId) -> None:
    """As the sender says it while the session goes on."""
    outbox.pause(tx, channel, seconds=300, code="unauthorised")
    channels.set_health(tx, channel, "needs_rebind", "unauthorised")


def _blocked(tx: Tx, channel: ChannelId) -> None:
    outbox.pause(tx, channel, seconds=300, code="unauthorised")
    channels.set_health(tx, channel, "blocked", "unauthorised")


CASES = {
    "working": Case(ChannelState.WORKING, _proved, "works", bar="0 s"),
    "starting": Case(
        ChannelState.STARTING, lambda tx, channel: channels.set_health(tx, channel, "starting"), "not started yet"
    ),
    "resting": Case(ChannelState.RESTING, _rests, "paused until ", "chatapp line resume 1"),
    "blocked": Case(ChannelState.RECEIVES_ONLY, _blocked, "receives, sends nothing until "),
    "refused to send": Case(ChannelState.RECEIVES_ONLY, _refused_to_send, "receives, sends nothing until "),
    "sends only": Case(
        ChannelState.SENDS_ONLY,
        lambda tx, channel: channels.set_health(tx, channel, "sends_only", "unreachable", look=90),
        "sends, receives nothing until ",
        "Check that it runs",
    ),
    "retrying": Case(
        ChannelState.RETRYING,
        lambda tx, channel: channels.set_health(tx, channel, "retrying", "unreachable"),
        "tries again: The program cannot be reached.",
        "Check that it runs",
        bar="tries again",
    ),
    "stopped": Case(
        ChannelState.STOPPED,
        lambda tx, channel: channels.set_health(tx, channel, "misconfigured", "bad_url", look=600),
        "stopped; looks again at ",
        "Set an address that begins",
        bar="stopped",
    ),
    "stopped for good": Case(
        ChannelState.STOPPED,
        lambda tx, channel: channels.set_health(tx, channel, "misconfigured", "bad_url"),
        "stopped: The outgoing address",
        "Set an address that begins",
        bar="stopped",
    ),
    "silent": Case(
        ChannelState.SILENT,
        _proved,
        "gives no sign of life since ",
        "chatapp line check 1",
        bar="gives no sign of life",
    ),
}


@pytest.fixture(params=CASES.values(), ids=list(CASES))
def case(request: pytest.FixtureRequest, company: Company, bound: ChannelId) -> Iterator[Case]:
    """The channel is there, and a daemon runs."""
    found: Case = request.param
    company.write(lambda tx: found.happens(tx, bound))
    if found.state is ChannelState.SILENT:
        ago = int(time.time() * 1000) - HOUR
        company.database.connection().execute("UPDATE channel SET proof_at = ?, health_since = ?", (ago, ago))
    with holding(company):
        yield found


def _told(case: Case, said: str) -> None:
    assert case.said in said


def _of_the_channel(looked: Said) -> dict[str, Any]:
    (found,) = [one for one in looked.json if one["name"] == "channel 1"]
    return found


def test_the_command_line_says_it(chatapp: Shell, case: Case) -> None:
    well = case.state in {ChannelState.WORKING, ChannelState.STARTING}
    listed = chatapp("line", "list").err
    assert (listed == "") == well
    if not well:
        _told(case, listed)
        assert case.step in listed
    ((*_, troubled),) = [line["troubled"] or [None] for line in chatapp("line", "list", "--json").json]
    assert (None if troubled is None else troubled["standing"]) == (None if well else case.state)
    shown = chatapp("line", "show").out
    assert case.said.partition(": ")[0] in shown
    (channel,) = chatapp("line", "show", "--json").json["channels"]
    assert channel["standing"] == case.state
    assert (channel["look_at"] is not None) == ("looks again at" in case.said or case.state is ChannelState.SENDS_ONLY)
    finding = _of_the_channel(chatapp.run("doctor", "--json"))
    assert finding["ok"] is well
    _told(case, finding["what"])
    assert well or case.step in finding["next_step"]


def test_the_doctor_does_not_say_that_a_channel_works_while_no_daemon_runs_it(
    chatapp: Shell, company: Company, bound: ChannelId
) -> None:
    company.write(lambda tx: _proved(tx, bound))
    with holding(company):
        assert _of_the_channel(chatapp.run("doctor", "--json"))["what"] == "Ёлочный базар: works"
    finding = _of_the_channel(chatapp.run("doctor", "--json"))
    assert (finding["ok"], finding["what"]) == (True, "Ёлочный базар: worked when the daemon last ran")


def _standings(chatapp: Shell) -> list[str]:
    """What programs are told of the only channel: by the list, and by the line."""
    ((*_, troubled),) = [
        line["troubled"] or [{"standing": "working"}] for line in chatapp("line", "list", "--json").json
    ]
    (channel,) = chatapp("line", "show", "--json").json["channels"]
    return [troubled["standing"], channel["standing"]]


def test_a_channel_works_no_more_as_soon_as_the_process_that_runs_it_is_silent_or_gone(
    chatapp: Shell, company: Company, bound: ChannelId
) -> None:
    company.write(lambda tx: _proved(tx, bound))
    with holding(company, beat=HOUR):
        assert [chatapp("line", verb).err for verb in ("list", "show")] == ["", ""]
        assert _standings(chatapp) == ["working", "working"]
        rewrite(company, beat_at=clock_of(company) - 60_000)
        for verb in ("list", "show"):
            assert chatapp("line", verb).err.startswith("The daemon gives no sign of life since ")
        assert _standings(chatapp) == ["silent", "silent"]
        finding = _of_the_channel(chatapp.run("doctor", "--json"))
        assert (finding["ok"], "gives no sign of life since " in finding["what"]) == (False, True)
        rewrite(company, holder=str(this_process("key")._replace(started="1")), beat_at=clock_of(company))
        listed, shown = chatapp("line", "list").err, chatapp("line", "show").out
        assert "The daemon is not running: nothing is received" in listed
        assert "→ Start it: chatapp serve" in listed
        assert "The daemon is not running: nothing is received" in shown
        assert _standings(chatapp) == ["silent", "silent"]


def test_the_doctor_says_what_a_channel_that_works_does_not_read(
    chatapp: Shell, company: Company, bound: ChannelId
) -> None:
    company.write(lambda tx: _proved(tx, bound))
    company.write(lambda tx: channels.set_health(tx, bound, "ok", "unreachable", "Orders"))
    with holding(company):
        finding = _of_the_channel(chatapp.run("doctor", "--json"))
    assert (finding["ok"], finding["what"]) == (True, "Ёлочный базар: works: The program cannot be reached. (Orders)")


def test_the_window_says_it(company: Company, case: Case) -> None:
    (row,) = company.read(channels.everything)
    appearance = Appearance(company.world.clock, "dark")
    bar, style = health(row, appearance)
    assert bar.startswith(case.bar or case.said.removesuffix(" until "))
    assert (style == appearance.styles.good) == (case.state is ChannelState.WORKING)
    page = LineWords(appearance).about_channel(row, ()).plain
    assert case.said.partition(": ")[0] in page
    goes_on = case.state in {ChannelState.RESTING, ChannelState.RECEIVES_ONLY, ChannelState.STOPPED}
    assert ("r resumes it now" in page) == goes_on
    assert (channel_notice(row, appearance.now()) == "") == (case.state is ChannelState.WORKING)


def test_monitoring_says_it(company: Company, case: Case) -> None:
    healthz, readyz, metrics = asyncio.run(_monitored(company))
    assert healthz["channels"] == {"1": case.state}
    (told,) = readyz["channels"]
    assert told["standing"] == case.state
    assert (told["why"] is not None) == (
        case.said.endswith("reached.") or case.state in BY_CODE | {ChannelState.SENDS_ONLY}
    )
    values = {state: f'chatapp_channel_standing{{channel="1",kind="api",standing="{state}"}}' for state in ChannelState}
    assert [state for state, name in values.items() if f"{name} 1.0" in metrics] == [case.state]
    up = case.state in {ChannelState.WORKING, ChannelState.RESTING}
    assert f'chatapp_channel_up{{channel="1",kind="api"}} {float(up)}' in metrics


def test_the_alarm_says_it(company: Company, case: Case) -> None:
    (row,) = company.read(channels.everything)
    found = company.read(lambda tx: faults.everything(tx, company.manifest, known=(), began=row.health_since - HOUR))
    texts = [show(fault.text) for (kind, _), fault in found.items() if kind == "channel"]
    word = STATES[case.state]
    fine = case.state in {ChannelState.WORKING, ChannelState.STARTING, ChannelState.RESTING}
    assert [text.startswith(f"{row.title}: {word}") for text in texts] == ([] if fine else [True])


def test_a_message_that_waits_for_it_says_it(chatapp: Shell, company: Company, case: Case) -> None:
    (row,) = company.read(channels.everything)
    said = chatapp.run(*SEND, "--wait", "0.5").err
    waits_for_it = case.state in {ChannelState.RECEIVES_ONLY, ChannelState.STOPPED}
    assert (f"Message 1 waits: {row.title}: {case.said}" in said) == waits_for_it
    assert "has stopped" not in said


BY_CODE = {ChannelState.RESTING, ChannelState.RECEIVES_ONLY, ChannelState.STOPPED}


async def _monitored(company: Company) -> tuple[Any, Any, str]:
    """What a daemon that has run for an hour answers."""
    store = AsyncStore(company)
    daemon = Daemon(store)
    daemon.started_at -= HOUR
    transport = httpx.ASGITransport(application(daemon))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answers = [await http.get(path) for path in ("/healthz", "/readyz", "/metrics")]
    await store.aclose()
    return answers[0].json(), answers[1].json(), answers[2].text


def test_what_the_store_says_from_before_the_start_is_no_sign_that_a_channel_works(
    company: Company, bound: ChannelId
) -> None:
    company.write(partial(_proved, channel=bound))
    (row,) = company.read(channels.everything)
    proved = row.proof_at or 0
    started = proved + 10_000
    seen = [state_of(row, now, held=True, since=started) for now in (started, started + 170_000, started + 200_000)]
    assert seen == [ChannelState.STARTING, ChannelState.STARTING, ChannelState.SILENT]
    row = row._replace(proof_at=started + 1)
    assert state_of(row, started + 2, held=True, since=started) is ChannelState.WORKING


def test_without_a_daemon_a_channel_that_worked_is_silent_for_that_reason(
    chatapp: Shell, company: Company, bound: ChannelId
) -> None:
    ago = int(time.time() * 1000) - HOUR
    company.write(partial(_proved, channel=bound))
    company.database.connection().execute("UPDATE channel SET proof_at = ?, health_since = ?", (ago, ago))
    said = chatapp("line", "list").err
    assert "gives no sign of life since " in said
    assert "The daemon is not running: nothing is received" in said
    assert "→ Start it: chatapp serve" in said


def test_a_channel_that_is_resumed_looks_at_once_and_no_more_later(company: Company, bound: ChannelId) -> None:
    company.write(lambda tx: channels.set_health(tx, bound, "needs_rebind", "unauthorised", look=600))
    stopped = company.read(partial(channels.one, channel=bound))
    assert 590_000 < stopped.look_at - company.world.clock.now() <= 600_000
    company.write(lambda tx: channels.resume(tx.by(OWNER), bound))
    assert company.read(partial(channels.one, channel=bound)).look_at == 0


SEND = ("send", "client-7", "-c", "api", "--text", "Алло")


@pytest.mark.req("S-120")
def test_what_would_wait_for_a_channel_that_does_not_send_is_not_said_to_go_at_once(
    chatapp: Shell, company: Company, bound: ChannelId
) -> None:
    company.write(lambda tx: channels.set_health(tx, bound, "needs_rebind", "unauthorised", look=600))
    (row,) = chatapp("contact", "reach", "client-7").rows
    title = company.read(channels.everything)[0].title
    assert row[-1].startswith(f"waits: {title} stopped; looks again at ")
    tried = chatapp(*SEND, "--dry-run")
    assert tried.rows[-1][-1] == "waits"
    assert f"waits: {title} stopped; looks again at " in tried.err


@pytest.mark.req("S-120")
def test_a_channel_without_an_address_to_send_to_refuses_before_anything_is_accepted(
    chatapp: Shell, company: Company, bound: ChannelId
) -> None:
    chatapp("line", "configure", "api", "--set", "url=")
    (row,) = chatapp.run("contact", "reach", "client-7").rows
    assert row[-1].endswith("only receives: url is not set.")
    assert chatapp.run("contact", "reach", "client-7", "--json").json[0]["code"] == "receives_only"
    for words in ((*SEND, "--dry-run"), SEND):
        refused = chatapp.run(*words)
        assert (refused.code, "only receives: url is not set." in refused.err) == (1, True), refused
    assert chatapp("outbox", "list", "--json").json == []


def test_a_scheduled_message_shows_its_own_state_and_the_channels(
    chatapp: Shell, company: Company, bound: ChannelId
) -> None:
    chatapp(*SEND, "--at", "+1h")
    chatapp(*SEND, "--wait", "0")
    states = [row[1] for row in chatapp("outbox", "list").rows]
    assert sorted(states) == ["scheduled", "waiting"]
    company.write(lambda tx: channels.set_health(tx, bound, "needs_rebind", "unauthorised", look=600))
    states = [row[1] for row in chatapp("outbox", "list").rows]
    assert sorted(states) == ["scheduled; stopped", "waiting; stopped"]
    told = chatapp("outbox", "list", "--json").json
    assert {(one["state"], one["standing"], one["code"]) for one in told} == {
        ("scheduled", "stopped", "unauthorised"),
        ("queued", "stopped", "unauthorised"),
    }


@pytest.mark.parametrize("held", [True, False])
def test_a_sign_of_life_in_the_future_is_none_for_list_line_alarm_and_doctor(
    chatapp: Shell, company: Company, bound: ChannelId, *, held: bool
) -> None:
    """As after a clock that jumped forward and was set back."""
    company.write(partial(_proved, channel=bound))
    now = int(time.time() * 1000)
    ahead = now + 400 * 24 * HOUR
    company.database.connection().execute("UPDATE channel SET proof_at = ?, health_since = ?", (ahead, ahead))
    (row,) = company.read(channels.everything)
    assert state_of(row, now, held=held) is ChannelState.SILENT
    assert state_of(row._replace(proof_at=now + 1000), now, held=held) is ChannelState.WORKING
    found = company.read(partial(faults.everything, manifest=company.manifest, known=(), began=now - HOUR))
    assert [str(fault.text) for fault in found.values()] == [f"{row.title}: gives no sign of life"]
    assert "gives no sign of life" in chatapp("line", "list").err
    assert "unknown: the clock was wrong (" in chatapp("line", "show", bound).out
    assert "but something was stored at" in chatapp.run("doctor").out
