"""Lays out the messages of a conversation in lines."""

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
    """Painted messages, one below the other."""

    def __init__(self, blocks: Sequence[Painted] = ()) -> None:
        self.blocks = blocks
        self.starts = list(accumulate((len(block.strips) for block in blocks), initial=0))
        """The first line of each message, and the line after the last one."""

    @property
    def height(self) -> int:
        """The number of lines."""
        return self.starts[-1]

    def lines(self, message: int) -> int:
        """The number of lines of a message, by its index."""
        return len(self.blocks[message].strips)

    def at(self, line: int) -> int:
        """The index of the message at a line; -1 above the first, the number of messages below the last."""
        return bisect_right(self.starts, line) - 1

    def within(self, top: int, bottom: int) -> slice:
        """The messages that are between two lines, at least in part."""
        return slice(self.at(max(0, top)), self.at(bottom) + 1)

    def other_than(self, before: MessageLayout) -> Iterator[tuple[int, int]]:
        """Yield first line and number of lines of each difference; all below a message of another height has moved."""
        for n, block in enumerate(self.blocks):
            start = self.starts[n]
            if n >= len(before.blocks) or len(before.blocks[n].strips) != len(block.strips):
                yield start, max(1, max(before.height, self.height) - start)
                return
            if before.blocks[n] != block:
                yield start, len(block.strips)


def lay_out(entries: Sequence[TranscriptEntry], width: int, appearance: Appearance, **how: Any) -> MessageLayout:
    """Paint messages; ``how`` are the other fields of a `PaintContext`, which is imported only here."""
    from chatapp_cli.tui.widgets import message_lines

    context = message_lines.PaintContext(width, appearance.styles, appearance.now(), **how)
    pairs = zip(entries, [None, *entries], strict=False)
    return MessageLayout([message_lines.paint(entry, before, context) for entry, before in pairs])
