"""Binding: code, password, QR code, and what is said when something is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from chatapp_cli.connectors.telegram import login
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.own_phone import digest
from chatapp_cli.i18n import show
from chatapp_cli.kit.manifests import create
from chatapp_cli.kit.system import system_world
from chatapp_cli.ports.bind import Bound
from chatapp_cli.sandbox.telegram import TelegramSandbox
from tests.connectors.telegram.conftest import bound_to
from tests.contract.connector_contract import ANNA
from tests.contract.proxy import ConnectProxy


class Somebody:
    """Somebody who answers one form after another; ``before`` happens as a form of that title is shown."""

    def __init__(self, answers: Mapping[str, str], *corrections: Mapping[str, str]) -> None:
        self.answers = dict(answers)
        self.corrections = list(corrections)
        self.forms: list[Form] = []
        self.notices: list[Notice] = []
        self.before: dict[str, Callable[[], None]] = {}
        self.scan: Callable[[Notice], None] = lambda _: None

    async def form(self, form: Form) -> Mapping[str, str]:
        self.forms.append(form)
        self.before.pop(str(form.title), lambda: None)()
        if form.errors:
            self.answers |= self.corrections.pop(0)
        return {field.name: self.answers.get(field.name, field.default) for field in form.fields}

    async def show(self, notice: Notice) -> None:
        self.notices.append(notice)
        self.scan(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        raise AssertionError

    def form_of(self, title: str, number: int = 0) -> Form:
        return [form for form in self.forms if str(form.title) == title][number]

    def blamed(self, title: str, number: int = 1) -> dict[str, str]:
        return {name: str(words) for name, words in self.form_of(title, number).errors.items()}


async def bind(person: Somebody, previous: Bound | None = None) -> Bound:
    return await create("telegram", system_world()).bind(person, previous=previous)


@pytest.fixture
async def guarded() -> AsyncIterator[TelegramSandbox]:
    """An account with a cloud password."""
    async with TelegramSandbox() as sandbox:
        yield sandbox


@pytest.mark.req("S-050")
@pytest.mark.req("S-051")
@pytest.mark.req("S-052")
async def test_a_code_binds_the_account_and_the_warning_is_read_before_it_is_asked(sandbox: TelegramSandbox) -> None:
    person = Somebody(sandbox.answers)
    bound = await bind(person)
    assert (bound.account, bound.title) == (str(sandbox.owner.id), "Ёлочный базар")
    assert login.WARNING in person.form_of("Code").intro
    assert "SMS" in str(person.form_of("Code").intro[0])
    assert [field.name for field in person.form_of("Telegram").fields][:2] == ["api_id", "api_hash"]
    assert "https://my.telegram.org" in " ".join(map(str, person.form_of("Telegram").intro))


async def test_facts_show_the_account_and_only_the_ends_of_its_phone(sandbox: TelegramSandbox) -> None:
    bound = await bind(Somebody(sandbox.answers))
    assert dict(bound.facts) == {
        "Account": "Ёлочный базар",
        "Account's username": "@yolki_shop",
        "Account's phone": "+7916•••00",
        "Link to the account": "https://t.me/yolki_shop",
        "Data centre": "2",
    }
    assert sandbox.owner.phone not in str(bound.settings) + str(bound.facts)
    assert bound.settings["phone_digest"] == digest(f"+{sandbox.owner.phone}")
    assert bound.secrets["auth_key"] not in repr(bound)


async def test_somebody_who_is_logged_in_elsewhere_learns_where_the_code_is(sandbox: TelegramSandbox) -> None:
    await bind(Somebody(sandbox.answers))
    again = Somebody(sandbox.answers)
    await bind(again)
    assert "other devices" in str(again.form_of("Code").intro[0])
    assert [field.name for field in again.form_of("Code").fields] == ["code", "another"]


async def test_a_wrong_code_is_asked_again(sandbox: TelegramSandbox) -> None:
    person = Somebody({**sandbox.answers, "code": "11111"}, {"code": sandbox.answers["code"]})
    await bind(person)
    assert person.blamed("Code") == {"code": "The code is wrong. Look at it again."}


async def test_an_expired_code_is_replaced_and_said_so(sandbox: TelegramSandbox) -> None:
    person = Somebody(sandbox.answers, {})
    person.before["Code"] = sandbox.stage.expire_codes
    await bind(person)
    assert person.blamed("Code") == {"code": "The code has expired. A new one was sent."}
    assert len(sandbox.stage.asked("auth.sendCode")) == 2


async def test_a_code_can_be_sent_another_way(sandbox: TelegramSandbox) -> None:
    person = Somebody({**sandbox.answers, "another": "on"}, {"another": "off"})
    await bind(person)
    assert person.blamed("Code") == {"code": "The code was sent once more."}
    assert len(sandbox.stage.asked("auth.resendCode")) == 1


@pytest.mark.req("S-053")
async def test_the_cloud_password_is_asked_with_its_hint_until_it_is_right(guarded: TelegramSandbox) -> None:
    person = Somebody({**guarded.answers, "password": "лето"}, {"password": guarded.answers["password"]})
    bound = await bind(person)
    assert bound.account == str(guarded.owner.id)
    (field,) = person.form_of("Cloud password").fields
    assert (field.secret, str(field.hint)) == (True, "Your hint: зима")
    assert person.blamed("Cloud password") == {"password": "The password is wrong."}


async def test_a_qr_code_that_the_phone_scans_binds_the_account(sandbox: TelegramSandbox) -> None:
    person = Somebody({**sandbox.answers, "method": "qr"})
    person.scan = lambda notice: sandbox.stage.scan(notice.qr) and None  # type: ignore[func-returns-value]
    bound = await bind(person)
    assert bound.account == str(sandbox.owner.id)
    assert [notice.qr.partition("?")[0] for notice in person.notices] == ["tg://login"]


async def test_a_qr_code_that_expires_is_replaced(sandbox: TelegramSandbox) -> None:
    sandbox.cloud.desk.token_seconds = 1
    person = Somebody({**sandbox.answers, "method": "qr"})

    def scan_the_second(notice: Notice) -> None:
        if len(person.notices) > 1:
            sandbox.stage.scan(notice.qr)

    person.scan = scan_the_second
    assert (await bind(person)).account == str(sandbox.owner.id)
    first, *_, last = [notice.qr for notice in person.notices]
    assert first != last


@pytest.mark.req("S-053")
async def test_a_qr_code_asks_for_the_cloud_password_as_well(guarded: TelegramSandbox) -> None:
    person = Somebody({**guarded.answers, "method": "qr"})
    person.scan = lambda notice: guarded.stage.scan(notice.qr) and None  # type: ignore[func-returns-value]
    assert (await bind(person)).account == str(guarded.owner.id)
    assert person.form_of("Cloud password")


@pytest.mark.parametrize(
    ("method", "refusal", "field", "words"),
    [
        ("auth.sendCode", "PHONE_NUMBER_BANNED", "phone", "banned"),
        ("auth.sendCode", "PHONE_NUMBER_FLOOD", "phone", "too often"),
        ("auth.sendCode", "FLOOD_WAIT_900", "phone", "15 minutes"),
        ("auth.sendCode", "API_ID_INVALID", "api_id", "does not know this API ID"),
        ("auth.sendCode", "API_ID_PUBLISHED_FLOOD", "api_id", "too many people"),
        ("auth.signIn", "PHONE_NUMBER_UNOCCUPIED", "phone", "no Telegram account"),
        ("auth.sendCode", "SOMETHING_NEW", "phone", "SOMETHING_NEW"),
    ],
)
async def test_what_telegram_refuses_is_said_in_words_beside_the_field(
    sandbox: TelegramSandbox, method: str, refusal: str, field: str, words: str
) -> None:
    sandbox.stage.order(method, refusal)
    person = Somebody(sandbox.answers, {})
    await bind(person)
    assert words in person.blamed("Telegram")[field]


async def test_binding_again_keeps_the_account_and_refuses_another(sandbox: TelegramSandbox) -> None:
    bound = await bind(Somebody(sandbox.answers))
    again = await bind(Somebody(sandbox.answers), previous=bound)
    assert (again.account, again.settings["api_id"]) == (bound.account, bound.settings["api_id"])
    assert again.secrets["auth_key"] != bound.secrets["auth_key"]
    stranger = sandbox.stage.person(ANNA)
    person = Somebody({**sandbox.answers, "phone": ANNA.phone}, {"phone": sandbox.answers["phone"]})
    await bind(person, previous=bound)
    assert "another account, Анна Белова" in person.blamed("Telegram")["phone"]
    assert list(sandbox.stage.devices(stranger)) == [], "the login that nobody wanted has ended"


async def test_addresses_of_a_server_come_from_the_installation(
    sandbox: TelegramSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATAPP_TELEGRAM_DC", sandbox.answers["dc"])
    monkeypatch.setenv("CHATAPP_TELEGRAM_RSA_KEY", sandbox.answers["rsa_key"])
    person = Somebody(sandbox.answers)
    await bind(person)
    values = person.form_of("Telegram").values
    assert (values["dc"], values["rsa_key"]) == (sandbox.answers["dc"], sandbox.answers["rsa_key"])


async def test_the_key_of_a_server_may_lie_in_a_file(sandbox: TelegramSandbox, tmp_path) -> None:
    (tmp_path / "key.pem").write_text(sandbox.answers["rsa_key"])
    bound = await bind(Somebody({**sandbox.answers, "rsa_key": str(tmp_path / "key.pem")}))
    assert bound.settings["rsa_key"] == sandbox.answers["rsa_key"]


@pytest.mark.parametrize("named", ["/dev/zero", "/tmp", "~nobody-at-all/key.pem"])
async def test_what_is_no_file_holds_no_key(sandbox: TelegramSandbox, named: str) -> None:
    person = Somebody({**sandbox.answers, "rsa_key": named}, {"rsa_key": sandbox.answers["rsa_key"]})
    await bind(person)
    assert "RSA public key" in person.blamed("Telegram")["rsa_key"]


async def test_a_server_that_is_not_there_is_blamed(sandbox: TelegramSandbox) -> None:
    person = Somebody({**sandbox.answers, "dc": "127.0.0.1:1"}, {"dc": sandbox.answers["dc"]})
    await bind(person)
    assert "cannot be reached" in person.blamed("Telegram")["dc"]


@pytest.mark.req("S-147", part="proxies")
async def test_everything_goes_through_the_accounts_proxy(sandbox: TelegramSandbox) -> None:
    async with ConnectProxy("desk:secret") as proxy:
        person = Somebody({**sandbox.answers, "proxies": f"http://127.0.0.1:1 {proxy.url}"})
        bound = await bind(person)
        connector = create("telegram", system_world())
        assert bound.secrets["proxies"] not in repr(bound)
        before = len(proxy.led_to)
        findings = await connector.check(bound)
        assert {(finding.name, finding.ok) for finding in findings} == {
            ("receive", True),
            ("send", True),
            ("proxy", True),
            ("proxy", False),
        }
        assert set(proxy.led_to) == {sandbox.answers["dc"]}
        assert len(proxy.led_to) > before > 0


@pytest.mark.req("S-147", part="proxies")
async def test_without_a_way_through_its_proxies_an_account_is_not_used(sandbox: TelegramSandbox) -> None:
    person = Somebody({**sandbox.answers, "proxies": "socks5://127.0.0.1:1"}, {"proxies": ""})
    await bind(person)
    assert "cannot be reached" in person.blamed("Telegram")["proxies"]


async def test_a_check_names_an_account_that_is_logged_out_or_frozen(sandbox: TelegramSandbox) -> None:
    desk = await bound_to(sandbox)
    sandbox.stage.order("users.getFullUser", "FROZEN_METHOD_INVALID")
    findings = {finding.name: finding for finding in await desk.connector.check(desk.bound)}
    assert (findings["receive"].ok, findings["send"].ok) == (True, False)
    assert "froze" in str(findings["send"].what)
    sandbox.stage.revoke()
    findings = {finding.name: finding for finding in await desk.connector.check(desk.bound)}
    assert [finding.ok for finding in findings.values()] == [False, False]
    assert show(findings["receive"].next_step) == "Bind the account again: chatapp line bind"


async def test_a_check_does_not_disturb_a_running_desk(sandbox: TelegramSandbox) -> None:
    desk = await bound_to(sandbox)
    async with desk.running():
        assert all(finding.ok for finding in await desk.connector.check(desk.bound))
        await sandbox.say(ANNA, "слышно?")
        await desk.until(lambda store: store.texts == ["слышно?"])
