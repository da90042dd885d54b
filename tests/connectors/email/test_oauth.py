"""A mailbox entered by OAuth: consent, tokens that end, and servers that refuse them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace

import pytest

from chatapp_cli.commands.asking import PresetAsker
from chatapp_cli.connectors.email.access import client_of
from chatapp_cli.connectors.email.connector import EmailConnector, create
from chatapp_cli.connectors.email.consent import code_in
from chatapp_cli.domain.errors import NeedsRebind, Retryable, SendingBlocked, UsageError
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.kit.system import SystemChance
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.world import World
from chatapp_cli.sandbox.authorisation import CLIENT_SECRET
from chatapp_cli.sandbox.email_oauth import OauthEmailSandbox
from tests.connectors.email.desk import Eager, outbound
from tests.contract.connector_contract import ANNA, ConnectorContract, ScriptedAsker, collect
from tests.unit.kit.worlds import CountedChance, HeldClock

HOUR = 3600


class TestEmailByOauth(ConnectorContract):
    """Mail entered by OAuth keeps the promises of every channel."""

    kind = "email"
    wrong = (
        ({"client_id": "unknown"}, "client_id"),
        ({"client_id": " "}, "client_id"),
        ({"client_secret": "wrong"}, "client_id"),
        ({"scope": "everything"}, "client_id"),
        ({"token_url": "http://mail.example.org/token"}, "token_url"),
        ({"token_url": "http://127.0.0.1:1/token"}, "token_url"),
        ({"token_url": "https://[::1/token"}, "token_url"),
        ({"device_url": ""}, "device_url"),
        ({"oauth_by": "code", "auth_url": "ftp://127.0.0.1/"}, "auth_url"),
        ({"address": "other@shop.example.org"}, "address"),
        ({"service": "mailru"}, "login_by"),
        ({"service": "microsoft", "login_by": "password"}, "login_by"),
        ({"service": "microsoft", "tenant": "a/b"}, "tenant"),
    )

    @pytest.fixture
    async def sandbox(self) -> AsyncIterator[OauthEmailSandbox]:
        async with OauthEmailSandbox() as sandbox:
            sandbox.authorisation.interval = 0
            yield sandbox

    @pytest.fixture
    def connector(self) -> EmailConnector:
        return create(World(clock=Eager(), chance=SystemChance()))


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def sandbox(clock: HeldClock) -> AsyncIterator[OauthEmailSandbox]:
    async with OauthEmailSandbox(now=clock.monotonic) as sandbox:
        yield sandbox


@pytest.fixture
def connector(clock: HeldClock) -> EmailConnector:
    return create(World(clock=clock, chance=CountedChance()))


@pytest.fixture
async def bound(connector: EmailConnector, sandbox: OauthEmailSandbox) -> Bound:
    return await connector.bind(ScriptedAsker(sandbox.answers))


class Person(ScriptedAsker):
    """Reads the notice, and acts in a browser before answering."""

    def __init__(self, sandbox: OauthEmailSandbox, *, bare: bool = False, **changes: str) -> None:
        super().__init__({**sandbox.answers, **changes})
        self._server, self._bare = sandbox.authorisation, bare

    async def show(self, notice: Notice) -> None:
        await super().show(notice)
        if "/authorize?" in notice.link:
            ended = await self._server.open(notice.link)
            code = ended.partition("code=")[2].partition("&")[0]
            self.answers = {**self.answers, "code": code if self._bare else ended}


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("secret", [CLIENT_SECRET, ""])
async def test_a_code_is_taken_alone_or_within_the_final_address(
    connector: EmailConnector, sandbox: OauthEmailSandbox, secret: str, bare: bool
) -> None:
    sandbox.authorisation.secret = secret
    bound = await connector.bind(Person(sandbox, bare=bare, oauth_by="code"))
    assert bound.account == "desk@shop.example.org"
    assert sandbox.logins == [True, True]


async def test_access_that_is_not_allowed_on_the_page_is_told_at_the_code(
    connector: EmailConnector, sandbox: OauthEmailSandbox
) -> None:
    sandbox.authorisation.agrees = False
    person = Person(sandbox, oauth_by="code")
    with pytest.raises(UsageError):
        await connector.bind(person)
    assert person.blamed == {"code": "Access was not allowed: access_denied"}


@pytest.mark.parametrize("said", ["http://127.0.0.1/?code=1&state=other", "https://example.org/", "https://[::1/"])
def test_an_address_of_another_page_is_no_code(said: str) -> None:
    with pytest.raises(UsageError):
        code_in(said, "state")


@pytest.mark.parametrize("code", ["", "code-99", "\x00", "a" * 9000])
async def test_a_code_that_is_not_accepted_is_asked_for_again(
    connector: EmailConnector, sandbox: OauthEmailSandbox, code: str
) -> None:
    person = ScriptedAsker({**sandbox.answers, "oauth_by": "code", "code": code})
    with pytest.raises(UsageError):
        await connector.bind(person)
    assert "does not accept this code" in person.blamed["code"]


async def test_without_a_terminal_the_page_is_shown_in_one_run_and_the_code_taken_in_the_next(
    connector: EmailConnector, sandbox: OauthEmailSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {field.name for field in manifest("email").fields} | set(manifest("email").later)
    given = {name: said for name, said in sandbox.answers.items() if said} | {"oauth_by": "code"}
    with pytest.raises(UsageError) as refused:
        await connector.bind(PresetAsker(given, known=known))
    assert refused.value.field == "code"
    shown = capsys.readouterr().err
    (page,) = (line.strip() for line in shown.splitlines() if "/authorize?" in line)
    assert CLIENT_SECRET not in shown
    ended = await sandbox.authorisation.open(page)
    bound = await connector.bind(PresetAsker({**given, "code": ended}, known=known))
    assert bound.account == "desk@shop.example.org"


class Late(ScriptedAsker):
    """Enters the device's code only after a while, or refuses."""

    def __init__(self, sandbox: OauthEmailSandbox, clock: HeldClock, after: float, *, agrees: bool = True) -> None:
        super().__init__(sandbox.answers)
        self.server, self.clock = sandbox.authorisation, clock
        self.after, self.agrees = clock.monotonic() + after, agrees
        self.server.attended = False

    async def show(self, notice: Notice) -> None:
        await super().show(notice)
        (code,) = (line.params["code"] for line in notice.lines if "code" in line.params)
        self.entering = asyncio.create_task(self._enter(str(code)))

    async def _enter(self, code: str) -> None:
        while self.clock.monotonic() < self.after:
            await asyncio.sleep(0)
        self.server.enter(code, agrees=self.agrees)


