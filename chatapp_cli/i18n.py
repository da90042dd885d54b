"""Translation of every sentence that a person sees: gettext, English in the source, Russian complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from chatapp_cli.catalogue import Catalogue
from chatapp_cli.domain.next_step import NextStep
from chatapp_cli.domain.text import Text, fill

LANGUAGES = ("ru", "en")
CATALOGUES = Path(__file__).parent / "locale"
_FILE = "LC_MESSAGES/chatapp.mo"
_current = Catalogue()
_language = "en"
_steps: Callable[[NextStep], str] = str
_task_language: ContextVar[str] = ContextVar("language", default="")


def choose(wanted: str | None, env: Mapping[str, str] = os.environ) -> str:
    """Choose the language: the flag, ``CHATAPP_LANG`` or a setting, the locale; otherwise Russian (S-012)."""
    locale = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    for candidate in (wanted, env.get("CHATAPP_LANG"), locale):
        short = (candidate or "").lower()[:2]
        if short in LANGUAGES:
            return short
    return "ru"


def use(language: str) -> None:
    """Set the language of the process."""
    global _current, _language
    _language = language
    _current = _catalogue(language)


@cache
def _catalogue(language: str) -> Catalogue:
    return Catalogue() if language == "en" else Catalogue((CATALOGUES / language / _FILE).read_bytes())


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Set the language of this task alone, meanwhile; empty: that of the process."""
    before = _task_language.set(language)
    try:
        yield
    finally:
        _task_language.reset(before)


def _translations() -> Catalogue:
    own = _task_language.get()
    return _catalogue(own) if own else _current


def say_steps(front_end: Callable[[NextStep], str]) -> Callable[[NextStep], str]:
    """Set how next steps are worded, for the whole process; returns the previous way."""
    global _steps
    _steps, before = front_end, _steps
    return before


def language() -> str:
    """The current language."""
    return _task_language.get() or _language


def _(msgid: str, **params: object) -> str:
    """Translate a sentence and fill in its values; fractions are written as the language does."""
    return fill(
        _translations().gettext(msgid) if msgid else "", {name: _written(value) for name, value in params.items()}
    )


def _written(value: object) -> object:
    return str(value).replace(".", ",") if isinstance(value, float) and language() == "ru" else value


def ngettext(one: str, many: str, n: int) -> str:
    """Translate a counted sentence; ``{n}`` is the number."""
    return _translations().ngettext(one, many, n).format(n=n)


def N_(msgid: str) -> str:  # noqa: N802 - the name that the extractor looks for
    """Mark a sentence for translation without translating it yet."""
    return msgid


def show(text: Text | None) -> str:
    """Translate a deferred sentence to the current language, including values that are texts."""
    if text is None:
        return ""
    return _(text.msgid, **{name: _translated(value) for name, value in text.params.items()})


def _translated(value: object) -> object:
    if isinstance(value, NextStep):
        return _steps(value)
    return show(value) if isinstance(value, Text) else value
