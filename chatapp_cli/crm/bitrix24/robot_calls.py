"""What the portal posts when a process reaches a robot of ours, and how the step is answered.

Sources: b24-rest-docs ``bizproc-robot-add.md``, ``bizproc-event-send.md``; providers' sheet §3.3, addendum B8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from chatapp_cli.crm.bitrix24 import errors
from chatapp_cli.crm.bitrix24.api import PortalApi
from chatapp_cli.crm.bitrix24.calls import BatchCommand
from chatapp_cli.domain import border
from chatapp_cli.domain.crm.cards import CardRef
from chatapp_cli.domain.crm.entry import CrmReceipt, LedgerEntry
from chatapp_cli.domain.crm.events import CrmArrival, RobotAsked
from chatapp_cli.domain.crm.receipts import Outcome
from chatapp_cli.domain.errors import ChannelError, Rejected
from chatapp_cli.domain.ids import Millis
from chatapp_cli.domain.robot import NO, PREFIX, YES, known
from chatapp_cli.domain.text import T
from chatapp_cli.kit.brackets import members
from chatapp_cli.kit.pace import Urgency

MARGIN: Final[Millis] = 5_000
"""How long before the end of a step's time it is answered at the latest, in milliseconds."""
LONGEST: Final[Millis] = 10 * 60_000
"""How long a step waits for an answer of ours, in milliseconds, also one whose process would wait for ever."""
_APART: Final[Millis] = 60_000
"""How far the portal's clock and ours may be apart."""
_CARD: Final = re.compile(r"(LEAD|DEAL|CONTACT|COMPANY|DYNAMIC_[0-9]{1,9})_([0-9]{1,18})", re.ASCII)
_ON: Final = frozenset({"Y", "1", "true"})

Tree = Mapping[str, Any]


class StoredRobotCall(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="ROBOT"):
    """A call as it is kept: without tokens, and without what nobody reads."""

    step: str
    """The ``event_token``, by which alone the step is answered."""
    code: str
    document: str
    properties: dict[str, str]
    waits: bool
    until: Millis | None


def arrival(tree: Tree, now: Millis) -> CrmArrival:
    """A call that came now; one without its step is kept with the reason."""
    stored = _stored(tree, now)
    raw = msgspec.json.encode(stored)
    if not stored.step:
        return CrmArrival(provider_id=f"odd:{sha256(raw).hexdigest()[:24]}", event=None, raw=raw, problem=_NO_STEP)
    return CrmArrival(provider_id=border.external_id(f"robot {stored.step}"), event=_event(stored), raw=raw)


_NO_STEP: Final = T("A robot called without its event_token, by which alone it is answered.")


def understand(raw: bytes) -> RobotAsked | None:
    """A stored call again; ``None`` for what is none."""
    try:
        return _event(msgspec.json.decode(raw, type=StoredRobotCall))
    except msgspec.DecodeError:
        return None


def _stored(tree: Tree, now: Millis) -> StoredRobotCall:
    waits = _text(tree, "use_subscription") != NO
    return StoredRobotCall(
        step=_text(tree, "event_token"),
        code=_text(tree, "code"),
        document=next(
            (one for one in members(tree.get("document_id")) if isinstance(one, str) and _CARD.fullmatch(one)), ""
        ),
        properties=_properties(tree.get("properties")),
        waits=waits,
        until=_until(_text(tree, "timeout_duration"), now) if waits else None,
    )


def _properties(said: Any) -> dict[str, str]:
    """Each field's value; several of one are written as a person writes several."""
    found = said if isinstance(said, Mapping) else {}
    return {border.name(name): border.text(_value(value)) for name, value in found.items()}


def _value(value: Any) -> str:
    return value if isinstance(value, str) else "; ".join(one for one in members(value) if isinstance(one, str))


