"""Texts for states and codes, shared by all front ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING

from chatapp_cli.domain import next_step
from chatapp_cli.domain.crm.states import OTHER_WAY, Act, LinkState
from chatapp_cli.domain.draft import NOT_INSTALLED
from chatapp_cli.domain.health import Health
from chatapp_cli.domain.manifest import ErrorWords
from chatapp_cli.domain.message import DELAYED, Direction, Origin
from chatapp_cli.domain.network_words import said
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.recipients import NamedAddress, Recipients
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import link_codes

if TYPE_CHECKING:
    from chatapp_cli.domain.buttons import ButtonLimits
    from chatapp_cli.domain.crm.link import Place
    from chatapp_cli.domain.crm_manifest import CrmManifest
    from chatapp_cli.domain.ids import LinkId
    from chatapp_cli.domain.manifest import Manifest
    from chatapp_cli.services.transcript import TranscriptEntry
    from chatapp_cli.store.rows.crm import ImportRow, LinkRow, PairingRow

STATES: Mapping[str, Text] = MappingProxyType(
    {
        "received": T("received"),
        "scheduled": T("scheduled"),
        "queued": T("waiting"),
        "sending": T("being sent"),
        "sent": T("sent"),
        "delivered": T("delivered"),
        "read": T("read"),
        "failed": T("failed"),
        "uncertain": T("uncertain"),
        "cancelled": T("cancelled"),
    }
)
ORIGINS: Mapping[Origin, Text] = MappingProxyType(
    {
        Origin.CLIENT: T("Client"),
        Origin.OPERATOR: T("Operator"),
        Origin.PHONE: T("We, outside the desk"),
        Origin.API: T("Program, by the API"),
        Origin.AUTOREPLY: T("Automatic answer"),
        Origin.CRM: T("CRM"),
        Origin.ROBOT: T("Robot"),
        Origin.RULE: T("Rule"),
        Origin.CAMPAIGN: T("Mass send"),
    }
)
ACTIONS: Mapping[str, Text] = MappingProxyType(
    {"send": T("sending"), "edit": T("edit"), "delete": T("deletion"), "react": T("reaction")}
)
VERDICTS: Mapping[str, Text] = MappingProxyType(
    {"done": T("done"), "failed": T("failed"), "postponed": T("postponed"), "uncertain": T("uncertain")}
)
HEALTH: Mapping[Health, Text] = MappingProxyType(
    {
        Health.STARTING: T("not started yet"),
        Health.OK: T("works"),
        Health.RETRYING: T("tries again"),
        Health.NEEDS_REBIND: T("bind again"),
        Health.MISCONFIGURED: T("a setting is wrong"),
        Health.BLOCKED: T("sends nothing for now"),
        Health.SENDS_ONLY: T("receives nothing for now"),
    }
)
LINK_STATES: Mapping[LinkState, Text] = MappingProxyType(
    {
        LinkState.OK: T("works"),
        LinkState.LIMITED: T("waits"),
        LinkState.AUTH_LOST: T("no access"),
        LinkState.PAYMENT: T("not paid"),
        LinkState.SUSPENDED: T("blocked there"),
    }
)
ACTS: Mapping[Act, Text] = MappingProxyType(
    {
        Act.ADD: T("new message"),
        Act.EDIT: T("edit"),
        Act.DELETE: T("deletion"),
        Act.DELIVERED: T("sent to the client"),
        Act.FAILED: T("not sent to the client"),
        Act.TEXTED: T("what became of an SMS"),
        Act.OWNER: T("who is responsible"),
        Act.READ: T("read by the client"),
        Act.REACT: T("reaction"),
        Act.IMPORT: T("message from before the pairing"),
        Act.CONTINUE: T("how the messages of a bot fared"),
        Act.RESULT: T("what a robot returned"),
        Act.COMMENT: T("a comment in a card"),
        Act.REMARK: T("a note for employees in the card of a chat"),
    }
)
WORKS_UNTIL = T("without end")
"""Until when a line works: the lines of a desk of one's own have no paid time."""
CARDS: Mapping[str, Text] = MappingProxyType(
    {"deal": T("deal"), "lead": T("lead"), "contact": T("contact"), "company": T("company")}
)
"""What the kinds of cards of a CRM are called."""
ENTRY_STATES: Mapping[str, Text] = MappingProxyType(
    {
        "waiting": T("waiting"),
        "claimed": T("being told"),
        "sending": T("being told"),
        "dead": T("refused"),
    }
)
_MADE: Mapping[str, Text] = MappingProxyType({"deal": T("deals"), "lead": T("leads")})
INVITATIONS: Mapping[str, Text] = MappingProxyType(
    {
        "open": T("Invitation, not answered yet"),
        "accepted": T("Invitation, accepted"),
        "tentative": T("Invitation, answered with maybe"),
        "declined": T("Invitation, declined"),
        "cancelled": T("Invitation, cancelled by the organizer"),
    }
)
STAGES: Mapping[str, Text] = MappingProxyType(
    {
        "ready": T("Documents made"),
        "sent": T("Statement sent"),
        "checking": T("Being checked"),
        "approved": T("Approved"),
        "rejected": T("Rejected"),
    }
)
"""Texts of the stages of applications."""
TEMPLATE_STATES: Mapping[str, Text] = MappingProxyType(
    {
        "draft": T("draft"),
        "pending": T("being checked"),
        "approved": T("approved"),
        "rejected": T("rejected"),
        "paused": T("paused"),
        "gone": T("no longer at the provider"),
    }
)
_COMMAND = T(
    "Try the command by hand, see: {how}; then: {then}",
    how=to_do(Next.SETTING, name="transcribe_command"),
    then=to_do(Next.TRANSCRIBE),
)
_HELD = T("What is to be told waits, and goes out in order once that is right or the channel has another place.")
OWN_CODES: Mapping[str, tuple[Text, Text | None]] = MappingProxyType(
    {
        "files_awaited": (T("Its files are still being downloaded."), None),
        "being_sent": (T("What was handed over to the messenger has not ended yet."), None),
        OTHER_WAY: (
            T("The link goes another way now, and this place is none of it."),
            T("See its places: {places}, and pair again: {how}", places=to_do(Next.PLACES), how=to_do(Next.PAIR)),
        ),
        "upload_gone": (
            T("The file that was uploaded for the bot's step is not kept any more."),
            T("Upload it once more where the bot is set up, and save the bot."),
        ),
        "scheduled": (T("It is scheduled."), None),
        "unless_heard": (T("It is scheduled in case the client does not write first."), None),
        "heard_first": (T("The client wrote first, so it was not sent."), None),
        "held": (T("It can still be taken back."), None),
        "pace": (T("The channel allows no faster pace."), None),
        "phone_pace": (
            T("By phone it goes in its turn, so that the messenger does not take it for suspicious."),
            T("To a @username it goes at once."),
        ),
        "interrupted": (
            T("The program ended while the message was on its way."),
            T(
                "Check in the chat whether it is there; then: {how}, or {again}",
                how=to_do(Next.DECIDE),
                again=to_do(Next.AGAIN),
            ),
        ),
        "timeout": (
            T("The provider did not answer in time."),
            T(
                "Check in the chat whether it is there; then: {how}, or {again}",
                how=to_do(Next.DECIDE),
                again=to_do(Next.AGAIN),
            ),
        ),
        "unexpected": (
            T("Something unexpected happened while it was sent."),
            T("The log has the details. Look in the chat before you send it again."),
        ),
        "server_silent": (
            T("The server has been silent for minutes; an earlier message may still be on its way to it."),
            T("It was not sent, and goes automatically once the server answers again."),
        ),
        "not_prepared": (
            T("The program could not prepare the message, so it was not sent."),
            T("The log has the details. Write it in another way, or reach the client by another channel."),
        ),
        "stopped": (T("The daemon stopped before it was sent."), T("It is sent when the daemon runs.")),
        "silent": (T("The channel gave no sign of life."), T("It reconnects automatically.")),
        "ended": (T("The connection ended."), T("It reconnects automatically.")),
        "store": (T("The store could not be read or written."), T("See: {how}", how=to_do(Next.DOCTOR))),
        "stumbled": (
            T("Something unexpected happened while the channel was connected or read."),
            T("It reconnects automatically; the log has the details."),
        ),
        "split_text": (
            T("The text went in several parts, which cannot be changed together."),
            T("Take the message back and write it anew."),
        ),
        "refused_alone": (
            T("The provider refused this one message, though it accepts the account."),
            T("Look at the provider's words, change the message and send it again."),
        ),
        "not_installed": NOT_INSTALLED,
        "not_here": (T("This channel cannot do that to a message."), None),
        "file_vanished": (
            T("A file of the message is no longer in the store."),
            T("Write the message again with the file."),
        ),
        "proxies_down": (
            T("None of the account's proxies leads to the provider; without them it is not used."),
            T("Test and replace them: {how}", how=to_do(Next.PROXIES)),
        ),
        "transcribing": (
            T("The message is being transcribed."),
            T("If it stays so, ask again: {how}", how=to_do(Next.TRANSCRIBE)),
        ),
        "transcribe_missing": (T("The transcription command does not exist."), _COMMAND),
        "transcribe_failed": (T("The transcription command failed."), _COMMAND),
        "transcribe_late": (T("The transcription command took too long."), _COMMAND),
        "transcribe_silent": (T("No speech was recognised."), None),
        "said_by_person": (T("A person looked and said so."), None),
    }
)
"""Texts of our own codes; a channel's are in its manifest."""


