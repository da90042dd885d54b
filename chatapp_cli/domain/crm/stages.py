"""At which stages of their pipelines the cards of chats stand, as far as a pairing wants to know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

WATCHED: Final = ("deal", "lead")
"""The kinds of cards that go through stages."""
_OPTION: Final = "stages"
_ON: Final = "on"


class StageName(NamedTuple):
    """A stage as people call it, with its pipeline; that is empty where a CRM has only one place for such cards."""

    pipeline: str
    stage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardStage:
    """A card of a chat, and where it stands."""

    kind: str
    """The channel's kind that the CRM's connector stands for."""
    place: str
    chat: str
    """Our id of the chat, see ``CrmChat.id``; empty if only the CRM's is known."""
    remote_chat: str
    card: str
    """As ``CardRef`` writes it: ``deal:17``."""
    pipeline_id: str
    stage_id: str
    called: StageName


def watched(options: Mapping[str, str]) -> Sequence[str]:
    """The kinds of cards whose stages a pairing wants to know; none unless its option says so."""
    return WATCHED if options.get(_OPTION) == _ON else ()
