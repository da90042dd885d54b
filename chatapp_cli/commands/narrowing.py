"""The options that narrow a list of dialogs (S-117), and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands import duties as duty_verbs
from chatapp_cli.commands.frame import Line, channel_names, completing
from chatapp_cli.domain.dialog import DialogFilter
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.when import since
from chatapp_cli.i18n import N_

if TYPE_CHECKING:
    from chatapp_cli.store.tx import Tx


def _flag(name: str, words: str) -> Any:
    return typer.Option(name, help=words)


Channel = Annotated[
    str,
    typer.Option("--channel", help=N_("Channel by kind, account or number"), autocompletion=completing(channel_names)),
]
Tagged = Annotated[str, typer.Option("--tag", help=N_("With this label"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a person said in these options."""

    line: Line = ""
    channel: Channel = ""
    tag: Tagged = ""
    unread: Annotated[bool, _flag("--unread", N_("Only unread"))] = False
    waiting: Annotated[bool, _flag("--waiting", N_("Only unanswered, the longest waiting first"))] = False
    pinned: Annotated[bool, _flag("--pinned", N_("Only pinned"))] = False
    blocked: Annotated[bool, _flag("--blocked", N_("Only those on the blacklist"))] = False
    assignee: Annotated[
        str,
        typer.Option(
            "--assignee",
            help=N_("Whoever answers for it: a name, «me» or «nobody»"),
            autocompletion=completing(duty_verbs.operator_names),
        ),
    ] = ""
    snoozed: Annotated[bool, _flag("--snoozed", N_("Only those put off"))] = False
    since: Annotated[
        str, typer.Option("--from", metavar="TIME", help=N_("Last message since: 2026-12-01, or 7d ago"))
    ] = ""
    until: Annotated[
        str, typer.Option("--until", metavar="TIME", help=N_("Last message before: 2026-12-01, or 7d ago"))
    ] = ""
    text: Annotated[str, typer.Option("--search", help=N_("Part of a name, phone, e-mail or username"))] = ""

    def wanted(self, tx: Tx, me: str) -> DialogFilter:
        """The filter that is meant. Raises UsageError for what is no time, NotFound for what is not there."""
        return filtered(
            tx,
            self.line,
            self.channel,
            tag=self.tag,
            unread=self.unread,
            waiting=self.waiting,
            pinned=self.pinned,
            blocked=self.blocked,
            assignee=_assignee(self.assignee, me),
            snoozed=self.snoozed,
            since=_moment(self.since, tx.now),
            until=_moment(self.until, tx.now),
            text=self.text,
        )


def narrowed(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options: it takes as ``narrowing`` what is said in them."""
    own = Signature.from_callable(verb, eval_str=True).parameters
    options = Signature.from_callable(Narrowing, eval_str=True).parameters

    @wraps(verb)
    def command(**said: Any) -> None:
        verb(
            **{name: said[name] for name in own if name in said},
            narrowing=Narrowing(**{name: said[name] for name in options}),
        )

    named = [one for one in own.values() if one.kind is not Parameter.KEYWORD_ONLY]
    rest = [one for one in own.values() if one.kind is Parameter.KEYWORD_ONLY and one.name != "narrowing"]
    command.__signature__ = Signature([*named, *options.values(), *rest])  # type: ignore[attr-defined]  # read by typer
    return command


def filtered(tx: Tx, line: str, channel: str, **flags: Any) -> DialogFilter:
    """The filter that a person's words mean. Raises NotFound for a line or channel that is not there."""
    from chatapp_cli.kit.manifests import packages
    from chatapp_cli.services import channels, lines

    number_of_line = lines.find(tx, line).id if line else None
    if channel in packages():
        return DialogFilter(line=number_of_line, kind=channel, **flags)
    one = channels.find(tx, channel, line=number_of_line).id if channel else None
    return DialogFilter(line=number_of_line, channel=one, **flags)


def _moment(said: str, now: Millis) -> Millis | None:
    return since(said, now=now) if said else None


def _assignee(said: str, me: str) -> str | None:
    return None if not said else "" if said == duty_verbs.NOBODY else duty_verbs.named(said, me)
