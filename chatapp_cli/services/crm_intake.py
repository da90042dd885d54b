"""What CRMs tell us: kept once, and applied in the transaction that marks it as done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from chatapp_cli.domain import border
from chatapp_cli.domain.access import PROGRAM, Right, system
from chatapp_cli.domain.crm.cards import ClientOfCard
from chatapp_cli.domain.crm.events import (
    CardChanged,
    CardCommented,
    CrmArrival,
    CrmConversation,
    CrmEvent,
    CrmFileGiven,
    CrmReacted,
    CrmRewrote,
    CrmStepAsked,
    CrmTexted,
    CrmWithdrew,
    CrmWrote,
    CrmWroteFirst,
    LinkInstalled,
    LinkRemoved,
    PlaceDetached,
    RobotAsked,
)
from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import ChatappError, NotFound, Refused, StoreError, UsageError
from chatapp_cli.domain.ids import LinkId, MessageId, Millis
from chatapp_cli.domain.journal.links import LinkDeadLetterKept, LinkDeadLetterRevived
from chatapp_cli.domain.message import Operation, Origin
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.stored_text import kept
from chatapp_cli.domain.text import T, Text, cleaned
from chatapp_cli.services import (
    access,
    channels,
    composing,
    crm_authors,
    crm_cards,
    crm_changes,
    crm_first,
    crm_gaps,
    crm_holds,
    crm_owed,
    crm_quotes,
    crm_steps,
    crm_targets,
    crm_texts,
    crm_uploads,
    employees,
    later,
    links,
    pairings,
    robots,
    sending,
)
from chatapp_cli.services.crm_event_form import event_of, pattern_of, written
from chatapp_cli.services.message_request import InDialog, MessageRequest, ToAddress
from chatapp_cli.services.robots import RobotSetting
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.store.rows.crm import ChatRow, CrmArrivedRow, CrmDeadRow, PairedRow, PairingRow
from chatapp_cli.store.tx import Tx

if TYPE_CHECKING:
    from chatapp_cli.services.routes import Able

UNINSTALLED = "uninstalled"
"""The code of a link whose application an administrator of the CRM removed."""
PAGE = 500
"""Events that are read at once."""
MOST_TRIES = 12
"""Attempts at an event that names something unknown, such as an edit before its message; then a person decides."""
_OF_CARDS = pattern_of(CardChanged, CardCommented)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmContext:
    """What applying an event needs."""

    able: Able
    files: Sequence[StagedFile] = field(default=())
    """The files of the event, fetched."""
    people: Sequence[ClientOfCard] = field(default=())
    """Whom a step writes to, as the CRM has told."""
    hindrance: Text | None = None
    """Why a step or a robot cannot be carried out at all."""


def keep(tx: Tx, link: LinkId, arrivals: Sequence[CrmArrival]) -> int:
    """Store events, each once; returns how many are new.

    What concerns the link itself is applied at once: without tokens there is no session that could.
    """
    new = 0
    for arrival in arrivals:
        number = tx.insert(
            "crmevents.keep",
            link=link,
            provider_id=border.external_id(arrival.provider_id),
            event=written(arrival.event),
            raw=arrival.raw,
            state="dead" if arrival.event is None else "new",
            problem="" if arrival.event is not None else kept(cleaned(_problem_of(arrival))),
            now=tx.now,
        )
        if number is None:
            continue
        new += 1
        if arrival.event is None:
            _tell_of_death(tx, link, number, str(_problem_of(arrival)))
            _tell_of_stray(tx, link, arrival)
        elif (at_once := AT_ONCE.get(type(arrival.event))) is not None:
            tx.run("crmevents.done", id=number)
            at_once(tx, link)
        elif not _expect(tx, link, arrival.event):
            tx.run("crmevents.done", id=number)
    return new


def _expect(tx: Tx, link: LinkId, event: CrmEvent) -> bool:
    """Have an automation told of what it asks for; false if it asked that before, and the event is not applied."""
    match event:
        case CrmStepAsked():
            return crm_steps.expect(tx, link, event)
        case RobotAsked():
            return robots.expect(tx, link, event)
        case _:
            return True


def keep_and_apply(tx: Tx, link: LinkId, arrivals: Sequence[CrmArrival], context: CrmContext) -> int:
    """Store events and apply them at once, for somebody who waits for the answer; returns how many are new.

    Raises what applying them raises, and then nothing is stored.
    """
    new = keep(tx, link, arrivals)
    for arrival in arrivals:
        row = tx.one(CrmArrivedRow, "crmevents.named", link=link, provider_id=border.external_id(arrival.provider_id))
        if row is not None:
            apply(tx, row, event_of(row), context)
    return new


def not_understood(why: str) -> Text:
    """That an event could not be understood, with the words of what read it."""
    return T("It could not be understood: {why}", why=border.name(why)) if why else T("It could not be understood.")


def _tell_of_stray(tx: Tx, link: LinkId, arrival: CrmArrival) -> None:
    """Have the author of a message told that it is for nobody here."""
    if (stray := arrival.stray) is not None:
        crm_owed.refuse_unplaced(tx, link, stray.remote, _problem_of(arrival), employee=stray.author)


def _problem_of(arrival: CrmArrival) -> Text:
    return arrival.problem if isinstance(arrival.problem, Text) else not_understood(arrival.problem)


def _tell_of_death(tx: Tx, link: LinkId, arrived: int, problem: str) -> None:
    tx.emit(LinkDeadLetterKept(link=link, arrived=arrived, problem=border.name(problem)), actor=PROGRAM)


def waiting(tx: Tx, link: LinkId, *, n: int = PAGE) -> list[CrmArrivedRow]:
    """Events that are not applied, in the order of their arrival; some wait for a time.

    Those of cards are read apart: a busy CRM tells many, and messages do not wait behind them.
    """
    return tx.all(CrmArrivedRow, "crmevents.open", link=link, cards=_OF_CARDS, n=n)


def waiting_cards(tx: Tx, link: LinkId, *, n: int) -> list[CrmArrivedRow]:
    """Events of cards that may be applied now, in the order of their arrival."""
    return tx.all(CrmArrivedRow, "crmevents.cards", link=link, cards=_OF_CARDS, now=tx.now, n=n)


def next_due(tx: Tx, link: LinkId) -> Millis | None:
    """When the next event is tried again that waits for a time, but those of cards."""
    found: Millis | None = tx.value("crmevents.next_due", link=link, cards=_OF_CARDS, now=tx.now)
    return found


def next_card_due(tx: Tx, link: LinkId) -> Millis | None:
    """When the next event of a card is."""
    found: Millis | None = tx.value("crmevents.next_card_due", link=link, cards=_OF_CARDS, now=tx.now)
    return found


def apply(tx: Tx, row: CrmArrivedRow, event: CrmEvent, context: CrmContext) -> None:
    """Apply an event once. Raises NotYet if what it is about is not known yet."""
    if tx.run("crmevents.done", id=row.id):
        APPLIED[type(event)](tx, row.link_id, event, context)


def apply_each(
    tx: Tx, found: Sequence[tuple[CrmArrivedRow, CrmEvent]], context: CrmContext
) -> Mapping[int, Exception | None]:
    """Apply events in one transaction; one that fails undoes only itself, and the later ones of its chat are left.

    Returns the error, or ``None``, of each that was tried, by its number.
    """
    tried: dict[int, Exception | None] = {}
    stuck: set[tuple[str, str]] = set()
    for row, event in found:
        where = chat_of(event)
        if where in stuck:
            continue
        try:
            with tx.savepoint("applying"):
                apply(tx, row, event, context)
            tried[row.id] = None
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one event must not keep the others
            tried[row.id] = error
            if where is not None:
                stuck.add(where)
    return tried


def chat_of(event: CrmEvent) -> tuple[str, str] | None:
    """The place and the chat that an event is about, if it is about one."""
    place, chat = getattr(event, "place", None), getattr(event, "chat", None)
    return None if place is None or chat is None else (place, chat)


def reject(tx: Tx, row: CrmArrivedRow, event: CrmWrote | CrmWroteFirst, refusal: ChatappError) -> None:
    """Record that a message of the CRM cannot go out, and have its author told. Raises NotFound and NotYet."""
    if not tx.run("crmevents.done", id=row.id):
        return
    if isinstance(event, CrmWroteFirst):
        crm_first.refuse(tx, row.link_id, event, refusal.what)
    else:
        pairing, chat = crm_targets.chat(
            tx, row.link_id, event.kind, event.place, event.chat, event.remote_chat, event.pairing
        )
        _tell_author(tx, pairing, chat, event.remote, refusal, employee=event.author)


def strand(tx: Tx, row: CrmArrivedRow, event: CrmEvent | None, problem: Text) -> None:
    """Make an event a dead letter that is for nobody here now, and have the author of a message told so.

    A person can have it tried again, as once its channel is paired.
    """
    die(tx, row, problem)
    match event:
        case CrmWrote(remote=remote, author=author) | CrmWroteFirst(remote=remote, author=author) if remote:
            crm_owed.refuse_unplaced(tx, row.link_id, remote, problem, employee=author)
        case _:
            pass


def put_off(
    tx: Tx, row: CrmArrivedRow, event: CrmEvent | None, problem: Text, *, seconds: float, is_unknown: bool = False
) -> None:
    """Try an event later; after too many attempts it is a dead letter, and the author of a message is told so.

    ``is_unknown``: what it is about never came. A deletion of that has nothing to take back, and is done.
    """
    if row.tries + 1 < MOST_TRIES:
        next_at = tx.now + int(seconds * 1000)
        tx.run("crmevents.later", id=row.id, next_at=next_at, problem=kept(cleaned(problem)))
    elif is_unknown and isinstance(event, CrmWithdrew):
        tx.run("crmevents.done", id=row.id)
        crm_changes.forget(tx, row.link_id, event)
    else:
        strand(tx, row, event, problem)


def die(tx: Tx, row: CrmArrivedRow, problem: Text) -> None:
    """Make an event a dead letter."""
    problem = cleaned(problem)
    if tx.run("crmevents.die", id=row.id, problem=kept(problem)):
        _tell_of_death(tx, row.link_id, row.id, str(problem))


def dead(tx: Tx, *, n: int = 100) -> list[CrmDeadRow]:
    """Events that could not be used, the oldest first."""
    return tx.all(CrmDeadRow, "crmevents.dead", n=n)


def letter(tx: Tx, arrived: int) -> CrmArrivedRow:
    """A dead letter of a CRM with what came. Raises NotFound."""
    row = tx.one(CrmArrivedRow, "crmevents.letter", id=arrived)
    if row is None:
        raise _no_dead_letter(arrived)
    return row


def revive(tx: Tx, arrived: int) -> None:
    """Try a dead letter of a CRM again, as after a fix. Raises NotFound."""
    access.require(tx, Right.REPAIR)
    letter(tx, arrived)
    link: LinkId | None = tx.value("crmevents.revive", id=arrived)
    if link is None:
        raise _no_dead_letter(arrived)
    tx.emit(LinkDeadLetterRevived(link=link, arrived=arrived))


def delete(tx: Tx, arrived: int) -> None:
    """Delete a dead letter of a CRM. Raises NotFound."""
    access.require(tx, Right.REPAIR)
    letter(tx, arrived)
    if not tx.run("crmevents.drop", id=arrived):
        raise _no_dead_letter(arrived)


def _no_dead_letter(arrived: int) -> NotFound:
    step = T("See them with: {how}", how=to_do(Next.CRM_DEAD_LETTERS))
    return NotFound(T("There is no dead letter {n} of a CRM.", n=arrived), step)


def _wrote(tx: Tx, link: LinkId, event: CrmWrote, context: CrmContext) -> None:
    """Accept a message under a key of its own, so that it goes out once however often it is told."""
    pairing, chat = crm_targets.chat(tx, link, event.kind, event.place, event.chat, event.remote_chat, event.pairing)
    stands = crm_changes.as_it_stands(tx, link, event)
    if stands is None:
        return
    event = stands.message
    can = context.able(channels.one(tx, pairing.channel_id))
    draft = crm_quotes.draft(tx, link, chat.dialog_id, event, can, context.files)
    options = SendOptions(key=key_of(f"crm {link} {event.remote}"), origin=Origin.CRM)
    request = MessageRequest(to=InDialog(chat.dialog_id), options=options, draft=draft)
    try:
        with tx.trial():
            crm_gaps.require_fresh(tx, event.at)
            message = composing.accept(_as_author(tx, link, event.author), context.able, request)
            crm_owed.came_from(tx, link, message, event.remote, chat=chat.chat, employee=event.author)
            crm_changes.note(tx, link, message, stands.at)
    except (Refused, NotFound) as refusal:
        _tell_author(tx, pairing, chat, event.remote, refusal, employee=event.author)


def _as_author(tx: Tx, link: LinkId, employee: str) -> Tx:
    """The transaction in the name of the employee, or of our operator who is one."""
    return tx.by(system(employees.named(tx, link, employee), Right.ANSWER))


def _who_wrote(tx: Tx, link: LinkId, message: MessageId) -> str:
    """The employee who wrote a message in the CRM; empty if it is not known."""
    return next((one.employee for one in crm_owed.known_to(tx, message) if one.link_id == link), "")


def _tell_author(
    tx: Tx, pairing: PairingRow, chat: ChatRow, remote: str, refusal: ChatappError, *, employee: str = ""
) -> None:
    paired = PairedRow(pairing.id, pairing.link_id, pairing.after)
    crm_owed.refuse_arrival(tx, paired, chat.dialog_id, remote, refusal.what, chat=chat.chat, employee=employee)


def _rewrote(tx: Tx, link: LinkId, event: CrmRewrote, context: CrmContext) -> None:
    """Change a message as the employee did: one that waits goes out as it stands last."""
    pairing, chat = crm_targets.chat(tx, link, event.kind, event.place, event.chat, "")
    message = crm_targets.message(tx, link, pairing, chat, event.remote, event.sent_as)
    if not crm_changes.note(tx, link, message, event.at):
        return
    able = context.able(channels.one(tx, pairing.channel_id))
    by = _as_author(tx, link, "")
    try:
        if crm_targets.still_waits(tx, chat, message):
            later.reword(by, able, message, event.text)
        else:
            options = SendOptions(key="", origin=Origin.CRM)
            sending.change(by, able, message, Operation.EDIT, event.text, options=options)
    except (Refused, NotFound) as refusal:
        _tell_author(tx, pairing, chat, event.remote, refusal, employee=_who_wrote(tx, link, message))


def _withdrew(tx: Tx, link: LinkId, event: CrmWithdrew, context: CrmContext) -> None:
    """Take a message back as the employee did: one that waits does not go out at all."""
    pairing, chat = crm_targets.chat(tx, link, event.kind, event.place, event.chat, "")
    message = crm_targets.message(tx, link, pairing, chat, event.remote, event.sent_as)
    able = context.able(channels.one(tx, pairing.channel_id))
    by = _as_author(tx, link, "")
    try:
        if crm_targets.still_waits(tx, chat, message):
            sending.cancel(by, message)
        else:
            options = SendOptions(key="", origin=Origin.CRM)
            sending.change(by, able, message, Operation.DELETE, "", options=options)
    except (Refused, NotFound) as refusal:
        _tell_author(tx, pairing, chat, event.remote, refusal, employee=_who_wrote(tx, link, message))


def _reacted(tx: Tx, link: LinkId, event: CrmReacted, context: CrmContext) -> None:
    """React as the employee did; where the channel cannot, nobody is told: a CRM has no field for that."""
    pairing, chat = crm_targets.chat(tx, link, event.kind, event.place, event.chat, event.remote_chat, event.pairing)
    message = crm_targets.named(tx, link, chat, event.remote, event.key)
    able = context.able(channels.one(tx, pairing.channel_id))
    try:
        with tx.trial():
            options = SendOptions(key="", origin=Origin.CRM)
            sending.change(
                _as_author(tx, link, event.author), able, message, Operation.REACT, event.emoji, options=options
            )
    except (Refused, UsageError):
        return


def _texted(tx: Tx, link: LinkId, event: CrmTexted, context: CrmContext) -> None:
    by = _as_author(tx, link, "" if event.automatic else event.employee)
    crm_texts.send(by, link, event, context.able)


def _wrote_first(tx: Tx, link: LinkId, event: CrmWroteFirst, context: CrmContext) -> None:
    """Accept a message to a phone, once for its mark. Raises Refused and NotFound.

    Of one that stands in a chat of the CRM, its author is told there if it is refused.
    """
    if event.remote:
        crm_first.send(_as_author(tx, link, event.author), link, event, context.able, context.files)
        return
    crm_cards.require_beginner(tx, context.able, link, event.channel)
    options = SendOptions(key=key_of(f"crm {link} card {event.mark}"), origin=Origin.CRM)
    to = ToAddress(event.channel, crm_cards.require_phone(tx, event.phone))
    request = MessageRequest(to=to, options=options, draft=Draft(text=event.text))
    message = composing.accept(_as_author(tx, link, event.author), context.able, request)
    crm_authors.sign(tx, message, event.author_name)


def _step_asked(tx: Tx, link: LinkId, event: CrmStepAsked, context: CrmContext) -> None:
    by = _as_author(tx, link, "")
    crm_uploads.asked(tx, link, event.upload)
    if context.hindrance is not None:
        crm_steps.refuse(by, link, event, context.hindrance)
    else:
        crm_steps.carry_out(by, link, event, context.people, able=context.able, files=context.files)


def _file_given(tx: Tx, link: LinkId, event: CrmFileGiven, context: CrmContext) -> None:
    crm_uploads.keep(tx, link, event, context.files)


def _robot_asked(tx: Tx, link: LinkId, event: RobotAsked, context: CrmContext) -> None:
    setting = RobotSetting(able=context.able, files=context.files, hindrance=context.hindrance)
    robots.carry_out_of(tx, link, event, setting)


def _conversation(tx: Tx, link: LinkId, event: CrmConversation, context: CrmContext) -> None:
    del context
    pairing, chat = crm_targets.chat(tx, link, event.kind, event.place, event.chat)
    tx.run(
        "chats.conversation",
        pairing=pairing.id,
        chat=chat.chat,
        session=border.external_id(event.session),
        closed=int(event.closed),
    )


def _detached(tx: Tx, link: LinkId, event: PlaceDetached, context: CrmContext) -> None:
    del context
    if event.kind:
        pairings.detached_there(tx, link, event.place, event.kind, at=event.at)
        return
    for row in pairings.in_place(tx, link, event.place):
        crm_holds.lost(tx, row.id, pairings.PLACE_GONE, event.place)


def _removed(tx: Tx, link: LinkId) -> None:
    links.set_state(tx, link, LinkState.AUTH_LOST, UNINSTALLED)


AT_ONCE: Mapping[type[CrmEvent], Callable[[Tx, LinkId], None]] = {LinkInstalled: links.granted, LinkRemoved: _removed}
"""What is applied as it is stored."""
_Apply: TypeAlias = Callable[[Tx, LinkId, Any, CrmContext], None]
APPLIED: Mapping[type[CrmEvent], _Apply] = {
    CrmWrote: _wrote,
    CrmRewrote: _rewrote,
    CrmWithdrew: _withdrew,
    CrmTexted: _texted,
    CrmWroteFirst: _wrote_first,
    CrmStepAsked: _step_asked,
    CrmFileGiven: _file_given,
    RobotAsked: _robot_asked,
    CrmReacted: _reacted,
    CrmConversation: _conversation,
    PlaceDetached: _detached,
}
"""What is applied here afterwards; a link's session applies the others."""
