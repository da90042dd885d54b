"""Rules, the acts that they planned, and the automatic answers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from chatapp_cli.store.tables.base import NEVER_AGAIN, Big, Table, key, later, moment, partly, ref


class StoredAutoRule(Table, table=True):
    """A rule of the company or of a line."""

    __tablename__ = "auto_rule"
    __table_args__ = (Index("ix_auto_rule_line_id", "line_id"), NEVER_AGAIN)
    id: int | None = Field(sa_column=key())
    line_id: int | None = Field(sa_column=ref("line", null=True))
    """``NULL``: the company's."""
    position: int = Field(sa_column=Column(Big, nullable=False))
    name: str
    kind: str
    event: str
    about: str
    """The operator or the tag that the event has to be about; empty: any."""
    enabled: int
    stop: int
    condition: str
    """As it was asked for, as JSON."""
    forms: str
    """The forms of its words, as JSON."""
    acts: str
    """As JSON: a list of mappings with one key, what to do."""
    version: int
    since: int = Field(sa_column=Column(Big, nullable=False))
    """It sees only entries of the journal after this one."""
    halted: str
    """Why the desk paused it, as a stored text; empty: it did not."""
    overruns: int
    """How often one of its regular expressions took too long."""
    created_at: int = Field(sa_column=moment())
    otherwise: str = Field("[]", sa_column_kwargs=later("[]"))
    """What it does if nobody is there, as ``acts``."""


class StoredAutoSecret(Table, table=True):
    """The secret by which other programs know the calls of a rule."""

    __tablename__ = "auto_secret"
    rule_id: int = Field(sa_column=Column(Big, ForeignKey("auto_rule.id", ondelete="CASCADE"), primary_key=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StoredAutoAct(Table, table=True):
    """An act that a rule planned for an event; the rule may be gone."""

    __tablename__ = "auto_act"
    __table_args__ = (
        UniqueConstraint("rule_id", "version", "event", "act"),
        partly("ix_auto_act_open", "due_at", where="state = 'waiting' OR state = 'planned'"),
        partly("ix_auto_act_result", "result", where="result IS NOT NULL"),
        Index("ix_auto_act_ended", "rule_id", "ended_at"),
        Index("ix_auto_act_dialog_id", "dialog_id"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    rule_id: int = Field(sa_column=Column(Big, nullable=False))
    version: int
    event: int = Field(sa_column=Column(Big, nullable=False))
    """The entry of the journal."""
    act: int
    """Its place among the acts of the rule."""
    name: str
    """Of the rule at that time."""
    kind: str
    """What is done."""
    dialog_id: int = Field(sa_column=ref("dialog"))
    message_id: int | None = Field(sa_column=Column(Big, nullable=True))
    waits_since: int | None = Field(sa_column=Column(BigInteger, nullable=True))
    """Of one that waits: since when the client had waited then."""
    due_at: int = Field(sa_column=moment())
    state: str
    why: str
    """Why the rule holds, as a stored text."""
    outcome: str
    """What was done, or why not, as a stored text."""
    result: int | None = Field(sa_column=Column(Big, nullable=True))
    """The message that was sent."""
    created_at: int = Field(sa_column=moment())
    ended_at: int | None = Field(sa_column=moment(null=True))
    cause: str = Field("event", sa_column_kwargs=later("event"))
    """What made it due: something that happened, an act of a rule, or time alone."""


class StoredAutoCall(Table, table=True):
    """A call of another program that an act began; it is gone once the act has ended."""

    __tablename__ = "auto_call"
    act_id: int = Field(sa_column=Column(Big, ForeignKey("auto_act.id", ondelete="CASCADE"), primary_key=True))
    url: str
    body: str
    claimed: int
    """Whether it is being made now."""
    tries: int
    due_at: int = Field(sa_column=moment())


class StoredAutoAnswer(Table, table=True):
    """A message that was sent automatically; to each arrival at most one."""

    __tablename__ = "auto_answer"
    __table_args__ = (
        Index("ix_auto_answer_dialog", "dialog_id", "at"),
        Index("ix_auto_answer_channel", "channel_id", "at"),
        NEVER_AGAIN,
    )
    id: int | None = Field(sa_column=key())
    message_id: int | None = Field(sa_column=Column(Big, nullable=True, unique=True))
    """The arrival that it answers; ``NULL``: it answers none."""
    dialog_id: int = Field(sa_column=ref("dialog"))
    channel_id: int = Field(sa_column=ref("channel"))
    at: int = Field(sa_column=moment())
    wanted_by: str
    """Who wanted it, as a stored text."""
    timed: int = Field(0, sa_column_kwargs=later("0"))
    """Whether time alone made it due: such answers are spread, and are no storm."""


class StoredAutoStop(Table, table=True):
    """A channel whose automatic answers were stopped because there were too many."""

    __tablename__ = "auto_stop"
    channel_id: int = Field(sa_column=Column(Big, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True))
    at: int = Field(sa_column=moment())


class StoredAutoQuiet(Table, table=True):
    """A dialog in which somebody typed an answer while there were rules."""

    __tablename__ = "auto_quiet"
    dialog_id: int = Field(sa_column=Column(Big, ForeignKey("dialog.id", ondelete="CASCADE"), primary_key=True))
    at: int = Field(sa_column=moment())


class StoredAutoClock(Table, table=True):
    """A rule that runs by the clock and is on."""

    __tablename__ = "auto_clock"
    rule_id: int = Field(sa_column=Column(Big, ForeignKey("auto_rule.id", ondelete="CASCADE"), primary_key=True))
    looked_at: int = Field(sa_column=moment())
    """Its times up to then are dealt with."""
    next_at: int = Field(sa_column=moment())
    """When to look again: at its next time, or earlier."""


class StoredAutoRound(Table, table=True):
    """The dialogs of a line that a rule goes through because its time has come."""

    __tablename__ = "auto_round"
    __table_args__ = (Index("ix_auto_round_line_id", "line_id"),)
    rule_id: int = Field(sa_column=Column(Big, ForeignKey("auto_rule.id", ondelete="CASCADE"), primary_key=True))
    line_id: int = Field(sa_column=Column(Big, ForeignKey("line.id", ondelete="CASCADE"), primary_key=True))
    due: int = Field(sa_column=moment())
    after: int = Field(sa_column=Column(Big, nullable=False))
    """The last dialog that was asked about."""
    next_at: int = Field(sa_column=moment())
    """When it goes on."""
