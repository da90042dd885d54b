"""Whether operators are there, for commands that show it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from chatapp_cli.commands import printing
from chatapp_cli.commands.errors import note
from chatapp_cli.domain.attendance import in_words
from chatapp_cli.i18n import show
from chatapp_cli.services import attendance

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company
    from chatapp_cli.domain.attendance import Attendance


def roster(company: Company) -> attendance.Roster:
    """Says who is there in a company."""
    return attendance.of_company(company.options, company.settings.folder)


def one(company: Company, name: str) -> Attendance:
    """One operator, by the hours of the company."""
    return company.read(lambda tx: roster(company).one(tx, name))


def words(found: Attendance) -> str:
    """Whether somebody is there, in words."""
    return show(in_words(found, printing.moment))


def note_if_absent(company: Company, names: Collection[str]) -> None:
    """Say on stderr which of these operators are not there."""
    absent = company.read(lambda tx: roster(company).absent(tx, names))
    for name, found in absent.items():
        note("{name} is not there: {state}", name=name, state=words(found))
