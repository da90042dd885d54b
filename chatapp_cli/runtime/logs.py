"""Structured logs on stderr: lines for a person on a terminal, JSON for everything else.

Tracebacks have no variable values, which may contain keys and clients' texts.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

import structlog

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


def _for_a_person() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


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
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide,
            *([] if terminal else [_TRACEBACKS]),
            _for_a_person() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_names: _Lines(stream),
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(levelname)s %(name)s %(message)s")