async def test_a_device_code_is_waited_for_at_the_pace_that_the_server_wants(
    connector: EmailConnector, sandbox: OauthEmailSandbox, clock: HeldClock
) -> None:
    sandbox.authorisation.interval = 5
    person = Late(sandbox, clock, 60)
    bound = await connector.bind(person)
    (notice,) = person.notices
    assert (notice.link, bound.secrets["client_secret"]) == (f"{sandbox.authorisation.url}/device", CLIENT_SECRET)
    assert str(notice.lines[1]) == "Enter this code there: DESK-0001"
    assert sandbox.authorisation.too_soon == 0


async def test_a_server_that_asks_to_slow_down_is_asked_less_often(
    connector: EmailConnector, sandbox: OauthEmailSandbox, clock: HeldClock
) -> None:
    sandbox.authorisation.interval = 1
    sandbox.authorisation.pace = 3
    await connector.bind(Late(sandbox, clock, 60))
    assert sandbox.authorisation.too_soon == 1


async def test_a_code_that_was_refused_or_forgotten_is_told_in_words(
    connector: EmailConnector, sandbox: OauthEmailSandbox, clock: HeldClock
) -> None:
    for person, words in (
        (
            Late(sandbox, clock, 30, agrees=False),
            "Access was refused on the page of the service (Refused: access_denied)",
        ),
        (Late(sandbox, clock, 10_000), "The code has expired, or nobody entered it in time (Refused: expired_token)"),
    ):
        with pytest.raises(UsageError):
            await connector.bind(person)
        person.entering.cancel()
        assert person.blamed["oauth_by"] == words


async def test_consent_is_not_asked_for_again_after_a_mistake_in_another_field(
    connector: EmailConnector, sandbox: OauthEmailSandbox
) -> None:
    class Hasty(ScriptedAsker):
        async def form(self, form: Form) -> Mapping[str, str]:
            if form.errors:
                self.answers = sandbox.answers
            return await super().form(replace(form, errors={}))

    person = Hasty({**sandbox.answers, "smtp_port": "1"})
    await connector.bind(person)
    assert len(person.notices) == 1


