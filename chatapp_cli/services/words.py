"""The business's own words for a person, whatever front end says them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from chatapp_cli.domain.moment import local
from chatapp_cli.domain.text import T, Text

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import ErrorWords, Manifest
    from chatapp_cli.store.rows.journal import JournalRow

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
ACTIONS: Mapping[str, Text] = MappingProxyType(
    {"send": T("sending"), "edit": T("edit"), "delete": T("deletion"), "react": T("reaction")}
)
VERDICTS: Mapping[str, Text] = MappingProxyType(
    {"done": T("done"), "failed": T("failed"), "postponed": T("postponed"), "uncertain": T("uncertain")}
)
HEALTH: Mapping[str, Text] = MappingProxyType(
    {
        "starting": T("not started yet"),
        "ok": T("works"),
        "retrying": T("tries again"),
        "needs_rebind": T("bind again"),
        "misconfigured": T("a setting is wrong"),
        "blocked": T("sends nothing for now"),
        "down": T("does not work"),
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
"""Of applications on paper."""
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
_COMMAND = T("Try the command by hand, see: chatapp config get transcribe_command; then: chatapp message transcribe")
OWN_CODES: Mapping[str, tuple[Text, Text | None]] = MappingProxyType(
    {
        "scheduled": (T("It was written for later."), None),
        "unless_heard": (T("It was written for later, should the client not write first."), None),
        "heard_first": (T("The client wrote first, so it did not go."), None),
        "held": (T("It can still be taken back."), None),
        "pace": (T("The channel allows no faster pace."), None),
        "interrupted": (
            T("The program ended while the message was on its way."),
            T("Look in the chat whether it is there; then: chatapp message resolve, or retry"),
        ),
        "timeout": (
            T("The provider did not answer in time."),
            T("Look in the chat whether it is there; then: chatapp message resolve, or retry"),
        ),
        "unexpected": (
            T("Something unexpected happened while it was sent."),
            T("The log has the details. Look in the chat before you send it again."),
        ),
        "stopped": (T("The daemon stopped before it was sent."), T("It goes by itself when the daemon runs.")),
        "silent": (T("The channel gave no sign of life."), T("It is connected again by itself.")),
        "ended": (T("The connection ended."), T("It is connected again by itself.")),
        "store": (T("The store could not be read or written."), T("See: chatapp doctor")),
        "stumbled": (
            T("Something unexpected happened while the channel was connected or read."),
            T("It is connected again by itself; the log has the details."),
        ),
        "split_text": (
            T("The text went in several parts, which cannot be changed together."),
            T("Take the message back and write it anew."),
        ),
        "refused_alone": (
            T("The provider refused this one message, though it accepts the account."),
            T("Look at the provider's words, change the message and send it again."),
        ),
        "not_here": (T("This channel cannot do that to a message."), None),
        "file_vanished": (
            T("A file of the message is not in the store any more."),
            T("Write the message again with the file."),
        ),
        "proxies_down": (
            T("None of the account's proxies leads to the provider; without them it is not used."),
            T("Test and replace them: chatapp line proxies"),
        ),
        "transcribing": (
            T("What is said is being written down."),
            T("If it stays so, ask again: chatapp message transcribe"),
        ),
        "transcribe_missing": (T("The command that writes down what is said is not there."), _COMMAND),
        "transcribe_failed": (T("The command that writes down what is said failed."), _COMMAND),
        "transcribe_late": (T("The command that writes down what is said took too long."), _COMMAND),
        "transcribe_silent": (T("No words were made out."), None),
        "said_by_person": (T("A person looked and said so."), None),
    }
)
"""What our own codes mean; a channel's codes are explained by its manifest."""

