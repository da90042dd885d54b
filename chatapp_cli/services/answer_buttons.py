"""What stores the buttons of answers, and the button that a message of a client stands for (S-144)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from chatapp_cli.domain import buttons
from chatapp_cli.domain.message import Direction
from chatapp_cli.domain.text import T, Text
from chatapp_cli.store.rows.messages import ButtonsRow, MessageRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatapp_cli.domain.arrival import MessageArrived
    from chatapp_cli.domain.draft import Draft
    from chatapp_cli.domain.ids import DialogId, MessageId, Millis
    from chatapp_cli.store.tx import Tx

VALID: Final = 24 * 3_600_000
"""Milliseconds for which a number names a button of a list."""
_SKEW: Final = 60_000
"""Milliseconds by which the clocks of a provider and ours may differ."""


class KnownButtons(NamedTuple):
    """The buttons of a message of ours, or the one that a client pressed."""

    texts: Sequence[str] = ()
    """Those that the message offers, in order; none if the client pressed one."""
    listed: bool = False
    """Whether they are a numbered list in its text."""
    pressed: str = ""
    """The text of the button that the client pressed, or named by its number."""

    @classmethod
    def of(cls, row: ButtonsRow) -> KnownButtons:
        """A stored row."""
        return cls(buttons.from_json(row.texts), bool(row.listed), row.pressed)

    @property
    def below(self) -> Sequence[str]:
        """Those that the channel shows below the text."""
        return () if self.listed else self.texts


WITHOUT: Final = KnownButtons()


def keep(tx: Tx, message: MessageId, draft: Draft) -> None:
    """Store the buttons of a message of ours, as its channel shows them."""
    if draft.buttons:
        tx.run(
            "buttons.put",
            message=message,
            texts=buttons.as_json(draft.buttons),
            listed=int(draft.listed),
            pressed="",
        )


def note_press(tx: Tx, dialog: DialogId, message: MessageId, event: MessageArrived) -> None:
    """Store which button a message of a client stands for, if it does."""
    if event.from_us:
        return
    if event.pressed:
        pressed: str = event.text
    else:
        pressed = _named(tx, dialog, message, event) if buttons.is_number(event.text) else ""
    if pressed:
        tx.run("buttons.put", message=message, texts="", listed=0, pressed=pressed)


class _Before(NamedTuple):
    """The message before one."""

    direction: str
    at: Millis
    texts: str


def _named(tx: Tx, dialog: DialogId, message: MessageId, event: MessageArrived) -> str:
    """The button of the list that was sent last, within a day.

    Only what a person wrote after it, and words of the client that are no button, end a list: what was pressed, and
    what our rules answered, does not, so that a menu can be gone through.
    """
    before = tx.one(_Before, "buttons.before", dialog=dialog, message=message)
    if before is None or before.direction != Direction.OUT or not -_SKEW <= event.at - before.at <= VALID:
        return ""
    return buttons.named(event.text, buttons.from_json(before.texts))


def why_nothing(tx: Tx, row: MessageRow) -> Text | None:
    """Why the number that a client wrote stands for no button; ``None``: it does, or there is no list before it."""
    if row.direction != Direction.IN or not buttons.is_number(row.text) or of(tx, row.id).pressed:
        return None
    before = tx.one(_Before, "buttons.last_list", dialog=row.dialog_id, message=row.id, before=row.at + _SKEW)
    if before is None:
        return None
    if row.at - before.at > VALID:
        return T("the number names no button: the list is more than a day old")
    if not buttons.named(row.text, buttons.from_json(before.texts)):
        return T("the number names no button: the list is shorter")
    return T("the number names no button: somebody wrote something else after the list")


def of_messages(tx: Tx, ids: str) -> Mapping[MessageId, KnownButtons]:
    """The buttons of those messages of a JSON list of numbers that have any."""
    return {row.message_id: KnownButtons.of(row) for row in tx.all(ButtonsRow, "buttons.of_messages", ids=ids)}


def of(tx: Tx, message: MessageId) -> KnownButtons:
    """The buttons of one message."""
    return of_messages(tx, f"[{message}]").get(message, WITHOUT)


def as_written(text: str, kept: KnownButtons) -> tuple[str, list[str]]:
    """The text of a message of ours without its numbered list, and its buttons: as it was asked for."""
    return (buttons.unlisted(text, kept.texts) if kept.listed else text), list(kept.texts)


def after_edit(tx: Tx, message: MessageId, text: str) -> None:
    """Forget a numbered list that an edit took out of the text."""
    kept = of(tx, message)
    if kept.listed and not buttons.ends_with_list(text, kept.texts):
        tx.run("buttons.drop", message=message)


def reword(tx: Tx, message: MessageId, draft: Draft) -> None:
    """Store the buttons of a message that got another text before it was sent."""
    if draft.buttons:
        tx.run("buttons.drop", message=message)
        keep(tx, message, draft)
        after_edit(tx, message, draft.text)
