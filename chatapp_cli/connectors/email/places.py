"""How far a mailbox has been read: a place in each of its folders, and what is left of its history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from chatapp_cli.connectors.email.imap import INBOX, Entry
from chatapp_cli.connectors.email.known import Spot
from chatapp_cli.domain.border import AHEAD
from chatapp_cli.domain.ids import Millis

_MOST_MISSED = 500
"""Mails that are asked for again; of more, the latest."""
_NO_NUMBERING = -1
"""A UIDVALIDITY that no server has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a folder has been read."""

    uidvalidity: int
    uid: int
    """The last mail that was read."""
    newest: Millis
    """When the newest mail was received."""
    start: Millis
    """Mails received before are older than the binding."""
    plain_until: Millis = 0
    """See ``Reading``."""

    @classmethod
    def load(cls, cursor: str) -> Self:
        """Read that of the inbox from a cursor.

        One without ``plain_until`` was written by a version with a weaker mail identity.
        """
        said = json.loads(cursor)
        known = {"plain_until": said["newest"], **said}
        return cls(**{name: known[name] for name in cls.__dataclass_fields__})

    def elsewhere(self) -> Place:
        """The same place on another server, with other numbers."""
        return replace(self, uidvalidity=_NO_NUMBERING)

    def after(self, entries: Sequence[Entry], now: Millis) -> Place:
        """The place after these mails; a time in the future is ignored."""
        newest = max([self.newest, *(entry.at for entry in entries if entry.at <= now + AHEAD)])
        return replace(self, uid=max(self.uid, entries[-1].uid), newest=newest)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Mails from before the binding that are still to be fetched."""

    since: Millis
    """Received then or later."""
    until: Millis
    """When the mailbox was bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The cursor of a mailbox. Beside the inbox's own place, folders are known by the names that IMAP gives them."""

    inbox: Place
    folders: Mapping[str, Place] = field(default_factory=dict)
    history: History | None = None
    missed: Sequence[Spot] = ()
    """Mails that the server did not hand out; they are asked for again."""

    @classmethod
    def load(cls, cursor: str) -> Self:
        """Read it from a cursor, also from one of a version that read only the inbox."""
        said = json.loads(cursor)
        history = said.get("history")
        return cls(
            inbox=Place.load(cursor),
            folders={name: Place(**place) for name, place in said.get("folders", {}).items()},
            history=History(**history) if history else None,
            missed=[Spot(*spot) for spot in said.get("missed", ())],
        )

    def dump(self) -> str:
        """Write it as a cursor."""
        said: dict[str, Any] = asdict(self.inbox)
        if self.folders:
            said["folders"] = {name: asdict(place) for name, place in self.folders.items()}
        if self.history:
            said["history"] = asdict(self.history)
        if self.missed:
            said["missed"] = self.missed
        return json.dumps(said, ensure_ascii=False)

    def at(self, folder: str, place: Place) -> Places:
        """The same with another place in a folder."""
        if folder == INBOX:
            return replace(self, inbox=place)
        return replace(self, folders={**self.folders, folder: place})

    def with_missed(self, spots: Sequence[Spot]) -> Places:
        """The same with more mails that were not handed out."""
        return replace(self, missed=[*dict.fromkeys((*self.missed, *spots))][-_MOST_MISSED:])

    def without_missed(self, spot: Spot) -> Places:
        """The same without one that was handed out, or is gone."""
        return replace(self, missed=[one for one in self.missed if one != spot])

    def of(self, folder: str) -> Place | None:
        """The place in a folder, if it was ever read."""
        return self.inbox if folder == INBOX else self.folders.get(folder)

    def elsewhere(self) -> Places:
        """The same places on another server."""
        moved = {name: place.elsewhere() for name, place in self.folders.items()}
        return replace(self, inbox=self.inbox.elsewhere(), folders=moved, missed=())
