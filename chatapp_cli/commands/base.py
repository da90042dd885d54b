"""Common to all commands: translated help, shared options, the opened desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info, get_command_name

from chatapp_cli import __version__
from chatapp_cli.commands.input_checks import number, standard_input
from chatapp_cli.i18n import N_, _

if TYPE_CHECKING:
    from typer.models import CommandInfo

    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.errors import UsageError
    from chatapp_cli.settings import LoadedSettings
    from chatapp_cli.store.tx import Tx


class Verb(TyperCommand):
    """A command whose docstring is its help, translated when the command is built."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        translate(self)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the words apart. Raises UsageError for a name that is empty, as from a variable that was never set."""
        left = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            for param in self.params:
                _require_word(param, ctx.params.get(param.name))
        return left

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Translate «Usage»."""
        _write_usage(self, ctx, formatter)

    def get_help_option(self, ctx: Any) -> Any:
        """Translate the help of --help."""
        return _spoken(super().get_help_option(ctx))


_WORDS = frozenset({"str", "text"})
"""What Typer and Click call a type that reads a word as it is."""


def _require_word(param: Any, value: object) -> None:
    """An empty name would be nobody's, or the only line's; ``may_be_empty`` reads words that mean something empty."""
    from chatapp_cli.domain.errors import UsageError
    from chatapp_cli.domain.text import T

    named = param.param_type_name == "argument" and param.required and param.type.name in _WORDS
    if named and isinstance(value, str) and not value.strip():
        raise UsageError(
            T("{argument} is empty.", argument=param.metavar),
            T("Write it out; in a script the variable may be empty."),
            field=param.name,
        )


class Noun(TyperGroup):
    """A group of verbs, each built on demand: building all takes ten times as long as one."""

    verbs: Mapping[str, CommandInfo] = MappingProxyType({})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        translate(self)

    def list_commands(self, ctx: Any) -> list[str]:
        """All verbs, in the order of their module, and the groups in it."""
        return [*self.verbs, *(name for name in super().list_commands(ctx) if name not in self.verbs)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Build the verb the first time."""
        if cmd_name in self.verbs and cmd_name not in self.commands:
            self.commands[cmd_name] = get_command_from_info(
                self.verbs[cmd_name], pretty_exceptions_short=False, rich_markup_mode=None
            )
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb, or suggest a similar one."""
        known = self.list_commands(ctx)
        if not self.verbs or args[0] in known or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        raise unknown_command(args[0], known, ctx.command_path)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Translate «Usage»."""
        _write_usage(self, ctx, formatter)

    def get_help_option(self, ctx: Any) -> Any:
        """Translate the help of --help."""
        return _spoken(super().get_help_option(ctx))


def unknown_command(name: str, known: Iterable[str], path: str) -> UsageError:
    """The refusal of a name that is no command, with the most similar one."""
    from chatapp_cli.domain.errors import UsageError
    from chatapp_cli.domain.text import T

    near = get_close_matches(name, list(known), n=1)
    if near:
        step = T("Did you mean: chatapp {name}", name=f"{path.partition(' ')[2]} {near[0]}")
    else:
        step = T("See: {command} --help", command=path)
    return UsageError(T("There is no command {name}.", name=name), step)


PARSER_WORDS = (
    N_("Missing command."),
    N_("Arguments"),
    N_("Commands"),
    N_("Options"),
    N_("default: {default}"),
    N_("required"),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
"""The option parser's own sentences, so that the catalogue has them."""


def translate(command: Any) -> None:
    """Translate the help of a command and its parameters."""
    command.options_metavar = _("[OPTIONS]")
    if isinstance(command, TyperGroup):
        command.subcommand_metavar = _("COMMAND [ARGS]...")
    for spoken in (command, *command.params):
        spoken.help = _(spoken.help) if spoken.help else ""


def _spoken(option: Any) -> Any:
    if option is not None:
        option.help = _("Show this message and exit.")
    return option


def _write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    pieces = " ".join(command.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, pieces, prefix=_("Usage:") + " ")


def built(app: typer.Typer) -> Any:
    """A module's command; a noun is built without its verbs."""
    if not (isinstance(app.info.cls, type) and issubclass(app.info.cls, Noun)):
        return typer.main.get_command(app)
    verbs, app.registered_commands = app.registered_commands, []
    try:
        group = typer.main.get_group(app)
    finally:
        app.registered_commands = verbs
    assert isinstance(group, Noun)
    group.verbs = {verb.name or get_command_name(verb.callback.__name__): verb for verb in verbs if verb.callback}
    return group


def noun(cls: type[Noun] = Noun) -> typer.Typer:
    """A new group of verbs."""
    return typer.Typer(cls=cls, no_args_is_help=True, rich_markup_mode=None, add_completion=False)


def single() -> typer.Typer:
    """A command without subcommands."""
    return typer.Typer(rich_markup_mode=None, add_completion=False)


def printed_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"chatapp {__version__}")
        raise typer.Exit