def state(name: str, code: str | None = None) -> Text:
    """The text of a message's state; a sent one may be late."""
    return T("late") if code == DELAYED else STATES.get(name, Text(name))


def origin(name: str) -> Text:
    """The text of who caused a message; an unknown one is shown as it is."""
    return ORIGINS[Origin(name)] if name in set(Origin) else Text(name)


def action(name: str) -> Text:
    """The text of an operation on a message."""
    return ACTIONS.get(name, Text(name))


def verdict(name: str) -> Text:
    """The text of an attempt's verdict."""
    return VERDICTS.get(name, Text(name))


def stage(name: str) -> Text:
    """The text of an application's stage."""
    return STAGES.get(name, Text(name))


def template_state(name: str) -> Text:
    """The text of a template's state."""
    return TEMPLATE_STATES.get(name, Text(name))


def health(name: str) -> Text:
    """The text of a channel's health; an unknown one is shown as it is."""
    return HEALTH[Health(name)] if name in set(Health) else Text(name)


def link_state(name: str) -> Text:
    """The text of a link's state; an unknown one is shown as it is."""
    return LINK_STATES[LinkState(name)] if name in set(LinkState) else Text(name)


def standing(row: LinkRow) -> Text:
    """How a link is."""
    return T("is being removed") if row.ending is not None else link_state(row.state)


