"""What an automation of a CRM is told of its run, and what its card is commented with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmChat, CrmPerson, LedgerEntry
from chatapp_cli.domain.crm.link import Pairing
from chatapp_cli.domain.crm.states import OF_RUN, Act, TextFate
from chatapp_cli.domain.errors import NotFound
from chatapp_cli.domain.ids import PairingId, RunId
from chatapp_cli.domain.robot import TIMEOUT, YES
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import show
from chatapp_cli.services import robot_results, runs
from chatapp_cli.services.run_reason import RunReason
from chatapp_cli.store.rows.robots import PartRow

if TYPE_CHECKING:
    from chatapp_cli.domain.manifest import Manifest
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.crm import EntryRow, ShownEntryRow
    from chatapp_cli.store.rows.robots import RunRow
    from chatapp_cli.store.tx import Tx

OF_NO_CHANNEL: Final = Pairing(id=PairingId(0), kind="", account="", place="")


class EntryNotReady(Exception):
    """The entry cannot be told yet: files are being downloaded, or what was handed over has not ended."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def load(tx: Tx, row: EntryRow, manifest: Callable[[ChannelRow], Manifest]) -> LedgerEntry | None:
    """The entry of a run as it stands; ``None`` if the run is gone. Raises EntryNotReady."""
    run = run_of(tx, row)
    if run is None:
        return None
    told = LedgerEntry(
        id=row.id,
        act=Act(row.act),
        pairing=OF_NO_CHANNEL,
        chat=CrmChat(id="", name=""),
        person=CrmPerson(id="", name=""),
        remote=row.remote,
        at=row.created_at,
    )
    if told.act is Act.CONTINUE:
        return _of_step(tx, told, run, manifest)
    if told.act is Act.RESULT and runs.is_under_way(tx, run):
        raise EntryNotReady("being_sent")
    found = robot_results.of(tx, run, manifest)
    if told.act is Act.RESULT:
        return replace(told, results=found.values, reason=show(found.line))
    kind, _, number = run.card.partition(":")
    return replace(told, remote="", card=CardRef(kind, number), text=show(found.comment))


def run_of(tx: Tx, row: EntryRow | ShownEntryRow) -> RunRow | None:
    """The run of a robot, or of a step of a bot, that an entry tells; ``None`` for other entries, or if it is gone."""
    try:
        if row.act == Act.COMMENT:
            return runs.one(tx, RunId(int(row.remote)))
        return runs.of_entry(tx, row.id) if row.act in OF_RUN else None
    except NotFound:
        return None


def _of_step(tx: Tx, told: LedgerEntry, run: RunRow, manifest: Callable[[ChannelRow], Manifest]) -> LedgerEntry:
    """How the messages of a step fared; what is not settled by now has failed."""
    parts = runs.parts(tx, run.id)
    good = bool(parts) and not run.reason and all(part.verdict == YES for part in parts)
    why = "" if good else _why_step_failed(tx, run, parts, manifest)
    return replace(told, reason=why, fate=TextFate.SENT if good else TextFate.FAILED)


def _why_step_failed(tx: Tx, run: RunRow, parts: Sequence[PartRow], manifest: Callable[[ChannelRow], Manifest]) -> str:
    """The first refusal of ours, or else the first of a provider."""
    late = T("Not everything was sent in time.")
    if (reason := RunReason.read(run.reason)) is not None:
        return show(late if reason.code == TIMEOUT else reason.what)
    failed = [part for part in parts if part.verdict and part.verdict != YES and part.code != TIMEOUT]
    first = next((part for part in failed if part.reason), next(iter(failed), None))
    return show(late if first is None else robot_results.why(tx, first, manifest))
