"""Templates: gaps, verdicts, notices by mail, and where a text of one's own may not go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chatapp_cli.domain.access import PROGRAM
from chatapp_cli.domain.arrival import DeliveryChanged
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import NotFound, OutcomeUnknown, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, MessageId
from chatapp_cli.domain.journal.base import document
from chatapp_cli.domain.journal.company import TemplateMoved
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import State
from chatapp_cli.domain.template import Filled, Template, TemplateState, fill, gaps
from chatapp_cli.i18n import show, use
from chatapp_cli.services import approvals, channels, journal, outbox, reaching, sending, templates
from chatapp_cli.services.journal_words import sentence
from chatapp_cli.store.rows.channels import ChannelRow, TemplateRow
from tests.stores import EVERYTHING, Shop

pytestmark = pytest.mark.req("S-090")
DAY = 86_400_000
MODERATED = Capabilities(
    intake="webhook", write_first=("phone",), addresses=("phone", "chat_id"), templates=True, window=86400
)
SERVICE = Capabilities(intake="webhook", write_first=("phone",), templates=True, free_text=False)
BODY = "Здравствуйте, {{name}}! Заказ {{number}} готов."


@pytest.fixture(autouse=True)
def _english() -> None:
    use("en")


@pytest.fixture
def channel(shop: Shop) -> ChannelRow:
    number = shop.channel(kind="moderated", title="WA", settings={"notices_email": "olga@example.org"})
    row: ChannelRow = shop.read(lambda tx: channels.one(tx, number))
    return row


def able(row: ChannelRow) -> Capabilities:
    return MODERATED if row.kind == "moderated" else EVERYTHING


def learn(shop: Shop, channel: ChannelRow, *found: Template) -> int:
    changed: int = shop.write(lambda tx: approvals.learn(tx, able, channel, found))
    return changed


def known(shop: Shop, channel: ChannelRow) -> list[tuple[str, str, str]]:
    rows = shop.read(lambda tx: templates.everything(tx, channel=channel.id))
    return [(row.name, row.state, row.reason) for row in rows]


def news(shop: Shop, topic: str) -> list[dict[str, Any]]:
    rows = shop.read(lambda tx: journal.after(tx, 0, n=1000))
    return [dict(document(row.event)) for row in rows if row.event.topic == topic]


def ready(name: str = "order_ready", state: TemplateState = "approved", **changes: Any) -> Template:
    return replace(Template(name=name, body=BODY, state=state), **changes)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Готово", []),
        (BODY, ["name", "number"]),
        ("{{2}} и {{10}} и {{ 1 }}, {{2}}", ["1", "2", "10"]),
        ("{{имя}} {{1}}", ["имя", "1"]),
        ("{name} {{}} {{a b}}", []),
    ],
)
def test_gaps_are_found_each_once_in_their_order(body: str, found: Sequence[str]) -> None:
    assert list(gaps(body)) == found


def test_filling_gives_the_text_and_the_values_in_the_order_of_the_gaps() -> None:
    filled, text = fill(ready(), {"number": " 15 ", "name": "{{number}}"})
    assert text == "Здравствуйте, {{number}}! Заказ 15 готов."
    assert filled == Filled(name="order_ready", language="ru", values=(("name", "{{number}}"), ("number", "15")))


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"name": "Анна"}, "Nothing fills {{number}} in the template order_ready."),
        ({}, "Nothing fills {{name}}, {{number}} in the template order_ready."),
        ({"name": "Анна", "number": " "}, "Nothing fills {{number}} in the template order_ready."),
        ({"name": "Анна", "number": "1", "sum": "2"}, "The template order_ready has no gap {{sum}}."),
    ],
)
def test_what_is_missing_or_too_much_is_named_before_sending(values: dict[str, str], what: str) -> None:
    with pytest.raises(UsageError) as caught:
        fill(ready(), values)
    assert (str(caught.value.what), caught.value.field) == (what, "value")


def test_a_draft_is_kept_changed_and_then_the_providers(shop: Shop, channel: ChannelRow) -> None:
    for body in ("Черновик", BODY):
        draft = ready(state="draft", body=body)
        row = shop.write(lambda tx, draft=draft: templates.add(tx, channel, MODERATED, draft))
    assert (row.body, row.state) == (BODY, "draft")
    learn(shop, channel, ready(state="pending"))
    with pytest.raises(Refused, match="at the provider already: being checked"):
        shop.write(lambda tx: templates.add(tx, channel, MODERATED, ready(state="draft")))
    with pytest.raises(UsageError):
        shop.write(lambda tx: templates.add(tx, channel, MODERATED, ready(body=" ")))
    with pytest.raises(Refused) as caught:
        shop.write(lambda tx: templates.add(tx, channel, EVERYTHING, ready()))
    assert caught.value.code == "no_templates"


def test_what_the_provider_says_is_taken_over_and_our_drafts_stay(shop: Shop, channel: ChannelRow) -> None:
    shop.write(lambda tx: templates.add(tx, channel, MODERATED, ready("mine", "draft")))
    assert learn(shop, channel, ready(), ready("old")) == 2
    assert learn(shop, channel, ready(), ready("old")) == 0
    assert learn(shop, channel, ready(state="paused", reason="QUALITY")) == 2
    assert known(shop, channel) == [("mine", "draft", ""), ("order_ready", "paused", "QUALITY")]
    told = [(data["name"], data["standing"]) for data in news(shop, "template.state")]
    assert told == [
        ("mine", "draft"),
        ("order_ready", "approved"),
        ("old", "approved"),
        ("order_ready", "paused"),
        ("old", "gone"),
    ]


def test_the_journal_says_it_in_words(shop: Shop, channel: ChannelRow) -> None:
    learn(shop, channel, ready(state="rejected", reason="SPAM"))
    rows = shop.read(lambda tx: journal.after(tx, 0, n=1000))
    said = [str(sentence(row)) for row in rows if isinstance(row.event, TemplateMoved)]
    assert said == [f"Template order_ready of channel {channel.id}: rejected"]


@pytest.mark.parametrize("language", ["", "/ru"])
def test_a_template_is_found_by_name_and_language(shop: Shop, channel: ChannelRow, language: str) -> None:
    learn(shop, channel, ready(), ready("other"))
    assert shop.read(lambda tx: templates.find(tx, channel, f"order_ready{language}")).body == BODY
    with pytest.raises(NotFound):
        shop.read(lambda tx: templates.find(tx, channel, "order_ready/en"))
    learn(shop, channel, ready(), ready(language="en"))
    with pytest.raises(UsageError, match="order_ready/en, order_ready/ru"):
        shop.read(lambda tx: templates.find(tx, channel, "order_ready"))


@pytest.mark.parametrize("state", ["draft", "pending", "rejected", "paused"])
def test_only_an_approved_template_is_filled(shop: Shop, channel: ChannelRow, state: TemplateState) -> None:
    learn(shop, channel, ready(state=state))
    with pytest.raises(Refused) as caught:
        shop.read(lambda tx: templates.filled(tx, channel, "order_ready", {"name": "А", "number": "1"}))
    assert caught.value.code == "template_not_approved"


def test_a_moderators_verdict_is_recorded_by_hand(shop: Shop, channel: ChannelRow) -> None:
    learn(shop, channel, ready(state="pending"))

    def decide(state: TemplateState, reason: str = "") -> TemplateRow:
        row: TemplateRow = shop.write(
            lambda tx: approvals.decide(tx, able, channel, "order_ready", state, reason=reason)
        )
        return row

    with pytest.raises(Refused, match="A rejection needs its reason"):
        decide("rejected", " ")
    assert decide("rejected", " реклама ").reason == "реклама"
    assert (decide("approved", "реклама").reason, known(shop, channel)) == ("", [("order_ready", "approved", "")])


def test_a_verdict_is_mailed_to_whoever_asked_for_notices(shop: Shop, channel: ChannelRow) -> None:
    mail = shop.channel(kind="letters", line=channel.line_id)
    learn(shop, channel, ready(state="pending"))
    learn(shop, channel, ready(state="rejected", reason="SPAM"))
    claim = shop.write(lambda tx: outbox.claim(tx, shop.media, mail))
    assert claim is not None
    assert (claim.outbound.address, claim.outbound.subject) == ("olga@example.org", "Template order_ready: rejected")
    assert claim.outbound.text == f"The template order_ready in WA is now: rejected.\nWhy: SPAM\n\n{BODY}"
    assert claim.outbound.automatic
    assert (claim.row.actor, claim.message.author) == (PROGRAM, PROGRAM)
    learn(shop, channel, ready(state="rejected", reason="SPAM"))
    assert shop.write(lambda tx: outbox.claim(tx, shop.media, mail)) is None


def test_a_channel_without_subjects_carries_the_notice_without_one(shop: Shop, channel: ChannelRow) -> None:
    plain = shop.channel(kind="letters", line=channel.line_id)

    def without(row: ChannelRow) -> Capabilities:
        return replace(able(row), subject=False)

    for state in ("pending", "approved"):
        found = [ready(state=state)]
        shop.write(lambda tx, found=found: approvals.learn(tx, without, channel, found))
    claim = shop.write(lambda tx: outbox.claim(tx, shop.media, plain))
    assert claim is not None
    assert claim.outbound.subject == ""
    assert claim.outbound.text == f"The template order_ready in WA is now: approved.\n\n{BODY}"


def test_what_is_new_or_our_own_doing_is_mailed_to_nobody(shop: Shop, channel: ChannelRow) -> None:
    mail = shop.channel(kind="letters")
    learn(shop, channel, ready())
    learn(shop, channel, ready(state="pending"))
    assert shop.write(lambda tx: outbox.claim(tx, shop.media, mail)) is None


def test_the_mail_goes_by_a_channel_that_works_and_without_one_by_none(shop: Shop, channel: ChannelRow) -> None:
    learn(shop, channel, ready(state="pending"))
    learn(shop, channel, ready())
    stopped = shop.channel(kind="letters", line=channel.line_id)
    working = shop.channel(kind="letters")
    shop.write(lambda tx: channels.set_health(tx, stopped, "needs_rebind"))
    learn(shop, channel, ready(state="paused"))
    assert shop.write(lambda tx: outbox.claim(tx, shop.media, stopped)) is None
    assert shop.write(lambda tx: outbox.claim(tx, shop.media, working)) is not None


def test_a_notice_that_may_not_be_sent_holds_up_no_verdict(shop: Shop, channel: ChannelRow) -> None:
    mail = shop.channel(kind="letters")
    dialog = shop.write(lambda tx: reaching.dialog_for(tx, channels.one(tx, mail), EVERYTHING, "olga@example.org"))
    shop.write(lambda tx: tx.run("dialogs.block", id=dialog, blocked=1))
    learn(shop, channel, ready(state="pending"))
    learn(shop, channel, ready())
    assert known(shop, channel) == [("order_ready", "approved", "")]
    assert [data["to"] for data in news(shop, "template.unannounced")] == ["olga@example.org"]


def say(shop: Shop, can: Capabilities, dialog: DialogId, draft: Draft, **order: Any) -> MessageId:
    message: MessageId = shop.write(lambda tx: sending.enqueue(tx, can, dialog, draft, shop.order(**order)))
    return message


@pytest.fixture
def dialog(shop: Shop, channel: ChannelRow) -> DialogId:
    return shop.message(shop.hear(channel.id, ext_id="in-1")).dialog_id


def test_within_the_window_a_text_of_ones_own_goes(shop: Shop, dialog: DialogId) -> None:
    shop.clock.at += DAY
    assert say(shop, MODERATED, dialog, Draft(text="Да"))
    shop.clock.at += 1
    with pytest.raises(Refused) as caught:
        say(shop, MODERATED, dialog, Draft(text="Ещё"))
    assert caught.value.code == "window_closed"
    assert "could be written to freely until 20" in str(caught.value.what)
    assert "chatapp template list" in show(caught.value.next_step)


def test_a_scheduled_text_has_to_fit_into_the_window_too(shop: Shop, dialog: DialogId) -> None:
    now = shop.clock.now()
    assert say(shop, MODERATED, dialog, Draft(text="Да"), at=now + DAY)
    with pytest.raises(Refused, match="until"):
        say(shop, MODERATED, dialog, Draft(text="Да"), at=now + DAY + 1)


def test_an_automatic_answer_does_not_open_the_window(shop: Shop, channel: ChannelRow, dialog: DialogId) -> None:
    shop.clock.at += DAY + 1
    shop.hear(channel.id, ext_id="own", from_us=True)
    with pytest.raises(Refused, match="until"):
        say(shop, MODERATED, dialog, Draft(text="Да"))
    shop.hear(channel.id, ext_id="in-2", at=shop.clock.now())
    assert say(shop, MODERATED, dialog, Draft(text="Да"))


@pytest.mark.req("S-120")
@pytest.mark.parametrize(("can", "code"), [(MODERATED, "window_closed"), (SERVICE, "template_only")])
def test_a_stranger_gets_a_template_and_nothing_else(
    shop: Shop, channel: ChannelRow, can: Capabilities, code: str
) -> None:
    learn(shop, channel, ready())
    dialog = shop.write(lambda tx: reaching.dialog_for(tx, channel, can, "+79160000001"))
    with pytest.raises(Refused) as caught:
        say(shop, can, dialog, Draft(text="Да"))
    assert caught.value.code == code
    filled, text = shop.read(lambda tx: templates.filled(tx, channel, "order_ready", {"name": "Анна", "number": "15"}))
    message = say(shop, can, dialog, Draft(text=text, template=filled))
    assert shop.message(message).text == "Здравствуйте, Анна! Заказ 15 готов."
    claim = shop.write(lambda tx: outbox.claim(tx, shop.media, channel.id))
    assert claim is not None
    assert claim.outbound.template == filled


def test_a_template_goes_alone_and_only_where_there_are_templates(shop: Shop, dialog: DialogId) -> None:
    filled = Filled(name="order_ready", language="ru")
    paper = StagedFile(name="a.pdf", mime="application/pdf", size=1, sha256="0" * 64)
    for can, draft, code in (
        (EVERYTHING, Draft(text="Да", template=filled), "no_templates"),
        (MODERATED, Draft(text="Да", template=filled, files=(paper,)), "template_alone"),
    ):
        with pytest.raises(Refused) as caught:
            say(shop, can, dialog, draft)
        assert caught.value.code == code


def test_a_receipt_that_bears_our_key_proves_a_send_whose_answer_was_lost(
    shop: Shop, channel: ChannelRow, dialog: DialogId
) -> None:
    message = say(shop, MODERATED, dialog, Draft(text="Да"), key="k" * 32)
    claim = shop.write(lambda tx: outbox.claim(tx, shop.media, channel.id))
    assert claim is not None
    shop.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("timeout")))
    assert shop.message(message).state == State.UNCERTAIN
    for state in (State.DELIVERED, State.READ):
        shop.take(
            ChannelId(channel.id), DeliveryChanged(ext_id="wamid.7", key="k" * 32, state=state, at=shop.clock.now())
        )
        row = shop.message(message)
        assert (row.state, row.ext_id) == (state, "wamid.7")


def test_a_strange_key_proves_nothing(shop: Shop, channel: ChannelRow, dialog: DialogId) -> None:
    message = say(shop, MODERATED, dialog, Draft(text="Да"))
    claim = shop.write(lambda tx: outbox.claim(tx, shop.media, channel.id))
    assert claim is not None
    shop.write(lambda tx: outbox.leave_uncertain(tx, claim, OutcomeUnknown("timeout")))
    news = DeliveryChanged(ext_id="wamid.7", key="z" * 32, state=State.DELIVERED, at=shop.clock.now())
    shop.take(ChannelId(channel.id), news)
    assert shop.message(message).state == State.UNCERTAIN
