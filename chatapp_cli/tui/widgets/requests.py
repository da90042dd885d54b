"""Messages by which the list and the transcript ask their page for something."""

from __future__ import annotations

from textual.message import Message

from chatapp_cli.domain.ids import DialogId, MessageId
from chatapp_cli.services.transcript import TranscriptEntry
from chatapp_cli.store.rows.messages import FileRow


class WantsOlder(Message):
    """The first loaded message is near; older ones are wanted."""


class WantsNewer(Message):
    """The last loaded message is near; newer ones are wanted."""


class WantsEnd(Message):
    """The latest messages are wanted, and they are not loaded."""


class SawLast(Message):
    """The last message came on the screen."""


class WantsPicture(Message):
    """A picture is on the screen that has not been drawn yet."""

    def __init__(self, file: FileRow) -> None:
        super().__init__()
        self.file = file


class Asked(Message):
    """An action on a message is wanted."""

    def __init__(self, action: str, entry: TranscriptEntry) -> None:
        super().__init__()
        self.action, self.entry = action, entry


class Needs(Message):
    """``n`` rows of the list from an index are needed."""

    def __init__(self, start: int, n: int) -> None:
        super().__init__()
        self.start, self.n = start, n


class Opened(Message):
    """A dialog is to be opened at a message, or at its end."""

    def __init__(self, dialog: DialogId, message: MessageId | None = None) -> None:
        super().__init__()
        self.dialog, self.message = dialog, message


class Picked(Message):
    """The number of picked dialogs changed."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n
