"""The command line: global options, and commands imported on demand."""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.main

from chatapp_cli import i18n
from chatapp_cli.commands.base import Noun, built, printed_version, translate
from chatapp_cli.commands.errors import ending
from chatapp_cli.commands.input_checks import require_text
from chatapp_cli.commands.next_steps import command
from chatapp_cli.domain.errors import ChatappError, UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _

if TYPE_CHECKING:
    from typer._click import Command, HelpFormatter

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "inbox": N_("Open the window with all dialogs"),
        "serve": N_("Run the daemon that receives and sends"),
        "line": N_("Lines and their channels: add, bind, check"),
        "calendar": N_("Working hours of lines, with holidays and moved days"),
        "application": N_("Applications that a provider requires first"),
        "dialog": N_("Dialogs: find, read, mark"),
        "view": N_("Saved views: named filters"),
        "search": N_("Messages by their words, in any form"),
        "send": N_("Send a message to an address"),
        "reply": N_("Answer in a dialog"),
        "quick": N_("Quick replies: find, write, share"),
        "template": N_("Texts that a provider approves: list, submit, fill"),
        "contact": N_("People: who is reachable where, address books"),
        "group": N_("Groups in messengers: make, fill, rename, end"),
        "chat": N_("Groups and channels to read: list, follow, read back"),
        "message": N_("One message: show, edit, cancel, retry"),
        "outbox": N_("Waiting, uncertain and failed messages"),
        "alarm": N_("Alarms: what is wrong, and who is told"),
        "deadletter": N_("Arrivals that could not be understood"),
        "crm": N_("CRMs: link, pair channels with them, see what they are owed"),
        "autoreply": N_("Automatic answers: outside hours, by keyword, to the first message, when nobody answers"),
        "rule": N_("Rules: what the desk does by itself, and why it did"),
        "robot": N_("Robots: one act for several recipients, as automations do it"),
        "user": N_("Operators with accounts: who may log in, and which lines they see"),
        "login": N_("Log in as an operator"),
        "logout": N_("Log out"),
        "whoami": N_("Who you are logged in as, and what you see"),
        "tail": N_("The journal, live"),
        "trace": N_("A message's whole life"),
        "doctor": N_("Check that everything is in order"),
        "gc": N_("Delete what is no longer kept, and make the files smaller"),
        "company": N_("Options of the whole company"),
        "config": N_("Settings, and where each comes from"),
        "keys": N_("Keys of the window: list, check, try"),
        "demo": N_("Try the desk with invented customers, offline"),
        "support": N_("Whom to ask for help"),
    }
)
"""Every command (a module in ``commands``) and its summary."""


class Root(Noun):
    """Knows all commands by name, and imports only the one that is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # the vendored Context
        """All names."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Command | None:  # type: ignore[override]  # see above
        """Import the command's module."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"chatapp_cli.commands.{cmd_name}")
        command: Command = built(module.app)
        command.name = cmd_name
        command.help = command.help or _(COMMANDS[cmd_name])
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, or suggest a similar one."""
        if args[0] in COMMANDS or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        near = get_close_matches(args[0], COMMANDS, n=1)
        raise UsageError(
            T("There is no command {name}.", name=args[0]),
            T("Did you mean: chatapp {name}", name=near[0]) if near else T("See them all with: chatapp --help"),
        )

    def format_commands(self, ctx: Any, formatter: HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(words)) for name, words in COMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, *_more: Any, **options: Any) -> Any:
        """Set the language, run, and exit with the exit code that scripts rely on."""
        words = list(sys.argv[1:] if args is None else args)
        with ending():
            speak(language(words))
            i18n.say_steps(command)
            require_text(words)
            translate(self)
            sys.exit(super().main(words, **options | {"prog_name": "chatapp", "standalone_mode": False}))


def language(words: Sequence[str]) -> str:
    """The language of help and errors, which must be known before the options are parsed."""
    flag = next((value for word, value in _options(words) if word == "--lang"), "")
    return i18n.choose(flag or os.environ.get("CHATAPP_LANG") or _set_language())


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The options with their values, given after ``=`` or as the next word."""
    for word, after in zip_longest(words, words[1:], fillvalue=""):
        name, equals, value = word.partition("=")
        yield name, value if equals else after


def _set_language() -> str | None:
    from chatapp_cli.settings import config_file, load, own_file

    if not config_file(os.environ).exists() and own_file(os.environ) is None:
        return None
    try:
        return load().settings.lang
    except ChatappError:
        return None


def speak(chosen: str) -> None:
    """Translate the option parser's own texts from our catalogue."""
    i18n.use(chosen)
    os.environ["LANGUAGE"] = chosen
    gettext.bindtextdomain("chatapp", i18n.CATALOGUES)
    gettext.textdomain("chatapp")


app = typer.Typer(
    cls=Root,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    company: Annotated[
        str | None, typer.Option("--company", metavar="NAME", help=N_("Company whose store is opened"))
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="LANG", help=N_("Language: ru or en"))] = None,
    operator: Annotated[
        str | None,
        typer.Option("--operator", metavar="NAME", help=N_("Name that your messages and changes are signed with")),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help=N_("Show the version and exit"), callback=printed_version, is_eager=True)
    ] = False,
) -> None:
    """One window in the terminal for every message of a business's customers."""
    del company, lang, operator, version


def main() -> None:
    """Run the program."""
    app()
