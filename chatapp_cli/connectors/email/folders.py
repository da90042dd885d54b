"""The folders of a mailbox: their names as IMAP writes them and as people see them, and which of them are read."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_MOST = 20
"""Folders read beside the inbox, at most: each is asked about once a minute."""
_SENT_NAMES = ("sent", "sent items", "отправленные", "sent messages", "sent mail")
"""Names of the folder of sent mail, for servers that mark none; of several folders the first name counts.

*Sent* and *Sent Messages* stand in the example configuration of Dovecot (15-mailboxes.conf), the latter for Apple
Mail. *Sent Items* is the name in Exchange and Outlook, *Отправленные* in Yandex, Mail.ru and Russian Outlook, *Sent
Mail* in Gmail: seen there, but not documented. *Исходящие* is not among them: it is the outbox.
"""
_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?P<delimiter>\\?.)"|NIL) (?P<name>.+)$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of the mailbox."""

    name: str
    """As IMAP writes it."""
    shown: str
    """As people see it, with ``/`` between a folder and those inside it."""
    sent: bool = False
    """Whether the server marks it as that of sent mail (RFC 6154)."""


def listed(lines: Sequence[bytes]) -> Sequence[Folder]:
    """The folders in the answer to LIST, without those that hold only other folders."""
    found = (match for line in lines if (match := _LISTED.match(bytes(line))))
    return [_folder(match) for match in found if not re.search(rb"(?i)\\(noselect|nonexistent)", match["flags"])]


def _folder(found: re.Match[bytes]) -> Folder:
    name = _unquoted(found["name"].decode("utf-8", "replace"))
    delimiter = (found["delimiter"] or b"").decode("utf-8", "replace")[-1:]
    shown = "/".join(map(from_modified_utf7, name.split(delimiter) if delimiter else [name]))
    return Folder(name=name, shown=shown, sent=b"\\sent" in found["flags"].lower())


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name.startswith('"') else name


def sent_folder(folders: Sequence[Folder]) -> Folder | None:
    """The folder of sent mail: marked as such, or named as usual; never the inbox, whatever the server marks."""
    others = [folder for folder in folders if not is_inbox(folder)]
    marked = (folder for folder in others if folder.sent)
    usual = (folder for name in _SENT_NAMES for folder in others if folder.shown.rpartition("/")[2].lower() == name)
    return next(marked, None) or next(usual, None)


def is_inbox(folder: Folder) -> bool:
    """Whether it is the inbox, in whatever case (RFC 9051 §5.1)."""
    return folder.name.upper() == "INBOX"


def chosen(folders: Sequence[Folder], names: Sequence[str]) -> Sequence[Folder]:
    """The folders of these names beside the inbox; names that the mailbox does not have are left out."""
    found = (_named(folders, name) for name in names)
    return list(dict.fromkeys(folder for folder in found if folder and not is_inbox(folder)))[:_MOST]


def beside_inbox(folders: Sequence[Folder], names: Sequence[str]) -> Sequence[Folder]:
    """The folders read beside the inbox: that of sent mail first and marked so, then the chosen ones."""
    sent = sent_folder(folders)
    others = [replace(folder, sent=False) for folder in chosen(folders, names) if folder != sent]
    return ([replace(sent, sent=True)] if sent else []) + others


def missing(folders: Sequence[Folder], names: Sequence[str]) -> Sequence[str]:
    """The names that the mailbox does not have."""
    return [name for name in names if _named(folders, name) is None]


def _named(folders: Sequence[Folder], name: str) -> Folder | None:
    """A folder by its name; a part of the inbox also without the inbox's name, as most mail programs show it."""
    wanted = name.casefold()
    either = (folder for folder in folders if wanted in {folder.shown.casefold(), folder.name.casefold()})
    inside = (folder for folder in folders if folder.shown.casefold() == f"inbox/{wanted}")
    exact = (folder for folder in folders if name in {folder.shown, folder.name})
    return next(exact, None) or next(either, None) or next(inside, None)


def names_of(option: str) -> Sequence[str]:
    """The names in a list with commas, without repetitions."""
    return list(dict.fromkeys(filter(None, map(str.strip, option.split(",")))))


def from_modified_utf7(name: str) -> str:
    """A folder's name as people see it (RFC 3501 §5.1.3); what is not encoded as IMAP demands stays as it is."""
    return re.sub(r"&([A-Za-z0-9+,]*)-", lambda found: _unshifted(found[1]) if found[1] else "&", name)


def _unshifted(letters: str) -> str:
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), b"+,").decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return f"&{letters}-"
