"""Every writing service for every role, with a right and without, on one's own line and on another: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from chatapp_cli.domain.access import DAEMON, NOBODY, ROLES, Acting, Right, Role, system
from chatapp_cli.domain.application import ApplicationStage
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import ChatappError, NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ApplicationId, ContactId, DialogId, LineId, MessageId
from chatapp_cli.domain.manifest import Capabilities, Manifest
from chatapp_cli.domain.message import Operation, State
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.template import Template
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show, use
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import ApplicationDocument
from chatapp_cli.services import (
    access,
    alarm_messages,
    applications,
    approvals,
    chains,
    channels,
    composing,
    contacts,
    deadletters,
    dialogs,
    drafts,
    duties,
    forwarding,
    ingest,
    later,
    lines,
    mailing,
    notes,
    operators,
    options,
    persons,
    presence,
    reaching,
    replies,
    reply_sheet,
    retention,
    sending,
    session_requests,
    templates,
    views,
)
from chatapp_cli.services.alarm_messages import AlarmRecipient
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.services.message_request import MessageRequest, ToAddress
from chatapp_cli.services.routes import ChainStep
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.journal import ArrivedRow
from chatapp_cli.store.rows.people import ContactRow
from chatapp_cli.store.tx import Tx
from tests.meta.test_access import PUBLIC, WITHOUT_A_RIGHT
from tests.stores import EVERYTHING, OWNER, Shop, owner

pytestmark = pytest.mark.req("S-128", part="access by lines, assignees")
ME = "Пётр"
KEY = "k" * 32
TEMPLATES = Capabilities(intake="poll", templates=True, free_text=True)
STATEMENT = ApplicationDocument(name="a.docx", content=b"document")


@dataclass(frozen=True, slots=True)
class Place:
    """A line with one thing of each kind, for a call to be made on."""

    shop: Shop
    line: LineId
    channel: ChannelRow
    dialog: DialogId
    heard: MessageId
    """The client's."""
    said: MessageId
    """Ours, and on its way no more."""
    waits: MessageId
    """Ours, for tomorrow."""
    unsure: MessageId
    application: ApplicationId
    contact: ContactId
    other: ContactId
    letter: ArrivedRow
    person: ContactRow
    merge: Any

    def order(self, **values: Any) -> sending.SendOptions:
        return sending.SendOptions(**{"key": KEY, **values})

    @property
    def address(self) -> str:
        return f"anna{self.line}"


def able(_row: ChannelRow) -> Capabilities:
    return EVERYTHING


def place(shop: Shop, name: str) -> Place:
    line = shop.line(name)
    channel = shop.channel(line=line, kind="email")
    heard = shop.hear(channel, who=f"anna{line}")
    others = [shop.message(shop.hear(channel, who=f"{who}{line}")).dialog_id for who in ("boris", "vera", "gleb")]
    row = shop.read(lambda tx: channels.one(tx, channel))
    dialog = shop.message(heard).dialog_id
    said, unsure, waits = (_enqueued(shop, dialog, at=at) for at in (None, None, shop.clock.at + 86_400_000))
    for message, state in ((said, State.FAILED), (unsure, State.UNCERTAIN)):
        shop.write(lambda tx, m=message: tx.run("outbox.withdraw", message=m))
        shop.write(lambda tx, m=message, s=state: tx.run("messages.state", id=m, state=s, code="", detail=""))
    application = shop.write(lambda tx: applications.add(tx, shop.vault, line=line, kind="sms", title="ИП", answers={}))
    arrival = Arrival(provider_id="odd", raw=b"{}")
    shop.write(lambda tx: ingest.set_aside(tx, channel, arrival, problem="ValueError"))
    shop.write(lambda tx: templates.add(tx, row, TEMPLATES, Template(name="hello", body="Да")))
    letter = shop.read(deadletters.everything)[0]
    first, second, third, fourth = (
        ContactId(shop.read(lambda tx, d=d: dialogs.card(tx, d)).contact_id) for d in (dialog, *others)
    )
    person = shop.read(lambda tx: contacts.one(tx, first))
    merge = shop.write(lambda tx: persons.merge(tx, third, fourth))
    return Place(shop, line, row, dialog, heard, said, waits, unsure, application, first, second, letter, person, merge)


