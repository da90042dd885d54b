"""The page of options of the company, a line or a channel, made from what is declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from rich.text import Text as Words

from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Choice, Field, Form
from chatapp_cli.domain.option import COMPANY, OptionLevel, OptionTarget
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import _
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.ports.bind import Asker
from chatapp_cli.services import channels, lines, options
from chatapp_cli.services.options import OptionScope
from chatapp_cli.store.rows.channels import ChannelRow, LineRow
from chatapp_cli.store.tx import Tx
from chatapp_cli.tui.reading.filters import title
from chatapp_cli.tui.screens.asking import AskingScreen


class OptionOwner(NamedTuple):
    """The channel or the line that has the options; the company if neither is given."""

    line: LineRow | None = None
    channel: ChannelRow | None = None

    @property
    def title(self) -> str:
        """The name that people know."""
        if self.channel is not None:
            return title(self.channel)
        return self.line.name if self.line is not None else _("The company")

    @property
    def target(self) -> OptionTarget:
        """The owner as the store names it."""
        if self.channel is not None:
            return OptionTarget(OptionLevel.CHANNEL, self.channel.id)
        return COMPANY if self.line is None else OptionTarget(OptionLevel.LINE, self.line.id)

    @property
    def wider(self) -> OptionScope | None:
        """The next wider scope; ``None`` for the company, whose options fall back on the settings file."""
        if self.channel is not None:
            return OptionScope(line=self.channel.line_id)
        return None if self.line is None else OptionScope()

    @property
    def own(self) -> Sequence[Field]:
        """The fields of the channel's manifest."""
        return manifest(self.channel.kind).fields if self.channel is not None else ()

    def save(self, tx: Tx, changes: Mapping[str, str]) -> None:
        """Store changed options. Raises UsageError."""
        if self.channel is not None:
            channels.configure(tx, self.channel, manifest(self.channel.kind), changes)
        elif self.line is not None:
            lines.configure(tx, self.line, changes)
        else:
            options.configure_company(tx, changes)


class OptionsScreen(AskingScreen):
    """One form; an option that is left empty falls back on the next wider scope."""

    def __init__(self, owner: OptionOwner) -> None:
        super().__init__()
        self._owner = owner

    def where(self) -> str:
        """The owner of the options."""
        return f"{_('Options')} · {self._owner.title}"

    def about(self) -> Words:
        """Which option overrides which."""
        return Words(
            _(
                "A channel's option overrides its line's, a line's overrides the company's, and all of them override "
                "the settings file. A program's environment overrides them all."
            )
        )

    async def converse(self, ask: Asker) -> str:
        """Ask until the options are accepted and stored."""
        form = await self.workspace.read(self._form)
        before = form.values
        while True:
            answers = await ask.form(form)
            try:
                await self._keep({name: value for name, value in answers.items() if value != before[name]})
            except UsageError as error:
                form = replace(form, values={**before, **answers}, errors={error.field or "": _fault(error)})
            else:
                return _("The options of {title} are kept.", title=self._owner.title)

    async def _keep(self, changes: Mapping[str, str]) -> None:
        if changes:
            from chatapp_cli.services import business_hours

            business_hours.require_calendar(self.workspace.company.settings.folder, changes)
            await self.workspace.write(lambda tx: self._owner.save(tx, changes))

    def _form(self, tx: Tx) -> Form:
        owner = self._owner
        stored, answered = options.stored(tx, owner.target), owner.channel.settings if owner.channel else {}
        known = options.known(owner.target.level, owner.own)
        own = {field.name for field in owner.own}
        asked = [
            _plain(field, answered) if name in own else self._left_open(tx, field)
            for name, field in known.items()
            if _matters(field, known, answered)
        ]
        return Form(
            title=T("Options"),
            fields=asked,
            intro=[_unknown(name, value) for name, value in stored.items() if name not in known],
            values={f.name: stored.get(f.name, answered.get(f.name, f.default)) for f in asked},
        )

    def _left_open(self, tx: Tx, field: Field) -> Field:
        """A field that may be left empty, with a hint that gives the value which holds then."""
        owner, chosen = self._owner, self.workspace.company.options
        wider = chosen.unstored(field.name) if owner.wider is None else chosen.value(tx, field.name, owner.wider)
        shown = wider if wider != "" else "–"
        hint = (
            T("{hint} Left open: {value}.", hint=field.hint, value=shown)
            if field.hint is not None
            else T("Left open: {value}.", value=shown)
        )
        if field.kind == "flag":
            field = replace(field, kind="choice", choices=(Choice("on", T("Yes")), Choice("off", T("No"))))
        if field.choices:
            field = replace(field, choices=(Choice("", T("Left open")), *field.choices))
        return replace(field, hint=hint, default="", required=False)


def _matters(field: Field, known: Mapping[str, Field], answered: Mapping[str, str]) -> bool:
    """Whether a field is asked for, by the answers from the binding of the channel."""
    return all(answered.get(name) == value for name, value in field.when.items() if name not in known)


def _plain(field: Field, answered: Mapping[str, str]) -> Field:
    """A field that applies by the answers from the binding, and is not folded: here everything is further."""
    when = {name: value for name, value in field.when.items() if name not in answered}
    return replace(field, when=when, further=False)


def _unknown(name: str, value: str) -> Text:
    return T("{name} = {value}: this version does not know it and leaves it as it is.", name=name, value=value)


def _fault(error: UsageError) -> Text:
    if error.next_step is None:
        return error.what
    return T("{what} {step}", what=error.what, step=error.next_step)
