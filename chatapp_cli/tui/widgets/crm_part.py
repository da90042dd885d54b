"""A part of the client's card: their deal in each CRM, or why there is none yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.style import Style
from rich.text import Text

from chatapp_cli.domain.crm.link import Card
from chatapp_cli.domain.crm.owner import FROM_CRM
from chatapp_cli.domain.ids import Millis
from chatapp_cli.i18n import _, show
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime.crm_cards import CardsInCrm
from chatapp_cli.services import crm_cards
from chatapp_cli.services import words as states
from chatapp_cli.services.crm_cards import OwnerThere
from chatapp_cli.tui.keys.keymap import key
from chatapp_cli.tui.reading import words
from chatapp_cli.tui.reading.cells import cut, line
from chatapp_cli.tui.themes import PaintStyles

WIDTH = 31


def crm_part(found: Sequence[CardsInCrm] | None, styles: PaintStyles, now: Millis) -> Text:
    """The cards in all CRMs; ``None`` while they are being asked. ``now``: the moment at which they are shown."""
    if found is None:
        return Text.assemble((f"\n{_('CRM')}\n", styles.faint), (f"{_('Asking the CRM…')}\n", styles.muted))
    return Text.assemble(*(piece for one in found for piece in _in_crm(one, styles, now)), *_hint(styles))


def _in_crm(one: CardsInCrm, styles: PaintStyles, now: Millis) -> Iterator[tuple[str, Style]]:
    link = one.dialog.link
    yield f"\n{cut(f'{show(manifest(link.kind).title)} · {line(link.title)}', WIDTH)}\n", styles.faint
    for n, card in enumerate(one.cards):
        yield from _card(card, styles, whole=n == 0)
    if one.dialog.owner is not None:
        yield from _synced(one.dialog.owner, styles, now)
    if not one.cards:
        what, step = crm_cards.why_none(manifest(link.kind), one.dialog)
        yield f"{line(show(what))}\n", styles.warn
        yield (f"→ {line(show(step))}\n" if step else ""), styles.muted


def _card(card: Card, styles: PaintStyles, *, whole: bool) -> Iterator[tuple[str, Style]]:
    """The card that work is done in with all that is known; the others on a line each."""
    named = f"{show(states.CARDS[card.kind])} {card.id}"
    beside = card.stage if whole else card.title
    yield named, styles.accent
    yield (f" · {cut(beside, WIDTH - len(named) - 3)}\n" if beside else "\n"), styles.plain
    if whole:
        yield f"{cut(card.title, WIDTH)}\n", styles.strong
        yield (f"{_('Pipeline')}: {line(card.pipeline)}\n" if card.pipeline else ""), styles.plain
        yield (f"{_('Responsible')}: {line(card.responsible)}\n" if card.responsible else ""), styles.plain
        yield f"{line(card.url)}\n", styles.link


def _synced(owner: OwnerThere, styles: PaintStyles, now: Millis) -> Iterator[tuple[str, Style]]:
    """Who told whom last who is responsible, when, and by which card."""
    way = _("from the dialog to the cards")
    if owner.way == FROM_CRM:
        way = _("from {card}", card=words.card(owner.card) if owner.card else _("a card"))
    who = owner.operator or _("employee {n}", n=owner.employee)
    yield f"{_('Synchronised')}: {words.moment(owner.at, now)}\n", styles.plain
    yield f"{line(way)} · {line(who)}\n", styles.muted


def _hint(styles: PaintStyles) -> Iterator[tuple[str, Style]]:
    yield f"{key('inbox', 'deal')} ", styles.accent
    yield f"{_('ask again')}\n", styles.muted
