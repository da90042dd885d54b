"""``chatapp line proxies``: test, report and store proxies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp_cli.bootstrap import Desk
from chatapp_cli.commands import binding, printing
from chatapp_cli.commands.errors import note, say
from chatapp_cli.commands.frame import typed
from chatapp_cli.documents import channels as documents
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import proxying
from chatapp_cli.store.rows.channels import ChannelRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options for a channel's proxies."""

    urls: Sequence[str]
    off: bool
    force: bool
    """Store them although some do not reach the provider."""


def settle(desk: Desk, named: str, line: str, wish: Wish, *, as_json: bool) -> int:
    """Test the proxies, report, and store new ones; returns the exit code."""
    row = binding.found(desk, named, line)
    said = " ".join(typed(url) for url in wish.urls)
    proxying.understood(desk, row, said)
    if wish.off or said:
        desk.require(Right.PROXIES)
    if wish.off:
        proxying.keep(desk, row, "")
        note("{title} no longer uses proxies.", title=row.title)
        return 0
    findings = _tried(desk, row, said)
    if as_json:
        printing.document([documents.finding(one, channel=row.id) for one in findings])
    else:
        binding.print_findings(findings)
    good = all(one.ok for one in findings)
    if not said:
        _tell_none(findings, row)
    elif good or wish.force:
        proxying.keep(desk, row, said)
        note("{title} now uses these proxies.", title=row.title)
    else:
        say(T("Nothing was changed."), T("Leave out what does not work, or keep it all the same with --force."))
    return 0 if good else 1


def _tried(desk: Desk, row: ChannelRow, said: str) -> Sequence[Finding]:
    with binding.explained(desk.manifest(row)):
        return asyncio.run(proxying.tried(desk, row, said or None))


def _tell_none(findings: Sequence[Finding], row: ChannelRow) -> None:
    if not findings:
        note("{title} uses no proxies.", title=row.title)
