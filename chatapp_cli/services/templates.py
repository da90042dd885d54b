"""Templates that providers approve: drafts, decisions and placeholders (S-090)."""

from __future__ import annotations

from collections.abc import Mapping

from chatapp_cli.domain import limits
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.finding import by_name
from chatapp_cli.domain.ids import ChannelId
from chatapp_cli.domain.journal.company import TemplateMoved
from chatapp_cli.domain.manifest import Capabilities
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.template import Filled, Template, fill
from chatapp_cli.domain.text import T
from chatapp_cli.services import access, channels, words
from chatapp_cli.store.rows.channels import ChannelRow, TemplateRow
from chatapp_cli.store.tx import Tx


def everything(tx: Tx, *, channel: ChannelId | None = None) -> list[TemplateRow]:
    """Templates of one channel or of all, by channel, name and language."""
    if channel is None:
        found = tx.all(TemplateRow, "templates.all")
    else:
        found = tx.all(TemplateRow, "templates.of_channel", channel=channel)
    return sorted(found, key=_place)


def _place(row: TemplateRow) -> tuple[ChannelId, tuple[str, str], str]:
    return row.channel_id, by_name(row.name), row.language


def find(tx: Tx, channel: ChannelRow, named: str) -> TemplateRow:
    """A channel's template by ``NAME`` or ``NAME/LANGUAGE``. Raises NotFound, or UsageError if several are meant."""
    name, _, language = named.partition("/")
    named_so = sorted(tx.all(TemplateRow, "templates.called", channel=channel.id, name=name), key=_place)
    rows = [row for row in named_so if language in {"", row.language}]
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
    _require_short(template)
    known = known_of(tx, channel.id).get((template.name, template.language))
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
    put(tx, channel.id, template, known)
    return find(tx, channel, f"{template.name}/{template.language}")


def _require_short(template: Template) -> None:
    limits.NAME.require(template.name, field="name")
    limits.LANGUAGE.require(template.language, field="language")
    limits.CATEGORY.require(template.category, field="category")
    limits.TEMPLATE.require(template.body, field="text")


def known_of(tx: Tx, channel: ChannelId) -> Mapping[tuple[str, str], TemplateRow]:
    """A channel's templates by name and language."""
    return {(row.name, row.language): row for row in everything(tx, channel=channel)}


def put(tx: Tx, channel: ChannelId, template: Template, known: TemplateRow | None) -> None:
    """Store a template; news only if it is new or its state is another."""
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
