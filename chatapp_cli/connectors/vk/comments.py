"""Comments on wall posts: their ids and links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NAMED = re.compile(r"(?:ours:)?wall(-?\d+)_(\d+)_r(\d+)")
_OURS = "ours:"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment under a post; a community's wall has a negative owner."""

    owner: int
    post: int
    id: int

    @classmethod
    def named(cls, said: str) -> Comment | None:
        """Parse an address or an ``ext_id``."""
        found = _NAMED.fullmatch(said)
        return cls(*map(int, found.groups())) if found else None

    @property
    def address(self) -> str:
        """The ChatID for answering it publicly; also its ``ext_id``."""
        return f"wall{self.owner}_{self.post}_r{self.id}"

    @property
    def ours(self) -> str:
        """The ``ext_id`` of a comment that the community wrote."""
        return _OURS + self.address

    @property
    def links(self) -> str:
        """The links to the post and the comment (S-080)."""
        post = f"https://vk.com/wall{self.owner}_{self.post}"
        return f"↪ {post}\n💬 {post}?reply={self.id}"


def to_answer(reply_to: str, thread: Sequence[str]) -> Comment | None:
    """The client's comment to answer; ``None`` if the conversation has moved to private messages since."""
    if quoted := _theirs(reply_to):
        return quoted
    if not thread or Comment.named(thread[-1]) is None:
        return None
    return next(filter(None, map(_theirs, reversed(thread))), None)


def _theirs(ext_id: str) -> Comment | None:
    return None if ext_id.startswith(_OURS) else Comment.named(ext_id)
