"""Links to CRMs, pairings, and the ledger."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from chatapp_cli.domain.ids import (
    ChannelId,
    DialogId,
    EntryId,
    LineId,
    LinkId,
    MessageId,
    Millis,
    PairingId,
    QuestionId,
    RuleId,
)
from chatapp_cli.domain.stored_text import recalled
from chatapp_cli.domain.text import Text


@lru_cache(maxsize=256)
def _texts(stored: str) -> Mapping[str, str]:
    found: dict[str, str] = json.loads(stored)
    return found


class LinkRow(NamedTuple):
    """A link as a person sees it: no secrets."""

    id: LinkId
    kind: str
    account: str
    title: str
    hook_key: str
    settings_text: str
    facts_text: str
    revision: int
    state: str
    code: str
    detail: str
    state_since: Millis
    look_at: Millis
    proof_at: Millis | None
    gap_from: Millis | None
    gap_until: Millis | None
    created_at: Millis
    waiting: int
    """Entries of the ledger that wait."""
    refused: int
    """Entries that the CRM refused."""
    letters: int
    """Events of the CRM that could not be used."""
    oldest: Millis | None
    """When the oldest waiting entry was made."""
    put_off: int
    """Events of the CRM that could not be used yet, and are tried again."""
    put_off_since: Millis | None
    """When the oldest of them came."""
    ending: str | None
    """When a person began to remove it, as text; ``None`` if nobody did."""

    @property
    def dead(self) -> int:
        """All that a person has to decide: refused entries, and events that could not be used."""
        return self.refused + self.letters

    @property
    def ending_since(self) -> Millis | None:
        """When a person began to remove it: it works no more, and goes once the CRM is rid of what it made there."""
        return None if self.ending is None else int(self.ending)

    @property
    def gap(self) -> tuple[Millis, Millis] | None:
        """From when until when it is being looked for what employees wrote; ``None`` if nothing is."""
        return None if self.gap_from is None or self.gap_until is None else (self.gap_from, self.gap_until)

    @property
    def settings(self) -> Mapping[str, str]:
        """The answers of the linking."""
        return _texts(self.settings_text)

    @property
    def facts(self) -> Mapping[str, str]:
        """Facts about the link for people."""
        return _texts(self.facts_text)


class PairingRow(NamedTuple):
    """A channel that is joined to a place of a CRM."""

    id: PairingId
    link_id: LinkId
    channel_id: ChannelId
    line_id: LineId
    line: str
    kind: str
    account: str
    channel: str
    """The channel's title."""
    place: str
    place_name: str
    options_text: str
    active: int
    after: MessageId
    code: str
    detail: str
    since: Millis
    """When it was paired, the last time."""
    held: int | None
    """How often it was tried anew since the CRM refuses its place; ``None`` if the CRM does not."""
    makes: str
    """What the CRM itself makes there of new clients, when it was asked last, see ``Place``."""
    pipeline: str

    @property
    def options(self) -> Mapping[str, str]:
        """The stored options, without defaults."""
        return _texts(self.options_text)


class PairedRow(NamedTuple):
    """The part of a pairing that decides what the CRM is told."""

    id: PairingId
    link_id: LinkId
    after: MessageId


class OwningRow(NamedTuple):
    """The part of a pairing that decides whether the CRM is told who answers."""

    id: PairingId
    link_id: LinkId
    after: MessageId
    options_text: str

    @property
    def options(self) -> Mapping[str, str]:
        """The stored options, without defaults."""
        return _texts(self.options_text)


GIVEN_UP = "given_up"
"""In place of what a CRM was told: a person decided that it is not told of a message."""


class KnownMessageRow(NamedTuple):
    """What a CRM knows of a message."""

    link_id: LinkId
    chat: str
    """Our id of the chat in which the CRM has it."""
    remote: str
    came: int
    employee: str
    told: str

    @property
    def shows_ours(self) -> bool:
        """Whether it shows a message that did not come from there."""
        return not self.came and self.told != GIVEN_UP


class TextRow(NamedTuple):
    """A message that a CRM had us send, of which it is told how it fares."""

    link_id: LinkId
    remote: str
    employee: str


