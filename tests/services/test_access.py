"""Every writing service for every role, with a right and without, on one's own line and on another: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.access import DAEMON, NOBODY, ROLES, Acting, Right, Role, system
from chatapp_cli.domain.errors import ChatappError, NotFound, Refused, UsageError
from chatapp_cli.i18n import show, use
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import access, channels, duties, lines, operators, presence
from chatapp_cli.store.tx import Tx
from tests.every import every
from tests.meta.rights import PUBLIC, WITHOUT_A_RIGHT
from tests.services.calls import CALLS, ME, OF_A_LINE, Place, everything, ours, place
from tests.stores import OWNER, Shop

__all__ = ["ours"]
pytestmark = pytest.mark.req("S-128", part="access by lines, assignees")


NO_LONGER = frozenset(Right) - ROLES[Role.OPERATOR]
"""What operators could do before there were rights, and may not without being given them."""


@pytest.fixture(autouse=True)
def _english() -> None:
    use("en")


def operator(shop: Shop, *given: Right) -> Acting:
    """Somebody with an account, who sees every line."""
    shop.write(lambda tx: operators.add(tx, ME, "", ()))
    shop.write(lambda tx: operators.allow(tx, ME, given, ()))
    return Acting(ME, account=True)


class _Undo(Exception):
    """It went well."""


def refusal(shop: Shop, who: Acting, name: str, at: Place) -> ChatappError | None:
    """What somebody is answered who makes a call; it is undone."""

    def job(tx: Tx) -> None:
        CALLS[name][1](tx.by(who), at)
        raise _Undo

    try:
        shop.database.write(job)
    except ChatappError as error:
        return error
    except _Undo:
        return None


def is_about_rights(error: ChatappError | None) -> bool:
    return isinstance(error, Refused) and error.code in {"no_right", "login_wanted", "account_over"}


def test_every_writing_service_is_in_the_table() -> None:
    assert {name.split(" ")[0] for name in CALLS} == PUBLIC - WITHOUT_A_RIGHT.keys()


def test_the_owner_may_do_everything(shop: Shop, ours: Place) -> None:
    def allowed(name: str) -> None:
        error = refusal(shop, OWNER, name, ours)
        assert not is_about_rights(error)
        assert error is None or isinstance(error, Refused | NotFound)

    every(sorted(CALLS), allowed)


def test_an_operator_may_do_what_the_table_of_roles_says_and_is_told_whom_to_ask_for_more(
    shop: Shop, ours: Place
) -> None:
    who = operator(shop)

    def as_the_table_says(name: str) -> None:
        right = CALLS[name][0]
        error = refusal(shop, who, name, ours)
        assert is_about_rights(error) == (right in NO_LONGER)
        if right in NO_LONGER:
            assert show(error and error.next_step) == f"Ask the owner to allow it: chatapp user rights 'Пётр' +{right}"

    every(sorted(CALLS), as_the_table_says)


def test_a_right_that_was_given_holds_until_it_is_taken_back(shop: Shop, ours: Place) -> None:
    who = operator(shop)

    def holds(name: str) -> None:
        right = CALLS[name][0]
        shop.write(lambda tx: operators.allow(tx, ME, {right}, ()))
        assert not is_about_rights(refusal(shop, who, name, ours))
        shop.write(lambda tx: operators.allow(tx, ME, (), {right}))
        assert is_about_rights(refusal(shop, who, name, ours))

    every(sorted(name for name, (right, _) in CALLS.items() if right in NO_LONGER), holds)


def test_nobody_and_who_is_disabled_may_do_nothing(shop: Shop, ours: Place) -> None:
    who = operator(shop, *NO_LONGER)
    shop.write(lambda tx: operators.disable(tx, ME))

    def forbidden(name: str) -> None:
        assert is_about_rights(refusal(shop, who, name, ours)) == (name != "operators.set_password of one's own")
        assert is_about_rights(refusal(shop, NOBODY, name, ours))
        with pytest.raises(access.NobodyActs):
            shop.database.write(lambda tx: CALLS[name][1](tx, ours))

    every(sorted(CALLS), forbidden)


def test_an_operator_with_the_right_touches_nothing_of_a_line_that_they_do_not_see(shop: Shop, ours: Place) -> None:
    theirs = place(shop, "Розница")
    operator(shop, *NO_LONGER)
    shop.write(lambda tx: operators.see_lines(tx, ME, [ours.line]))
    shop.acting, who = OWNER, Acting(ME, account=True, lines=(ours.line,))
    seen, before = visibility_of(shop, who), everything(shop)

    def out_of_reach(name: str) -> None:
        with pytest.raises(NotFound):
            shop.database.write(lambda tx: CALLS[name][1](tx.through(seen).by(who), theirs))
        assert everything(shop) == before

    every(sorted(OF_A_LINE), out_of_reach)


def visibility_of(shop: Shop, who: Acting) -> Any:
    from chatapp_cli.services.acting import visibility

    return visibility(who, shop.driver.dialect)


def test_a_part_of_the_program_has_the_rights_it_was_given_and_no_others(shop: Shop, ours: Place) -> None:
    assert refusal(shop, DAEMON, "sending.enqueue", ours) is None
    assert refusal(shop, DAEMON, "approvals.learn", ours) is None
    assert str(refusal(shop, DAEMON, "lines.rename", ours)) == "daemon may not add, rename and remove lines."
    robot = system("робот", Right.TAG)
    assert refusal(shop, robot, "dialogs.tag", ours) is None
    assert is_about_rights(refusal(shop, robot, "notes.add", ours))
    assert (robot.signature, DAEMON.signature, OWNER.signature) == ("робот", "", "Ольга")


def test_a_window_is_shown_at_no_dialog_that_its_person_does_not_see(shop: Shop, ours: Place) -> None:
    theirs, who = place(shop, "Розница"), Acting(ME, lines=(ours.line,))
    shop.database.write(lambda tx: presence.look(tx.through(visibility_of(shop, who)).by(who), "w", theirs.dialog))
    assert shop.read(presence.everyone) == []
    shop.database.write(lambda tx: presence.look(tx.through(visibility_of(shop, who)).by(who), "w", ours.dialog))
    assert [row.dialog_id for row in shop.read(presence.everyone)] == [ours.dialog]


@pytest.mark.parametrize(
    ("given", "secrets", "missing"),
    [
        ({Right.CHANNELS}, {"token": "old"}, ""),
        ({Right.CHANNELS}, {"token": "new"}, "secrets"),
        ({Right.CHANNELS}, {"token": "old", "hook": "x"}, "secrets"),
        ({Right.CHANNELS}, {}, "secrets"),
        ({Right.CHANNELS, Right.SECRETS}, {"token": "new"}, ""),
        ({Right.CHANNELS}, {"token": "old", "proxies": "socks5://p:1"}, "proxies"),
        ({Right.CHANNELS, Right.PROXIES}, {"token": "old", "proxies": "socks5://p:1"}, ""),
        ({Right.CHANNELS, Right.PROXIES}, {"token": "new", "proxies": "socks5://p:1"}, "secrets"),
        ({Right.SECRETS}, {"token": "old"}, "channels"),
    ],
)
def test_a_channel_is_bound_anew_with_other_secrets_by_who_may_change_them(
    shop: Shop, given: set[Right], secrets: dict[str, str], missing: str
) -> None:
    line = shop.line()
    number = shop.channel(line=line, kind="sms", account="me", secrets={"token": "old"})
    shop.acting = operator(shop, *given)
    new = Bound(account="me", title="Шлюз", secrets=secrets)

    def renew(tx: Tx) -> None:
        channels.save(tx, shop.vault, new, line=line, kind="sms", previous=number)

    if not missing:
        shop.write(renew)
    else:
        with pytest.raises(Refused) as refused:
            shop.write(renew)
        assert show(refused.value.next_step) == f"Ask the owner to allow it: chatapp user rights 'Пётр' +{missing}"
    kept = shop.read(lambda tx: channels.bound(tx, shop.vault, channels.one(tx, number))).secrets
    assert kept == ({"token": "old"} if missing else secrets)


def test_a_new_account_brings_its_secrets_along(shop: Shop) -> None:
    line = shop.line()
    shop.acting = operator(shop, Right.CHANNELS)
    new = Bound(account="me", title="Шлюз", secrets={"token": "new"})
    number = shop.write(lambda tx: channels.save(tx, shop.vault, new, line=line, kind="sms"))
    kept = shop.read(lambda tx: channels.bound(tx, shop.vault, channels.one(tx, number)))
    assert kept.secrets == {"token": "new"}


def test_before_a_login_a_window_is_nowhere(shop: Shop, ours: Place) -> None:
    for deed in (presence.look, presence.beat, presence.typing):
        shop.database.write(lambda tx, deed=deed: deed(tx.by(NOBODY), "w", ours.dialog))
    assert shop.read(lambda tx: tx.value("presence.own", window="w", operator="")) is None
    assert shop.read(presence.everyone) == []


def test_one_may_change_ones_own_password_and_nobody_elses(shop: Shop) -> None:
    shop.write(lambda tx: operators.add(tx, "Иван", "", ()))
    shop.acting = operator(shop)
    shop.write(lambda tx: operators.set_password(tx, ME, "hash"))
    with pytest.raises(Refused, match="Пётр may not make and change the accounts of operators"):
        shop.write(lambda tx: operators.set_password(tx, "Иван", "hash"))


OF_THE_OWNER: Mapping[str, Callable[[Tx, str], object]] = {
    "add": lambda tx, name: operators.add(tx, name, "", ()),
    "see_lines": lambda tx, name: operators.see_lines(tx, name, []),
    "see_only_own": lambda tx, name: operators.see_only_own(tx, name, only_own=True),
    "set_password": lambda tx, name: operators.set_password(tx, name, "hash"),
    "allow": lambda tx, name: operators.allow(tx, name, {Right.USERS}, ()),
    "disable": operators.disable,
    "enable": operators.enable,
    "remove": operators.remove,
}


@pytest.mark.req("S-128", part="access by lines, assignees")
@pytest.mark.parametrize("deed", sorted(OF_THE_OWNER))
def test_only_the_owner_makes_and_changes_an_account_of_the_owners_name(shop: Shop, deed: str) -> None:
    shop.acting = Acting("Ольга", owner=True)
    shop.line("Опт")
    shop.clock.at += 1
    made = () if deed == "add" else ("root", "Ольга")
    for name in made:
        shop.write(lambda tx, name=name: operators.add(tx, name, "", ()))
    who = operator(shop, Right.USERS)._replace(owner_names=frozenset({"root"}))
    for name in ("root", "Ольга"):
        shop.acting = who
        with pytest.raises(Refused) as caught:
            shop.write(lambda tx, name=name: OF_THE_OWNER[deed](tx, name))
        assert caught.value.code == "owners_name"
        shop.acting = Acting("Ольга", owner=True)
        shop.write(lambda tx, name=name: OF_THE_OWNER[deed](tx, name))


@pytest.mark.parametrize("end", [operators.disable, operators.remove])
def test_who_writes_with_an_account_that_is_gone_is_told_so(
    shop: Shop, ours: Place, end: Callable[[Tx, str], None]
) -> None:
    acting = operator(shop)
    shop.acting = OWNER
    shop.write(lambda tx: end(tx, ME))
    shop.acting = acting
    with pytest.raises(Refused, match="The account Пётр is disabled or removed") as caught:
        shop.write(lambda tx: duties.take(tx, ours.dialog))
    assert caught.value.code == "account_over"


BY_NAME = (operators.close_sessions, operators.disable, operators.enable, operators.remove)
"""What is done with an account as a whole."""


def test_who_may_change_accounts_gives_and_changes_no_more_than_they_have(shop: Shop) -> None:
    line, other = shop.line("Опт"), shop.line("Розница")
    for name, given in (("Иван", {Right.LINES}), ("Вера", set())):
        shop.write(lambda tx, name=name: operators.add(tx, name, "", [line]))
        shop.write(lambda tx, name=name, given=given: operators.allow(tx, name, given, ()))
    shop.write(lambda tx: operators.add(tx, "Олег", "", ()))
    shop.write(lambda tx: operators.add(tx, "Яна", "", [line, other]))
    operator(shop, Right.USERS)
    shop.acting = Acting(ME, account=True, lines=(line,))
    shop.write(lambda tx: operators.allow(tx, "Вера", {Right.USERS}, ()))
    for beyond in (
        lambda tx: operators.allow(tx, "Вера", {Right.LINES}, ()),
        lambda tx: operators.allow(tx, ME, {Right.LINES}, ()),
        lambda tx: operators.allow(tx, "Иван", (), {Right.LINES}),
        lambda tx: operators.set_password(tx, "Иван", "hash"),
        lambda tx: operators.see_lines(tx, "Вера", None),
        lambda tx: operators.see_lines(tx, "Вера", [line, other]),
        lambda tx: operators.add(tx, "Глеб", "", ()),
        *(partial(deed, name=name) for deed in BY_NAME for name in ("Иван", "Олег", "Яна")),
    ):
        with pytest.raises(Refused) as caught:
            shop.write(beyond)
        assert caught.value.code == "beyond_own"
    shop.write(lambda tx: operators.see_lines(tx, "Вера", [line]))
    shop.write(lambda tx: operators.see_only_own(tx, "Вера", only_own=True))
    shop.acting = shop.acting._replace(only_own=True)
    for beyond in (
        lambda tx: operators.see_only_own(tx, "Вера", only_own=False),
        lambda tx: operators.add(tx, "Глеб", "", [line]),
        lambda tx: operators.disable(tx, "Олег"),
    ):
        with pytest.raises(Refused) as caught:
            shop.write(beyond)
        assert caught.value.code == "beyond_own"
    for deed in BY_NAME:
        shop.write(partial(deed, name="Вера"))


def test_what_a_role_allows_is_not_taken_back_and_what_nobody_knows_is_not_given(shop: Shop) -> None:
    operator(shop)
    with pytest.raises(UsageError, match="Every operator has the right answer"):
        shop.write(lambda tx: operators.allow(tx, ME, (), {Right.ANSWER}))
    assert operators.changes(["+lines", "-shared-views"]) == ({Right.LINES}, {Right.SHARED_VIEWS})
    for word in ("lines", "+all", "+", ""):
        with pytest.raises(UsageError):
            operators.changes([word])
    shop.write(lambda tx: tx.run("operators.give", name=ME, rights="lines fly"))
    assert shop.read(lambda tx: operators.may(tx, ME)) == ROLES[Role.OPERATOR] | {Right.LINES}


def test_who_removes_a_line_with_its_channels_needs_the_right_to_unbind_them(shop: Shop, ours: Place) -> None:
    line = shop.read(lambda tx: lines.find(tx, str(ours.line)))
    assert line.channels

    def attempt(*rights: Right) -> None:
        shop.write(lambda tx: operators.allow(tx, ME, rights, ()))
        shop.database.write(lambda tx: lines.remove(tx.by(Acting(ME, account=True)), line, force=True))

    operator(shop)
    with pytest.raises(Refused, match="may not bind"):
        attempt(Right.LINES)
    attempt(Right.CHANNELS)
    with pytest.raises(NotFound):
        shop.read(lambda tx: lines.find(tx, str(ours.line)))


def test_a_disabled_account_does_not_change_its_own_password(shop: Shop, ours: Place) -> None:
    who = operator(shop)
    shop.write(lambda tx: operators.disable(tx, ME))
    with pytest.raises(Refused, match="logged out"):
        shop.database.write(lambda tx: operators.set_password(tx.by(who), ME, "x"))