def _enqueued(shop: Shop, dialog: DialogId, at: int | None) -> MessageId:
    return shop.write(lambda tx: sending.enqueue(tx, EVERYTHING, dialog, Draft(text="Да"), shop.order(at=at)))


def _bound(at: Place) -> Bound:
    return Bound(account=f"new{at.line}", title="Ещё одна")


def _letters() -> Manifest:
    return manifest("email")


def _line(tx: Tx, at: Place) -> Any:
    from chatapp_cli.store.rows.channels import LineRow

    return LineRow(at.line, "Опт", 0, 0, 0)


def _asked(at: Place, to: ToAddress) -> MessageRequest:
    return MessageRequest(to=to, draft=Draft(text="Да"), options=at.order())


NEW = [mailing.Recipient("new@example.org")]
Call = Callable[[Tx, Place], object]
OF_A_LINE: Mapping[str, tuple[Right, Call]] = {
    "applications.add": (
        Right.APPLICATIONS,
        lambda tx, at: applications.add(tx, at.shop.vault, line=at.line, kind="sms", title="ИП", answers={}),
    ),
    "applications.keep_document": (
        Right.APPLICATIONS,
        lambda tx, at: applications.keep_document(tx, at.shop.media, at.application, STATEMENT),
    ),
    "applications.move": (
        Right.APPLICATIONS,
        lambda tx, at: applications.move(tx, at.application, ApplicationStage.SENT),
    ),
    "composing.accept": (
        Right.ANSWER,
        lambda tx, at: composing.accept(tx, able, _asked(at, ToAddress(at.channel.id, at.address))),
    ),
    "channels.configure": (
        Right.CHANNELS,
        lambda tx, at: channels.configure(tx, at.channel, _letters(), {}),
    ),
    "channels.save": (
        Right.CHANNELS,
        lambda tx, at: channels.save(tx, at.shop.vault, _bound(at), line=at.line, kind="api"),
    ),
    "channels.resume": (Right.REPAIR, lambda tx, at: channels.resume(tx, at.channel.id)),
    "channels.set_secret": (
        Right.SECRETS,
        lambda tx, at: channels.set_secret(tx, at.shop.vault, at.channel, "token", "new"),
    ),
    "channels.set_secret of proxies": (
        Right.PROXIES,
        lambda tx, at: channels.set_secret(tx, at.shop.vault, at.channel, "proxies", "socks5://p:1"),
    ),
    "channels.clear": (Right.CHANNELS, lambda tx, at: channels.clear(tx, 1, channel=at.channel)),
    "channels.unbind": (Right.CHANNELS, lambda tx, at: channels.unbind(tx, at.channel, force=True)),
    "contacts.set_chain": (
        Right.PEOPLE,
        lambda tx, at: contacts.set_chain(tx, [at.person], ["email"]),
    ),
    "deadletters.delete": (Right.REPAIR, lambda tx, at: deadletters.delete(tx, at.letter.id)),
    "deadletters.revive": (
        Right.REPAIR,
        lambda tx, at: deadletters.revive(tx, at.letter, Arrival(provider_id="odd", raw=b"{}")),
    ),
    "dialogs.block": (Right.BLOCK, lambda tx, at: dialogs.block(tx, at.dialog, blocked=True)),
    "dialogs.introduce": (
        Right.ANSWER,
        lambda tx, at: dialogs.introduce(tx, at.dialog, first_name="Анна", last_name=""),
    ),
    "dialogs.peek": (Right.MARK, lambda tx, at: dialogs.peek(tx, at.dialog)),
    "dialogs.pin": (Right.MARK, lambda tx, at: dialogs.pin(tx, at.dialog, pinned=True)),
    "dialogs.read": (Right.MARK, lambda tx, at: dialogs.read(tx, at.dialog)),
    "dialogs.rename": (Right.MARK, lambda tx, at: dialogs.rename(tx, at.dialog, "Анна")),
    "dialogs.tag": (Right.TAG, lambda tx, at: dialogs.tag(tx, at.dialog, "важно")),
    "dialogs.typing": (Right.ANSWER, lambda tx, at: dialogs.typing(tx, at.dialog)),
    "dialogs.unread": (Right.MARK, lambda tx, at: dialogs.unread(tx, at.dialog)),
    "dialogs.untag": (Right.TAG, lambda tx, at: dialogs.untag(tx, at.dialog, "важно")),
    "drafts.delete": (Right.DRAFTS, lambda tx, at: drafts.delete(tx, at.dialog)),
    "drafts.save": (
        Right.DRAFTS,
        lambda tx, at: drafts.save(tx, at.dialog, Unsent(Draft(text="Да"))),
    ),
    "duties.assign": (Right.ASSIGN, lambda tx, at: duties.assign(tx, at.dialog, "Анна")),
    "duties.awaits_answer": (Right.SNOOZE, lambda tx, at: duties.awaits_answer(tx, at.dialog, 1)),
    "duties.take": (Right.ASSIGN, lambda tx, at: duties.take(tx, at.dialog)),
    "duties.join": (Right.ASSIGN, lambda tx, at: duties.join(tx, at.dialog, "Анна", "observer")),
    "duties.leave": (Right.ASSIGN, lambda tx, at: duties.leave(tx, at.dialog, "Анна")),
    "duties.no_answer": (Right.SNOOZE, lambda tx, at: duties.no_answer(tx, at.dialog)),
    "duties.snooze": (Right.SNOOZE, lambda tx, at: duties.snooze(tx, at.dialog, tx.now + 1)),
    "duties.unassign": (Right.ASSIGN, lambda tx, at: duties.unassign(tx, at.dialog)),
    "duties.unsnooze": (Right.SNOOZE, lambda tx, at: duties.unsnooze(tx, at.dialog)),
    "session_requests.ask": (
        Right.CHATS,
        lambda tx, at: session_requests.ask(tx, at.channel.id, "follow", {}, seconds=1),
    ),
    "session_requests.ask for a person": (
        Right.ANSWER,
        lambda tx, at: session_requests.ask(tx, at.channel.id, "find", {}, seconds=1),
    ),
    "session_requests.ask for a group": (
        Right.GROUPS,
        lambda tx, at: session_requests.ask(tx, at.channel.id, "create_group", {}, seconds=1),
    ),
    "session_requests.ask for templates": (
        Right.TEMPLATES,
        lambda tx, at: session_requests.ask(tx, at.channel.id, "submit", {}, seconds=1),
    ),
    "forwarding.forward": (
        Right.ANSWER,
        lambda tx, at: forwarding.forward(tx, able, [at.heard], at.dialog, at.order()),
    ),
    "later.reschedule": (
        Right.ANSWER,
        lambda tx, at: later.reschedule(tx, EVERYTHING, at.waits, None),
    ),
    "later.reword": (Right.ANSWER, lambda tx, at: later.reword(tx, EVERYTHING, at.waits, "Нет")),
    "lines.configure": (
        Right.SETTINGS,
        lambda tx, at: lines.configure(tx, _line(tx, at), {"company_name": "Ёлка"}),
    ),
    "lines.remove": (Right.LINES, lambda tx, at: lines.remove(tx, _line(tx, at), force=True)),
    "lines.rename": (Right.LINES, lambda tx, at: lines.rename(tx, at.line, "Новая")),
    "mailing.accept": (
        Right.MASS,
        lambda tx, at: _reached(mailing.accept(tx, able, _asked(at, ToAddress(at.channel.id, "")), NEW)),
    ),
    "mailing.preview": (
        Right.MASS,
        lambda tx, at: _reached(mailing.preview(tx, able, _asked(at, ToAddress(at.channel.id, "")), NEW)),
    ),
    "notes.add": (Right.NOTE, lambda tx, at: notes.add(tx, at.dialog, "Перезвонить")),
    "persons.apart": (Right.PEOPLE, lambda tx, at: persons.apart(tx, at.contact, at.other)),
    "persons.forget_apart": (
        Right.PEOPLE,
        lambda tx, at: persons.forget_apart(tx, [(at.contact, at.other)]),
    ),
    "persons.merge": (Right.PEOPLE, lambda tx, at: persons.merge(tx, at.contact, at.other)),
    "persons.undo": (Right.PEOPLE, lambda tx, at: persons.undo(tx, at.merge)),
    "reaching.dialog_for": (
        Right.ANSWER,
        lambda tx, at: reaching.dialog_for(tx, at.channel, EVERYTHING, "new@example.org"),
    ),
    "chains.enqueue_first": (
        Right.ANSWER,
        lambda tx, at: chains.enqueue_first(
            tx, able, [ChainStep(at.channel.id, ("new@example.org",))], Draft(text="Да"), at.order()
        ),
    ),
    "sending.cancel": (Right.ANSWER, lambda tx, at: sending.cancel(tx, at.waits)),
    "sending.change": (
        Right.ANSWER,
        lambda tx, at: sending.change(tx, EVERYTHING, at.heard, Operation.REACT, "👍", options=at.order()),
    ),
    "sending.enqueue": (
        Right.ANSWER,
        lambda tx, at: sending.enqueue(tx, EVERYTHING, at.dialog, Draft(text="Да"), at.order()),
    ),
    "sending.replay": (
        Right.REPAIR,
        lambda tx, at: sending.replay(tx, at.channel, _again(), sending.sent_since(tx, at.channel, 0)),
    ),
    "sending.resolve": (Right.ANSWER, lambda tx, at: sending.resolve(tx, at.unsure, "failed")),
    "sending.retry": (Right.ANSWER, lambda tx, at: sending.retry(tx, at.said)),
    "templates.add": (
        Right.TEMPLATES,
        lambda tx, at: templates.add(tx, at.channel, TEMPLATES, Template(name="bye", body="Пока")),
    ),
    "approvals.decide": (
        Right.TEMPLATES,
        lambda tx, at: approvals.decide(tx, able, at.channel, "hello", "approved", reason=""),
    ),
    "approvals.judged": (
        Right.TEMPLATES,
        lambda tx, at: approvals.judged(tx, able, at.channel, Template(name="hello", body="Нет")),
    ),
    "approvals.learn": (
        Right.TEMPLATES,
        lambda tx, at: approvals.learn(tx, able, at.channel, [Template(name="new", body="Да")]),
    ),
}
"""What is done to something of a line."""


