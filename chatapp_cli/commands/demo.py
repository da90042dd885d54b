"""``chatapp demo``: a temporary company whose channels talk to simulated providers on this machine (S-015)."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatapp_cli.commands.base import Verb, single
from chatapp_cli.domain.errors import ChatappError
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import N_, _, language, show
from chatapp_cli.services.auto_words import because
from chatapp_cli.services.words import state

if TYPE_CHECKING:
    from chatapp_cli.runtime.demo import DemoStage
    from chatapp_cli.runtime.demo_crm import CrmLinking

app = single()


@app.command(cls=Verb)
def demo(
    headless: Annotated[bool, typer.Option("--headless", help=N_("Play one round without a window and exit"))] = False,
    stage: Annotated[str, typer.Option("--stage", hidden=True, help=N_("Only the servers, in this folder"))] = "",
) -> None:
    """Try the desk with invented customers: no accounts, nothing leaves this machine."""
    if stage:
        try:
            asyncio.run(_backstage(Path(stage)))
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        return
    with tempfile.TemporaryDirectory(prefix="chatapp-demo-", ignore_cleanup_errors=True) as folder:
        if headless:
            if not asyncio.run(_headless(Path(folder))):
                raise KeyboardInterrupt
            typer.echo(_("Every channel played its round: written, answered, heard, answered again."))
        else:
            _window(Path(folder))


async def _headless(folder: Path) -> bool:
    """Play the round; false if a signal ended the daemon before the round was over."""
    from chatapp_cli.api.server import serve
    from chatapp_cli.runtime.demo import staged
    from chatapp_cli.runtime.demo_crm import crms_linked
    from chatapp_cli.runtime.logs import configure

    configure("warning")
    async with staged(folder, language()) as stage, crms_linked(stage) as linking:
        stop = asyncio.Event()
        daemon = asyncio.create_task(serve(stage.company, announce=stage.listen_at, stop=stop))
        playing = asyncio.create_task(_round(stage, linking))
        try:
            await asyncio.wait((daemon, playing), return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                playing.result()
            return playing.done()
        finally:
            stop.set()
            playing.cancel()
            await daemon


async def _round(stage: DemoStage, linking: CrmLinking) -> None:
    from chatapp_cli.runtime.demo import play
    from chatapp_cli.runtime.demo_crm import play_crm

    await play(stage, _tell)
    await play_crm(stage, linking, _tell)


def _tell(word: str, values: Mapping[str, Any]) -> None:
    shown = dict(values)
    if "state" in shown:
        shown["state"] = show(state(shown["state"]))
    if "because" in shown:
        shown["because"] = show(because(shown["because"]))
    if "crm" in shown:
        shown["crm"] = show(shown["crm"])
    if shown.get("files"):
        shown["text"] += f" [{', '.join(shown['files'])}]"
    typer.echo(_(_LINES[word], **shown))


_LINES = {
    "arrived": N_("← [{channel}] {name}: {text}"),
    "answered": N_("→ [{channel}] {name}: {text} ({state})"),
    "automatic": N_("⚙ [{channel}] {name}: {text} ({state}; {because})"),
    "reacted": N_("← [{channel}] {name}: {text}"),
    "crm_arrived": N_("{crm} ← [{channel}] {name}: {text}"),
    "crm_answered": N_("{crm} → [{channel}] {name}: {text} ({state})"),
    "crm_robot": N_("{crm} → [{channel}] {name}: {text} (a robot, as the deal moved on)"),
    "crm_deal": N_("{crm}: the deal of {name} is «{deal}»."),
}


def _window(folder: Path) -> None:
    """Run servers and daemon in another process, the inbox in this one."""
    if not sys.stdout.isatty():
        raise ChatappError(T("The window needs a terminal."), T("Without one: chatapp demo --headless"))
    typer.echo(_("Setting up the shop and its customers…"), err=True)
    command = [sys.executable, "-m", "chatapp_cli", "--lang", language(), "demo", "--stage", str(folder)]
    with (folder / "demo.log").open("wb") as log:
        backstage = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)  # noqa: S603 - ourselves
    try:
        from chatapp_cli.bootstrap import open_company
        from chatapp_cli.runtime.demo import demo_settings
        from chatapp_cli.tui.launch import run

        _wait_until_ready(backstage, folder)
        company = open_company(demo_settings(folder, "", language()))
        try:
            run(company)
        finally:
            company.close()
    finally:
        _dismiss(backstage)


def _wait_until_ready(backstage: subprocess.Popen[bytes], folder: Path) -> None:
    ready = backstage.stdout.readline() if backstage.stdout else b""
    if not ready:
        lines = (folder / "demo.log").read_text("utf-8", "replace").strip().splitlines()
        raise ChatappError(T("The demo's servers did not start: {why}", why=lines[-1] if lines else "?"))


def _dismiss(backstage: subprocess.Popen[bytes]) -> None:
    """Close its stdin, which ends it; kill it if it is stuck."""
    if backstage.stdin:
        backstage.stdin.close()
    if backstage.stdout:
        backstage.stdout.close()
    try:
        backstage.wait(timeout=30)
    except subprocess.TimeoutExpired:
        backstage.kill()
        backstage.wait()


async def _backstage(folder: Path) -> None:
    from chatapp_cli.api.server import serve
    from chatapp_cli.runtime.demo import staged
    from chatapp_cli.runtime.demo_crm import crms_linked, employees
    from chatapp_cli.runtime.logs import configure
    from chatapp_cli.runtime.parent_watch import watch_input

    configure("warning")
    stop = asyncio.Event()
    watch_input(stop)
    async with staged(folder, language()) as stage, crms_linked(stage) as linking:

        def ready(address: str) -> None:
            stage.listen_at(address)
            sys.stdout.write("ready\n")
            sys.stdout.flush()

        crowd = asyncio.create_task(stage.town.live(stage.company.world))
        staff = asyncio.create_task(employees(stage, linking))
        try:
            await serve(stage.company, announce=ready, stop=stop)
        finally:
            for one in (crowd, staff):
                one.cancel()
                with suppress(asyncio.CancelledError):
                    await one
