"""The client's card (S-119)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from chatapp_cli.domain.ids import DialogId
from chatapp_cli.domain.manifest import Receipts
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import duties
from chatapp_cli.services.words import of_buttons
from chatapp_cli.store.rows.dialogs import DialogCard, MemberRow
from chatapp_cli.tui.appearance import Appearance
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import line
from chatapp_cli.tui.reading.conversations import Opening

if TYPE_CHECKING:
    from chatapp_cli.domain.text import Text as Message
    from chatapp_cli.runtime.crm_cards import CardsInCrm

RECEIPTS: Mapping[Receipts, str] = {
    "none": N_("not available"),
    "bounce": N_("only what came back; delivered and read are not available"),
    "delivered": N_("delivered; read is not available"),
    "read": N_("delivered and read"),
}
"""Which delivery states a channel reports, in words."""


class ClientCard(VerticalScroll):
    """What is known of the client, and the limits of the channel."""

    DEFAULT_CSS = (
        "ClientCard { width: 34; border-left: solid $rule; padding: 0 0 0 1; display: none;"
        " scrollbar-size-vertical: 1; }"
        " ClientCard.-shown { display: block; } ClientCard > Static { height: auto; }"
    )

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._appearance = appearance
        self._text = Static(markup=False)
        self._opening: Opening | None = None
        self._crm_of: DialogId | None = None
        self._crm: Sequence[CardsInCrm] | None = ()
        self._hours: tuple[DialogId, Message | None] | None = None

    def compose(self) -> ComposeResult:
        """All of it in one text."""
        yield self._text

    @property
    def is_shown(self) -> bool:
        """Whether the card is open."""
        return self.has_class("-shown")

    def tell(self, opening: Opening) -> None:
        """Show the client of a dialog; a closed card is written when it is opened."""
        self._opening = opening
        if not self.is_shown:
            return
        if self._crm_of != opening.card.id:
            self._crm_of, self._crm = None, ()
        self._write(opening)

    def clear(self) -> None:
        """Show nobody."""
        self._opening, self._crm_of, self._crm, self._hours = None, None, (), None
        self._text.update("")

    @property
    def wants_crm(self) -> bool:
        """Whether it shows a dialog of which the CRMs were not asked yet."""
        return self.is_shown and self._opening is not None and self._crm_of is None

    def forget_crm(self) -> None:
        """Have the CRMs asked again."""
        self._crm_of = None

    def tell_crm(self, dialog: DialogId, found: Sequence[CardsInCrm] | None) -> None:
        """Show the cards of a dialog in the CRMs, if it is still shown; ``None`` while they are being asked."""
        if self._opening is not None and self._opening.card.id == dialog:
            self._crm_of, self._crm = dialog, found
            self._write(self._opening)

    def tell_hours(self, dialog: DialogId, state: Message | None) -> None:
        """Show whether the line of a dialog is open, if that is still shown; ``None``: it has no working hours."""
        if self._opening is not None and self._opening.card.id == dialog and self._hours != (dialog, state):
            self._hours = dialog, state
            self._write(self._opening)

    def turn(self) -> None:
        """Open or close the card."""
        self.toggle_class("-shown")
        if self._opening is not None:
            self.tell(self._opening)

    def _write(self, opening: Opening) -> None:
        from chatapp_cli.tui.widgets.related_people import related_people

        styles, card = self._appearance.styles, opening.card
        text = Text().append(line(card.name) + "\n", styles.strong)
        text.append_text(related_people(opening, styles))
        if self._crm is None or self._crm:
            from chatapp_cli.tui.widgets.crm_part import crm_part

            text.append_text(crm_part(self._crm, styles, self._appearance.now()))
        for label, value in [*self._facts(opening), *self._people(card, opening.members)]:
            if value:
                text.append(f"\n{label}\n", styles.faint)
                text.append_text(value if isinstance(value, Text) else Text(line(value), styles.plain)).append("\n")
        text.append("\n" + _("What this channel cannot do") + "\n", styles.faint)
        for limit in manifest(card.kind).limits:
            text.append(f"· {show(limit)}\n", styles.muted)
        self._text.update(text)

    def _facts(self, opening: Opening) -> list[tuple[str, str | Text]]:
        now, card = self._appearance.now(), opening.card
        return [
            (_("ChatID"), card.address),
            (_("Username"), ", ".join(f"@{name.lstrip('@')}" for name in opening.known("username"))),
            (_("Phone"), ", ".join(opening.known("phone"))),
            (_("E-mail"), ", ".join(opening.known("email"))),
            (_("Line"), card.line),
            (_("Working hours"), self._hours_of(card.id)),
            (_("Channel"), f"{show(manifest(card.kind).title)} · {card.channel}"),
            (_("Tried in this order"), _chain(card)),
            (_("Delivery states"), _(RECEIPTS[manifest(card.kind).capabilities.receipts])),
            (_("Buttons"), show(of_buttons(manifest(card.kind).capabilities.buttons))),
            (_("Tags"), Text(" ").join(Text(f"#{tag}", self._appearance.styles.tag(tag)) for tag in opening.tags)),
            (_("Waits for an answer"), "" if card.waiting_since is None else words.age(now - card.waiting_since)),
            (_("Known since"), words.day(card.created_at, now)),
        ]

    def _hours_of(self, dialog: DialogId) -> str:
        return show(self._hours[1]) if self._hours is not None and self._hours[0] == dialog else ""

    def _people(self, card: DialogCard, members: Sequence[MemberRow]) -> list[tuple[str, str | Text]]:
        """The assignee, the members, and the end of the snooze."""
        until = card.snoozed_until
        return [
            (_("Answers"), card.assignee),
            (_("Members"), ", ".join(f"{one.operator} ({show(duties.ROLES[one.role])})" for one in members)),
            (_("Snoozed until"), "" if until is None else words.moment(until, self._appearance.now())),
        ]


def _chain(card: DialogCard) -> str:
    return " → ".join(show(manifest(kind).title) for kind in card.chain.split(",") if kind)