_NEWS: Mapping[str, Text] = MappingProxyType(
    {
        "line.added": T("Line added: {name}"),
        "line.renamed": T("Line renamed: {name}"),
        "line.removed": T("Line removed: {name}"),
        "line.configured": T("Options of line {name} changed: {changed}"),
        "company.configured": T("Options of the company changed: {changed}"),
        "operator.added": T("Operator added: {name}"),
        "operator.disabled": T("{name} can log in no longer"),
        "operator.enabled": T("{name} can log in again"),
        "operator.password": T("{name} has a new password"),
        "operator.lines": T("{name} sees other lines"),
        "operator.removed": T("Operator removed: {name}"),
        "operator.login": T("{name} logged in"),
        "operator.logout": T("{name} logged out"),
        "channel.bound": T("Channel bound: {title}"),
        "channel.unbound": T("Channel unbound: {title}"),
        "channel.configured": T("Channel {channel} set up anew"),
        "channel.health": T("Channel {channel}: {health}"),
        "channel.paused": T("Channel {channel} sends nothing until {until}: {code} {detail}"),
        "channel.resumed": T("Channel {channel} sends again"),
        "channel.strangers": T("Channel {channel} writes to no strangers for {seconds} s"),
        "dialog.new": T("New dialog"),
        "dialog.changed": T("Dialog changed: {changed}"),
        "dialog.read": T("Dialog read"),
        "dialog.typing": T("Somebody writes in a dialog"),
        "presence.moved": T("{actor} looks at another dialog"),
        "presence.typing": T("{actor} writes"),
        "view.kept": T("View kept: {name}"),
        "view.moved": T("View moved: {name}"),
        "view.removed": T("View removed: {name}"),
        "draft.kept": T("{actor} has a draft"),
        "draft.dropped": T("{actor} has no draft any more"),
        "errand.asked": T("Channel {channel} was asked: {what}"),
        "errand.ended": T("Channel {channel} answered: {state}"),
        "dialog.reachable": T("Can be reached again"),
        "dialog.unreachable": T("Cannot be reached any more"),
        "dialog.moved": T("The chat moved to a new address"),
        "message.in": T("Message {message} came"),
        "message.out": T("Message {message} written"),
        "message.state": T("Message {message}: {state}"),
        "message.edited": T("Message {message} edited"),
        "message.deleted": T("Message {message} deleted"),
        "message.not_theirs": T("Somebody who had not written message {message} tried to change it; it stays as it is"),
        "message.reaction": T("Reaction to message {message}"),
        "message.asked": T("Asked of message {message}: {action}"),
        "message.refused": T("Message {message}: {action} refused"),
        "message.rescheduled": T("Message {message} goes at {at}"),
        "message.merged": T("Message {message} joined with its copy"),
        "application.moved": T("Application {application} of {title}: {stage}"),
        "template.state": T("Template {name} of channel {channel}: {standing}"),
        "template.unannounced": T("Nobody could be told by mail about template {name}: {why}"),
        "section.added": T("Section of quick replies added: {name}"),
        "section.renamed": T("Section of quick replies renamed: {name}"),
        "section.removed": T("Section of quick replies removed: {name}"),
        "section.invited": T("{operator} may edit the quick replies in {name}"),
        "section.uninvited": T("{operator} may edit the quick replies in {name} no longer"),
        "reply.added": T("Quick reply added: {title}"),
        "reply.edited": T("Quick reply changed: {title}"),
        "reply.removed": T("Quick reply removed: {title}"),
        "chain.passed": T("Channel {channel} was stepped over: {why}"),
        "chain.handed_on": T("Goes on as message {into} through the next channel"),
        "chain.continued": T("Continues message {before}, which failed in the channel before"),
        "chain.ended": T("No other channel is left for it: {why}"),
        "contact.chain": T("Chain of contact {contact}: {chain}"),
        "contact.merged": T("Contact {contact} is the same person as contact {into}"),
        "contact.parted": T("Contact {contact} is a person of its own again, apart from contact {kept}"),
        "contact.apart": T("Contacts {contact} and {other}: said whether they are one person"),
        "arrived.dead": T("Something arrived that could not be understood"),
        "arrived.revived": T("Dead letter {arrived} understood after all"),
        "arrived.forgotten": T("Dead letter {arrived} forgotten"),
        "outbox.replayed": T("{messages} messages go out once more"),
        "clock.back": T("The clock was set back by {seconds} s; what waits was moved with it"),
        "file.words": T("What is said in file {file} of message {message} is written down"),
        "file.unheard": T("What is said in file {file} of message {message} could not be written down"),
        "file.here": T("File {file} of message {message} is here"),
        "file.missing": T("File {file} of message {message} will not come"),
    }
)


