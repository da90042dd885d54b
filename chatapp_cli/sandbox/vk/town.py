"""VK's data: people, conversations, comments and files."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from chatapp_cli.sandbox.stage import Customer, StageFile

Json: TypeAlias = dict[str, Any]

GROUP: Final = 220_000_042
ADMIN: Final = Customer(number=9001, name="Ольга Лескова", username="olga_les")
CHATS: Final = 2_000_000_000
ABOUT_GROUP: Final[Mapping[str, Any]] = {"id": GROUP, "name": "Ёлочный базар", "screen_name": "yolki_bazar"}
OTHER_GROUP: Final[Mapping[str, Any]] = {"id": 7, "name": "Клуб мастеров", "screen_name": "mastera"}


class Refusal(Exception):
    """An error answer."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(slots=True)
class Attachable:
    """An uploaded object, as shown in messages."""

    shown: Json
    file: StageFile


@dataclass(slots=True)
class Town:
    """Everything that survives an outage of the server."""

    people: dict[int, Customer] = field(default_factory=lambda: {ADMIN.number: ADMIN})
    chats: dict[int, str] = field(default_factory=dict)
    """Titles of the group chats that the community administers."""
    talks: dict[int, dict[int, Json]] = field(default_factory=dict)
    """Messages by conversation and number, oldest first."""
    allowed: set[int] = field(default_factory=set)
    comments: dict[int, Json] = field(default_factory=dict)
    reactions: dict[tuple[int, int], int] = field(default_factory=dict)
    """The community's own reactions, by conversation and message."""
    read: dict[int, int] = field(default_factory=dict)
    """The community's read positions, by conversation."""
    seen: dict[int, int] = field(default_factory=dict)
    """The customers' read positions, by conversation."""
    typing: list[int] = field(default_factory=list)
    files: dict[str, StageFile] = field(default_factory=dict)
    """Downloadable files, by the last part of the address."""
    attachable: dict[str, Attachable] = field(default_factory=dict)
    """Uploaded objects, by reference."""
    rights: list[str] = field(default_factory=lambda: ["messages", "manage", "photos", "docs", "wall"])
    by_random_id: dict[tuple[int, str], Json] = field(default_factory=dict)
    by_guid: dict[str, int] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def meet(self, who: Customer) -> int:
        """Add a person; returns their number."""
        self.people[who.number] = who
        return who.number

    def message(self, peer: int, sender: int, content: Mapping[str, Any]) -> Json:
        """Add a message to a conversation."""
        talk = self.talks.setdefault(peer, {})
        number = max(talk, default=0) + 1
        message: Json = {
            "id": 0 if peer > CHATS else next(self.numbers),
            "conversation_message_id": number,
            "date": int(time.time()),
            "from_id": sender,
            "peer_id": peer,
            "out": int(sender == -GROUP),
            "text": "",
            "version": next(self.numbers),
            "attachments": [],
            "fwd_messages": [],
            "important": False,
            "is_hidden": False,
            **content,
        }
        talk[number] = message
        return message

    def unread(self, peer: int) -> Json | None:
        """Mark the community's last message as seen; returns it if it was unseen."""
        ours = [message for message in self.talks.get(peer, {}).values() if message["out"]]
        if not ours or ours[-1]["conversation_message_id"] <= self.seen.get(peer, 0):
            return None
        self.seen[peer] = ours[-1]["conversation_message_id"]
        return ours[-1]

    def find(self, peer: int, number: int) -> Json:
        """A message of a conversation."""
        try:
            return self.talks[peer][number]
        except KeyError:
            raise Refusal(100, "One of the parameters specified was missing or invalid: cmid is invalid") from None

    def comment(self, sender: int, text: str, **about: Any) -> Json:
        """Add a comment to a post."""
        number = max(self.comments, default=600) + 1
        comment: Json = {
            "id": number,
            "from_id": sender,
            "date": int(time.time()),
            "text": text,
            "owner_id": -GROUP,
            "post_owner_id": -GROUP,
            **about,
        }
        self.comments[number] = comment
        return comment

    def keep(self, file: StageFile, base: str) -> str:
        """Store a file; returns its download address."""
        name = f"f{len(self.files) + 1}"
        self.files[name] = file
        return f"{base}/files/{name}"

    def photo(self, url: str) -> Json:
        """A picture in two sizes, the larger at this address."""
        sizes = [
            {"type": "w", "width": 1280, "height": 960, "url": url},
            {"type": "s", "width": 75, "height": 56, "url": f"{url}-small"},
        ]
        return {**self._owned(), "album_id": -3, "has_tags": False, "sizes": sizes}

    def document(self, file: StageFile, url: str) -> Json:
        """A document."""
        stem, _, ending = file.name.rpartition(".")
        about = {"title": file.name, "size": len(file.content), "ext": ending if stem else "bin", "url": url, "type": 1}
        return {**self._owned(), **about}

    def voice(self, url: str, seconds: int) -> Json:
        """A voice message."""
        about = {"duration": seconds, "waveform": [0, 4, 11, 2], "link_mp3": f"{url}-mp3", "link_ogg": url}
        owned = self._owned()
        del owned["date"]
        return {**owned, **about}

    def _owned(self) -> Json:
        number = next(self.numbers) + 456_000_000
        return {"id": number, "owner_id": -GROUP, "access_key": f"k{number:x}", "date": int(time.time())}

    def attach(self, shown: Json, file: StageFile) -> None:
        """Register an upload for use in messages."""
        thing = shown[shown["type"]]
        self.attachable[f"{shown['type']}{thing['owner_id']}_{thing['id']}_{thing['access_key']}"] = Attachable(
            shown, file
        )


def user(who: Customer) -> Json:
    """A customer as a VK user."""
    first, _, last = who.name.partition(" ")
    about = {"id": who.number, "first_name": first, "last_name": last, "is_closed": False, "can_access_closed": True}
    return {**about, "screen_name": who.username or f"id{who.number}"}