def _until(seconds: str, now: Millis) -> Millis:
    """When a step is answered at the latest: before its process goes on without us, but after half of its time."""
    plausible = seconds.isascii() and seconds.isdecimal() and len(seconds) < 9  # noqa: PLR2004 - three years
    whole = int(seconds) * 1000 if plausible else 0
    return now + (min(max(whole - MARGIN, whole // 2), LONGEST) if whole else LONGEST)


def _event(stored: StoredRobotCall) -> RobotAsked:
    """What is asked. The tokens of a call are those of the application's owner, and say nothing of who moved a card."""
    robot = stored.code.removeprefix(PREFIX)
    return RobotAsked(
        remote=border.external_id(stored.step),
        robot=border.name(robot),
        arguments=_arguments(robot, stored.properties),
        card=_card(stored.document),
        until=stored.until,
        waits=stored.waits,
    )


def _arguments(robot: str, said: Mapping[str, str]) -> Mapping[str, str]:
    """What was filled in, of the fields that the robot has; of a robot that we do not know all of it."""
    found = known(robot)
    if found is None:
        return said
    kinds = {one.name: one.kind for one in found.fields}
    return {
        name: (YES if value in _ON else NO) if kinds[name] == "bool" else value
        for name, value in said.items()
        if name in kinds
    }


def _card(document: str) -> CardRef | None:
    """The card on whose stage the robot stands; ``None`` for a document of another kind."""
    found = _CARD.fullmatch(document)
    return CardRef(found[1].lower(), found[2]) if found else None


def _text(tree: Any, name: str) -> str:
    found = tree.get(name) if isinstance(tree, Mapping) else None
    return found if isinstance(found, str) else ""


async def answer(api: PortalApi, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
    """Give steps their results. It may be done twice: the portal takes an answer to a step that ended in silence."""
    commands = {f"e{place}": BatchCommand("bizproc.event.send", _results(entry)) for place, entry in enumerate(entries)}
    answers = await api.batch(commands, urgency=Urgency.OPERATOR)
    return [_answered(answers.get(f"e{place}")) for place in range(len(entries))]


def _results(entry: LedgerEntry) -> Mapping[str, Any]:
    return {
        "EVENT_TOKEN": entry.remote,
        "RETURN_VALUES": dict(entry.results),
        **({"LOG_MESSAGE": entry.reason} if entry.reason else {}),
    }


def _answered(said: Any) -> Outcome:
    """A refusal concerns its step alone: a token that the portal does not know is refused as a lack of rights is."""
    if not isinstance(said, ChannelError):
        return CrmReceipt()
    if said.code == errors.SCOPE:
        return Rejected("step_gone" if errors.begins_with(said, "access_denied") else "robots_scope", said.detail)
    return said


async def comment(api: PortalApi, entries: Sequence[LedgerEntry]) -> Sequence[Outcome]:
    """Comment the cards; a comment whose answer is lost may be there."""
    told = [(place, entry) for place, entry in enumerate(entries) if entry.card is not None]
    commands = {f"t{place}": BatchCommand("crm.timeline.comment.add", {"fields": _comment(one)}) for place, one in told}
    answers = await api.batch(commands, urgency=Urgency.OPERATOR, once=True)
    return [_commented(answers.get(f"t{place}")) for place in range(len(entries))]


async def has_comment(api: PortalApi, entry: LedgerEntry) -> bool:
    """Whether a comment of unknown outcome stands in its card: the same words, since it was to be told."""
    if entry.card is None:
        return False
    card = {"ENTITY_TYPE": entry.card.kind, "ENTITY_ID": int(entry.card.id)}
    asked = {"filter": card, "order": {"ID": "DESC"}, "select": ["ID", "CREATED", "COMMENT"]}
    told = await api.call("crm.timeline.comment.list", asked)
    rows = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    return any(one.get("COMMENT") == entry.text and _created(one) >= entry.at - _APART for one in rows)


def _created(row: Tree) -> Millis:
    try:
        return int(datetime.fromisoformat(_text(row, "CREATED")).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


def _comment(entry: LedgerEntry) -> Mapping[str, Any]:
    assert entry.card is not None
    return {"ENTITY_ID": int(entry.card.id), "ENTITY_TYPE": entry.card.kind, "COMMENT": entry.text}


def _commented(said: Any) -> Outcome:
    return said if isinstance(said, ChannelError) else CrmReceipt()