async def test_a_token_is_renewed_before_it_ends(
    connector: EmailConnector, sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock
) -> None:
    await clock.sleep(HOUR - 300)
    async with connector.open(ChannelId(1), bound) as session:
        await session.send(outbound())
    assert len(sandbox.authorisation.renewals) == 1
    assert all(sandbox.logins)
    assert len(sandbox.mails(ANNA.email)) == 1


async def test_a_token_that_the_server_refuses_is_replaced_once_at_either_server(
    connector: EmailConnector, sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock
) -> None:
    await clock.sleep(100)
    async with connector.open(ChannelId(1), bound) as session:
        await clock.sleep(100)
        sandbox.authorisation.expire()
        await session.send(outbound())
        await clock.sleep(100)
        sandbox.authorisation.expire()
        await session.prove()
    assert sandbox.logins.count(False) == 2
    assert len(sandbox.authorisation.renewals) == 2
    assert len(set(sandbox.authorisation.renewals)) == 2


async def test_a_new_token_that_is_refused_is_not_renewed(
    connector: EmailConnector, sandbox: OauthEmailSandbox, bound: Bound
) -> None:
    sandbox.authorisation.expire()
    with pytest.raises(NeedsRebind) as refused:
        async with connector.open(ChannelId(1), bound):
            pass
    assert refused.value.code == "access_refused"
    assert sandbox.authorisation.renewals == []


async def test_access_that_was_withdrawn_asks_to_bind_again_and_blocks_only_sending_while_mail_is_read(
    connector: EmailConnector, sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock
) -> None:
    async with connector.open(ChannelId(1), bound) as session:
        await clock.sleep(100)
        sandbox.authorisation.withdraw()
        with pytest.raises(SendingBlocked) as blocked:
            await session.send(outbound())
        await sandbox.say(ANNA, "пришло всё равно", subject="Заказ")
        (heard,), _ = await collect(session, 1, bound.cursor)
    with pytest.raises(NeedsRebind) as ended:
        async with connector.open(ChannelId(1), bound):
            pass
    assert (blocked.value.code, ended.value.code, heard.text) == ("access_ended", "access_ended", "пришло всё равно")
    assert sandbox.mails(ANNA.email) == ()


async def checked(connector: EmailConnector, bound: Bound) -> list[tuple[bool, str]]:
    """What a check finds, and the first word of what to do."""
    found = await connector.check(bound)
    return [(one.ok, str(one.next_step or "").partition(" ")[0]) for one in found]


@pytest.mark.parametrize("seconds", [0, 30, 100, HOUR - 10, 2 * HOUR])
@pytest.mark.parametrize("ended", [True, False], ids=["refused", "by its time alone"])
async def test_a_check_renews_a_token_that_has_merely_ended(
    connector: EmailConnector, sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock, seconds: int, ended: bool
) -> None:
    await clock.sleep(seconds)
    if ended:
        sandbox.authorisation.expire()
    assert await checked(connector, bound) == [(True, ""), (True, "")]
    assert len(sandbox.authorisation.renewals) == int(ended or seconds >= HOUR - 300)


@pytest.mark.parametrize("seconds", [0, 100])
async def test_a_check_says_to_bind_again_once_the_access_was_withdrawn(
    connector: EmailConnector, sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock, seconds: int
) -> None:
    await clock.sleep(seconds)
    sandbox.authorisation.withdraw()
    (received, advice), _sent = await checked(connector, bound)
    assert (received, advice) == (False, "Bind")


async def test_a_check_and_a_session_renew_a_token_once(
    sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock
) -> None:
    slow = Slow(clock.now())
    clock.at = slow.at = clock.at + HOUR * 1000
    one, other = (create(World(clock=slow, chance=SystemChance())) for _ in range(2))
    found, _, _ = await asyncio.gather(checked(one, bound), read(other, bound), checked(other, bound))
    assert found == [(True, ""), (True, "")]
    assert len(sandbox.authorisation.renewals) == 1


async def read(connector: EmailConnector, bound: Bound) -> None:
    """Look once whether there is mail."""
    async with connector.open(ChannelId(1), bound) as session, aclosing(session.events(bound.cursor)) as batches:
        await anext(batches)


