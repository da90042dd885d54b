"""Templates that providers approve: drafts, decisions and placeholders (S-090)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatapp_cli.domain.access import DAEMON, PROGRAM, Right
from chatapp_cli.domain.draft import Draft
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.health import STOPPED
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.company import TemplateMoved, TemplateUnannounced
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.message import Origin
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.template import Filled, Template, TemplateState, fill
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import show
from chatapp_cli.services import access, channels, reaching, sending, words
from chatapp_cli.services.routes import Able
from chatapp_cli.store.rows.channels import ChannelRow, TemplateRow
from chatapp_cli.store.tx import Tx

_WORTH_A_MAIL = frozenset({"approved", "rejected", "paused"})
"""States decided by a moderator."""


def everything(tx: Tx, *, channel: ChannelId | None = None) -> list[TemplateRow]:
    """Templates of one channel or of all."""
    if channel is None:
        return tx.all(TemplateRow, "templates.all")
    return tx.all(TemplateRow, "templates.of_channel", channel=channel)


def find(tx: Tx, channel: ChannelRow, named: str) -> TemplateRow:
    """A channel's template by ``NAME`` or ``NAME/LANGUAGE``. Raises NotFound, or UsageError if several are meant."""
    name, _, language = named.partition("/")
    rows = [row for row in everything(tx, channel=channel.id) if row.name == name and language in {"", row.language}]
    if not rows:
        raise NotFound(
            T("There is no template {name} in {channel}.", name=named, channel=channel.title),
            T("See them with: {how}", how=to_do(Next.TEMPLATES, n=channel.id)),
        )
    if len(rows) > 1:
        listed = ", ".join(f"{row.name}/{row.language}" for row in rows)
        raise UsageError(T("Which one of these: {names}?", names=listed), field="template")
    return rows[0]


def value(row: TemplateRow) -> Template:
    """A row in the form for connectors."""
    return Template(
        name=row.name,
        language=row.language,
        body=row.body,
        category=row.category,
        state=row.state,
        reason=row.reason,
    )


def filled(tx: Tx, channel: ChannelRow, named: str, values: Mapping[str, str]) -> tuple[Filled, str]:
    """An approved template ready to be sent, and its final text."""
    row = find(tx, channel, named)
    if row.state != "approved":
        raise Refused(
            "template_not_approved",
            T("The template {name} is not approved: {state}.", name=row.name, state=words.template_state(row.state)),
            T("See those that are with: {how}", how=to_do(Next.APPROVED, n=channel.id)),
        )
    return fill(value(row), values)


def add(tx: Tx, channel: ChannelRow, can: Capabilities, template: Template) -> TemplateRow:
    """Store a draft. Raises Refused if the channel has no templates, or this one is already in moderation."""
    access.require(tx, Right.TEMPLATES)
    channels.one(tx, channel.id)
    if not can.templates:
        raise Refused("no_templates", T("This channel has no templates."), T("Write the text itself."))
    if not template.body.strip():
        raise UsageError(T("The template needs a text."), field="text")
    known = _known(tx, channel.id).get((template.name, template.language))
    if known is not None and known.state in {"pending", "approved", "paused"}:
        raise Refused(
            "template_submitted",
            T(
                "The template {name} is at the provider already: {state}.",
                name=known.name,
                state=words.template_state(known.state),
            ),
            T("Give the new one another name."),
        )
    _put(tx, channel.id, template, known)
    return find(tx, channel, f"{template.name}/{template.language}")


def learn(tx: Tx, able: Able, channel: ChannelRow, found: Sequence[Template]) -> int:
    """Update all templates from the provider; returns how many changed. Our drafts are kept."""
    access.require(tx, Right.TEMPLATES)
    channels.one(tx, channel.id)
    known = _known(tx, channel.id)
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
    known = _known(tx, channel.id).get((template.name, template.language))
    if _differs(template, known):
        _judge(tx, able, channel, template, known)
    return find(tx, channel, f"{template.name}/{template.language}")


def _known(tx: Tx, channel: ChannelId) -> Mapping[tuple[str, str], TemplateRow]:
    return {(row.name, row.language): row for row in everything(tx, channel=channel)}


def _differs(template: Template, known: TemplateRow | None) -> bool:
    return known is None or value(known) != template


def _judge(tx: Tx, able: Able, channel: ChannelRow, template: Template, known: TemplateRow | None) -> None:
    _put(tx, channel.id, template, known)
    if known is not None and known.state != template.state and template.state in _WORTH_A_MAIL:
        _announce(tx, able, channel, template)


def _put(tx: Tx, channel: ChannelId, template: Template, known: TemplateRow | None) -> None:
    tx.run(
        "templates.put",
        channel=channel,
        name=template.name,
        language=template.language,
        category=template.category,
        state=template.state,
        body=template.body,
        reason=template.reason,
        now=tx.now,
    )
    if known is None or known.state != template.state:
        tx.emit(
            TemplateMoved(
                channel=channel,
                name=template.name,
                language=template.language,
                standing=template.state,
                reason=template.reason,
            )
        )


def _announce(tx: Tx, able: Able, channel: ChannelRow, template: Template) -> None:
    """Notify the requester by mail, through any channel that writes to mail addresses."""
    to = channel.settings.get("notices_email", "")
    carrier = _carrier(tx, able, channel) if to else None
    if carrier is None:
        return
    draft = Draft(subject=show(_subject(template)), text=show(_notice(channel, template)))
    key = sending.key_of(f"{channel.id} {template.name}/{template.language} {template.state} {tx.now}")
    order = sending.Order(key=key, origin=Origin.AUTOREPLY)
    can = able(carrier)
    try:
        with tx.trial():
            if not can.subject:
                draft = Draft(text=draft.text)
            dialog = reaching.dialog_for(tx, carrier, can, to, subject=draft.subject)
            sending.enqueue(tx.by(DAEMON), can, dialog, draft, order)
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
    row = find(tx, channel, named)
    said = Template(
        name=row.name,
        language=row.language,
        body=row.body,
        category=row.category,
        state=state,
        reason="" if state == "approved" else reason.strip(),
    )
    return judged(tx, able, channel, said)
