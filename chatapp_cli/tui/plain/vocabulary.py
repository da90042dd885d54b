"""The commands of the line-by-line inbox, in Russian and English at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from chatapp_cli.domain.finding import fold
from chatapp_cli.i18n import N_, _


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and what it does."""

    words: tuple[str, ...]
    """Its Russian name, its English name, then shorter ones."""
    about: str
    """What may follow the name; empty if nothing does."""
    help: str


COMMANDS: Mapping[str, Command] = {
    "list": Command(
        ("список", "list", "с", "l"),
        N_("all, unread, mine"),
        N_("Who waits for an answer; or all dialogs, the unread ones, those that are mine"),
    ),
    "find": Command(("найти", "find"), N_("words"), N_("Dialogs by name, phone or e-mail")),
    "open": Command(("открыть", "open", "о", "o"), N_("number"), N_("Read a dialog; the number alone does it too")),
    "more": Command(("раньше", "earlier"), "", N_("What was said before")),
    "whole": Command(("целиком", "whole"), "", N_("The last mail with what it quotes")),
    "answer": Command(("ответ", "ответить", "answer", "a"), N_("text"), N_("Answer at once, without a question")),
    "claim": Command(("взять", "take"), "", N_("Take it: I answer")),
    "later": Command(("отложить", "later"), N_("time"), N_("Snooze until then, such as: tomorrow 9:00, +2h")),
    "enough": Command(("неважно", "ответ не нужен", "enough"), "", N_("No answer is needed")),
    "note": Command(("заметка", "note"), N_("text"), N_("A note for colleagues, with @mentions")),
    "away": Command(("отойти", "away"), N_("time"), N_("I am away until then, or until I am back")),
    "back": Command(("вернуться", "back"), "", N_("I am back")),
    "close": Command(("закрыть", "close"), "", N_("Leave the dialog, back to all")),
    "help": Command(("помощь", "help", "?"), "", N_("These words")),
    "leave": Command(("выход", "quit", "q"), "", N_("Leave")),
}
YES = {"да", "д", "yes", "y"}
EVERYTHING, UNREAD, MINE = {"все", "всё", "all"}, {"непрочитанные", "unread"}, {"мои", "mine"}


def understood(typed: str) -> tuple[str, str] | None:
    """The command's key in `COMMANDS` and what follows its name; ``None`` if the line begins with no command."""
    text = typed.strip()
    if text.isdigit():
        return "open", text
    names = [(word, name) for name, command in COMMANDS.items() for word in command.words]
    for word, name in sorted(names, key=lambda one: -len(one[0])):
        begins, rest = text[: len(word)], text[len(word) :]
        if fold(begins) == fold(word) and (not rest or rest[0] in " :,"):
            return name, rest.lstrip(" :,")
    return None


def near(typed: str) -> str:
    """The name of a command that is spelled almost like the first word; empty if none is."""
    known = [word for command in COMMANDS.values() for word in command.words if len(word) > 1]
    return next(iter(get_close_matches(fold(typed.partition(" ")[0]), known, n=1)), "")


def explained() -> list[str]:
    """The help: a line for each command."""
    return [
        f"{command.words[0]}, {command.words[1]}{f' [{_(command.about)}]' if command.about else ''}: {_(command.help)}"
        for command in COMMANDS.values()
    ]