def _again() -> Capabilities:
    from dataclasses import replace

    return replace(EVERYTHING, idempotent_send=True)


def _reached(found: mailing.Mailing) -> mailing.Mailing:
    """A mailing tells who cannot be reached, and why, instead of ending."""
    if found.bad:
        raise found.bad[0].why
    return found


def _section(tx: Tx) -> Any:
    return replies.section(tx, "Заказы")


def _view(tx: Tx, name: str) -> Any:
    return next(row for row in views.seen(tx.by(owner(ME))) if row.name == name)


HELLO = QuickReplyDraft(title="Привет", text="Здравствуйте!")
OF_THE_COMPANY: Mapping[str, tuple[Right, Call]] = {
    "contacts.met_or_new": (Right.PEOPLE, lambda tx, at: contacts.met_or_new(tx, "new@example.org")),
    "lines.add": (Right.LINES, lambda tx, at: lines.add(tx, "Ещё одна")),
    "alarm_messages.try_out": (
        Right.SETTINGS,
        lambda tx, at: alarm_messages.try_out(
            tx.whole(), able, AlarmRecipient("letters", "olga@shop.example"), T("Trial")
        ),
    ),
    "options.configure_company": (
        Right.SETTINGS,
        lambda tx, at: options.configure_company(tx, {"company_name": "Ёлка"}),
    ),
    "retention.forget_follower": (Right.SETTINGS, lambda tx, at: retention.forget_follower(tx, "crm")),
    "operators.add": (Right.USERS, lambda tx, at: operators.add(tx, "Вера", "", ())),
    "operators.allow": (
        Right.USERS,
        lambda tx, at: operators.allow(tx, "Иван", {Right.USERS}, ()),
    ),
    "operators.close_sessions": (Right.USERS, lambda tx, at: operators.close_sessions(tx, "Иван")),
    "operators.disable": (Right.USERS, lambda tx, at: operators.disable(tx, "Иван")),
    "operators.enable": (Right.USERS, lambda tx, at: operators.enable(tx, "Иван")),
    "operators.remove": (Right.USERS, lambda tx, at: operators.remove(tx, "Иван")),
    "operators.see_lines": (Right.USERS, lambda tx, at: operators.see_lines(tx, "Иван", None)),
    "operators.set_password": (Right.USERS, lambda tx, at: operators.set_password(tx, "Иван", "x")),
    "replies.add": (Right.REPLIES, lambda tx, at: replies.add(tx, _section(tx), HELLO)),
    "replies.add_section": (Right.REPLIES, lambda tx, at: replies.add_section(tx, "Опт")),
    "replies.count_use": (Right.ANSWER, lambda tx, at: replies.count_use(tx, replies.find(tx, "Пока").id)),
    "replies.edit": (Right.REPLIES, lambda tx, at: replies.edit(tx, replies.find(tx, "Пока"), HELLO)),
    "replies.invite": (Right.REPLIES, lambda tx, at: replies.invite(tx, _section(tx), "Вера")),
    "replies.remove": (Right.REPLIES, lambda tx, at: replies.remove(tx, replies.find(tx, "Пока"))),
    "replies.remove_section": (
        Right.REPLIES,
        lambda tx, at: replies.remove_section(tx, _section(tx), force=True),
    ),
    "replies.rename_section": (
        Right.REPLIES,
        lambda tx, at: replies.rename_section(tx, _section(tx), "Доставка"),
    ),
    "replies.uninvite": (Right.REPLIES, lambda tx, at: replies.uninvite(tx, _section(tx), "Вера")),
    "reply_sheet.take": (Right.REPLIES, lambda tx, at: reply_sheet.take(tx, reply_sheet.ReplyFile())),
    "views.add": (Right.SHARED_VIEWS, lambda tx, at: views.add(tx, "Все", DialogFilter())),
    "views.add of one's own": (
        Right.VIEWS,
        lambda tx, at: views.add(tx, "Мои", DialogFilter(), own=True),
    ),
    "views.move": (Right.SHARED_VIEWS, lambda tx, at: views.move(tx, _view(tx, "Общее"), 1)),
    "views.move of one's own": (Right.VIEWS, lambda tx, at: views.move(tx, _view(tx, "Своё"), 1)),
    "views.remove": (Right.SHARED_VIEWS, lambda tx, at: views.remove(tx, _view(tx, "Общее"))),
    "views.remove of one's own": (Right.VIEWS, lambda tx, at: views.remove(tx, _view(tx, "Своё"))),
}
"""What belongs to no line."""
CALLS = {**OF_A_LINE, **OF_THE_COMPANY}
NO_LONGER = frozenset(Right) - ROLES[Role.OPERATOR]
"""What operators could do before there were rights, and may not without being given them."""


