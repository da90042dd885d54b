"""Uploads, stored files and downloads."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from telethon.tl import types
from telethon.tl.tlobject import TLObject

from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.telegram.tl import Refusal

DC: Final = 2
"""The one data centre."""
PHOTO_SIZE: Final = "x"


class Tomorrow(TLObject):  # type: ignore[misc]
    """Media of a future layer: no client knows its constructor number."""

    CONSTRUCTOR_ID = 0x70_00_22_29

    def __init__(self, content: bytes = b"") -> None:
        self._content = content

    def to_dict(self) -> dict[str, Any]:
        """The form in which Telethon prints it."""
        return {"_": "Tomorrow"}

    def _bytes(self) -> bytes:
        return self.CONSTRUCTOR_ID.to_bytes(4, "little") + bytes(TLObject.serialize_bytes(self._content))


@dataclass(slots=True)
class Shelf:
    """All files, and parts of running uploads."""

    media: dict[int, Media] = field(default_factory=dict)
    references: int = 1
    """The valid generation of file references."""
    _parts: dict[tuple[int, int], dict[int, bytes]] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(70_001))

    def put_part(self, owner: int, file_id: int, part: int, content: bytes) -> None:
        """Take a part of an upload."""
        self._parts.setdefault((owner, file_id), {})[part] = content

    def assemble(self, owner: int, file: Any) -> bytes:
        """The complete upload, removed from the parts. Raises Refusal for missing or corrupt parts."""
        parts = self._parts.get((owner, file.id), {})
        missing = next((number for number in range(file.parts) if number not in parts), None)
        if missing is not None:
            raise Refusal(f"FILE_PART_{missing}_MISSING")
        content = b"".join(parts[number] for number in range(file.parts))
        checksum = getattr(file, "md5_checksum", "")
        if checksum and checksum != hashlib.md5(content).hexdigest():
            raise Refusal("MD5_CHECKSUM_INVALID")
        del self._parts[owner, file.id]
        return content

    def keep(self, file: StageFile, attributes: Sequence[Any] | None = None, *, photo: bool = False) -> Media:
        """Store a file; without ``attributes`` it gets an app's defaults."""
        number = next(self._ids)
        if attributes is None:
            attributes = _attributes(file)
        self.media[number] = Media(number, file, attributes, photo, self)
        return self.media[number]

    def find(self, place: Any) -> Media:
        """The file of a download or message. Raises Refusal if access is denied."""
        found = self.media.get(place.id)
        if found is None or found.access_hash != place.access_hash:
            raise Refusal("FILE_ID_INVALID")
        if place.file_reference != found.reference:
            raise Refusal("FILE_REFERENCE_EXPIRED")
        return found


@dataclass(eq=False, slots=True)
class Media:
    """A photo or document."""

    id: int
    file: StageFile
    attributes: Sequence[Any]
    photo: bool
    shelf: Shelf = field(repr=False)
    at: int = field(default_factory=lambda: int(time.time()))

    @property
    def access_hash(self) -> int:
        """The access hash of the id."""
        return self.id * 7919

    @property
    def reference(self) -> bytes:
        """The file reference."""
        return f"{self.id}/{self.shelf.references}".encode()

    def shown(self) -> Any:
        """The file inside a message."""
        head = {"id": self.id, "access_hash": self.access_hash, "file_reference": self.reference, "date": self.at}
        if self.photo:
            size = types.PhotoSize(type=PHOTO_SIZE, w=640, h=480, size=len(self.file.content))
            return types.MessageMediaPhoto(photo=types.Photo(sizes=[size], dc_id=DC, **head))
        document = types.Document(
            mime_type=self.file.mime,
            size=len(self.file.content),
            dc_id=DC,
            attributes=list(self.attributes),
            **head,
        )
        return types.MessageMediaDocument(document=document, voice=self._is(types.DocumentAttributeAudio, "voice"))

    def _is(self, kind: Any, flag: str) -> bool:
        return any(isinstance(one, kind) and getattr(one, flag) for one in self.attributes)


_LIKE: Final[Mapping[str, Any]] = {
    "audio/ogg": types.DocumentAttributeAudio(duration=3, voice=True, waveform=b"\x00\x08\x10"),
    "audio/mpeg": types.DocumentAttributeAudio(duration=180, title="—", performer="—"),
    "video/mp4": types.DocumentAttributeVideo(duration=5, w=640, h=480, supports_streaming=True),
}


def _attributes(file: StageFile) -> Sequence[Any]:
    """The attributes of a file; voice messages have no name."""
    like = _LIKE.get(file.mime)
    name = [] if file.mime == "audio/ogg" else [types.DocumentAttributeFilename(file.name)]
    return ([like] if like else []) + name


def name_of(attributes: Sequence[Any]) -> str:
    """The file name that goes with a document, if any."""
    return next((one.file_name for one in attributes if isinstance(one, types.DocumentAttributeFilename)), "")
