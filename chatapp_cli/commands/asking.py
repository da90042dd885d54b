"""Answering a channel's questions at the command line: by a person, or with answers given in advance."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from getpass import getpass
from urllib.parse import parse_qsl, urlsplit

import typer

from chatapp_cli.commands import input_checks
from chatapp_cli.commands.printing import plain
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.form import Field, Form, Notice
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.qr import drawn

_YES = {"on", "y", "yes", "да", "д", "1", "true"}
_NO = {"off", "n", "no", "нет", "н", "0", "false"}


def _tell(words: str = "") -> None:
    typer.echo(words, err=True)


_BLACK_ON_WHITE, _PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"


def show_notice(notice: Notice) -> None:
    """Print text, a link and a QR code to stderr."""
    _tell()
    _tell(show(notice.title))
    for line in notice.lines:
        _tell(f"  {show(line)}")
    if notice.link:
        _tell(f"  {notice.link}")
    if notice.qr:
        for row in drawn(notice.qr):
            _tell(f"{_BLACK_ON_WHITE}{row}{_PLAIN}")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl+C end a question: an event loop would only record it while input() continues."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _line(prompt: str) -> str:
    typer.echo(prompt, err=True, nl=False)
    with _interruptible():
        typed = input_checks.line()
    if not typed:
        raise typer.Abort
    return typed.rstrip("\n")


def _unechoed(prompt: str) -> str:
    """A line of standard input that is no terminal: nothing shows where it ended."""
    said = _line(prompt)
    _tell()
    return said


def _hidden(prompt: str) -> str:
    with input_checks.hearing(), _interruptible():
        return getpass(prompt, stream=sys.stderr)


class TerminalAsker:
    """A person at a terminal; answers given in advance are asked for only if they are refused."""

    def __init__(
        self,
        given: Mapping[str, str],
        *,
        ask: Callable[[str], str] = _line,
        ask_hidden: Callable[[str], str] = _hidden,
    ) -> None:
        self._given = given
        self._ask = ask
        self._ask_hidden = ask_hidden

    async def form(self, form: Form) -> Mapping[str, str]:
        """Ask the questions one by one; the previous answer is the default.

        Further questions, and what another answer tells, are asked last, and only if the person wants that.
        """
        self._introduce(form)
        asked: dict[str, str] = {}
        answers = self._answers(form, asked, further=False)
        left = [field for field in form.fields if field.name in answers.keys() - asked.keys()]
        if left and self._wants(left):
            answers = self._answers(form, asked, further=True)
        return answers

    @staticmethod
    def _introduce(form: Form) -> None:
        _tell()
        _tell(show(form.title))
        for line in form.intro:
            _tell(f"  {show(line)}")
        for words in form.errors.values():
            _tell(f"! {show(words)}")

    def _answers(self, form: Form, asked: dict[str, str], *, further: bool) -> Mapping[str, str]:
        """Answers to all questions that apply; those that were asked are added to ``asked``."""
        answers: dict[str, str] = {}
        for field in form.fields:
            if not field.applies(answers):
                continue
            told = form.found(field, answers, self._given)
            if field.name not in asked and (further or not self._is_put_off(field, form, told)):
                asked[field.name] = self._settled(field, form) or self._asked(field, form, told)
            answers[field.name] = asked.get(field.name) or self._initial(field, form, told)
        return answers

    def _wants(self, left: Sequence[Field]) -> bool:
        """Whether the person wants to answer what was left out."""
        _tell("  " + _("Left unchanged: {labels}", labels="; ".join(show(field.label) for field in left)))
        several = len(left) > 1
        return self._agrees(T("Further questions") if several else T("Change «{label}»?", label=left[0].label))

    def _agrees(self, asked: Text) -> bool:
        field = Field(name="agreed", label=asked, kind="flag", default="off")
        return self._understood_reply(field, field.default) == "on"

    def agrees(self, question: str) -> bool:
        """Whether the person says yes; Enter is no."""
        return self._agrees(Text("{question}", {"question": question}))

    def _is_put_off(self, field: Field, form: Form, told: str) -> bool:
        if field.name in form.errors or self._settled(field, form):
            return False
        return bool(told or (field.further and (self._initial(field, form, told) or not field.required)))

    def _settled(self, field: Field, form: Form) -> str:
        return "" if form.errors else self._given.get(field.name, "")

    def _initial(self, field: Field, form: Form, told: str) -> str:
        return form.values.get(field.name) or self._given.get(field.name) or told or field.default

    def _asked(self, field: Field, form: Form, told: str) -> str:
        if field.name in form.errors:
            _tell(f"! {show(form.errors[field.name])}")
        if field.hint is not None:
            _tell(f"  {show(field.hint)}")
        for number, choice in enumerate(field.choices, 1):
            _tell(f"  {number}. {show(choice.label)}")
        return self._understood_reply(field, self._initial(field, form, told))

    def _understood_reply(self, field: Field, default: str) -> str:
        while True:
            try:
                return understood(field, self._reply(field, default) or default)
            except UsageError as error:
                _tell(f"! {show(error.what)}")

    def _reply(self, field: Field, default: str) -> str:
        prompt = show(field.label) + _offered(field, default) + ": "
        return (self._ask_hidden if field.secret else self._ask)(prompt).strip()

    async def show(self, notice: Notice) -> None:
        """Show it."""
        show_notice(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        """Let the person open the page and paste the address they end up at."""
        _tell(_("Open this page and allow access: {url}", url=url))
        while True:
            ended = dict(parse_qsl(urlsplit(self._ask(_("Final address in the browser: ")).strip()).query))
            if ended.get("state") == state:
                return ended
            _tell("! " + _("This is not the address that the page led to."))


class LineAsker(TerminalAsker):
    """Standard input without a person: a line for each question, and none is asked again."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given, ask=_unechoed)

    async def form(self, form: Form) -> Mapping[str, str]:
        """Read the answers. Raises UsageError if they were refused."""
        for name, error in form.errors.items():
            if name:
                raise UsageError(error, form.errors.get(""), field=name)
        return await super().form(form)


