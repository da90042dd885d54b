"""``chatapp keys``: the window's keys, a check of a person's own keys, and what a terminal sends."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from chatapp_cli.commands import printing
from chatapp_cli.commands.base import Json, Verb, loaded, noun
from chatapp_cli.commands.errors import note, say
from chatapp_cli.domain.errors import UsageError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.settings import keys_file
from chatapp_cli.tui.keys.remapping import Keymap, keymap

app = noun()


def _keymap(ctx: typer.Context) -> Keymap:
    return keymap(loaded(ctx).settings.keymap, keys_file(os.environ))


@app.command("list", cls=Verb)
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every action of the window with the keys that it has now."""
    from chatapp_cli.tui.keys.keymap import shown

    acts = [(group, act) for group in _keymap(ctx).groups for act in group.actions]
    if as_json:
        printing.document(
            [{"action": a.id, "place": g.scope, "keys": list(a.keys), "meaning": _(a.help)} for g, a in acts]
        )
        return
    printing.table(
        (_("Keys"), _("Action"), _("Meaning")),
        [("  ".join(map(shown, act.keys)), act.id, _(act.help)) for _group, act in acts],
    )


@app.command(cls=Verb)
def check(ctx: typer.Context, as_json: Json = False) -> None:
    """Check your own keys file: keys.toml beside the settings."""
    faults = _keymap(ctx).faults
    if as_json:
        listed = [{"place": f.place, "what": show(f.what), "next_step": show(f.next_step)} for f in faults]
        printing.document({"file": str(keys_file(os.environ)), "faults": listed})
    for fault in faults:
        say(T("{place}: {what}", place=fault.place, what=fault.what), fault.next_step)
    if faults:
        raise typer.Exit(UsageError.exit_code)
    note("The keys are in order: {file}.", file=keys_file(os.environ))


@app.command(cls=Verb)
def path() -> None:
    """Print where your own file of keys belongs."""
    typer.echo(keys_file(os.environ))


@app.command(cls=Verb)
def probe(
    ctx: typer.Context,
    count: Annotated[int, typer.Option("--count", help=N_("End after this many keys; 0: at Ctrl+C"))] = 0,
    as_json: Json = False,
) -> None:
    """Press keys to see what the terminal sends, what they are called and what they do."""
    if not sys.stdin.isatty():
        raise UsageError(T("Keys can be pressed only at a terminal."), T("Run it without a pipe."))
    from chatapp_cli.tui.keys.key_probe import meanings, pressed

    groups = _keymap(ctx).groups
    note("Press keys; Ctrl+C ends.")
    for sent, key in pressed(sys.stdin.fileno(), count):
        found = meanings(groups, key)
        if as_json:
            printing.json_line({"sent": sent, "key": key, "actions": [act.id for act in found]})
        else:
            typer.echo(f"{sent}\t{key}\t{'; '.join(f'{_(act.help)} ({act.id})' for act in found)}")
