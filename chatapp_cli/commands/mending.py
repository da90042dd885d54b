"""Settings of places in a CRM that make trouble: shown, and changed only if a person says so, for ``chatapp crm``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from chatapp_cli.bootstrap import Company
from chatapp_cli.commands.asking import TerminalAsker
from chatapp_cli.commands.errors import note, say
from chatapp_cli.domain.crm.link import Place
from chatapp_cli.domain.text import T
from chatapp_cli.i18n import _
from chatapp_cli.kit.crms import manifest
from chatapp_cli.runtime import linking
from chatapp_cli.services import words
from chatapp_cli.store.rows.crm import LinkRow


def say_warnings(row: LinkRow, places: Sequence[Place]) -> None:
    """Say which settings of places make trouble, and what to do."""
    for place in places:
        for code in place.warnings:
            what, step = words.why_there(manifest(row.kind), row.id, code)
            say(T("{place}: {what}", place=place.name, what=what), step)


def say_how(row: LinkRow, places: Sequence[Place]) -> None:
    """Say which command ends the troubles of places that can be mended."""
    for place in places:
        if place.mends:
            note("Have this set: chatapp crm places {link} --mend {place}", link=row.id, place=place.id)


def offer(company: Company, row: LinkRow, place: Place, *, wanted: bool) -> None:
    """Say what a place makes of new clients and its troubles, and end them if that was wanted or is at the terminal."""
    if (cards := words.cards_made(place)) is not None:
        say(T("{place}: new clients become {cards}.", place=place.name, cards=cards))
    say_warnings(row, [place])
    if place.mends and (wanted or _is_said_yes(place)):
        _mend(company, row, place)
    else:
        say_how(row, [place])


def mend(company: Company, named: str, link: LinkRow) -> None:
    """End the troubles of the place with a number or name. Raises NotFound for an unknown one."""
    place = asyncio.run(linking.place_of(company, link, named))
    say_warnings(link, [place])
    if place.mends:
        _mend(company, link, place)
    else:
        note("{place}: there is nothing that can be set from here.", place=place.name)


def _mend(company: Company, row: LinkRow, place: Place) -> None:
    for said in asyncio.run(linking.mend(company, row, place)):
        say(said)


def _is_said_yes(place: Place) -> bool:
    """Ask at a terminal; elsewhere nobody says yes."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    settings = ", ".join(place.mends.values())
    return TerminalAsker({}).agrees(_("Set {settings} in {place}?", settings=settings, place=place.name))
