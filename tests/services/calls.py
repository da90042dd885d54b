"""Every service that changes the store, called as an operator calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chatapp_cli.domain.access import Right
from chatapp_cli.domain.application import ApplicationStage
from chatapp_cli.domain.arrival import Arrival
from chatapp_cli.domain.automation import ActWanted, RuleWanted
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.events import CrmArrival, CrmStepAsked, CrmTexted, CrmWroteFirst
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.crm.questions import CrmQuestion
from chatapp_cli.domain.crm.states import Tells
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.ids import (
    ApplicationId,
    AutoActId,
    AutoRuleId,
    ContactId,
    DialogId,
    EntryId,
    LineId,
    LinkId,
    MessageId,
    RuleId,
    RunId,
)
from chatapp_cli.domain.invitation import Decision
from chatapp_cli.domain.login_identity import LoginIdentity
from chatapp_cli.domain.manifest import Capabilities, Manifest
from chatapp_cli.domain.message import Operation, State
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.template import Template
from chatapp_cli.domain.text import T
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import ApplicationDocument
from chatapp_cli.services import (
    act_messages,
    acts,
    alarm_messages,
    applications,
    approvals,
    attendance,
    auto_answers,
    auto_calls,
    auto_guards,
    auto_rules,
    auto_secrets,
    chains,
    channels,
    composing,
    contacts,
    crm_first,
    crm_history,
    crm_intake,
    crm_owed,
    crm_questions,
    crm_rules,
    crm_steps,
    crm_texts,
    deadletters,
    dialogs,
    drafts,
    duties,
    employees,
    forwarding,
    ingest,
    invitations,
    later,
    ledger,
    lines,
    links,
    login_identities,
    mailing,
    notes,
    operators,
    options,
    pairings,
    persons,
    reaching,
    replies,
    reply_sheet,
    retention,
    robot_retries,
    robots,
    runs,
    sending,
    session_requests,
    templates,
    views,
)
from chatapp_cli.services.act_call import ActCall
from chatapp_cli.services.act_targets import ActRecipient, Target
from chatapp_cli.services.alarm_recipients import AlarmRecipient
from chatapp_cli.services.business_hours import HoursOfLines
from chatapp_cli.services.conditions import SourceNames
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.services.message_request import InDialog, MessageRequest, ToAddress
from chatapp_cli.services.robots import RobotSetting
from chatapp_cli.services.routes import ChainStep
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.store.rows.channels import ChannelRow
from chatapp_cli.store.rows.crm import PairedRow, PairingRow
from chatapp_cli.store.rows.journal import ArrivedRow
from chatapp_cli.store.rows.people import ContactRow
from chatapp_cli.store.tx import Tx
from tests.services.paired import CRM, another_link, pair
from tests.stores import EVERYTHING, OWNER, Shop, owner

ME = "Пётр"


KEY = "k" * 32


TEMPLATES = Capabilities(intake="poll", templates=True, free_text=True)


IVAN_THERE = LoginIdentity(way="amocrm", realm="31@amocrm.ru", person="55", name="Иван")


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


KEEPING = replace(CRM, tells=(Tells.HISTORY,))
"""A CRM that takes what was written before a pairing."""


def _link(tx: Tx, at: Place) -> LinkId:
    """A CRM that is linked for this call."""
    return another_link(tx.whole().by(OWNER), at.shop.vault, f"crm{at.line}.example")


def _pairing(tx: Tx, at: Place) -> PairingRow:
    whole = tx.whole().by(OWNER)
    return pairings.one(whole, pair(whole, _link(tx, at), at.channel))


def _entry(tx: Tx, at: Place) -> EntryId:
    """Something that a CRM refused."""
    row, whole = _pairing(tx, at), tx.whole().by(OWNER)
    paired = PairedRow(row.id, row.link_id, row.after)
    crm_owed.refuse_arrival(whole, paired, at.dialog, "900", T("No."))
    (claimed,) = ledger.claim(whole, row.link_id, 1)
    ledger.die(whole, claimed, "no", "")
    return claimed.id


def _crm_letter(tx: Tx, at: Place) -> int:
    arrival = CrmArrival(provider_id="odd", event=None, raw=b"odd", problem="ValueError")
    crm_intake.keep(tx.whole(), _link(tx, at), [arrival])
    return crm_intake.dead(tx.whole())[0].id


def _rule(tx: Tx, at: Place) -> tuple[LinkId, RuleId]:
    """A rule of a CRM that is linked for this call."""
    whole, link = tx.whole().by(OWNER), _link(tx, at)
    return link, crm_rules.add(whole, link, "Опт", {"words": ["опт"]}, RuleOutcome())


def _first_of_a_crm(tx: Tx, at: Place) -> None:
    """An employee begins a conversation in a chat of the CRM."""
    row = _pairing(tx, at)
    event = CrmWroteFirst(phone="+79160000001", channel=at.channel, text="Да", mark="m1", remote="m1", remote_chat="c1")
    crm_first.send(tx, row.link_id, event, able)


def _stopped_history(tx: Tx, at: Place) -> None:
    """What was written before a pairing is not shown any further."""
    row = _pairing(tx, at)
    crm_history.begin(tx.whole().by(OWNER), KEEPING, row)
    crm_history.stop(tx, row)


def _act(tx: Tx, at: Place) -> ActCall:
    """An act of a robot in this channel."""
    said = {"chat_id": at.address, "channel": str(at.channel.id), "message": "Да", "tags": "опт"}
    return ActCall(tx=tx, able=able, arguments=said, key="a1")


def _there(tx: Tx, at: Place) -> Target:
    return Target(at.channel, dialogs.card(tx.whole(), at.dialog))


def _whom(at: Place) -> ActRecipient:
    return ActRecipient(at.address, at.address, lambda: Target(at.channel, None, at.address))


def _hindered(tx: Tx, at: Place) -> RunId:
    """What a robot of the desk could not do."""
    whole = tx.whole().by(OWNER)
    said = {"chat_id": at.address, "channel": str(at.channel.id), "message": "Да"}
    run = robots.start(whole, "send_message", said, key="h1", until=tx.now + 600_000)
    robots.carry_out(whole, runs.one(whole, run), RobotSetting(able=able, hindrance=T("No.")))
    return run


def _text_of_a_crm(tx: Tx, at: Place) -> None:
    """A CRM has a text sent to a phone by this channel."""
    row = _pairing(tx, at)
    crm_texts.send(tx, row.link_id, CrmTexted(pairing=row.id, remote="m1", phone="+79160000001", text="Да"), able)


def _step(tx: Tx, at: Place) -> tuple[LinkId, CrmStepAsked]:
    """An automation of a CRM asks for a message by this channel."""
    link, until = _pairing(tx, at).link_id, tx.now + 600_000
    asked = CrmStepAsked(remote="/1", until=until, card=CardRef("deal", "17"), address="+79160000001", text="Да")
    assert crm_steps.expect(tx.whole(), link, asked)
    return link, asked


def _asked(at: Place, to: ToAddress) -> MessageRequest:
    return MessageRequest(to=to, draft=Draft(text="Да"), options=at.order())


NEW = [mailing.Recipient("new@example.org")]


OLGA = AlarmRecipient("letters", "olga@shop.example")


Call = Callable[[Tx, Place], object]


OF_A_LINE: Mapping[str, tuple[Right, Call]] = {
    "auto_answers.claim": (
        Right.ANSWER,
        lambda tx, at: auto_answers.claim(tx, dialogs.card(tx, at.dialog), None, T("a robot")),
    ),
    "auto_calls.begin": (
        Right.ANSWER,
        lambda tx, at: auto_calls.begin(tx, _planned(tx, at), url="https://example.org", body="{}", words=T("told")),
    ),
    "auto_guards.resume": (Right.AUTOMATION, lambda tx, at: auto_guards.resume(tx, at.channel.id)),
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
    "composing.accept_once": (
        Right.ANSWER,
        lambda tx, at: composing.accept_once(tx, able, _asked(at, ToAddress(at.channel.id, at.address))),
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
    "ledger.drop": (Right.REPAIR, lambda tx, at: ledger.drop(tx, _entry(tx, at))),
    "ledger.retry": (Right.REPAIR, lambda tx, at: ledger.retry(tx, _entry(tx, at))),
    "pairings.attach": (Right.CRM, lambda tx, at: pair(tx, _link(tx, at), at.channel)),
    "pairings.configure": (
        Right.CRM,
        lambda tx, at: pairings.configure(tx, CRM, _pairing(tx, at), {"group_phones": "on"}),
    ),
    "pairings.detach": (Right.CRM, lambda tx, at: pairings.detach(tx, _pairing(tx, at))),
    "deadletters.ask_again": (Right.REPAIR, lambda tx, at: deadletters.ask_again(tx, at.letter)),
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
        lambda tx, at: forwarding.forward(tx, able, [at.heard], InDialog(at.dialog), at.order()),
    ),
    "invitations.answer": (
        Right.ANSWER,
        lambda tx, at: invitations.answer(tx, able, at.heard, Decision.ACCEPTED, at.order()),
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
        lambda tx, at: alarm_messages.try_out(tx.whole(), able, OLGA, T("Trial")),
    ),
    "options.configure_company": (
        Right.SETTINGS,
        lambda tx, at: options.configure_company(tx, {"company_name": "Ёлка"}),
    ),
    "retention.forget_follower": (Right.SETTINGS, lambda tx, at: retention.forget_follower(tx, "crm")),
    "login_identities.connect": (
        Right.USERS,
        lambda tx, at: login_identities.connect(tx, "Иван", IVAN_THERE),
    ),
    "login_identities.disconnect": (Right.USERS, lambda tx, at: _disconnected(tx)),
    "attendance.come_back": (Right.ANSWER, lambda tx, at: attendance.come_back(tx)),
    "attendance.leave": (Right.ANSWER, lambda tx, at: attendance.leave(tx, reason="обед")),
    "attendance.set_hours": (Right.USERS, lambda tx, at: attendance.set_hours(tx, "Иван", "mon-fri 09:00-18:00")),
    "attendance.set_limit": (Right.USERS, lambda tx, at: attendance.set_limit(tx, "Иван", 5)),
    "operators.add": (Right.USERS, lambda tx, at: operators.add(tx, "Вера", "", ())),
    "operators.allow": (
        Right.USERS,
        lambda tx, at: operators.allow(tx, "Иван", {Right.USERS}, ()),
    ),
    "operators.close_sessions": (Right.USERS, lambda tx, at: operators.close_sessions(tx, "Иван")),
    "operators.disable": (Right.USERS, lambda tx, at: operators.disable(tx, "Иван")),
    "operators.enable": (Right.USERS, lambda tx, at: operators.enable(tx, "Иван")),
    "operators.remove": (Right.USERS, lambda tx, at: operators.remove(tx, "Иван")),
    "operators.see_only_own": (Right.USERS, lambda tx, at: operators.see_only_own(tx, "Иван", only_own=True)),
    "operators.see_lines": (Right.USERS, lambda tx, at: operators.see_lines(tx, "Иван", None)),
    "operators.set_email": (Right.USERS, lambda tx, at: operators.set_email(tx, "Иван", "ivan@example.ru")),
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
    "crm_first.send": (Right.ANSWER, _first_of_a_crm),
    "crm_history.begin": (Right.CRM, lambda tx, at: crm_history.begin(tx, KEEPING, _pairing(tx, at))),
    "crm_history.stop": (Right.CRM, _stopped_history),
    "act_messages.send": (Right.ANSWER, lambda tx, at: act_messages.send(_act(tx, at), _there(tx, at), _whom(at))),
    "acts.perform": (Right.TAG, lambda tx, at: acts.perform("set_tags", _act(tx, at))),
    "robots.start": (
        Right.ANSWER,
        lambda tx, at: robots.start(tx, "send_message", {"message": "Да"}, key="r1", until=tx.now + 600_000),
    ),
    "robot_retries.retry": (Right.ANSWER, lambda tx, at: robot_retries.retry(tx, _hindered(tx, at), able)),
    "links.robots_changed": (Right.CRM, lambda tx, at: links.robots_changed(tx, _link(tx, at), 11)),
    "crm_rules.add": (Right.CRM, lambda tx, at: crm_rules.add(tx, _link(tx, at), "Опт", {}, RuleOutcome())),
    "crm_rules.change": (Right.CRM, lambda tx, at: crm_rules.change(tx, *_rule(tx, at), "Розница", {}, RuleOutcome())),
    "crm_rules.move": (Right.CRM, lambda tx, at: crm_rules.move(tx, *_rule(tx, at), 1)),
    "crm_rules.order": (Right.CRM, lambda tx, at: crm_rules.order(tx, (found := _rule(tx, at))[0], [found[1]])),
    "crm_rules.remove": (Right.CRM, lambda tx, at: crm_rules.remove(tx, *_rule(tx, at))),
    "auto_rules.add": (Right.AUTOMATION, lambda tx, at: _made_rule(tx)),
    "auto_rules.change": (Right.AUTOMATION, lambda tx, at: auto_rules.change(tx, _made_rule(tx), RULE, NO_NAMES)),
    "auto_rules.switch": (Right.AUTOMATION, lambda tx, at: auto_rules.switch(tx, _made_rule(tx), on=False)),
    "auto_rules.switch_all": (Right.AUTOMATION, lambda tx, at: auto_rules.switch_all(tx, on=False)),
    "auto_rules.move": (Right.AUTOMATION, lambda tx, at: auto_rules.move(tx, _made_rule(tx), 0)),
    "auto_rules.order": (Right.AUTOMATION, lambda tx, at: auto_rules.order(tx, [_made_rule(tx)])),
    "auto_rules.remove": (Right.AUTOMATION, lambda tx, at: auto_rules.remove(tx, _made_rule(tx))),
    "auto_secrets.shown": (
        Right.AUTOMATION,
        lambda tx, at: auto_secrets.shown(tx, _made_rule(tx), at.shop.vault, lambda: "secret"),
    ),
    "crm_intake.delete": (Right.REPAIR, lambda tx, at: crm_intake.delete(tx, _crm_letter(tx, at))),
    "crm_intake.revive": (Right.REPAIR, lambda tx, at: crm_intake.revive(tx, _crm_letter(tx, at))),
    "crm_steps.carry_out": (Right.ANSWER, lambda tx, at: crm_steps.carry_out(tx, *_step(tx, at), (), able=able)),
    "crm_steps.refuse": (Right.ANSWER, lambda tx, at: crm_steps.refuse(tx, *_step(tx, at), T("Gone."))),
    "crm_texts.send": (Right.ANSWER, _text_of_a_crm),
    "employees.map_to": (
        Right.CRM,
        lambda tx, at: employees.map_to(tx, _link(tx, at), ME, Employee(id="27", name="Светлана")),
    ),
    "ledger.retry_all": (Right.REPAIR, lambda tx, at: ledger.retry_all(tx, _entry(tx, at) and None)),
    "links.ask_catch_up": (Right.REPAIR, lambda tx, at: links.ask_catch_up(tx, _link(tx, at))),
    "links.mended": (Right.CRM, lambda tx, at: links.mended(tx, _link(tx, at), "Продажи", "CRM_FORWARD=Y")),
    "links.begin_removal": (
        Right.CRM,
        lambda tx, at: links.begin_removal(tx, links.one(tx, _link(tx, at)), force=True),
    ),
    "links.resume": (Right.REPAIR, lambda tx, at: links.resume(tx, _link(tx, at))),
    "crm_questions.ask": (
        Right.CRM,
        lambda tx, at: crm_questions.ask(tx, _link(tx, at), CrmQuestion.MEND, "{}", seconds=30),
    ),
    "links.next_hook_key": (Right.CRM, lambda tx, at: links.next_hook_key(tx, "tillbook", "hook-next")),
    "links.save": (Right.CRM, lambda tx, at: another_link(tx, at.shop.vault, "north.example")),
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


RULE = RuleWanted(name="Опт", acts=[ActWanted("tag", "опт")])
NO_NAMES = SourceNames({}, {}, hours=HoursOfLines(lambda _line: None))


def _planned(tx: Tx, at: Place) -> AutoActId:
    """An act of a rule that is about to be done."""
    row = tx.insert(
        "autoacts.plan", rule=_made_rule(tx.whole().by(OWNER)), version=1, journal=1, nth=0, name="Опт", kind="webhook",
        dialog=at.dialog, message=None, waits_since=None, due=tx.now, state="planned", why="", now=tx.now, cause="event",
    )  # fmt: skip
    return AutoActId(row)


def _made_rule(tx: Tx) -> AutoRuleId:
    found = auto_rules.called(tx, "Опт")
    return auto_rules.add(tx, RULE, NO_NAMES) if found is None else found.id


def _disconnected(tx: Tx) -> None:
    login_identities.connect(tx, "Иван", IVAN_THERE)
    login_identities.disconnect(tx, "Иван", IVAN_THERE.way, IVAN_THERE.realm)


@pytest.fixture
def ours(shop: Shop) -> Place:
    """A line of the operator's with everything on it, and what belongs to no line."""
    shop.write(lambda tx: operators.add(tx, "Иван", "", ()))
    shop.write(lambda tx: replies.add_section(tx, "Заказы"))
    shop.write(lambda tx: replies.add(tx, _section(tx), QuickReplyDraft(title="Пока", text="Пока!")))
    shop.write(lambda tx: views.add(tx, "Общее", DialogFilter()))
    shop.write(lambda tx: views.add(tx.by(owner(ME)), "Своё", DialogFilter(), own=True))
    return place(shop, "Опт")


def everything(shop: Shop) -> Mapping[str, list[Any]]:
    """All rows of all tables."""
    from chatapp_cli.store import tables

    def rows(tx: Tx) -> Mapping[str, list[Any]]:
        names = sorted(tables.metadata.tables)
        return {name: sorted(map(str, tx.compose(lambda *row: row, f"SELECT * FROM {name}", {}))) for name in names}

    return shop.read(rows)
