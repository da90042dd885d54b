"""``chatapp line proxies``: test, report and store proxies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands import binding, printing
from chatapp_cli.commands.base import typed
from chatapp_cli.commands.errors import note, say
from chatapp_cli.documents import channels as documents
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.text import T
from chatapp_cli.ports.connector import Finding
from chatapp_cli.runtime import proxying
from chatapp_cli.store.rows.channels import ChannelRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """The options for a channel's proxies."""

    urls: Sequence[str]
    off: bool
    force: bool
    """Store them although some do not reach the provider."""


def settle(company: Company, named: str, line: str, options: ProxyOptions, *, as_json: bool) -> int:
    """Test the proxies, report, and store new ones; returns the exit code."""
    row = binding.found(company, named, line)
    urls = " ".join(typed(url) for url in options.urls)
    proxying.understood(company, row, urls)
    if options.off or urls:
        company.require(Right.PROXIES)
    if options.off:
        proxying.save(company, row, "")
        note("{title} no longer uses proxies.", title=row.title)
        return 0
    findings = _tried(company, row, urls)
    if as_json:
        printing.document([documents.finding(one, channel=row.id) for one in findings])
    else:
        binding.print_findings(findings)
    good = all(one.ok for one in findings)
    if not urls:
        _tell_none(findings, row)
    elif good or options.force:
        proxying.save(company, row, urls)
        note("{title} now uses these proxies.", title=row.title)
    else:
        say(T("Nothing was changed."), T("Leave out what does not work, or keep it all the same with --force."))
    return 0 if good else 1


def _tried(company: Company, row: ChannelRow, urls: str) -> Sequence[Finding]:
    with binding.explained(company.manifest(row)):
        return asyncio.run(proxying.tried(company, row, urls or None))


def _tell_none(findings: Sequence[Finding], row: ChannelRow) -> None:
    if not findings:
        note("{title} uses no proxies.", title=row.title)
