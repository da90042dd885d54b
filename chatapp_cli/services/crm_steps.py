"""Steps of automations of a CRM: messages to the people of a card, of which it is told together how they fared.

Such as those of a bot that stands still until it is told (S-190, S-193). Every person is tried, also after one has
failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border, template
from chatapp_cli.domain.access import PROGRAM, Right, system
from chatapp_cli.domain.address import canonical, kinds
from chatapp_cli.domain.crm.cards import ClientOfCard
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.draft import Draft, StagedFile
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, EntryId, LinkId, MessageId
from chatapp_cli.domain.message import Origin, State
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import (
    access,
    channels,
    composing,
    crm_cards,
    dialogs,
    ledger,
    pairings,
    reaching,
    transcript,
)
from chatapp_cli.services import templates as stored_templates
from chatapp_cli.services.message_request import FromTemplate, InDialog, MessageRequest, ToAddress
from chatapp_cli.services.sending import SendOptions, cancel, key_of

if TYPE_CHECKING:
    from chatapp_cli.domain.crm.events import CrmStepAsked
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.crm import EntryRow
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx

MAIN: Final = "main"
GROUP: Final = "group"
EVERYBODY: Final = "all"
WHOM: Final = (MAIN, GROUP, EVERYBODY)
"""Whom a step writes to, see ``CrmStepAsked.whom``."""
_SEVERAL: Final = 2


@dataclass(frozen=True, slots=True)
class _Target:
    """Where one person is written to."""

    channel: ChannelRow
    dialog: DialogCard | None
    address: str = ""

    @property
    def to(self) -> InDialog | ToAddress:
        return InDialog(self.dialog.id) if self.dialog else ToAddress(self.channel.id, self.address)


@dataclass(slots=True)
class _StepProgress:
    """What became of a step so far."""

    messages: list[MessageId] = field(default_factory=list)
    refusals: list[Text] = field(default_factory=list)
    dialogs: set[DialogId] = field(default_factory=set)


def expect(tx: Tx, link: LinkId, asked: CrmStepAsked) -> bool:
    """Have the CRM told by the step's deadline, whatever happens; false if it waits for that already.

    The request is stored. A CRM that asks for something else under the same name, after it was told or may have been,
    has gone on to another step; one that asks for the same may only have repeated it.
    """
    step = border.external_id(asked.remote)
    told: EntryId | None = tx.value("steps.may_be_told", link=link, remote=step)
    if told is not None and not _is_repeated(tx, link, asked):
        tx.run("steps.gone_on", id=told)
    return ledger.expect(tx, link, step, asked.until) is not None


def _is_repeated(tx: Tx, link: LinkId, asked: CrmStepAsked) -> bool:
    """Whether the two newest requests under a name ask for the same."""
    begins = f'["{type(asked).__name__}",{{"remote":{json.dumps(asked.remote)},%'
    stored = tx.all(str, "steps.requests", link=link, event=begins, n=2)
    wanted = [{**json.loads(one)[1], "until": 0} for one in stored]
    return len(wanted) > 1 and wanted[0] == wanted[1]


def carry_out(
    tx: Tx,
    link: LinkId,
    asked: CrmStepAsked,
    people: Sequence[ClientOfCard],
    *,
    able: Able,
    files: Sequence[StagedFile] = (),
) -> None:
    """Accept the messages of a step, each once; nothing if its time is over.

    ``people`` are those whom the CRM named; nobody if the step names an address. ``tx`` acts in the name of a program.
    """
    access.require(tx, Right.ANSWER)
    entry = _begun(tx, link, asked)
    if entry is None:
        return
    step = _Step(tx, able, link, asked, entry, files)
    tried = _StepProgress()
    for number, person in enumerate(people or ([None] if asked.address else [])):
        try:
            with tx.trial():
                step.write(person, number, tried)
        except (Refused, NotFound, UsageError) as refusal:
            tried.refusals.append(refusal.what)
    if not tried.messages and not tried.refusals:
        tried.refusals.append(T("The card has no contact to write to."))
    ledger.keep_step(tx, link, entry, tried.messages, next(iter(tried.refusals), None))


def refuse(tx: Tx, link: LinkId, asked: CrmStepAsked, reason: Text) -> None:
    """Have the CRM told that nothing was sent."""
    access.require(tx, Right.ANSWER)
    entry = _begun(tx, link, asked)
    if entry is not None:
        ledger.keep_step(tx, link, entry, (), reason)


def _begun(tx: Tx, link: LinkId, asked: CrmStepAsked) -> EntryId | None:
    """The entry of a step, while its time is not over."""
    if asked.until <= tx.now:
        return None
    found: EntryId | None = tx.value("steps.begun", link=link, remote=asked.remote, now=tx.now)
    return found


def withdraw_late(tx: Tx, rows: Sequence[EntryRow]) -> None:
    """Cancel the messages of steps that are told now which still wait: the CRM goes on as if they had failed."""
    by = tx.by(system(PROGRAM, Right.ANSWER))
    for row in rows:
        for message in ledger.of_step(tx, row.id) if row.act == Act.CONTINUE else ():
            if message.state == State.QUEUED:
                with suppress(Refused):  # it is being sent right now
                    cancel(by, message.id)


@dataclass(frozen=True, slots=True)
class _Step:
    """One step that is being carried out."""

    tx: Tx
    able: Able
    link: LinkId
    asked: CrmStepAsked
    entry: EntryId
    files: Sequence[StagedFile]

    def write(self, person: ClientOfCard | None, number: int, tried: _StepProgress) -> None:
        """Accept the message to one person, unless another one is reached in the same dialog. Raises Refused."""
        target = self._target(person)
        if target.dialog is not None and target.dialog.id in tried.dialogs:
            return
        if target.dialog is not None and target.dialog.chat_kind == GROUP and not self.asked.groups:
            raise Refused(
                "group", T("{name} is a group, and the bot does not write to groups.", name=target.dialog.name)
            )
        options = SendOptions(key=key_of(f"crm {self.link} step {self.entry} {number}"), origin=Origin.ROBOT)
        words = self._words(target.channel)
        draft = Draft(text="" if words else self.asked.text, files=self.files)
        request = MessageRequest(to=target.to, options=options, draft=draft, words=words)
        message = composing.accept(self.tx, self.able, request)
        tried.messages.append(message)
        tried.dialogs.add(transcript.message(self.tx, message).dialog_id)

    def _words(self, channel: ChannelRow) -> FromTemplate | None:
        """The stored template with its gaps filled in their order."""
        if not self.asked.template:
            return None
        row = stored_templates.find(self.tx, channel, self.asked.template)
        return FromTemplate(self.asked.template, dict(zip(template.gaps(row.body), self.asked.values, strict=False)))

    def _target(self, person: ClientOfCard | None) -> _Target:
        """Where a person is written to: where they wrote last, otherwise where they can be written to first.

        Raises Refused.
        """
        if self.asked.whom not in WHOM:
            raise Refused("bad_choice", T("{name} is no choice of contacts.", name=self.asked.whom))
        possible = {row.id: row for row in self._channels()}
        if not possible:
            raise Refused("no_channel", T("No channel that the bot may use is paired with this CRM."))
        addresses = list(self._addresses(person))
        met = list(self._met(possible, person, addresses))
        if self.asked.whom == GROUP and not self.asked.address:
            return self._group(possible, met)
        if met:
            found = max(met, key=lambda card: (card.heard_at or 0, card.last_at))
            return _Target(possible[found.channel_id], found)
        return self._beginning(possible, person, addresses)

    def _channels(self) -> Iterator[ChannelRow]:
        """The paired channels of the line and kind that were chosen, in the order in which they were paired."""
        for pairing in pairings.of_link(self.tx, self.link):
            if self.asked.kind in {"", pairing.kind} and self.asked.line in {"", str(pairing.line_id)}:
                yield channels.one(self.tx, pairing.channel_id)

    def _addresses(self, person: ClientOfCard | None) -> Iterator[str]:
        """The addresses at which a person may be written to; none that is our own."""
        ours = channels.is_own_phone(self.tx)
        said = [self.asked.address] if self.asked.address else []
        if person is not None and not said:
            said = [*(one.phone for one in person.phones), *person.others]
        for one in said:
            address = canonical(one, "phone") if "phone" in kinds(one.strip()) else one.strip()
            if address and not ours(address):
                yield address

    def _met(
        self, possible: Mapping[ChannelId, ChannelRow], person: ClientOfCard | None, addresses: Sequence[str]
    ) -> Iterator[DialogCard]:
        """The dialogs with a person: those that the CRM has bound to them, and those with their addresses."""
        if person is not None and not self.asked.address:
            bound = crm_cards.known_dialogs(self.tx, self.link, person)
            yield from (card for card in bound if card.channel_id in possible)
        for channel in possible.values():
            for address in self._meant_in(channel, addresses):
                dialog = reaching.known(self.tx, channel, address)
                if dialog is not None:
                    yield dialogs.card(self.tx, dialog)

    def _meant_in(self, channel: ChannelRow, addresses: Sequence[str]) -> Sequence[str]:
        """The addresses that name the same person in a channel: no @username of another messenger."""
        chosen = self.asked.address and self.asked.kind
        if chosen or self.able(channel).bare_usernames:
            return addresses
        return [one for one in addresses if kinds(one)[0] != "username"]

    def _group(self, possible: Mapping[ChannelId, ChannelRow], met: Sequence[DialogCard]) -> _Target:
        """The only group in which a person wrote, who is known by the provider's id. Raises Refused."""
        found = {card.id: card for card in met if card.chat_kind == GROUP}
        for card in met:
            if card.chat_kind != GROUP:
                about = {"channel": card.channel_id, "dialog": card.id}
                for number in self.tx.all(DialogId, "steps.groups", n=_SEVERAL, **about):
                    found[number] = dialogs.card(self.tx, number)
        if not found:
            raise Refused("no_group", T("No group is known in which the main contact has written."))
        if len(found) > 1:
            listed = ", ".join(card.name for card in found.values())
            raise Refused("several_groups", T("The main contact has written in several groups: {names}.", names=listed))
        [card] = found.values()
        return _Target(possible[card.channel_id], card)

    def _beginning(
        self, possible: Mapping[ChannelId, ChannelRow], person: ClientOfCard | None, addresses: Sequence[str]
    ) -> _Target:
        """The first channel that can begin a conversation at one of the addresses. Raises Refused."""
        refusal = None
        for channel in possible.values():
            for address in self._meant_in(channel, addresses):
                try:
                    reaching.reach(self.tx, channel, self.able(channel), address)
                except Refused as error:
                    refusal = refusal or error
                else:
                    return _Target(channel, None, address)
        if refusal is not None:
            raise refusal
        name = self.asked.address if person is None else person.card.title
        raise Refused("no_address", T("{name} has no dialog here, and no address that can be written to.", name=name))
