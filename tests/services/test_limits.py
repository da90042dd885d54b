"""No writing service takes a text without a limit: what people and programs give is refused before it is stored."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.domain import limits
from chatapp_cli.domain.application import ApplicationStage
from chatapp_cli.domain.crm.link import Employee
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import ChatappError, UsageError
from chatapp_cli.domain.form import Field
from chatapp_cli.domain.ids import RuleId
from chatapp_cli.domain.limits import TextLimit
from chatapp_cli.domain.message import Operation
from chatapp_cli.domain.option import OptionLevel, declared
from chatapp_cli.domain.quick_reply import QuickReplyDraft
from chatapp_cli.domain.template import Template
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show, use
from chatapp_cli.kit.manifests import manifest, manifests
from chatapp_cli.ports.bind import Bound
from chatapp_cli.services import (
    applications,
    approvals,
    attendance,
    chains,
    channels,
    composing,
    contacts,
    crm_rules,
    dialogs,
    drafts,
    duties,
    employees,
    lines,
    links,
    mailing,
    notes,
    operators,
    options,
    pairings,
    reaching,
    replies,
    reply_sheet,
    robots,
    sending,
    session_requests,
    templates,
    views,
)
from chatapp_cli.services.drafts import Unsent
from chatapp_cli.services.message_request import MessageRequest, ToAddress
from chatapp_cli.services.reply_entries import ReplyEntry, ReplyFile
from chatapp_cli.services.routes import ChainStep
from chatapp_cli.services.rule_outcomes import RuleOutcome
from chatapp_cli.store.tx import Tx
from tests.meta.rights import PUBLIC, SERVICES, WITHOUT_A_RIGHT
from tests.services.calls import (
    NEW,
    TEMPLATES,
    Place,
    _line,
    _link,
    _pairing,
    _reached,
    _section,
    able,
    everything,
    ours,
)
from tests.services.paired import CRM, HERE, bound
from tests.stores import EVERYTHING, OWNER, Shop

__all__ = ["ours"]

Call = Callable[[Tx, Place, str], object]
HELLO = QuickReplyDraft(title="Привет", text="Здравствуйте!")
BYE = Template(name="bye", body="Пока")
SUBJECTS = replace(EVERYTHING, subject=True)


def _by_subject(at: Place, subject: str) -> MessageRequest:
    to = ToAddress(at.channel.id, at.address)
    return MessageRequest(to=to, draft=Draft(text="Да", subject=subject), options=at.order())


def _with_subjects(_row: object) -> Any:
    return SUBJECTS


def _imported(tx: Tx, text: str) -> None:
    """The import tells of an error instead of ending."""
    found = reply_sheet.take(tx, ReplyFile(entries=[ReplyEntry(1, "Заказы", replace(HELLO, text=text))]))
    for fault in found.faults:
        raise UsageError(fault.what, limits.REPLY.next_step)


def _bound(at: Place, **values: Any) -> Bound:
    return Bound(account=f"new{at.line}", title="Ещё одна", **values)


def _save(tx: Tx, at: Place, bound: Bound) -> None:
    channels.save(tx, at.shop.vault, bound, line=at.line, kind="api")


def _linked(tx: Tx, at: Place, **values: Any) -> None:
    links.save(tx, at.shop.vault, replace(bound(f"crm{at.line}.example"), **values), kind=CRM.kind)


NAMING = replace(
    CRM,
    pairing_fields=(Field(name="widget_name", label=T("Name of the widget")),),
    channels={"email": CRM.channels["email"]._replace(options=("widget_name",))},
)
COMPANY_NAME = TextLimit(declared(OptionLevel.COMPANY)["company_name"].label, 200)


def _rule(
    tx: Tx, at: Place, name: str = "Опт", asked: Mapping[str, Any] | None = None, said: RuleOutcome | None = None
) -> RuleId:
    return crm_rules.add(tx, _link(tx, at), name, asked or {}, said or RuleOutcome())


def _changed_rule(
    tx: Tx, at: Place, name: str = "Опт", asked: Mapping[str, Any] | None = None, said: RuleOutcome | None = None
) -> None:
    link = _link(tx, at)
    rule = crm_rules.add(tx, link, "Опт", {}, RuleOutcome())
    crm_rules.change(tx, link, rule, name, asked or {}, said or RuleOutcome())


LIMITED: Mapping[str, tuple[TextLimit, Call]] = {
    "applications.add answers": (
        limits.SECRET,
        lambda tx, at, text: applications.add(
            tx, at.shop.vault, line=at.line, kind="sms", title="ИП", answers={"inn": text}
        ),
    ),
    "applications.move reason": (
        limits.REASON,
        lambda tx, at, text: applications.move(tx, at.application, ApplicationStage.SENT, reason=text),
    ),
    "approvals.decide reason": (
        limits.REASON,
        lambda tx, at, text: approvals.decide(tx, able, at.channel, "hello", "rejected", reason=text),
    ),
    "chains.enqueue_first draft": (
        limits.SUBJECT,
        lambda tx, at, text: chains.enqueue_first(
            tx,
            _with_subjects,
            [ChainStep(at.channel.id, ("new@example.org",))],
            Draft(text="Да", subject=text),
            at.order(),
        ),
    ),
    "channels.configure changes": (
        limits.OPTION,
        lambda tx, at, text: channels.configure(tx, at.channel, manifest("email"), {"sender_name": text}),
    ),
    "channels.save binding": (limits.SECRET, lambda tx, at, text: _save(tx, at, _bound(at, settings={"url": text}))),
    "channels.save binding of secrets": (
        limits.SECRET,
        lambda tx, at, text: _save(tx, at, _bound(at, secrets={"token": text})),
    ),
    "channels.set_secret value": (
        limits.SECRET,
        lambda tx, at, text: channels.set_secret(tx, at.shop.vault, at.channel, "token", text),
    ),
    "composing.accept request": (
        limits.SUBJECT,
        lambda tx, at, text: composing.accept(tx, _with_subjects, _by_subject(at, text)),
    ),
    "composing.accept_once request": (
        limits.SUBJECT,
        lambda tx, at, text: composing.accept_once(tx, _with_subjects, _by_subject(at, text)),
    ),
    "contacts.met_or_new address": (
        limits.ADDRESS,
        lambda tx, _at, text: contacts.met_or_new(tx, f"{'a' * (len(text) - 12)}@example.org"),
    ),
    "contacts.set_chain order": (
        limits.CHAIN,
        lambda tx, at, text: contacts.set_chain(tx, [at.person], [text]),
    ),
    "dialogs.introduce first_name": (
        limits.NAME,
        lambda tx, at, text: dialogs.introduce(tx, at.dialog, first_name=text, last_name=""),
    ),
    "dialogs.introduce last_name": (
        limits.NAME,
        lambda tx, at, text: dialogs.introduce(tx, at.dialog, first_name="", last_name=text),
    ),
    "dialogs.rename name": (limits.NAME, lambda tx, at, text: dialogs.rename(tx, at.dialog, text)),
    "dialogs.tag name": (limits.TAG, lambda tx, at, text: dialogs.tag(tx, at.dialog, text)),
    "drafts.save unsent": (
        limits.DRAFT,
        lambda tx, at, text: drafts.save(tx, at.dialog, Unsent(Draft(text=text))),
    ),
    "drafts.save unsent with a subject": (
        limits.SUBJECT,
        lambda tx, at, text: drafts.save(tx, at.dialog, Unsent(Draft(text="Да", subject=text))),
    ),
    "duties.assign name": (limits.NAME, lambda tx, at, text: duties.assign(tx, at.dialog, text)),
    "duties.join name": (limits.NAME, lambda tx, at, text: duties.join(tx, at.dialog, text, "observer")),
    "lines.add name": (limits.NAME, lambda tx, _at, text: lines.add(tx, text)),
    "lines.configure changes": (
        COMPANY_NAME,
        lambda tx, at, text: lines.configure(tx, _line(tx, at), {"company_name": text}),
    ),
    "lines.rename name": (limits.NAME, lambda tx, at, text: lines.rename(tx, at.line, text)),
    "crm_rules.add name": (limits.NAME, lambda tx, at, text: _rule(tx, at, name=text)),
    "crm_rules.add asked": (limits.SEARCH, lambda tx, at, text: _rule(tx, at, asked={"words": [text]})),
    "crm_rules.add asked of a source": (limits.NAME, lambda tx, at, text: _rule(tx, at, asked={"kinds": [text]})),
    "crm_rules.add outcome": (limits.OPTION, lambda tx, at, text: _rule(tx, at, said=RuleOutcome(fields={"f": text}))),
    "crm_rules.add outcome with a tag": (limits.TAG, lambda tx, at, text: _rule(tx, at, said=RuleOutcome(tags=[text]))),
    "crm_rules.change name": (limits.NAME, lambda tx, at, text: _changed_rule(tx, at, name=text)),
    "crm_rules.change asked": (limits.SEARCH, lambda tx, at, text: _changed_rule(tx, at, asked={"without": [text]})),
    "crm_rules.change outcome": (
        limits.OPTION,
        lambda tx, at, text: _changed_rule(tx, at, said=RuleOutcome(fields={"f": text})),
    ),
    "employees.map_to operator": (
        limits.NAME,
        lambda tx, at, text: employees.map_to(tx, _link(tx, at), text, Employee(id="27", name="Светлана")),
    ),
    "links.save binding": (limits.SECRET, lambda tx, at, text: _linked(tx, at, settings={"portal": text})),
    "links.save binding of secrets": (
        limits.SECRET,
        lambda tx, at, text: _linked(tx, at, secrets={"client_secret": text}),
    ),
    "pairings.attach changes": (
        limits.OPTION,
        lambda tx, at, text: pairings.attach(tx, NAMING, _link(tx, at), at.channel, HERE, {"widget_name": text}),
    ),
    "pairings.configure changes": (
        limits.OPTION,
        lambda tx, at, text: pairings.configure(tx, NAMING, _pairing(tx, at), {"widget_name": text}),
    ),
    "mailing.accept request": (
        limits.SUBJECT,
        lambda tx, at, text: _reached(mailing.accept(tx, _with_subjects, _by_subject(at, text), NEW)),
    ),
    "mailing.preview request": (
        limits.SUBJECT,
        lambda tx, at, text: _reached(mailing.preview(tx, _with_subjects, _by_subject(at, text), NEW)),
    ),
    "notes.add text": (limits.NOTE, lambda tx, at, text: notes.add(tx, at.dialog, text)),
    "attendance.leave reason": (limits.NAME, lambda tx, _at, text: attendance.leave(tx, reason=text)),
    "attendance.set_hours hours": (
        limits.KEYWORDS,
        lambda tx, _at, text: attendance.set_hours(tx, "Иван", text),
    ),
    "operators.add name": (limits.NAME, lambda tx, _at, text: operators.add(tx, text, "", ())),
    "options.configure_company changes": (
        COMPANY_NAME,
        lambda tx, _at, text: options.configure_company(tx, {"company_name": text}),
    ),
    "reaching.dialog_for to": (
        limits.ADDRESS,
        lambda tx, at, text: reaching.dialog_for(tx, at.channel, EVERYTHING, f"{'a' * (len(text) - 12)}@example.org"),
    ),
    "replies.add new of a title": (
        limits.TITLE,
        lambda tx, _at, text: replies.add(tx, _section(tx), replace(HELLO, title=text)),
    ),
    "replies.add new of a text": (
        limits.REPLY,
        lambda tx, _at, text: replies.add(tx, _section(tx), replace(HELLO, text=text)),
    ),
    "replies.add new with keywords": (
        limits.KEYWORDS,
        lambda tx, _at, text: replies.add(tx, _section(tx), replace(HELLO, keywords=text)),
    ),
    "replies.add new of a category": (
        limits.CATEGORY,
        lambda tx, _at, text: replies.add(tx, _section(tx), replace(HELLO, category=text)),
    ),
    "replies.add_section name": (limits.NAME, lambda tx, _at, text: replies.add_section(tx, text)),
    "replies.edit new": (
        limits.REPLY,
        lambda tx, _at, text: replies.edit(tx, replies.find(tx, "Пока"), replace(HELLO, text=text)),
    ),
    "replies.invite operator": (limits.NAME, lambda tx, _at, text: replies.invite(tx, _section(tx), text)),
    "replies.rename_section name": (
        limits.NAME,
        lambda tx, _at, text: replies.rename_section(tx, _section(tx), text),
    ),
    "reply_sheet.take sheet": (limits.REPLY, lambda tx, _at, text: _imported(tx, text)),
    "sending.change value": (
        limits.REACTION,
        lambda tx, at, text: sending.change(tx, EVERYTHING, at.heard, Operation.REACT, text, options=at.order()),
    ),
    "sending.enqueue draft": (
        limits.SUBJECT,
        lambda tx, at, text: sending.enqueue(tx, SUBJECTS, at.dialog, Draft(text="Да", subject=text), at.order()),
    ),
    "session_requests.ask arguments": (
        limits.REQUEST,
        lambda tx, at, text: session_requests.ask(
            tx, at.channel.id, "create_group", {"name": text[: len(text) - len('{"name": ""}')]}, seconds=1
        ),
    ),
    "robots.start arguments": (
        limits.REQUEST,
        lambda tx, at, text: robots.start(
            tx,
            "send_message",
            {"message": text[: len(text) - len('{"message": ""}')]},
            key="k1",
            until=at.shop.clock.at,
        ),
    ),
    "robots.start key": (
        limits.REQUEST,
        lambda tx, at, text: robots.start(tx, "send_message", {}, key=text, until=at.shop.clock.at),
    ),
    "templates.add template of a name": (
        limits.NAME,
        lambda tx, at, text: templates.add(tx, at.channel, TEMPLATES, replace(BYE, name=text)),
    ),
    "templates.add template in a language": (
        limits.LANGUAGE,
        lambda tx, at, text: templates.add(tx, at.channel, TEMPLATES, replace(BYE, language=text)),
    ),
    "templates.add template of a category": (
        limits.CATEGORY,
        lambda tx, at, text: templates.add(tx, at.channel, TEMPLATES, replace(BYE, category=text)),
    ),
    "templates.add template of a text": (
        limits.TEMPLATE,
        lambda tx, at, text: templates.add(tx, at.channel, TEMPLATES, replace(BYE, body=text)),
    ),
    "views.add name": (limits.NAME, lambda tx, _at, text: views.add(tx, text, DialogFilter())),
    "views.add wanted": (limits.SEARCH, lambda tx, _at, text: views.add(tx, "Все", DialogFilter(text=text))),
}
"""Every text that is given to a writing service: its limit, and the call that gives it."""
BY_CAPABILITIES = "the channel's capabilities limit it, as they limit every message"
ONE_OF_A_FEW = "one of the words of the program"
NAMES_SOMETHING = "names something that is there, or is refused"
A_PROVIDERS = "comes from a provider; the connector checks it"
OUR_OWN = "the program's own"
OF_RULES = "auto_kinds, auto_events and conditions limit each text of a rule: tests/services/test_automation.py"
BY_ITS_CALLER = "robots.start and the border limit it, and composing.accept refuses it with the message"
NO_TEXT_OF_ANYBODY: Mapping[str, str] = {
    "alarm_messages.try_out one": OUR_OWN,
    "auto_answers.claim by": OUR_OWN,
    "auto_answers.claim card": OUR_OWN,
    **dict.fromkeys(["auto_rules.add names", "auto_rules.change names"], OF_RULES),
    **dict.fromkeys(["auto_rules.add wanted", "auto_rules.change wanted"], OF_RULES),
    "auto_secrets.shown make": OUR_OWN,
    "alarm_messages.try_out text": OUR_OWN,
    "applications.add kind": ONE_OF_A_FEW,
    "applications.add title": OUR_OWN,
    "applications.keep_document statement": OUR_OWN,
    "approvals.decide named": NAMES_SOMETHING,
    "approvals.decide state": ONE_OF_A_FEW,
    "approvals.judged template": A_PROVIDERS,
    "approvals.learn found": A_PROVIDERS,
    "chains.enqueue_first steps": "addresses: reaching.dialog_for opens their dialogs",
    "channels.save fields": OUR_OWN,
    "channels.save kind": ONE_OF_A_FEW,
    "channels.set_secret name": ONE_OF_A_FEW,
    "deadletters.revive arrival": A_PROVIDERS,
    **dict.fromkeys([f"crm_rules.{deed} folder" for deed in ("add", "change", "move", "order")], OUR_OWN),
    **dict.fromkeys(["crm_rules.add kinds", "crm_rules.change kinds", "crm_rules.order revision"], OUR_OWN),
    "employees.map_to employee": A_PROVIDERS,
    "crm_questions.ask arguments": OUR_OWN,
    "crm_questions.ask what": ONE_OF_A_FEW,
    "links.next_hook_key fresh": OUR_OWN,
    "links.next_hook_key kind": ONE_OF_A_FEW,
    "links.save kind": ONE_OF_A_FEW,
    "links.mended place": "border.name cuts what the CRM calls it",
    "links.mended settings": ONE_OF_A_FEW,
    "crm_first.send event": "the border cuts it, and composing.accept refuses it with the message",
    "crm_first.send files": "composing.accept refuses them with the message",
    **dict.fromkeys([f"act_messages.send {one}" for one in ("call", "target", "whom", "words")], BY_ITS_CALLER),
    "acts.perform call": BY_ITS_CALLER,
    "acts.perform code": ONE_OF_A_FEW,
    "robots.start code": ONE_OF_A_FEW,
    "crm_steps.carry_out asked": "the border cuts it, and composing.accept refuses it with the message",
    "crm_steps.carry_out files": "composing.accept refuses them with the message",
    "crm_steps.carry_out people": "the border cuts it, and reaching refuses an address",
    "crm_steps.refuse asked": "the border cuts it",
    "crm_steps.refuse reason": "our own words",
    "crm_texts.send event": "the border cuts it, and composing.accept refuses it with the message",
    "pairings.attach place": A_PROVIDERS,
    "dialogs.untag name": NAMES_SOMETHING,
    "duties.join role": ONE_OF_A_FEW,
    "duties.leave name": NAMES_SOMETHING,
    "forwarding.forward text": BY_CAPABILITIES,
    "forwarding.forward to": "addresses: reaching.dialog_for opens their dialogs",
    "invitations.answer decision": ONE_OF_A_FEW,
    "later.reword text": BY_CAPABILITIES,
    "mailing.accept to": "addresses: reaching.dialog_for opens their dialogs",
    "mailing.preview to": "addresses: reaching.dialog_for opens their dialogs",
    "login_identities.connect identity": A_PROVIDERS,
    "login_identities.connect name": NAMES_SOMETHING,
    "login_identities.disconnect name": NAMES_SOMETHING,
    "login_identities.disconnect realm": NAMES_SOMETHING,
    "login_identities.disconnect way": ONE_OF_A_FEW,
    "operators.add password_hash": OUR_OWN,
    "operators.allow name": NAMES_SOMETHING,
    "operators.close_sessions name": NAMES_SOMETHING,
    "operators.disable name": NAMES_SOMETHING,
    "operators.enable name": NAMES_SOMETHING,
    "operators.remove name": NAMES_SOMETHING,
    "operators.see_lines name": NAMES_SOMETHING,
    "attendance.set_hours name": NAMES_SOMETHING,
    "attendance.set_hours zone": NAMES_SOMETHING,
    "attendance.set_limit name": NAMES_SOMETHING,
    "operators.see_only_own name": NAMES_SOMETHING,
    "operators.set_email name": NAMES_SOMETHING,
    "operators.set_email email": "an address is short, or it is none",
    "operators.set_password name": NAMES_SOMETHING,
    "operators.set_password password_hash": OUR_OWN,
    "reaching.dialog_for subject": "sending.enqueue refuses it with the message",
    "replies.uninvite operator": NAMES_SOMETHING,
    "retention.forget_follower name": NAMES_SOMETHING,
    "sending.change action": ONE_OF_A_FEW,
    "sending.resolve verdict": ONE_OF_A_FEW,
    "session_requests.ask what": ONE_OF_A_FEW,
}
"""The parameters that hold text and need no limit of the desk, each with the reason."""
HOLDS_NO_TEXT = re.compile(
    r"\w+Id( \| None)?|Sequence\[(\w+Id|tuple\[ContactId, ContactId\])\]( \| None)?|bool|int|float|Millis( \| None)?"
    r"|\w+Row( \| None)?|Sequence\[\w+Row\]|Vault|Media|Able|Capabilities|Manifest|SendOptions|Options \| None"
    r"|AnySection( \| None)?|CrmManifest|ApplicationStage|Collection\[Right\]|Mailing \| None"
)
"""Types of parameters: numbers, rows of the store, and parts of the program."""


@pytest.fixture(autouse=True)
def _english() -> None:
    use("en")


def _refusal(shop: Shop, at: Place, name: str, text: str) -> ChatappError | None:
    try:
        shop.database.write(lambda tx: LIMITED[name][1](tx.by(OWNER), at, text))
    except ChatappError as error:
        return error
    return None


def _is_about_length(error: ChatappError | None) -> bool:
    return error is not None and "characters are too many" in str(error)


@pytest.mark.parametrize("name", sorted(LIMITED))
def test_a_text_is_stored_up_to_its_limit_and_a_longer_one_refused_in_words(shop: Shop, ours: Place, name: str) -> None:
    limit, before = LIMITED[name][0], everything(shop)
    error = _refusal(shop, ours, name, "ы" * (limit.most + 1))
    assert error is not None
    assert f"{limit.most + 1} characters are too many; the limit is {limit.most}." in show(error.what)
    assert show(error.next_step or error.what) == show(limit.next_step)
    assert everything(shop) == before
    assert not _is_about_length(_refusal(shop, ours, name, "ы" * limit.most))


def _parameters() -> set[str]:
    """Every parameter of a writing service that may hold text."""
    found = set()
    for name in PUBLIC - WITHOUT_A_RIGHT.keys():
        given = SERVICES.bodies[name].args
        for one in (*given.args, *given.kwonlyargs):
            if one.arg != "tx" and not HOLDS_NO_TEXT.fullmatch(ast.unparse(one.annotation)):  # type: ignore[arg-type]
                found.add(f"{name} {one.arg}")
    return found


def test_every_text_of_a_writing_service_has_a_limit_or_a_reason_to_have_none() -> None:
    limited = {" ".join(name.split()[:2]) for name in LIMITED}
    assert _parameters() == limited | NO_TEXT_OF_ANYBODY.keys()


def test_every_limit_of_the_table_is_asked_for() -> None:
    table = {name for name, one in vars(limits).items() if isinstance(one, TextLimit)}
    asked = {name for name in table if any(getattr(limits, name) is limit for limit, _call in LIMITED.values())}
    assert table == asked


def test_a_draft_and_a_quick_reply_hold_what_the_channels_carry() -> None:
    carried = [one.capabilities.max_text for one in manifests().values()]
    assert max(carried) <= limits.DRAFT.most
    assert sorted(carried)[-2] <= limits.REPLY.most
