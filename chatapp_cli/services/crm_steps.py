"""Steps of automations of a CRM: messages to the people of a card, of which it is told together how they fared.

Such as those of a bot that stands still until it is told (S-190, S-193). Every person is tried, also after one has
failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from chatapp_cli.domain import border
from chatapp_cli.domain.access import Right
from chatapp_cli.domain.address import canonical, kinds, meant
from chatapp_cli.domain.crm.cards import ClientOfCard
from chatapp_cli.domain.crm.events import CrmStepAsked
from chatapp_cli.domain.crm.states import Act
from chatapp_cli.domain.draft import StagedFile
from chatapp_cli.domain.errors import NotFound, Refused, UsageError
from chatapp_cli.domain.ids import ChannelId, DialogId, EntryId, LinkId, RunId
from chatapp_cli.domain.robot import RobotCode
from chatapp_cli.domain.text import T, Text
from chatapp_cli.services import (
    access,
    acts,
    channels,
    crm_cards,
    crm_owed,
    dialogs,
    pairings,
    runs,
)
from chatapp_cli.services.act_call import ActCall
from chatapp_cli.services.act_messages import value_of
from chatapp_cli.services.act_targets import ActRecipient, Target, Whereabouts
from chatapp_cli.services.crm_event_form import pattern_of_remote, read
from chatapp_cli.services.runs import RunWanted

if TYPE_CHECKING:
    from chatapp_cli.services.routes import Able
    from chatapp_cli.store.rows.channels import ChannelRow
    from chatapp_cli.store.rows.dialogs import DialogCard
    from chatapp_cli.store.tx import Tx

MAIN: Final = "main"
GROUP: Final = "group"
EVERYBODY: Final = "all"
WHOM: Final = (MAIN, GROUP, EVERYBODY)
"""Whom a step writes to, see ``CrmStepAsked.whom``."""
_SEVERAL: Final = 2


def expect(tx: Tx, link: LinkId, asked: CrmStepAsked) -> bool:
    """Have the CRM told by the step's deadline, whatever happens; false if it waits for that already.

    The request is stored. A CRM that asks for something else under the same name, after it was told or may have been,
    has gone on to another step; one that asks for the same may only have repeated it.
    """
    step = border.external_id(asked.remote)
    told: EntryId | None = tx.value("steps.may_be_told", link=link, remote=step)
    if told is not None and not _is_repeated(tx, link, asked):
        tx.run("steps.gone_on", id=told)
    entry = crm_owed.expect(tx, link, step, asked.until, Act.CONTINUE)
    if entry is None:
        return False
    wanted = RunWanted(key=f"entry {entry}", robot=runs.STEP, link=link, remote=step, until=asked.until)
    run = runs.begin(tx, replace(wanted, card=str(asked.card), arguments={"message": asked.text or asked.template}))
    if run is not None:
        runs.told_by(tx, run, entry)
    return True


def _is_repeated(tx: Tx, link: LinkId, asked: CrmStepAsked) -> bool:
    """Whether the two newest requests under a name ask for the same."""
    named = pattern_of_remote(CrmStepAsked, asked.remote)
    found = map(read, tx.all(str, "steps.requests", link=link, event=named, n=2))
    wanted = [replace(one, until=0) for one in found if isinstance(one, CrmStepAsked)]
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
    run = _begun(tx, link, asked)
    if run is None:
        return
    step = _Step(tx, able, link, asked)
    recipients = [
        ActRecipient(step.called(person), str(number), partial(step.find, person))
        for number, person in enumerate(people or ([None] if asked.address else []))
    ]
    call = ActCall(
        tx=tx,
        able=able,
        arguments=_arguments(asked),
        key=f"run {run}",
        files=files,
        link=link,
        until=asked.until,
        people=recipients,
    )
    try:
        with tx.trial():
            attempts = acts.perform(_act(asked, files), call)
            nobody = Refused("no_contact", T("The card has no contact to write to."))
            runs.keep(tx, run, attempts, None if attempts else nobody)
    except (Refused, NotFound, UsageError) as refusal:
        runs.keep(tx, run, (), refusal)


def _act(asked: CrmStepAsked, files: Sequence[StagedFile]) -> str:
    """The code of the act that does what a step asks for."""
    if asked.template:
        return acts.SEND_TEMPLATE
    return RobotCode.SEND_FILE if files else RobotCode.SEND_MESSAGE


def _arguments(asked: CrmStepAsked) -> Mapping[str, str]:
    """What a step asks for, as the acts name it."""
    values = {value_of(position): value for position, value in enumerate(asked.values, 1)}
    return {"message": asked.text, "template": asked.template, **values}


def refuse(tx: Tx, link: LinkId, asked: CrmStepAsked, reason: Text) -> None:
    """Have the CRM told that nothing was sent."""
    access.require(tx, Right.ANSWER)
    run = _begun(tx, link, asked)
    if run is not None:
        runs.keep(tx, run, (), Refused("hindered", reason))


def _begun(tx: Tx, link: LinkId, asked: CrmStepAsked) -> RunId | None:
    """The run of a step, while its time is not over."""
    if asked.until <= tx.now:
        return None
    found: RunId | None = tx.value("steps.begun", link=link, remote=asked.remote, now=tx.now)
    return found


@dataclass(frozen=True, slots=True)
class _Step:
    """One step that is being carried out."""

    tx: Tx
    able: Able
    link: LinkId
    asked: CrmStepAsked

    def called(self, person: ClientOfCard | None) -> str:
        """What a run calls them; ``None`` stands for whoever has the step's own address."""
        return self.asked.address if person is None else person.card.title

    def find(self, person: ClientOfCard | None) -> Target:
        """Where a person is written to. Raises Refused, also if it is a group and the step is for none."""
        target = self._target(person)
        if target.dialog is not None and target.dialog.chat_kind == GROUP and not self.asked.groups:
            raise Refused(
                "group", T("{name} is a group, and the bot does not write to groups.", name=target.dialog.name)
            )
        return target

    def _target(self, person: ClientOfCard | None) -> Target:
        """Where a person is written to: where they wrote last, otherwise where they can be written to first.

        Raises Refused.
        """
        if self.asked.whom not in WHOM:
            raise Refused("bad_choice", T("{name} is no choice of contacts.", name=self.asked.whom))
        possible = {row.id: row for row in self._channels()}
        if not possible:
            raise Refused("no_channel", T("No channel that the bot may use is paired with this CRM."))
        addresses = list(self._addresses(person))
        where = Whereabouts(self.tx, self.able, possible, chosen=bool(self.asked.address and self.asked.kind))
        met = [*self._bound(possible, person), *where.met(addresses)]
        if self.asked.whom == GROUP and not self.asked.address:
            return self._group(possible, met)
        if met:
            return where.last(met)
        return where.beginning(addresses, self.called(person))

    def _channels(self) -> Iterator[ChannelRow]:
        """The paired channels of the line and kind that were chosen, in the order in which they were paired."""
        for pairing in pairings.of_link(self.tx, self.link):
            if self.asked.kind in {"", pairing.kind} and self.asked.line in {"", str(pairing.line_id)}:
                yield channels.one(self.tx, pairing.channel_id)

    def _addresses(self, person: ClientOfCard | None) -> Iterator[str]:
        """The addresses at which a person may be written to; none that is our own."""
        ours = channels.is_own_phone(self.tx)
        phones = [self.asked.address] if self.asked.address else []
        others: Sequence[str] = ()
        if person is not None and not phones:
            phones, others = [one.phone for one in person.phones], person.others
        said = [canonical(one, "phone") if "phone" in kinds(one.strip()) else one.strip() for one in phones]
        for one in [*said, *map(meant, others)]:
            if one and not ours(one):
                yield one

    def _bound(self, possible: Mapping[ChannelId, ChannelRow], person: ClientOfCard | None) -> Iterator[DialogCard]:
        """The dialogs that the CRM has bound to a person."""
        if person is not None and not self.asked.address:
            bound = crm_cards.known_dialogs(self.tx, self.link, person)
            yield from (card for card in bound if card.channel_id in possible)

    def _group(self, possible: Mapping[ChannelId, ChannelRow], met: Sequence[DialogCard]) -> Target:
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
        return Target(possible[card.channel_id], card)
