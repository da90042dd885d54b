"""What the list and the transcript ask of the page that they are on."""

from __future__ import annotations

from textual.message import Message

from chatapp_cli.domain.ids import DialogId, MessageId
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


class Needs(Message):
    """The rows of a part of the list are needed."""

    def __init__(self, start: int, n: int) -> None:
        super().__init__()
        self.start, self.n = start, n


class Opened(Message):
    """A person wants to see a dialog, and in it a message first; otherwise its last."""

    def __init__(self, dialog: DialogId, message: MessageId | None = None) -> None:
        super().__init__()
        self.dialog, self.message = dialog, message


class Picked(Message):
    """So many dialogs are picked out now."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n