@pytest.fixture(autouse=True)
def _english() -> None:
    use("en")


@pytest.fixture
def ours(shop: Shop) -> Place:
    """A line of the operator's with everything on it, and what belongs to no line."""
    shop.write(lambda tx: operators.add(tx, "Иван", "", ()))
    shop.write(lambda tx: replies.add_section(tx, "Заказы"))
    shop.write(lambda tx: replies.add(tx, _section(tx), QuickReplyDraft(title="Пока", text="Пока!")))
    shop.write(lambda tx: views.add(tx, "Общее", DialogFilter()))
    shop.write(lambda tx: views.add(tx.by(owner(ME)), "Своё", DialogFilter(), own=True))
    return place(shop, "Опт")


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


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_owner_may_do_everything(shop: Shop, ours: Place, name: str) -> None:
    error = refusal(shop, OWNER, name, ours)
    assert not is_about_rights(error)
    assert error is None or isinstance(error, Refused | NotFound)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_operator_may_do_what_the_table_of_roles_says_and_is_told_whom_to_ask_for_more(
    shop: Shop, ours: Place, name: str
) -> None:
    right = CALLS[name][0]
    error = refusal(shop, operator(shop), name, ours)
    assert is_about_rights(error) == (right in NO_LONGER)
    if right in NO_LONGER:
        assert show(error and error.next_step) == f"Ask the owner to allow it: chatapp user rights 'Пётр' +{right}"