def why_refused(about: CrmManifest, row: PairingRow) -> tuple[Text, Text | None]:
    """Why a CRM does not take a pairing, what becomes of what it is to be told meanwhile, and the next step."""
    what, step = why_there(about, row.link_id, row.code, row.detail)
    return (what if row.held is None else T("{what} {waits}", what=what, waits=_HELD)), step


def why(manifest: Manifest, code: str, detail: str = "") -> tuple[Text, Text | None]:
    """The meaning of a code in a channel that is bound, with the provider's own words, and the next step."""
    words = _words_of(manifest, code)
    return _with_detail(words, detail), words.step_when_bound


def of_import(row: ImportRow) -> Text:
    """How showing the messages from before a pairing stands."""
    if row.is_done:
        return T("done")
    if row.goes_on:
        return T("running")
    return T("refused: {n}", n=row.refused) if row.refused else T("stopped")


def cards_made(place: Place | PairingRow) -> Text | None:
    """What a CRM itself makes there of a new client; ``None`` if it is nothing, or not known."""
    if not place.makes:
        return None
    return T("deals in the pipeline {name}", name=place.pipeline) if place.pipeline else _MADE[place.makes]


def what_there(about: CrmManifest, code: str, detail: str = "") -> Text:
    """The meaning of a code in a CRM that is linked, with its own words."""
    return _with_detail(_words_there(about, code), detail)


