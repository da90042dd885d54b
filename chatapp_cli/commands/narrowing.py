"""The options that narrow a list of dialogs (S-117), and what they mean."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chatapp_cli.commands import duties as duty_verbs
from chatapp_cli.commands.frame import Line, channel_names, completing
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.when import since
from chatapp_cli.i18n import N_


def _flag(name: str, words: str) -> Any:
    return typer.Option(name, help=words)


OnLine = Line
Channel = Annotated[
    str,
    typer.Option("--channel", help=N_("Channel by kind, account or number"), autocompletion=completing(channel_names)),
]
Tagged = Annotated[str, typer.Option("--tag", help=N_("With this label"))]
Unread = Annotated[bool, _flag("--unread", N_("Only unread"))]
Waiting = Annotated[bool, _flag("--waiting", N_("Only unanswered, the longest waiting first"))]
Pinned = Annotated[bool, _flag("--pinned", N_("Only pinned"))]
Blocked = Annotated[bool, _flag("--blocked", N_("Only those on the blacklist"))]
Assignee = Annotated[
    str,
    typer.Option(
        "--assignee",
        help=N_("Whoever answers for it: a name, «me» or «nobody»"),
        autocompletion=completing(duty_verbs.operator_names),
    ),
]
Snoozed = Annotated[bool, _flag("--snoozed", N_("Only those put off"))]
From = Annotated[str, typer.Option("--from", metavar="TIME", help=N_("Last message since: 2026-12-01, or 7d ago"))]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help=N_("Last message before: 2026-12-01, or 7d ago"))]
Search = Annotated[str, typer.Option("--search", help=N_("Part of a name, phone, e-mail or username"))]


def flags(me: str, now: Millis, *, assignee: str, after: str, before: str, **plain: Any) -> dict[str, Any]:
    """The fields of a filter. Raises UsageError for what is no time."""
    return {
        **plain,
        "assignee": _assignee(assignee, me),
        "since": since(after, now=now) if after else None,
        "until": since(before, now=now) if before else None,
    }


def _assignee(said: str, me: str) -> str | None:
    return None if not said else "" if said == duty_verbs.NOBODY else duty_verbs.named(said, me)