class EntryRow(NamedTuple):
    """A row of the ledger."""

    id: EntryId
    link_id: LinkId
    pairing_id: PairingId | None
    dialog_id: DialogId | None
    chat: str
    """Our id of the chat in which it is told."""
    message_id: MessageId | None
    remote: str
    employee: str
    reason: str
    act: str
    rank: int
    state: str
    doubtful: int
    not_before: Millis
    tries: int
    claims: int
    code: str
    detail: str
    created_at: Millis


class ShownEntryRow(NamedTuple):
    """A row of the ledger as a person sees it."""

    id: EntryId
    link_id: LinkId
    link: str
    dialog_id: DialogId | None
    name: str
    """Of the dialog; empty without one."""
    message_id: MessageId | None
    act: str
    state: str
    doubtful: int
    not_before: Millis
    tries: int
    code: str
    detail: str
    created_at: Millis
    text: str
    remote: str


class ChatRow(NamedTuple):
    """A dialog as a CRM knows it."""

    pairing_id: PairingId
    dialog_id: DialogId
    chat: str
    remote: str
    session: str
    closed: int
    owner: str
    """The employee who is responsible for its cards, as the CRM last told us or we told it."""
    owner_at: Millis
    owner_card: str = ""
    owner_way: str = ""
    owner_synced: Millis = 0


class CrmArrivedRow(NamedTuple):
    """An event of a CRM."""

    id: int
    link_id: LinkId
    provider_id: str
    event: str
    raw: bytes
    state: str
    problem: str
    tries: int
    next_at: Millis
    at: Millis


class CrmPutOffRow(NamedTuple):
    """An event of a CRM that could not be used yet, and is tried again."""

    id: int
    link_id: LinkId
    event: str
    problem_kept: str
    tries: int
    next_at: Millis
    at: Millis

    @property
    def problem(self) -> Text:
        """Why it could not be used the last time."""
        return recalled(self.problem_kept)


class CrmDeadRow(NamedTuple):
    """An event of a CRM that could not be used."""

    id: int
    link_id: LinkId
    link: str
    provider_id: str
    problem_kept: str
    at: Millis

    @property
    def problem(self) -> Text:
        """Why it could not be used."""
        return recalled(self.problem_kept)


class EmployeeRow(NamedTuple):
    """An operator of ours who is an employee of the CRM, or of whom a person said that they are nobody there."""

    operator: str
    employee: str
    name: str
    way: str
    left_at: Millis
    """Since when they do not work there any more; 0: they do."""


class RuleRow(NamedTuple):
    """A rule of a link as it is stored."""

    id: RuleId
    link_id: LinkId
    position: int
    name: str
    condition: str
    forms: str
    outcome: str
    turn: int
    trouble: str = ""


class RouteRow(NamedTuple):
    """What the rules said for a chat."""

    message_id: MessageId
    rule_id: RuleId
    card: str
    at: Millis


class ImportRow(NamedTuple):
    """How far the messages from before a pairing are shown in its CRM."""

    pairing_id: PairingId
    link_id: LinkId
    channel_id: ChannelId
    channel: str
    last: MessageId
    until: MessageId
    since: Millis
    total: int
    passed: int
    waiting: int
    """Those that the ledger is still to tell."""
    refused: int
    """Those that the CRM refused, until a person decides."""
    running: int
    at: Millis

    @property
    def shown(self) -> int:
        """How many of the total are done with."""
        return max(0, self.passed - self.waiting - self.refused)

    @property
    def goes_on(self) -> bool:
        """Whether the ledger gets more of it, or is still to tell some."""
        return bool(self.running or self.waiting)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return not self.goes_on and not self.refused and self.last >= self.until


class QuestionRow(NamedTuple):
    """A question to a link's session."""

    id: QuestionId
    link_id: LinkId
    what: str
    arguments: str
    state: str
    code: str
    detail: str
    result: str


class StageRow(NamedTuple):
    """Where a card of a dialog stands; see ``store/tables/crm``."""

    pipeline_id: str
    stage_id: str
    pipeline: str
    stage: str

    @property
    def named(self) -> tuple[str, str, str, str]:
        """All of it."""
        return self.pipeline_id, self.stage_id, self.pipeline, self.stage
