"""The letter to the support of amoCRM that has a chat channel registered: no API does that.

Sources: providers' sheet §5.1, addendum C3; amoCRM's page on registering a channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Final

from chatapp_cli.crm.amocrm.access import TOKEN, is_long_lived, of_integration
from chatapp_cli.crm.amocrm.arrange import TITLE
from chatapp_cli.crm.amocrm.linking import CHAT
from chatapp_cli.crm.amocrm.record import integration
from chatapp_cli.domain.crm.letter import LetterFact, SupportLetter
from chatapp_cli.domain.text import T, Text
from chatapp_cli.kit.fetching import LARGEST
from chatapp_cli.ports.bind import Bound

_ICON: Final = "icon.svg"
"""Round, 14 by 14 points, as the support wants it."""


async def of_channel(bound: Bound, public_url: str, email: str) -> SupportLetter:
    """The letter for one link at this address of ours."""
    number = await _integration(bound)
    facts = {
        "account": LetterFact(label=T("Account"), value=bound.account),
        "integration": LetterFact(label=T("ID of the integration"), value=number),
        "widget": LetterFact(label=T("Code of its widget"), value=""),
        "name": LetterFact(label=T("Name of the channel in Latin letters"), value=TITLE),
        "webhook": LetterFact(label=T("Webhook"), value=f"{public_url}/hooks/{bound.hook_key}/{CHAT}/:scope_id"),
        "icon": LetterFact(label=T("Icon"), value=T("in the attached SVG file, round, 14 × 14")),
        "email": LetterFact(label=T("E-mail address for questions and failures"), value=email),
        **_options(),
    }
    return SupportLetter(
        subject=T("Registration of a chat channel for {account}", account=bound.account),
        opening=T("Hello! Please register a chat channel of the chats API for our own account."),
        facts=facts,
        closing=T("We need the channel's ID, its secret key, its code and the ID of its bot. Thank you!"),
        icon=files(__package__).joinpath(_ICON).read_text("utf-8").strip(),
        lacking=tuple(_lacking(number, email)),
    )


async def _integration(bound: Bound) -> str:
    """Its id; empty until amoCRM's button has made one."""
    if is_long_lived(bound):
        return of_integration(bound.secrets[TOKEN])
    made = await integration(bound)
    return made.client_id if made else ""


def _options() -> Mapping[str, LetterFact]:
    """What the desk makes use of; hooks of typing need a request of their own (addendum C3)."""
    yes, no = T("yes"), T("no")
    return {
        "write_first": LetterFact(label=T("Writing first"), value=T("yes, with any text, not only by templates")),
        "time_window": LetterFact(label=T("Time limit for answers"), value=no),
        "statuses": LetterFact(label=T("Delivery statuses"), value=yes),
        "quotes": LetterFact(label=T("Replies with a quote"), value=yes),
        "voice": LetterFact(label=T("Voice messages"), value=yes),
        "files": LetterFact(label=T("Largest file"), value=T("{n} MB", n=LARGEST >> 20)),
        "reactions": LetterFact(label=T("Reactions"), value=yes),
        "typing": LetterFact(label=T("Who is typing"), value=T("yes, and please switch its hooks on as well")),
        "everybody": LetterFact(label=T("For other accounts too"), value=no),
    }


def _lacking(number: str, email: str) -> Iterator[Text]:
    if not number:
        yield T("The integration's ID is not known yet: allow the integration first, or copy it from there.")
    if not email:
        yield T("Write in an e-mail address at which you can be asked.")
    yield T("Write in the code of the integration's widget, or take the line out if none was uploaded.")