def why_there(about: CrmManifest, link: LinkId, code: str, detail: str = "") -> tuple[Text, Text | None]:
    """The same, and the next step, which concerns this link."""
    words = _words_there(about, code)
    return _with_detail(words, detail), next_step.about(words.step_when_bound, link=link)


def why_not_answered(about: CrmManifest, link: LinkId | None, code: str, detail: str = "") -> tuple[Text, Text | None]:
    """The same for a person who asks the CRM something, which nothing repeats for them; no link: it is being made."""
    words = _words_there(about, code)
    if code in link_codes.UNHEARD:
        words = words._replace(next_step=None)
    known: Mapping[str, object] = {"kind": about.kind} if link is None else {"link": link}
    return _with_detail(words, detail), next_step.about(words.step_while_binding, **known)


def _words_there(about: CrmManifest, code: str) -> ErrorWords:
    return link_codes.of_link(about, code) or ErrorWords(*OWN_CODES.get(code, (Text(code), None)))


def why_not_bound(manifest: Manifest, code: str, detail: str = "") -> tuple[Text, Text | None]:
    """The same for a person who binds a channel."""
    words = _words_of(manifest, code)
    return _with_detail(words, detail), words.step_while_binding


def _words_of(manifest: Manifest, code: str) -> ErrorWords:
    return manifest.errors.get(code) or ErrorWords(*OWN_CODES.get(code, (Text(code), None)))


def _with_detail(words: ErrorWords, detail: str) -> Text:
    return T("{what} ({detail})", what=words.what, detail=said(detail)) if detail else words.what


LEFT_BEHIND: Mapping[str, Text] = MappingProxyType(
    {
        "subject": T("the subject"),
        "copies": T("the copies"),
        "signature": T("the signature"),
        "invitation": T("the answer to the invitation"),
    }
)
"""What a mail has that a messenger has no place for."""


def left_behind(what: Sequence[str]) -> Text:
    """What of a mail did not go on along its chain, listed."""
    first, *others = (LEFT_BEHIND.get(one, Text(one)) for one in what)
    return reduce(lambda listed, one: T("{kinds}, {kind}", kinds=listed, kind=one), others, first)


def invitation(state: str) -> Text:
    """How an invitation is answered."""
    return INVITATIONS[state]


def buttons(entry: TranscriptEntry) -> Text | None:
    """The buttons below a message, or the one that the client pressed; ``None``: neither."""
    if entry.buttons.pressed:
        return T("pressed: [ {text} ]", text=entry.buttons.pressed)
    below = "  ".join(f"[ {one} ]" for one in entry.buttons.below)
    return Text("{below}", {"below": below}) if below else None


def of_buttons(limits: ButtonLimits) -> Text:
    """The buttons that a channel has, in words."""
    if not limits.most:
        return T("none: a numbered list in the text")
    return T("up to {n} of {longest} characters, else a numbered list", n=limits.most, longest=limits.longest)


def recipients(entry: TranscriptEntry) -> list[Text]:
    """Whom a mail names, if there are others beside the one that it is for.

    Of a mail that came nothing is stored if it names our own address alone; an alias that it was written to is named.
    """
    found = Recipients.parse("" if entry.mail is None else entry.mail.recipients)
    said = (
        (found.also_from, T("From: {who}", who=_listed(found.also_from))),
        (found.to, T("To: {who}", who=_listed(found.to))),
        (found.cc, T("Cc: {who}", who=_listed(found.cc))),
        (found.bcc, T("Bcc: {who}", who=_listed(found.bcc))),
    )
    tells = found.are_several or entry.message.direction == Direction.IN
    more = [T("{n} more recipients", n=found.left_out)] if found.left_out else []
    return [*(text for people, text in said if people), *more] if tells else []


def _listed(people: Sequence[NamedAddress]) -> str:
    return ", ".join(map(str, people))