_CHANGES: Mapping[tuple[str, object], Text] = MappingProxyType(
    {
        ("read", True): T("marked as read"),
        ("read", False): T("marked as unread"),
        ("pinned", True): T("pinned"),
        ("pinned", False): T("unpinned"),
        ("blocked", True): T("put on the blacklist"),
        ("blocked", False): T("taken off the blacklist"),
        ("name", ""): T("named {value}"),
        ("chain", ""): T("tried in this order: {value}"),
        ("person", ""): T("belongs to contact {value}"),
        ("apart", ""): T("compared with contact {value}"),
        ("tag", ""): T("tag {value} added"),
        ("untag", ""): T("tag {value} removed"),
        ("assignee", ""): T("{value} answers for it"),
        ("unassigned", ""): T("{value} answers for it no longer"),
        ("waiting", False): T("no answer is needed"),
        ("waiting", True): T("an answer is needed after all"),
        ("snoozed", ""): T("put off until {value}"),
        ("snoozed", False): T("back in the list"),
        ("producer", ""): T("{value} is its producer"),
        ("participant", ""): T("{value} is a participant"),
        ("observer", ""): T("{value} is an observer"),
        ("note", ""): T("note {value} written"),
        ("left", ""): T("{value} is no member any more"),
    }
)
"""What was changed in a dialog, by the journal's name and value for it; "" stands for any word."""


_TIMES: Mapping[str, tuple[str, ...]] = MappingProxyType({"message.rescheduled": ("at",), "channel.paused": ("until",)})
"""What in a piece of news is a time."""


def state(name: str) -> Text:
    """A message's state."""
    return STATES.get(name, Text(name))


def action(name: str) -> Text:
    """What is done to a message."""
    return ACTIONS.get(name, Text(name))


def verdict(name: str) -> Text:
    """What became of an attempt."""
    return VERDICTS.get(name, Text(name))


def stage(name: str) -> Text:
    """How far an application got."""
    return STAGES.get(name, Text(name))


def template_state(name: str) -> Text:
    """What a provider thinks of a template."""
    return TEMPLATE_STATES.get(name, Text(name))


def health(name: str) -> Text:
    """A channel's health."""
    return HEALTH.get(name, Text(name))


def why(manifest: Manifest, code: str, detail: str = "") -> tuple[Text, Text | None]:
    """What a code means in this channel and what to do about it, with the provider's own words."""
    known: ErrorWords | None = manifest.errors.get(code)
    what, step = (known.what, known.next_step) if known else OWN_CODES.get(code, (Text(code), None))
    return (T("{what} ({detail})", what=what, detail=detail) if detail else what), step


def news(row: JournalRow) -> Text:
    """A piece of news as a sentence."""
    data = json.loads(row.data) if row.data else {}
    values = {"channel": row.channel_id, "message": row.message_id, "actor": row.actor, **data}
    for name, spoken in (
        ("state", state),
        ("health", health),
        ("action", action),
        ("stage", stage),
        ("standing", template_state),
    ):
        if name in data:
            values[name] = spoken(data[name])
    for name in _TIMES.get(row.topic, ()):
        values[name] = _moment(data[name])
    if isinstance(data.get("why"), dict):
        values["why"] = Text(**data["why"])
    if isinstance(data.get("changed"), list):
        values["changed"] = ", ".join(data["changed"])
    if row.topic == "dialog.changed":
        values["changed"] = _change(data)
    known = _NEWS.get(row.topic)
    return Text(known.msgid, values) if known else Text(row.topic)


def _change(data: Mapping[str, object]) -> Text:
    ((name, value),) = data.items()
    known = _CHANGES.get((name, value if isinstance(value, bool) else ""), Text(name))
    return Text(known.msgid, {"value": _moment(value) if name == "snoozed" else value})


def _moment(value: object) -> object:
    """A time on the clock of this machine."""
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return f"{local(value):%Y-%m-%d %H:%M}"
