"""Who the client is (S-119)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual.widgets import Static

from chatapp_cli.domain.manifest import Receipts
from chatapp_cli.i18n import N_, _, show
from chatapp_cli.kit.manifests import manifest
from chatapp_cli.services import duties
from chatapp_cli.store.rows import DialogCard, MemberRow
from chatapp_cli.tui import words
from chatapp_cli.tui.cells import line
from chatapp_cli.tui.look import Look

RECEIPTS: Mapping[Receipts, str] = {
    "none": N_("not available"),
    "bounce": N_("only what came back; delivered and read are not available"),
    "delivered": N_("delivered; read is not available"),
    "read": N_("delivered and read"),
}
"""How far news of our own messages go."""


class Card(Static):
    """Everything that is known of the client, with the channel's limits below."""

    DEFAULT_CSS = (
        "Card { width: 34; border-left: solid $rule; padding: 0 1; display: none; } Card.-shown { display: block; }"
    )

    def __init__(self, look: Look) -> None:
        super().__init__(markup=False)
        self._look = look
        self._told: tuple[DialogCard, Sequence[str], Sequence[MemberRow]] | None = None

    def tell(self, card: DialogCard, tags: Sequence[str], members: Sequence[MemberRow]) -> None:
        """Show somebody, now or once it is opened."""
        self._told = card, tags, members
        if self.has_class("-shown"):
            self._write(card, tags, members)

    def turn(self) -> None:
        """Open or close it."""
        self.toggle_class("-shown")
        if self._told is not None:
            self.tell(*self._told)

    def _write(self, card: DialogCard, tags: Sequence[str], members: Sequence[MemberRow]) -> None:
        look = self._look.palette
        text = Text().append(line(card.name) + "\n", look.strong)
        for label, value in [*self._facts(card, tags), *self._people(card, members)]:
            if value:
                text.append(f"\n{label}\n", look.faint)
                text.append(line(value) + "\n", look.plain)
        text.append("\n" + _("What this channel cannot do") + "\n", look.faint)
        for limit in manifest(card.kind).limits:
            text.append(f"· {show(limit)}\n", look.muted)
        self.update(text)

    def _facts(self, card: DialogCard, tags: Sequence[str]) -> list[tuple[str, str]]:
        now = self._look.now()
        return [
            (_("ChatID"), card.address),
            (_("Username"), card.username and "@" + card.username.lstrip("@")),
            (_("Phone"), card.phone),
            (_("E-mail"), card.email),
            (_("Line"), card.line),
            (_("Channel"), f"{show(manifest(card.kind).title)} · {card.channel}"),
            (_("Tried in this order"), _chain(card)),
            (_("News of delivery"), _(RECEIPTS[manifest(card.kind).capabilities.receipts])),
            (_("Tags"), " ".join(f"#{tag}" for tag in tags)),
            (_("Waits for an answer"), "" if card.waiting_since is None else words.age(now - card.waiting_since)),
            (_("Known since"), words.day(card.created_at, now)),
        ]

    def _people(self, card: DialogCard, members: Sequence[MemberRow]) -> list[tuple[str, str]]:
        """Who of us answers, who else looks at it, and until when it is put off."""
        until = card.snoozed_until
        return [
            (_("Answers"), card.assignee),
            (_("Members"), ", ".join(f"{one.operator} ({show(duties.ROLES[one.role])})" for one in members)),
            (_("Put off until"), "" if until is None else words.moment(until, self._look.now())),
        ]


def _chain(card: DialogCard) -> str:
    return " → ".join(show(manifest(kind).title) for kind in card.chain.split(",") if kind)
