"""Structured logs on stderr: lines for a person on a terminal, JSON for everything else.

Tracebacks have no variable values, which may contain keys and clients' texts.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import TextIO

from chatapp_cli.domain.border import visible
from chatapp_cli.kit.plain_structlog import structlog

_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, use_rich=False)
)
_HIDDEN = ("token", "password", "secret", "authorization", "text", "body")


def _hide(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Last line of defence: values under these names are never written."""
    for name in event:
        if any(word in name.lower() for word in _HIDDEN):
            event[name] = "***"
    return event


_SHARED: Sequence[structlog.typing.Processor] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _hide,
)


def _clean(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Words of clients and remote servers must not control the terminal."""
    return {name: visible(value) if isinstance(value, str) else value for name, value in event.items()}


def _clean_traceback(target: TextIO, error: structlog.typing.ExcInfo) -> None:
    drawn = StringIO()
    structlog.dev.plain_traceback(drawn, error)
    target.write(visible(drawn.getvalue()))


def _for_a_person() -> Sequence[structlog.typing.Processor]:
    return (_clean, structlog.dev.ConsoleRenderer(exception_formatter=_clean_traceback))


class _Lines(structlog.PrintLogger):
    """Writes log lines; a closed terminal or pipe must not end the program."""

    def msg(self, message: str) -> None:
        """Write a line; errors are ignored."""
        with suppress(OSError, ValueError):
            super().msg(message)

    log = debug = info = warn = warning = error = critical = fatal = failure = err = msg


def configure(level: str) -> None:
    """Configure logging once, at the start of a process."""
    stream = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as we log
    terminal = stream.isatty()
    renderers: Sequence[structlog.typing.Processor] = (
        _for_a_person() if terminal else (_TRACEBACKS, structlog.processors.JSONRenderer(ensure_ascii=False))
    )
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_SHARED, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_names: _Lines(stream),
    )
    _take_library_lines(stream, renderers)


def _take_library_lines(stream: TextIO, renderers: Sequence[structlog.typing.Processor]) -> None:
    """Write the warnings of libraries as lines of the same form, under the name of their logger."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_SHARED],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
