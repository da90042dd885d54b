"""What the transcript asks of the page that it is on."""

from __future__ import annotations

from textual.message import Message

from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.messages import FileRow


class WantsOlder(Message):
    """The top came near."""


class WantsNewer(Message):
    """The bottom of what is loaded came near, and there is more."""


class WantsEnd(Message):
    """Something was said by us, or a person wants the latest, and the end is not loaded."""


class SawLast(Message):
    """The last message is on the screen now."""


class WantsPicture(Message):
    """A picture is on the screen that was not drawn yet."""

    def __init__(self, file: FileRow) -> None:
        super().__init__()
        self.file = file


class Asked(Message):
    """A person wants something done with a message."""

    def __init__(self, action: str, entry: TranscriptEntry) -> None:
        super().__init__()
        self.action, self.entry = action, entry
