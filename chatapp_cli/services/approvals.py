"""Template states: updated from providers, and mailed to the requester (S-090)."""

from __future__ import annotations

from collections.abc import Sequence

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import DAEMON, PROGRAM, Right
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import Refused
from chatapp_cli.domain.health import STOPPED
from chatapp_cli.domain.journal.company import TemplateMoved, TemplateUnannounced
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.template import Template, TemplateState
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.services import access, channels, composing, templates, words
from chatapp_cli.services.message_request import MessageRequest, ToAddress
from chatapp_cli.services.routes import Able
from chatapp_cli.services.sending import SendOptions, key_of
from chatapp_cli.store.rows.channels import ChannelRow, TemplateRow
from chatapp_cli.store.tx import Tx

_WORTH_A_MAIL = frozenset({"approved", "rejected", "paused"})
"""States decided by a moderator."""


def learn(tx: Tx, able: Able, channel: ChannelRow, found: Sequence[Template]) -> int:
    """Update all templates from the provider; returns how many changed. Our drafts are kept."""
    access.require(tx, Right.TEMPLATES)
    channels.one(tx, channel.id)
    known = templates.known_of(tx, channel.id)
    changed = [one for one in found if _differs(one, known.get((one.name, one.language)))]
    for one in changed:
        _judge(tx, able, channel, one, known.get((one.name, one.language)))
    there = {(one.name, one.language) for one in found}
    gone = [row for key, row in known.items() if key not in there and row.state != "draft"]
    for row in gone:
        tx.run("templates.drop", id=row.id)
        tx.emit(TemplateMoved(channel=channel.id, name=row.name, language=row.language, standing="gone"))
    return len(changed) + len(gone)


def judged(tx: Tx, able: Able, channel: ChannelRow, template: Template) -> TemplateRow:
    """Update one template from the provider's answer."""
    access.require(tx, Right.TEMPLATES)
    channels.one(tx, channel.id)
    known = templates.known_of(tx, channel.id).get((template.name, template.language))
    if _differs(template, known):
        _judge(tx, able, channel, template, known)
    return templates.find(tx, channel, f"{template.name}/{template.language}")


def _differs(template: Template, known: TemplateRow | None) -> bool:
    return known is None or templates.value(known) != template


def _judge(tx: Tx, able: Able, channel: ChannelRow, template: Template, known: TemplateRow | None) -> None:
    templates.put(tx, channel.id, template, known)
    if known is not None and known.state != template.state and template.state in _WORTH_A_MAIL:
        _announce(tx, able, channel, template)


def _announce(tx: Tx, able: Able, channel: ChannelRow, template: Template) -> None:
    """Notify the requester by mail, through any channel that writes to mail addresses."""
    to = channel.settings.get("notices_email", "")
    carrier = _carrier(tx, able, channel) if to else None
    if carrier is None:
        return
    subject = show(_subject(template)) if able(carrier).subject else ""
    draft = Draft(subject=subject, text=show(_notice(channel, template)))
    key = key_of(f"{channel.id} {template.name}/{template.language} {template.state} {tx.now}")
    options = SendOptions(key=key, origin=Origin.AUTOREPLY)
    try:
        with tx.trial():
            composing.accept(
                tx.whole().by(DAEMON), able, MessageRequest(to=ToAddress(carrier.id, to), draft=draft, options=options)
            )
    except Refused as refusal:
        tx.emit(TemplateUnannounced(channel=channel.id, name=template.name, to=to, why=str(refusal)), actor=PROGRAM)


def _carrier(tx: Tx, able: Able, channel: ChannelRow) -> ChannelRow | None:
    """A working channel that can write first to mail addresses, of the same line if possible."""
    found = [
        row
        for row in channels.everything(tx)
        if row.health not in STOPPED and "email" in (can := able(row)).write_first and can.free_text and not can.window
    ]
    return min(found, key=lambda row: (row.line_id != channel.line_id, row.id), default=None)


def _subject(template: Template) -> Text:
    return T("Template {name}: {state}", name=template.name, state=words.template_state(template.state))


def _notice(channel: ChannelRow, template: Template) -> Text:
    if not template.reason:
        return T(
            "The template {name} in {channel} is now: {state}.\n\n{body}",
            name=template.name,
            channel=channel.title,
            state=words.template_state(template.state),
            body=template.body,
        )
    return T(
        "The template {name} in {channel} is now: {state}.\nWhy: {reason}\n\n{body}",
        name=template.name,
        channel=channel.title,
        state=words.template_state(template.state),
        reason=template.reason,
        body=template.body,
    )


def decide(tx: Tx, able: Able, channel: ChannelRow, named: str, state: TemplateState, *, reason: str) -> TemplateRow:
    """Record a moderator's decision by hand. Raises Refused for a rejection without a reason."""
    access.require(tx, Right.TEMPLATES)
    if state == "rejected" and not reason.strip():
        raise Refused("no_reason", T("A rejection needs its reason."), T("Add it with --reason."))
    limits.REASON.require(reason, field="reason")
    row = templates.find(tx, channel, named)
    decided = Template(
        name=row.name,
        language=row.language,
        body=row.body,
        category=row.category,
        state=state,
        reason="" if state == "approved" else reason.strip(),
    )
    return judged(tx, able, channel, decided)
