"""Logging in by an account: who somebody is, asked with tokens of their own, and everything that lets nobody in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chatapp_cli.crm.amocrm import login
from chatapp_cli.domain.errors import ChatappError, NeedsRebind, Refused, UsageError
from chatapp_cli.domain.form import Form, Notice
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.sandbox.amocrm import TOKEN, Account
from chatapp_cli.sandbox.amocrm.consent import WindowFailed
from chatapp_cli.sandbox.amocrm.objects import ADMIN, MANAGER, AmoUser
from tests.crm.amocrm.desk import AmoDesk
from tests.unit.kit.worlds import HeldClock

Change = Callable[[dict[str, str]], object]
USERS = "GET /api/v4/users"


@dataclass
class Browser:
    """A person who opens the page that is shown, and brings its final address or what stands on the last page."""

    desk: AmoDesk
    user: int = ADMIN
    change: Change = dict.clear
    """What somebody does to the query of the final address."""
    base: str = ""
    """Another address in place of ours."""
    agrees: bool = True
    shown: list[Notice] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)

    async def show(self, notice: Notice) -> None:
        self.shown.append(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        raise AssertionError("a login shows its address, and opens no page")

    async def form(self, form: Form) -> Mapping[str, str]:
        self.forms.append(form)
        return {"answer": await self.answer()}

    async def answer(self) -> str:
        return self.final()

    def final(self) -> str:
        page, consent = self.shown[-1].link, self.desk.account.consent
        if not self.agrees:
            return consent.disagrees(parse_qs(urlsplit(page).query)["state"][0])
        url = consent.opens(page, user=self.user)
        told = {name: said[0] for name, said in parse_qs(urlsplit(url).query).items()}
        if self.change is not dict.clear:
            self.change(told)
        return f"{self.base or url.partition('?')[0]}?{urlencode(told)}"


class Reader(Browser):
    """One whose browser reaches the desk, and who types the word that it shows."""

    async def answer(self) -> str:
        told = {name: said[0] for name, said in parse_qs(urlsplit(self.final()).query).items()}
        reply = await self.desk.accept("code", method="GET", query=told)
        again = await self.desk.accept("code", method="GET", query=told)
        another = await self.desk.accept("code", method="GET", query={**told, "code": "somebody else's"})
        assert (reply.status, again.body, another.status) == (200, reply.body, 403)
        assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
        return f" {reply.body.decode().partition('<code>')[2].partition('</code>')[0].upper()} "


async def identified(desk: AmoDesk, browser: Browser) -> LoginIdentity:
    assert desk.bound
    return await desk.crm.identify(desk.bound, browser)


@pytest.fixture
async def linked(desk: AmoDesk) -> AmoDesk:
    """A link that works."""
    await desk.link()
    await desk.allow()
    async with desk.session():
        pass
    return desk


@pytest.mark.req("S-024", part="who somebody is in the account")
@pytest.mark.parametrize("kind", [Browser, Reader])
async def test_an_administrator_is_told_by_the_account_and_the_links_tokens_stay_as_they_are(
    linked: AmoDesk, kind: type[Browser], caplog: pytest.LogCaptureFixture
) -> None:
    assert linked.bound
    caplog.set_level(logging.DEBUG)
    before = await linked.bound.memory.known()
    linked.account.calls.clear()
    browser = kind(linked)
    found = await identified(linked, browser)
    assert found == LoginIdentity(
        way="amocrm", realm=f"{linked.account.id}@127.0.0.1", person=str(ADMIN), name=linked.account.users[ADMIN].name
    )
    assert await linked.bound.memory.known() == before
    assert [f"{call.method} {call.path}" for call in linked.account.calls] == [
        f"POST {TOKEN}", "GET /api/v4/account", f"{USERS}/{ADMIN}",
    ]  # fmt: skip
    assert linked.account.authority.renewals == []
    told = f"{caplog.text}{browser.shown}{browser.forms}{found}"
    assert [secret for secret in linked.account.authority.secrets if secret in told] == []
    async with linked.session() as session:
        await session.prove()


async def test_only_the_word_of_the_last_page_lets_the_desk_take_a_code_that_came_there(linked: AmoDesk) -> None:
    """A link that was forwarded to an administrator brings their code to the desk, and nobody who sent it knows it."""

    class Thief(Reader):
        async def answer(self) -> str:
            if len(self.forms) == 1:
                await super().answer()
            return "0000-0000"

    linked.account.calls.clear()
    thief = Thief(linked)
    with pytest.raises(UsageError, match="not what the last page shows"):
        await identified(linked, thief)
    assert ([len(form.errors) for form in thief.forms], linked.account.calls) == ([0, 2, 2], [])


def named(**values: str) -> Change:
    return lambda told: told.update(values)


@pytest.mark.parametrize(
    ("browser", "code", "says"),
    [
        ({"change": named(state="forged")}, "", "This address belongs to another login."),
        ({"base": "http://127.0.0.1:9/elsewhere"}, "", "This address leads elsewhere."),
        ({"change": named(referer="evil.example.ru")}, "login_elsewhere", "Somebody signed in at another account"),
        ({"change": named(client_id="another")}, "login_elsewhere", "Somebody signed in at another account"),
        ({"change": lambda told: told.pop("code")}, "", "There is no code in this address."),
        ({"agrees": False}, "login_denied", "The access was not allowed in amoCRM."),
    ],
)
async def test_what_comes_back_otherwise_is_refused_before_anything_is_sent(
    linked: AmoDesk, browser: dict[str, object], code: str, says: str
) -> None:
    linked.account.calls.clear()
    with pytest.raises((Refused, UsageError), match=says) as refused:
        await identified(linked, Browser(linked, **browser))  # type: ignore[arg-type]
    assert (getattr(refused.value, "code", ""), refused.value.next_step is not None) == (code, True)
    assert linked.bound
    assert linked.bound.hook_key not in f"{refused.value.what}{refused.value.next_step}"
    assert linked.account.calls == []
    assert await linked.bound.memory.known(login.AWAITED) == {}


async def test_a_code_that_was_used_is_refused_by_the_account_and_the_link_works_on(linked: AmoDesk) -> None:
    used: list[str] = []

    def once_more(told: dict[str, str]) -> None:
        told["code"] = used[0] if used else told["code"]
        used.append(told["code"])

    await identified(linked, Browser(linked, change=once_more))
    with pytest.raises(Refused, match="did not take the code") as refused:
        await identified(linked, Browser(linked, change=once_more))
    assert (refused.value.code, str(refused.value.next_step)) == ("login_code", "Log in again.")
    async with linked.session() as session:
        await session.prove()


async def test_who_is_no_administrator_gets_no_code_and_with_one_from_before_no_login(linked: AmoDesk) -> None:
    person = linked.account.users[ADMIN]
    with pytest.raises(WindowFailed):
        await identified(linked, Browser(linked, user=MANAGER))
    for name in ("admin", "active"):
        with pytest.raises(Refused, match="no active administrator") as refused:
            await identified(linked, Browser(linked, change=partial(_lose, person, name)))
        assert refused.value.code == "login_no_administrator"
        setattr(person, name, True)


def _person(id: int = ADMIN, **rights: bool) -> dict[str, object]:  # noqa: A002 - the account's own word
    return {"id": id, "name": "Анна", "email": "", "rights": rights}


def _lose(person: AmoUser, right: str, told: dict[str, str]) -> None:
    del told
    setattr(person, right, False)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({f"POST {TOKEN}": (503, "")}, "login_away"),
        ({f"POST {TOKEN}": (404, {"title": "Not Found", "status": 404})}, "login_away"),
        ({f"{USERS}/*": (504, "")}, "login_away"),
        ({"GET /api/v4/account": (200, {"id": 7, "subdomain": "hvoya", "current_user_id": ADMIN})}, "login_elsewhere"),
        ({f"{USERS}/*": (200, _person())}, "login_no_administrator"),
        ({f"{USERS}/*": (200, _person(is_active=True, is_admin=False))}, "login_no_administrator"),
        ({f"{USERS}/*": (200, _person(id=MANAGER, is_active=True, is_admin=True))}, "login_no_administrator"),
        ({f"POST {TOKEN}": (302, "")}, "redirected"),
        ({f"POST {TOKEN}": (403, "<html>")}, "login_away"),
    ],
)
async def test_an_account_that_is_away_or_another_one_lets_nobody_in(
    linked: AmoDesk, fault: Mapping[str, tuple[int, object]], code: str
) -> None:
    linked.account.misbehaviour.refuse.update(fault)
    with pytest.raises(ChatappError) as refused:
        await identified(linked, Browser(linked))
    assert getattr(refused.value, "code", "") == code


async def test_a_login_ends_after_ten_minutes_also_one_that_was_broken_off(linked: AmoDesk) -> None:
    assert linked.bound
    assert isinstance(linked.world.clock, HeldClock)
    clock = linked.world.clock

    class Slow(Browser):
        async def answer(self) -> str:
            clock.at += 600_000
            told = {name: said[0] for name, said in parse_qs(urlsplit(self.final()).query).items()}
            assert (await self.desk.accept("code", method="GET", query=told)).status == 403
            return self.final()

    with pytest.raises(Refused, match="longer than ten minutes"):
        await identified(linked, Slow(linked))
    await linked.bound.memory.save({f"{login.AWAITED}broken off": f'{{"until":{clock.at}}}'})
    await identified(linked, Browser(linked))
    assert await linked.bound.memory.known(login.AWAITED) == {}


async def test_a_link_without_an_integration_or_without_its_consent_lets_nobody_in(
    account: Account, desk: AmoDesk
) -> None:
    await desk.link()
    with pytest.raises(NeedsRebind):
        await identified(desk, Browser(desk))
    await desk.link(channel=False, way="token", token=account.long_lived(400))
    with pytest.raises(Refused, match="long-lived token, through which nobody can log in"):
        await identified(desk, Browser(desk))


async def test_a_renamed_account_is_known_by_both_addresses_and_another_by_none(linked: AmoDesk) -> None:
    assert linked.bound
    before = linked.account.domain
    await linked.account.renamed("les")
    async with linked.session() as session:
        await session.places()
    now = linked.account.domain
    assert [await linked.crm.has_account(linked.bound, host) for host in (before, now, "les.amocrm.ru")] == [
        True, True, False,
    ]  # fmt: skip
    assert linked.crm.account_of(" https://Demo.amocrm.ru/leads ") == "demo.amocrm.ru"
    with pytest.raises(UsageError):
        linked.crm.account_of("demo.example.ru")
