"""Compares what was written with what stands in both CRMs, at the clients and at the desk."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from chatapp_cli.domain.crm.states import LinkState
from chatapp_cli.services import crm_intake, ledger
from chatapp_cli.store.rows.crm import ShownEntryRow
from tests.rehearsals._crm_figures import CLIENT, REWRITTEN, ROBOT, THE_CLIENT, has_file, number, said, writer
from tests.rehearsals._crm_office import Office, file_of
from tests.rehearsals._crms import RehearsedCrm


class Sides:
    """Fills the figures of an office in which nothing goes on any more."""

    def __init__(self, office: Office) -> None:
        self._office, self._figures, self._company = office, office.figures, office.company
        self._late = {text for text, (crm, message) in office.sent.items() if not crm.was_told(message)}
        for text, change in self._figures.changes.items():
            if text in office.sent:
                crm, message = office.sent[text]
                self._figures.changes[text] = replace(change, told=crm.was_told(message, of=change.how))

    async def compare(self) -> None:
        """Look at every side."""
        office, found = self._office, self._figures
        found.kills, found.deals = len(office.moments), office.deals.made
        dead = self._company.read(partial(ledger.everything, n=10_000))
        for crm in office.crms:
            self._look_into(crm, dead)
        await self._ask_clients()
        self._look_at_the_desk()
        found.uncertain |= {said(text) for _, _, text, state in office.answers() if state in {"uncertain", "failed"}}
        found.uncertain -= found.unreachable | {""}
        found.told_of = {text for text, (crm, message) in office.sent.items() if crm.complained(message)}
        found.robots = dict(office.deals.told(self._company))
        self._note_what_is_left(dead)

    def _note_what_is_left(self, rows: Sequence[ShownEntryRow]) -> None:
        found = self._figures
        found.left = [f"{row.link} {row.act} {row.text} {row.code}" for row in rows if row.state != "dead"]
        found.left += [str(row.problem) for row in self._company.read(crm_intake.dead)]
        found.left += self._office.deals.belied(self._company)
        links = [row for row in map(self._office.row, self._office.crms) if row.state != LinkState.OK]
        found.left += [f"{row.kind} is {row.state}: {row.code} {row.detail}" for row in links]

    def _look_into(self, crm: RehearsedCrm, rows: Sequence[ShownEntryRow]) -> None:
        found, late = self._figures, self._late | self._figures.uncertain  # what a person decided about is told last
        for place, chat in enumerate(crm.chats()):
            shown = crm.shows(chat)
            told = self._seen(crm.kind, [one.text for one in shown])
            files = sum(one.files for one in shown if (text := said(one.text)) and writer(text) == CLIENT)
            found.files[f"shown in {crm.kind}"] += files
            self._in_order(f"{crm.kind}, chat {place}", [text for text in told if text not in late])
        refused = [row.text for row in rows if row.state == "dead" and row.link_id == self._office.links[crm.kind]]
        found.left_open[crm.kind] = {text for one in refused if (text := said(one))}
        found.calls.update({f"{crm.kind} {outcome}": many for outcome, many in crm.outcomes().items()})
        found.problems += crm.problems()

    def _seen(self, side: str, texts: Sequence[str]) -> list[str]:
        """Count what stands there, and note what of it has its new text."""
        told = [text for one in texts if (text := said(one))]
        self._figures.seen.setdefault(side, Counter()).update(told)
        edited = self._figures.edited.setdefault(side, set())
        edited |= {text for one in texts if (text := said(one)) and f"{text}{REWRITTEN}" in one}
        return told

    def _in_order(self, where: str, told: Sequence[str]) -> None:
        """Whoever wrote it, it stands in the order in which they did."""
        for who in {writer(one) for one in told} - {ROBOT}:
            theirs = [one for one in told if writer(one) == who]
            if theirs != sorted(theirs, key=number):
                self._figures.disorder.append(f"{where}: {theirs}")

    async def _ask_clients(self) -> None:
        found, late = self._figures, self._late
        for one, person in itertools.product(self._office.sandboxes, [*self._office.people, self._office.leaver]):
            got = await one.heard(person)
            texts = self._seen(THE_CLIENT, [heard.text for heard in got])
            named = {file.name for heard in got for file in heard.files}
            found.files["heard"] += len(named)
            found.bare += [text for text in texts if has_file(text) and file_of(text) not in named]
            found.late += sum(text in late for text in texts)
            self._note_overtaken([*filter(_is_overtaken, itertools.pairwise(sorted(texts, key=writer)))])
            self._in_order(f"{one.kind}, {person.name}", [text for text in texts if text not in late])

    def _note_overtaken(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Count what came behind a later message: the desk can only send in order what it knows of."""
        self._figures.overtaken += len(pairs)
        for later, earlier in pairs:
            known, accepted = self._known_since(earlier), self._accepted_at(later)
            if known is not None and accepted is not None and known < accepted:
                self._figures.passed_over.append(f"{earlier}, behind {later}")

    def _known_since(self, text: str) -> int | None:
        """When the desk stored that an employee wrote something, in milliseconds."""
        _, message = self._office.sent[text]
        with self._company.database.reading() as tx:
            sql = "SELECT MIN(at) FROM crm_arrived WHERE event LIKE :said"
            found = {"said": f'["CrmWrote",%"remote":"{message.id}"%'}
            first: int | None = tx.compose(lambda at: at, sql, found)[0]
            return first

    def _accepted_at(self, text: str) -> int | None:
        """When it accepted that for sending."""
        with self._company.database.reading() as tx:
            rows = tx.compose(lambda *row: row, "SELECT text, stored_at FROM message WHERE direction = 'out'", {})
        return next((at for one, at in rows if said(one) == text), None)

    def _look_at_the_desk(self) -> None:
        for dialog, found in itertools.groupby(self._office.answers(), lambda row: row[0]):
            told = [text for _, _, one, _ in found if (text := said(one)) and text not in self._late]
            self._in_order(f"the desk, dialog {dialog}", told)


def _is_overtaken(pair: tuple[str, str]) -> bool:
    """Whether the second, of the same author, was written before the first."""
    first, second = pair
    return writer(first) == writer(second) != ROBOT and number(first) > number(second)
