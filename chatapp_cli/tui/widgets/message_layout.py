"""The lines that the messages of a conversation take."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.tui.appearance import Appearance

if TYPE_CHECKING:
    from chatapp_cli.tui.widgets.message_lines import Painted


class MessageLayout:
    """Painted messages one below the other."""

    def __init__(self, blocks: Sequence[Painted] = ()) -> None:
        self.blocks = blocks
        self.starts = list(accumulate((len(block.strips) for block in blocks), initial=0))
        """The line where each begins, and the one after the last."""

    @property
    def height(self) -> int:
        """Lines of them all."""
        return self.starts[-1]

    def at(self, line: int) -> int:
        """The message that a line belongs to; -1 above the first, their number below the last."""
        return bisect_right(self.starts, line) - 1

    def within(self, top: int, bottom: int) -> slice:
        """The messages of which a line stands between two lines."""
        return slice(self.at(max(0, top)), self.at(bottom) + 1)

    def other_than(self, before: MessageLayout) -> Iterator[tuple[int, int]]:
        """Where lines differ from what stood there, and how many; everything below a message that grew has moved."""
        for n, block in enumerate(self.blocks):
            start = self.starts[n]
            if n >= len(before.blocks) or len(before.blocks[n].strips) != len(block.strips):
                yield start, max(1, max(before.height, self.height) - start)
                return
            if before.blocks[n] != block:
                yield start, len(block.strips)


def lay_out(entries: Sequence[TranscriptEntry], width: int, appearance: Appearance, **how: Any) -> MessageLayout:
    """Paint messages; ``how`` is the rest of a `PaintContext`, which is imported with the first of them."""
    from chatapp_cli.tui.widgets import message_lines

    context = message_lines.PaintContext(width, appearance.styles, appearance.now(), **how)
    pairs = zip(entries, [None, *entries], strict=False)
    return MessageLayout([message_lines.paint(entry, before, context) for entry, before in pairs])