def _offered(field: Field, default: str) -> str:
    if not default:
        return "" if field.required else f" [{_('may stay empty')}]"
    if field.secret:
        return f" [{_('Enter keeps it')}]"
    if field.kind == "flag":
        return f" [{_('yes') if default == 'on' else _('no')}]"
    return f" [{plain(default)}]"


def understood(field: Field, answer: str) -> str:
    """The normalised answer. Raises UsageError with the reason."""
    if not answer:
        if field.required:
            raise UsageError(T("An answer is needed."), field=field.name)
        return ""
    field.require_short(answer)
    field.require_one_line(answer)
    if field.kind == "flag":
        return _yes_or_no(field, answer)
    if field.choices:
        return _chosen(field, answer)
    if field.kind in {"port", "number"} and not answer.isdecimal():
        raise UsageError(T("This has to be a number."), field=field.name)
    return answer


def on_or_off(answer: str) -> str:
    """``on`` or ``off`` for yes or no in either language; another answer as it is."""
    if answer.lower() in _YES:
        return "on"
    return "off" if answer.lower() in _NO else answer


def _yes_or_no(field: Field, answer: str) -> str:
    if (said := on_or_off(answer)) in {"on", "off"}:
        return said
    raise UsageError(T("Answer yes or no."), field=field.name)


def _chosen(field: Field, answer: str) -> str:
    values = [choice.value for choice in field.choices]
    if answer in values:
        return answer
    if answer.isdecimal() and 0 < int(answer) <= len(values):
        return values[int(answer) - 1]
    raise UsageError(T("Choose one of: {allowed}", allowed=", ".join(values)), field=field.name)


class PresetAsker:
    """Answers without a person: each was given in advance or has a default."""

    def __init__(self, given: Mapping[str, str], *, known: Collection[str] = ()) -> None:
        self._given = given
        self._known = known

    async def form(self, form: Form) -> Mapping[str, str]:
        """Answer the form. Raises UsageError for missing, refused or unknown answers."""
        fields = {field.name: field for field in form.fields}
        self._require_known(fields)
        for name, error in form.errors.items():
            raise self._refused(fields.get(name), error, form.errors.get("") if name else None)
        answers: dict[str, str] = {}
        for name, field in fields.items():
            if field.applies(answers):
                answers[name] = self._answer(field, form, form.found(field, answers, self._given))
        return answers

    def _require_known(self, fields: Mapping[str, Field]) -> None:
        for name in self._given:
            if name not in fields and name not in self._known:
                raise UsageError(
                    T("There is no field {name}.", name=name),
                    T("Fields are: {known}", known=", ".join(fields)),
                    field=name,
                )

    def _answer(self, field: Field, form: Form, told: str) -> str:
        answer = self._given.get(field.name) or form.values.get(field.name) or told or field.default
        try:
            return understood(field, answer)
        except UsageError as error:
            raise self._refused(field, error.what) from error

    @staticmethod
    def _refused(field: Field | None, why: Text, step: Text | None = None) -> UsageError:
        if field is None:
            return UsageError(why)
        give = T("Give it with --set {name}=… or in a file with --answers, or run this on a terminal.", name=field.name)
        hint = step or field.hint
        return UsageError(
            T("{label} ({name}): {why}", label=field.label, name=field.name, why=why),
            give if hint is None else T("{step} {then}", step=give, then=hint),
            field=field.name,
        )

    async def show(self, notice: Notice) -> None:
        """Show it."""
        show_notice(notice)

    async def visit(self, url: str, state: str) -> Mapping[str, str]:
        """Raises UsageError: nobody is there to open a page."""
        del state
        raise UsageError(T("A page must be opened: {url}", url=url), T("Run this on a terminal."))