@pytest.mark.parametrize("rotates", [True, False])
async def test_after_a_lost_answer_one_try_decides_whether_the_mailbox_has_to_be_bound_again(
    connector: EmailConnector, sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock, rotates: bool
) -> None:
    sandbox.authorisation.rotates, sandbox.authorisation.losses = rotates, 1
    await clock.sleep(HOUR)
    found = []
    for _ in range(4):
        try:
            await read(connector, bound)
            found.append("")
        except (Retryable, NeedsRebind) as error:
            found.append(error.code)
    after = ["access_ended"] * 3 if rotates else [""] * 3
    assert found == ["authorisation_away", *after]
    assert len(sandbox.authorisation.renewals) == 2


@pytest.mark.parametrize("how", ["fault", "away"])
async def test_a_server_that_fails_costs_nothing_but_time(
    connector: EmailConnector, sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock, how: str
) -> None:
    await clock.sleep(HOUR)
    sandbox.authorisation.faults = how == "fault"
    if how == "away":
        await sandbox.authorisation.vanish()
    with pytest.raises(Retryable) as away:
        await read(connector, bound)
    assert away.value.code == "authorisation_away"
    if how == "away":
        await sandbox.authorisation.come_back()
    await read(connector, bound)
    assert len(sandbox.authorisation.renewals) == 1


class Slow(HeldClock):
    """Waits take a while, so that a real server answers meanwhile."""

    async def sleep(self, seconds: float) -> None:
        self.at += round(seconds * 1000)
        await asyncio.sleep(0.02 * seconds)


async def test_two_processes_renew_each_token_once(sandbox: OauthEmailSandbox, bound: Bound, clock: HeldClock) -> None:
    slow = Slow(clock.now())
    processes = [create(World(clock=slow, chance=SystemChance())) for _ in range(2)]

    async def work(one: EmailConnector) -> None:
        async with one.open(ChannelId(1), bound) as session:
            await session.send(outbound())

    for _ in range(5):
        clock.at = slow.at = max(clock.at, slow.at) + HOUR * 1000
        await asyncio.gather(*map(work, processes))
    assert len(sandbox.authorisation.renewals) == 5
    assert len(set(sandbox.authorisation.renewals)) == 5


async def test_neither_logs_nor_errors_nor_reprs_show_a_token(
    connector: EmailConnector,
    sandbox: OauthEmailSandbox,
    clock: HeldClock,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    bound = await connector.bind(Person(sandbox, oauth_by="code"))
    await clock.sleep(100)
    sandbox.authorisation.expire()
    async with connector.open(ChannelId(1), bound) as session, aclosing(session.events(bound.cursor)) as batches:
        await anext(batches)
        await session.send(outbound())
        shown = repr(vars(session))
    sandbox.authorisation.withdraw()
    with pytest.raises(NeedsRebind) as ended:
        async with connector.open(ChannelId(1), bound):
            pass
    everything = caplog.text + "".join(capsys.readouterr()) + shown + repr(bound) + repr(ended.value)
    for secret in ("of-the-miniature", CLIENT_SECRET, bound.secrets["grant"]):
        assert secret not in everything


@pytest.mark.parametrize(
    ("service", "token_url", "device_url"),
    [
        ("gmail", "https://oauth2.googleapis.com/token", ""),
        ("yandex", "https://oauth.yandex.ru/token", "https://oauth.yandex.ru/device/code"),
        (
            "microsoft",
            "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token",
            "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/devicecode",
        ),
    ],
)
def test_the_known_services_give_access_where_they_say(service: str, token_url: str, device_url: str) -> None:
    settings: Mapping[str, str] = {"service": service, "client_id": "our client", "tenant": "contoso.com"}
    client = client_of(settings, {"client_secret": "s"}, None)
    assert (client.token_url, client.device_url, client.client_id) == (token_url, device_url, "our client")
    page = client.page(state="a state", verifier="v" * 43)
    assert "client_id=our+client&" in page
    assert ("access_type=offline&prompt=consent" in page) == (service == "gmail")


class StopsAtTheCode(ScriptedAsker):
    async def form(self, form: Form) -> Mapping[str, str]:
        if form.fields[0].name == "code":
            raise UsageError(T("enough"))
        return await super().form(form)


async def test_gmail_is_asked_for_a_pasted_code_whatever_was_chosen(connector: EmailConnector) -> None:
    person = StopsAtTheCode(
        {"service": "gmail", "address": "desk@gmail.com", "login_by": "oauth", "client_id": "x", "client_secret": "y"}
    )
    with pytest.raises(UsageError, match="enough"):
        await connector.bind(person)
    assert person.notices[0].link.startswith("https://accounts.google.com/o/oauth2/v2/auth?response_type=code&")