def loaded(ctx: typer.Context) -> LoadedSettings:
    """The settings, overridden by the global options; the first time, what is passed over is noted on stderr."""
    from chatapp_cli.settings import load

    root = ctx.find_root()
    found = load({name: root.params.get(name) for name in ("company", "lang", "operator")})
    if found.passed_over and _NOTED not in root.meta and not root.resilient_parsing:
        root.meta[_NOTED] = True
        _note_passed_over(found)
    return found


_NOTED = "chatapp.passed_over"


def _note_passed_over(found: LoadedSettings) -> None:
    from chatapp_cli.commands.errors import note

    for file in dict.fromkeys(one.file for one in found.passed_over):
        names = ", ".join(one.name for one in found.passed_over if one.file == file)
        note("Settings in {file} that are passed over: {names}", file=file, names=names)


@contextmanager
def opened(ctx: typer.Context) -> Iterator[Company]:
    """Open the company as the acting operator; closed afterwards. Raises Refused if a login is needed."""
    import os

    from chatapp_cli.runtime import identity, login_token

    with unattended(ctx) as company, _saying_where_to_name_a_link(ctx):
        yield identity.as_acting(company, login_token.token(os.environ, company.settings.company))


@contextmanager
def _saying_where_to_name_a_link(ctx: typer.Context) -> Iterator[None]:
    """Add to an error that asks which link is meant where this command takes it."""
    from chatapp_cli.domain.errors import UsageError
    from chatapp_cli.domain.text import T

    try:
        yield
    except UsageError as error:
        asked = next((one for one in ctx.command.params if one.name == error.field == "link"), None)
        if asked is not None and error.next_step is not None:
            how = "--link 2" if asked.param_type_name == "option" else f"{ctx.command_path} 2"
            error.next_step = T("{step}, such as: {how}", step=error.next_step, how=how)
        raise


@contextmanager
def unattended(ctx: typer.Context) -> Iterator[Company]:
    """Open the company without an operator; closed afterwards. A caller in the same process may pass a world."""
    from chatapp_cli.bootstrap import open_company

    found = loaded(ctx)
    company = open_company(
        found.settings, ctx.find_root().obj, given=found.given, make=False, migrating=_tell_of_migration
    )
    try:
        yield company
    finally:
        company.close()


def _tell_of_migration(done: int, total: int) -> None:
    from chatapp_cli.commands.errors import note

    if done == 0:
        note("The store is brought up to date; it stays locked meanwhile.")
    else:
        note("Step {n} of {total} is done.", n=done, total=total)


def write(ctx: typer.Context, job: Callable[[Tx], object], *, whole: bool = False) -> None:
    """Write in one transaction as the acting operator; ``whole``: also on lines that they do not see."""
    with opened(ctx) as company:
        (company.whole if whole else company).write(job)


def typed(text: str) -> str:
    """A text argument; ``-`` reads it from standard input."""
    return standard_input().rstrip("\n") if text == "-" else text


def completing(names: Callable[[Company], list[str]]) -> Callable[[typer.Context, str], list[str]]:
    """Complete a word from the store; empty if that fails."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        from chatapp_cli.domain.errors import ChatappError

        try:
            with opened(ctx) as company:
                return [name for name in names(company) if name.startswith(incomplete)]
        except ChatappError:
            return []

    return complete


def line_names(company: Company) -> list[str]:
    """The names of the lines."""
    from chatapp_cli.services import lines

    return [line.name for line in company.read(lines.everything)]


def channel_names(company: Company) -> list[str]:
    """The kinds of the bound channels."""
    from chatapp_cli.services import channels

    return sorted({channel.kind for channel in company.read(channels.everything)})


def kind_names(company: Company) -> list[str]:
    """Every kind of channel there is."""
    from chatapp_cli.kit.manifests import packages

    del company
    return list(packages())


Json = Annotated[bool, typer.Option("--json", help=N_("Print JSON"))]
Force = Annotated[bool, typer.Option("--force", help=N_("Do it even if something is lost"))]
Line = Annotated[
    str,
    typer.Option(
        "--line", help=N_("Line by name or number; not needed with only one"), autocompletion=completing(line_names)
    ),
]
LineName = Annotated[
    str, typer.Argument(metavar="LINE", help=N_("Line by name or number"), autocompletion=completing(line_names))
]
OneLine = Annotated[
    str,
    typer.Argument(
        metavar="LINE",
        help=N_("Line by name or number; not needed with only one"),
        autocompletion=completing(line_names),
    ),
]
Channel = Annotated[
    str,
    typer.Argument(
        metavar="CHANNEL", help=N_("Channel by kind, account or number"), autocompletion=completing(channel_names)
    ),
]
Dialog = Annotated[int, typer.Argument(metavar="DIALOG", parser=number, help=N_("Number of the dialog"))]
Message = Annotated[int, typer.Argument(metavar="MESSAGE", parser=number, help=N_("Number of the message"))]
