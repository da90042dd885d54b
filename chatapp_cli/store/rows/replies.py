"""Quick replies."""

from typing import NamedTuple, TypeAlias

from chatapp_cli.domain.ids import Millis, QuickReplyId, SectionId


class SectionRow(NamedTuple):
    """A section of quick replies."""

    id: SectionId
    name: str
    replies: int


class SectionRef(NamedTuple):
    """A section, without the number of its replies, which takes as long to count as there are many."""

    id: SectionId
    name: str


AnySection: TypeAlias = SectionRow | SectionRef


class QuickReplyRow(NamedTuple):
    """A quick reply, without its files."""

    id: QuickReplyId
    section_id: SectionId
    section: str
    title: str
    text: str
    keywords: str
    category: str
    used: int
    updated_at: Millis
    buttons: str = ""
    """As JSON; empty for none."""
