"""Options of the company, a line or a channel on one page, which asks for whatever is declared."""

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
from chatapp_cli.tui.screens.asking import AskingScreen


class Whose(NamedTuple):
    """Whose options they are: of the company where neither line nor channel is named."""

    line: LineRow | None = None
    channel: ChannelRow | None = None

    @property
    def title(self) -> str:
        """As a person knows it."""
        if self.channel is not None:
            return self.channel.title
        return self.line.name if self.line is not None else _("The company")

    @property
    def target(self) -> OptionTarget:
        """In the store."""
        if self.channel is not None:
            return OptionTarget(OptionLevel.CHANNEL, self.channel.id)
        return COMPANY if self.line is None else OptionTarget(OptionLevel.LINE, self.line.id)

    @property
    def wider(self) -> OptionScope | None:
        """Where it is looked for next; ``None``: in the settings file."""
        if self.channel is not None:
            return OptionScope(line=self.channel.line_id)
        return None if self.line is None else OptionScope()

    @property
    def own(self) -> Sequence[Field]:
        """The fields of the channel's manifest."""
        return manifest(self.channel.kind).fields if self.channel is not None else ()

    def save(self, tx: Tx, changes: Mapping[str, str]) -> None:
        """Change them. Raises UsageError."""
        if self.channel is not None:
            channels.configure(tx, self.channel, manifest(self.channel.kind), changes)
        elif self.line is not None:
            lines.configure(tx, self.line, changes)
        else:
            options.configure_company(tx, changes)


class OptionsScreen(AskingScreen):
    """One form; an empty answer leaves it to whoever is wider."""

    def __init__(self, whose: Whose) -> None:
        super().__init__()
        self._whose = whose

    def where(self) -> str:
        """Whose options they are."""
        return f"{_('Options')} · {self._whose.title}"

    def about(self) -> Words:
        """What wins."""
        return Words(
            _(
                "A channel's option overrides its line's, a line's overrides the company's, and all of them override "
                "the settings file. A program's environment overrides them all."
            )
        )

    async def converse(self, ask: Asker) -> str:
        """Ask until it can be kept."""
        form = await self.workspace.read(self._form)
        before = form.values
        while True:
            said = await ask.form(form)
            try:
                await self._keep({name: value for name, value in said.items() if value != before[name]})
            except UsageError as error:
                form = replace(form, values={**before, **said}, errors={error.field or "": _blame(error)})
            else:
                return _("The options of {title} are kept.", title=self._whose.title)

    async def _keep(self, changes: Mapping[str, str]) -> None:
        if changes:
            await self.workspace.write(lambda tx: self._whose.save(tx, changes))

    def _form(self, tx: Tx) -> Form:
        whose = self._whose
        stored, answered = options.stored(tx, whose.target), whose.channel.settings if whose.channel else {}
        known = options.known(whose.target.level, whose.own)
        own = {field.name for field in whose.own}
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
        """A field that may be left to whoever is wider, and says what holds then."""
        whose, chosen = self._whose, self.workspace.company.options
        wider = chosen.unstored(field.name) if whose.wider is None else chosen.value(tx, field.name, whose.wider)
        said = wider if wider != "" else "–"
        hint = (
            T("{hint} Left open: {value}.", hint=field.hint, value=said)
            if field.hint is not None
            else T("Left open: {value}.", value=said)
        )
        if field.kind == "flag":
            field = replace(field, kind="choice", choices=(Choice("on", T("Yes")), Choice("off", T("No"))))
        if field.choices:
            field = replace(field, choices=(Choice("", T("Left open")), *field.choices))
        return replace(field, hint=hint, default="", required=False)


def _matters(field: Field, known: Mapping[str, Field], answered: Mapping[str, str]) -> bool:
    """Whether it is asked at all, by what was answered when the channel was bound."""
    return all(answered.get(name) == value for name, value in field.when.items() if name not in known)


def _plain(field: Field, answered: Mapping[str, str]) -> Field:
    return replace(field, when={name: value for name, value in field.when.items() if name not in answered})


def _unknown(name: str, value: str) -> Text:
    return T("{name} = {value}: this version does not know it and leaves it as it is.", name=name, value=value)


def _blame(error: UsageError) -> Text:
    if error.next_step is None:
        return error.what
    return T("{what} {step}", what=error.what, step=error.next_step)
