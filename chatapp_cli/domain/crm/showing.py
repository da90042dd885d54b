"""What of our messages a CRM is shown, and the words that stand in for what it has no field for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from chatapp_cli.domain.crm.entry import LedgerEntry, SharedFile
from chatapp_cli.domain.message import Origin

SHOWN_BY: Final[Mapping[Origin, str]] = {
    Origin.PHONE: "show_phone",
    Origin.OPERATOR: "show_desk",
    Origin.AUTOREPLY: "show_robots",
    Origin.ROBOT: "show_robots",
    Origin.RULE: "show_robots",
    Origin.CAMPAIGN: "show_campaigns",
    Origin.API: "show_api",
}
"""The option that decides whether messages of an origin are shown (S-159, S-163); clients' always are.

What the CRM sent as an SMS stands in its card already: it is shown as a robot's message is (S-158).
"""
ON: Final = "on"
_QUOTE: Final = 60
"""Letters of a quote."""


def is_shown(entry: LedgerEntry) -> bool:
    """Whether the pairing's options let an entry into the CRM."""
    options = entry.pairing.options
    if entry.chat.kind == "group" and options.get("groups", ON) != ON:
        return False
    by = SHOWN_BY[Origin.ROBOT] if entry.texted else SHOWN_BY.get(entry.origin, "")
    return options.get(by, ON) == ON


def words(entry: LedgerEntry, left_out: Sequence[SharedFile], shielded: Callable[[str], str] = str) -> str:
    """Who wrote, where it is not seen; what it answers; what was said; the names of files that cannot be given.

    ``shielded`` keeps the CRM from obeying marks in a text.
    """
    said = shielded(entry.text)
    who = shielded(author(entry))
    if who and (said or not entry.files):
        said = f"{who}: {said}"
    elif who:
        said = f"{who}:"
    gone = "\n".join(f"[{file.name}]" for file in left_out)
    return "\n".join(filter(None, (shielded(quote(entry.quoted)), said, gone)))


def author(entry: LedgerEntry) -> str:
    """The member of a group, or an operator of ours who is nobody in the CRM."""
    if entry.ours:
        return "" if entry.employee else entry.author
    if entry.chat.kind != "group" or not entry.author:
        return ""
    phone = entry.author_phone if entry.pairing.options.get("group_phones") == ON else ""
    return f"{entry.author} ({phone})" if phone else entry.author


def quote(said: str) -> str:
    """The first words of what a message answers, where the CRM has no field for that (addendum B4)."""
    line = " ".join(said.split())
    return f"«{line if len(line) <= _QUOTE else line[: _QUOTE - 1] + '…'}»" if line else ""


def complaint(entry: LedgerEntry) -> str:
    """What is told about a failed message: to whom, why, and its first words."""
    return "\n".join(filter(None, (entry.chat.name or entry.person.name, entry.reason, entry.text)))


def ours_at(public_url: str) -> Callable[[str], bool]:
    """Whether an address is below ours: no other is ever given to a CRM, such as one inside our network."""
    return lambda url: url.startswith(f"{public_url}/")
