"""How a person names a link to a CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chatapp_cli.commands.base import completing
from chatapp_cli.i18n import N_
from chatapp_cli.services import links

if TYPE_CHECKING:
    from chatapp_cli.bootstrap import Company


def _link_names(company: Company) -> list[str]:
    return [row.account for row in company.read(links.everything)]


Link = Annotated[
    str,
    typer.Option(
        "--link", help=N_("CRM by address or number; not needed with only one"), autocompletion=completing(_link_names)
    ),
]
OneLink = Annotated[
    str,
    typer.Argument(
        metavar="LINK",
        help=N_("CRM by address or number; not needed with only one"),
        autocompletion=completing(_link_names),
    ),
]
