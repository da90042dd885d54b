"""Links to CRMs, what of ours is paired with what of theirs, and what each owes the other."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, later, moment, partly, ref


class CrmLink(Table, table=True):
    """A CRM that the company works with."""

    __tablename__ = "crm_link"
    __table_args__ = (UniqueConstraint("kind", "account"), UniqueConstraint("hook_key"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    kind: str
    account: str
    title: str
    hook_key: str
    settings: str
    facts: str
    secrets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    revision: int
    """Incremented by every change that has to restart the session."""
    state: str
    code: str
    detail: str
    state_since: int = Field(sa_column=moment())
    look_at: int = Field(sa_column=moment())
    """When a link that a person has to mend looks again by itself; 0 if it does not."""
    proof_at: int | None = Field(sa_column=moment(null=True))
    """When it last proved that it works; what came to the CRM since then has to be caught up."""
    gap_from: int | None = Field(sa_column=moment(null=True))
    """Since when it may lack what employees wrote: without ``gap_until`` since the last look, which went to its end."""
    gap_until: int | None = Field(sa_column=moment(null=True))
    """Until when it is being looked for; empty if nothing is."""
    created_at: int = Field(sa_column=moment())
    rules: int = Field(0, sa_column_kwargs=later("0"))
    """Incremented by every change of its rules, so that they are compiled again."""
    rules_seen_at: int = Field(0, sa_column=Column(Big, nullable=False, server_default="0"))
    """When the CRM was last asked whether it still has what the rules name."""
    tells: str = Field("", sa_column_kwargs=later())
    """What its CRM can be told, or tells, beside messages, as its session found it; words with blanks between."""


class CrmMemory(Table, table=True):
    """The memory of a link's sessions, encrypted."""

    __tablename__ = "crm_memory"
    link_id: int = Field(sa_column=Column(Big, ForeignKey("crm_link.id", ondelete="CASCADE"), primary_key=True))
    name: str = Field(primary_key=True)
    value: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CrmPairing(Table, table=True):
    """A channel that is joined to a place of the CRM, such as an open line."""

    __tablename__ = "crm_pairing"
    __table_args__ = (
        UniqueConstraint("link_id", "channel_id"),
        UniqueConstraint("link_id", "kind", "place"),
        Index("ix_crm_pairing_channel", "channel_id"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    link_id: int = Field(sa_column=ref("crm_link"))
    channel_id: int = Field(sa_column=ref("channel"))
    kind: str
    """The channel's kind: the CRM knows one channel of a kind in one place."""
    place: str
    place_name: str
    makes: str = Field("", sa_column_kwargs=later())
    """What the CRM makes there of a new client, and in which pipeline, when it was asked last; empty if not known."""
    pipeline: str = Field("", sa_column_kwargs=later())
    options: str
    active: int
    """0 after it was detached: what was mirrored stays known."""
    after: int = Field(sa_column=Column(Big, nullable=False))
    """Messages up to this one are history and do not go to the CRM."""
    code: str
    """Why the CRM does not take it; empty if it does."""
    detail: str
    created_at: int = Field(sa_column=moment())
    """Since when it is paired: what was written there before, also while it was detached, is none of ours."""


class CrmDialog(Table, table=True):
    """A dialog that the CRM knows, by our id of the chat and its own."""

    __tablename__ = "crm_dialog"
    __table_args__ = (Index("ix_crm_dialog_dialog", "dialog_id", "pairing_id"),)
    pairing_id: int = Field(sa_column=Column(Big, ForeignKey("crm_pairing.id", ondelete="CASCADE"), primary_key=True))
    chat: str = Field(primary_key=True)
    dialog_id: int = Field(sa_column=ref("dialog"))
    """Several chats have the same one after dialogs were joined."""
    remote: str
    """The CRM's id of the chat; empty until it has told one."""
    session: str
    """The CRM's id of the conversation that goes on in it."""
    code: str
    """Empty: nothing reads it."""
    seen: str
    """Empty: nothing reads it."""
    closed: int
    owner: str = Field("", sa_column_kwargs=later())
    """The employee who is responsible for its cards, as the CRM last told us or we told it; empty if nobody said."""
    owner_at: int = Field(0, sa_column=Column(Big, nullable=False, server_default="0"))
    """When a card changed that last decided who answers, by the CRM's clock."""
    owner_card: str = Field("", sa_column_kwargs=later())
    """The card by which the CRM last told who is responsible, such as ``deal:17``; empty if we told it."""
    owner_way: str = Field("", sa_column_kwargs=later())
    """``from_crm`` or ``to_crm``: who told whom last; empty if nobody did."""
    owner_synced: int = Field(0, sa_column=Column(Big, nullable=False, server_default="0"))
    """When that was, by our clock."""


class CrmMessage(Table, table=True):
    """A message that the CRM has, or that came from it."""

    __tablename__ = "crm_message"
    __table_args__ = (
        Index("ix_crm_message_message", "message_id"),
        partly("ix_crm_message_remote", "link_id", "remote", where="remote <> ''"),
    )
    link_id: int = Field(sa_column=Column(Big, ForeignKey("crm_link.id", ondelete="CASCADE"), primary_key=True))
    message_id: int = Field(sa_column=Column(Big, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True))
    chat: str
    """Our id of the chat in which the CRM has it; empty for one that came from there."""
    remote: str
    """The CRM's id; empty for a message of ours, of which it tells none."""
    came: int
    """Whether it was written there."""
    employee: str
    """The CRM's id of who wrote it there."""
    told: str
    """What the CRM was last told of a message that came from it: ``delivered``, ``failed``, or nothing yet.

    ``given_up`` for one of ours that it does not show: a person decided so, or the pairing's options.
    """
    changed_at: int = Field(0, sa_column=Column(Big, nullable=False, server_default="0"))
    """When one that came from there was last changed there, by the CRM's clock; 0 if that is not known."""


class CrmText(Table, table=True):
    """A message that a CRM had us send, of which it is told how it fares."""

    __tablename__ = "crm_text"
    __table_args__ = (Index("ix_crm_text_message", "message_id"),)
    link_id: int = Field(sa_column=Column(Big, ForeignKey("crm_link.id", ondelete="CASCADE"), primary_key=True))
    remote: str = Field(primary_key=True)
    """The CRM's id of it."""
    message_id: int = Field(sa_column=ref("message"))
    employee: str
    """The CRM's id of who sent it."""
    told: str
    """How it fared when the CRM was last to be told."""


class CrmEntry(Table, table=True):
    """One thing that a CRM has to be told: a row of the ledger, deleted when it is."""

    __tablename__ = "crm_entry"
    __table_args__ = (
        partly("ix_crm_entry_due", "link_id", "rank", "id", where="state <> 'dead'"),
        partly("ix_crm_entry_dead", "link_id", "id", where="state = 'dead'"),
        Index("ix_crm_entry_dialog", "dialog_id", "link_id", "id"),
        Index("ix_crm_entry_message", "message_id"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    link_id: int = Field(sa_column=ref("crm_link"))
    pairing_id: int | None = Field(sa_column=ref("crm_pairing", null=True))
    """``NULL`` for what belongs to no channel, such as a step of an automation."""
    dialog_id: int | None = Field(sa_column=ref("dialog", null=True))
    """``NULL`` for a step, and for a text to what is no phone that the channel could write to."""
    chat: str
    """Our id of the chat in which it is told, at every attempt, also after its dialog became part of another."""
    message_id: int | None = Field(sa_column=ref("message", null=True))
    """``NULL`` for a message of the CRM that was refused before it became one of ours."""
    remote: str
    """The CRM's id of that message."""
    employee: str
    """The CRM's id of who wrote that message, to whom a failure is told."""
    reason: str
    """Why it failed, as stored words."""
    act: str
    rank: int
    """Lower goes first."""
    state: str
    """``waiting``, ``claimed``, ``sending`` or ``dead``."""
    doubtful: int
    """How often nobody could say whether the CRM has it; above 0 it is asked before the next attempt."""
    not_before: int = Field(sa_column=moment())
    tries: int
    """Attempts, and times that the CRM was asked about it: by them the pauses grow."""
    claims: int
    epoch: int
    code: str
    detail: str
    created_at: int = Field(sa_column=moment())


class CrmArrived(Table, table=True):
    """An event of a CRM, unique; it is applied in the transaction that marks it as done."""

    __tablename__ = "crm_arrived"
    __table_args__ = (
        UniqueConstraint("link_id", "provider_id"),
        partly("ix_crm_arrived_open", "link_id", "id", where="state <> 'done'"),
    )
    id: int | None = Field(sa_column=key())
    link_id: int = Field(sa_column=ref("crm_link"))
    provider_id: str
    event: str
    """The event as JSON; empty if it could not be understood."""
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: str
    """``new``, ``done`` or ``dead``."""
    problem: str
    tries: int
    next_at: int = Field(sa_column=moment())
    at: int = Field(sa_column=moment())


class CrmEmployee(Table, table=True):
    """Which operator of ours is which employee of the CRM."""

    __tablename__ = "crm_employee"
    link_id: int = Field(sa_column=Column(Big, ForeignKey("crm_link.id", ondelete="CASCADE"), primary_key=True))
    operator: str = Field(primary_key=True)
    employee: str
    """Empty: a person said that the operator is nobody there."""
    name: str
    way: str = Field("hand", sa_column_kwargs=later("hand"))
    """``email`` if both have the same address, or ``hand``."""
    left_at: int = Field(0, sa_column=Column(Big, nullable=False, server_default="0"))
    """Since when the CRM does not name them among those who work there; 0: they do."""


class CrmRule(Table, table=True):
    """A rule that says in which pipeline a card is made."""

    __tablename__ = "crm_rule"
    __table_args__ = (Index("ix_crm_rule_link", "link_id", "position"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    link_id: int = Field(sa_column=ref("crm_link"))
    position: int
    """Lower is asked first."""
    name: str
    condition: str
    """As a person asked for it, as JSON."""
    forms: str
    """Those of its words, as JSON: a dictionary would tell them again, at a price."""
    outcome: str
    """As JSON."""
    turn: int
    """How many cards it has given to the employees who take turns."""
    created_at: int = Field(sa_column=moment())
    trouble: str = Field("", sa_column_kwargs=later())
    """What of its outcome the CRM has no longer, as a text; empty if all is there."""


class CrmRuleSet(Table, table=True):
    """The rules of a link before a change, while messages wait that came before it."""

    __tablename__ = "crm_ruleset"
    __table_args__ = (Index("ix_crm_ruleset_link", "link_id", "last_entry"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    link_id: int = Field(sa_column=ref("crm_link"))
    last_entry: int = Field(sa_column=Column(Big, nullable=False))
    """The last entry that they decide."""
    rules: str
    """The rows, as JSON."""


class CrmRoute(Table, table=True):
    """What the rules said for a chat."""

    __tablename__ = "crm_route"
    pairing_id: int = Field(sa_column=Column(Big, ForeignKey("crm_pairing.id", ondelete="CASCADE"), primary_key=True))
    chat: str = Field(primary_key=True)
    message_id: int = Field(sa_column=Column(Big, nullable=False))
    """The message that decided: told again, it decides the same."""
    rule_id: int = Field(sa_column=Column(Big, nullable=False))
    """0 if no rule fitted."""
    card: str
    """The card that was made, as ``deal:17``; empty until the CRM has told it, or if one was open already."""
    at: int = Field(sa_column=moment())
    """When the message was written."""


class CrmImport(Table, table=True):
    """How far the messages from before a pairing are shown in its CRM; a row is there once a person asked for it."""

    __tablename__ = "crm_import"
    pairing_id: int = Field(sa_column=Column(Big, ForeignKey("crm_pairing.id", ondelete="CASCADE"), primary_key=True))
    last: int = Field(sa_column=Column(Big, nullable=False))
    """The number of the last message that was looked at."""
    until: int = Field(sa_column=Column(Big, nullable=False))
    """The number of the last one to look at."""
    since: int = Field(sa_column=moment())
    """Those that were written before it are passed over."""
    total: int
    """How many there are."""
    passed: int
    """How many of them were given to the ledger, or are shown already."""
    running: int
    """0 once all were, or a person stopped it."""
    at: int = Field(sa_column=moment())
    """When it was asked for."""


class StoredQuestion(Table, table=True):
    """What a command or a window asks of a link's session; deleted when its caller has the answer."""

    __tablename__ = "crm_question"
    __table_args__ = (Index("ix_crm_question_waiting", "link_id", "state", "id"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    link_id: int = Field(sa_column=ref("crm_link"))
    what: str
    arguments: str
    state: str
    """``waiting``, ``running``, ``done`` or ``failed``."""
    code: str
    detail: str
    result: str
    until: int = Field(sa_column=moment())
    """When the caller stops waiting."""


class CrmHold(Table, table=True):
    """A pairing of which the CRM refuses the place: its entries wait, and one of them is tried at a time.

    The row is there only as long as that lasts.
    """

    __tablename__ = "crm_hold"
    pairing_id: int = Field(sa_column=Column(Big, ForeignKey("crm_pairing.id", ondelete="CASCADE"), primary_key=True))
    until: int = Field(sa_column=moment())
    """When the CRM is arranged anew; 0 if it was, so that one entry is tried now."""
    tries: int
    """How often that was tried: by it the pauses grow."""
    entry_id: int | None = Field(sa_column=Column(Big))
    """The entry that was tried last; its answer tells whether the place is right again."""


class CrmUpload(Table, table=True):
    """A file that somebody gave us for an automation of the CRM, which names it by its key."""

    __tablename__ = "crm_upload"
    __table_args__ = (Index("ix_crm_upload_sha256", "sha256"),)
    link_id: int = Field(sa_column=Column(Big, ForeignKey("crm_link.id", ondelete="CASCADE"), primary_key=True))
    key: str = Field(primary_key=True)
    sha256: str
    name: str
    mime: str
    size: int = Field(sa_column=Column(Big, nullable=False))
    kind: str
    """As which kind of a message's file it is sent."""
    at: int = Field(sa_column=moment())
    """When it was given."""
    asked_at: int | None = Field(sa_column=moment(null=True))
    """When an automation last wanted it sent; empty if none ever did."""


class CrmCardStage(Table, table=True):
    """At which stage a card of a dialog's client stands, as the CRM last told."""

    __tablename__ = "crm_stage"
    __table_args__ = (Index("ix_crm_stage_dialog_id", "dialog_id"),)
    link_id: int = Field(sa_column=Column(Big, ForeignKey("crm_link.id", ondelete="CASCADE"), primary_key=True))
    dialog_id: int = Field(sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    card: str = Field(primary_key=True)
    """As ``CardRef`` writes it: ``deal:17``."""
    pipeline_id: str
    stage_id: str
    pipeline: str
    """What people call it; empty where the CRM has only one place for such cards."""
    stage: str
    at: int = Field(sa_column=moment())
    """When we read it."""


class CrmStageName(Table, table=True):
    """A stage that a CRM has, as people call it: rules that name another one are told."""

    __tablename__ = "crm_stage_name"
    link_id: int = Field(sa_column=Column(Big, ForeignKey("crm_link.id", ondelete="CASCADE"), primary_key=True))
    pipeline: str = Field(primary_key=True)
    """Empty where the CRM has only one place for such cards."""
    stage: str = Field(primary_key=True)