@pytest.mark.parametrize("name", sorted(name for name, (right, _) in CALLS.items() if right in NO_LONGER))
def test_a_right_that_was_given_holds_until_it_is_taken_back(shop: Shop, ours: Place, name: str) -> None:
    right = CALLS[name][0]
    who = operator(shop, right)
    assert not is_about_rights(refusal(shop, who, name, ours))
    shop.write(lambda tx: operators.allow(tx, ME, (), {right}))
    assert is_about_rights(refusal(shop, who, name, ours))


@pytest.mark.parametrize("name", sorted(CALLS))
def test_nobody_and_who_is_disabled_may_do_nothing(shop: Shop, ours: Place, name: str) -> None:
    who = operator(shop, *NO_LONGER)
    shop.write(lambda tx: operators.disable(tx, ME))
    assert is_about_rights(refusal(shop, who, name, ours)) == (name != "operators.set_password of one's own")
    assert is_about_rights(refusal(shop, NOBODY, name, ours))
    with pytest.raises(access.NobodyActs):
        shop.database.write(lambda tx: CALLS[name][1](tx, ours))


@pytest.mark.parametrize("name", sorted(OF_A_LINE))
def test_an_operator_with_the_right_touches_nothing_of_a_line_that_they_do_not_see(
    shop: Shop, ours: Place, name: str
) -> None:
    theirs = place(shop, "Розница")
    operator(shop, *NO_LONGER)
    shop.write(lambda tx: operators.see_lines(tx, ME, [ours.line]))
    before = everything(shop)
    shop.acting, who = OWNER, Acting(ME, account=True, lines=(ours.line,))
    error = None
    try:
        shop.database.write(lambda tx: CALLS[name][1](tx.through(visibility_of(shop, who)).by(who), theirs))
    except ChatappError as found:
        error = found
    assert isinstance(error, NotFound), error
    assert everything(shop) == before


def visibility_of(shop: Shop, who: Acting) -> Any:
    from chatapp_cli.services.acting import visibility

    return visibility(who, shop.driver.dialect)


def everything(shop: Shop) -> Mapping[str, list[Any]]:
    """All rows of all tables."""
    from chatapp_cli.store import tables

    def rows(tx: Tx) -> Mapping[str, list[Any]]:
        names = sorted(tables.metadata.tables)
        return {name: sorted(map(str, tx.compose(lambda *row: row, f"SELECT * FROM {name}", {}))) for name in names}

    return shop.read(rows)


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
