"""How a command fails: the error and the next step on stderr, and an exit code."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from typing import Any

import typer
from typer._click import exceptions as parser

from chatapp_cli.domain import border
from chatapp_cli.domain.errors import ChatappError, UsageError
from chatapp_cli.domain.text import T, Text
from chatapp_cli.i18n import _, show

INTERRUPTED = 130
_PRINTERS = ("typer.", "rich.")


@contextmanager
def ending() -> Iterator[None]:
    """Turn every error into a message and an exit code; ``CHATAPP_TRACEBACK=1`` lets it through."""
    try:
        _require_output()
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _hush()
        sys.exit(1)
    except ChatappError as error:
        _fail(error, error.exit_code)
    except parser.NoArgsIsHelpError as error:
        typer.echo(error.format_message(), err=True)
        sys.exit(parser.UsageError.exit_code)
    except parser.ClickException as error:
        _fail(_usage(error), parser.UsageError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("", err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last place that can say it to a person
        explained = _explained(error)
        _fail(explained, explained.exit_code)


def _explained(error: Exception) -> ChatappError:
    if isinstance(error, OSError) and (_while_printing(error) or not _takes_output()):
        _hush()
        return _unwritable(error.strerror or error)
    return _surprise(error)


def _require_output() -> None:
    """Refuse to run with a closed stdout: the result could not be printed, and a file might get its descriptor."""
    if sys.stdout is None:
        raise _unwritable(os.strerror(errno.EBADF))


def _while_printing(error: OSError) -> bool:
    """Whether it was raised while printing."""
    last = [frame for frame, _line in walk_tb(error.__traceback__)][-1]
    return str(last.f_globals.get("__name__")).startswith(_PRINTERS)


def _takes_output() -> bool:
    """Whether buffered output can still be flushed."""
    try:
        sys.stdout.flush()
    except OSError:
        return False
    return True


def _unwritable(why: object) -> UsageError:
    return UsageError(
        T("Standard output cannot be written to: {why}.", why=why),
        T("Free some space there, or redirect it elsewhere."),
    )


def _hush() -> None:
    """The reader is gone: redirect the interpreter's final flush to /dev/null."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: ChatappError, code: int) -> None:
    if os.environ.get("CHATAPP_TRACEBACK"):
        raise error
    say(error.what, error.next_step)
    sys.exit(code)


def end_at_once(error: Exception) -> None:
    """Say why, and end the process whatever its threads wait for."""
    explained = error if isinstance(error, ChatappError) else _surprise(error)
    say(explained.what, explained.next_step)
    os._exit(explained.exit_code)


def say(what: Text, next_step: Text | None = None) -> None:
    """Print a message for a person to stderr."""
    typer.echo(border.visible(show(what)), err=True)
    if next_step is not None:
        typer.echo(border.visible(f"→ {show(next_step)}"), err=True)


def _surprise(error: Exception) -> ChatappError:
    return ChatappError(
        T("Something went wrong inside chatapp: {error}", error=f"{type(error).__name__}: {error}"),
        T("Run it again with CHATAPP_TRACEBACK=1 and send what it prints: chatapp support"),
    )


def _usage(error: parser.ClickException) -> UsageError:
    """The option parser's error in our own words."""
    path = getattr(getattr(error, "ctx", None), "command_path", "chatapp")
    step = T("See: {command} --help", command=path)
    match error:
        case parser.MissingParameter(param=parameter) if parameter is not None:
            return UsageError(T("{name} is missing.", name=_named(parameter)), step)
        case parser.NoSuchOption(option_name=name):
            near = ", ".join(error.possibilities or ())
            hint = T("Did you mean: {names}", names=near) if near else step
            return UsageError(T("There is no option {name}.", name=name), hint)
        case parser.BadOptionUsage(option_name=name):
            return UsageError(T("Option {name} needs a value, or takes none.", name=name), step)
        case parser.BadParameter(param=parameter, message=message) if parameter is not None:
            return UsageError(_refused(parameter, message), step)
    if extra := _TOO_MANY.fullmatch(error.format_message()):
        return UsageError(T("This is more than the command takes: {words}", words=extra[1]), step)
    return UsageError(T("This is not understood: {words}", words=error.format_message()), step)


_TOO_MANY = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", re.DOTALL)
"""How the option parser, which knows only English, complains of words too many, and of a value."""
_VALUE = re.compile(r"(['\"])(.*)\1 is not .*", re.DOTALL)


def _refused(parameter: Any, message: str) -> Text:
    """A value that a parameter does not take, and what it takes instead."""
    named, value = _named(parameter), found[2] if (found := _VALUE.fullmatch(message)) else message
    if (choices := getattr(parameter.type, "choices", None)) is not None:
        allowed = ", ".join(str(getattr(one, "value", one)) for one in choices)
        return T("{name} cannot be {value}, only one of: {allowed}", name=named, value=value, allowed=allowed)
    return T("{name} cannot be {value}.", name=named, value=value)


def _named(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name).upper()
    return str(parameter.opts[0])


def note(msgid: str, **values: object) -> None:
    """Print a note to stderr, such as what was done."""
    typer.echo(border.visible(_(msgid, **values)), err=True)
