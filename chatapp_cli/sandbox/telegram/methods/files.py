"""Uploads, downloads, and messages with media."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from telethon.tl import functions, types

from chatapp_cli.sandbox.stage import StageFile
from chatapp_cli.sandbox.telegram import writing
from chatapp_cli.sandbox.telegram.files import Media, name_of
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.methods.messages import check_fresh, composed, sent
from chatapp_cli.sandbox.telegram.tl import Refusal

_PART: Final = 4096
"""Downloads begin and end at multiples of this."""
_MOST: Final = 1 << 20
_MAX_PART: Final = 512 * 1024
_ALBUM: Final = 10
_VENUE: Final = ("title", "address", "provider", "venue_id", "venue_type")
_CARD: Final = ("phone_number", "first_name", "last_name", "vcard")


def save_part(call: Call, request: Any) -> bool:
    """Store a part of an upload."""
    if not request.bytes or len(request.bytes) > _MAX_PART:
        raise Refusal("FILE_PART_SIZE_INVALID" if request.bytes else "FILE_PART_EMPTY")
    call.cloud.shelf.put_part(call.device.key.key_id, request.file_id, request.file_part, request.bytes)
    return True


def get_file(call: Call, request: Any) -> Any:
    """Return a part of a file."""
    if request.offset % _PART:
        raise Refusal("OFFSET_INVALID")
    if request.limit % _PART or not 0 < request.limit <= _MOST:
        raise Refusal("LIMIT_INVALID")
    if not isinstance(request.location, types.InputDocumentFileLocation | types.InputPhotoFileLocation):
        raise Refusal("LOCATION_INVALID")
    content = call.cloud.shelf.find(request.location).file.content
    part = content[request.offset : request.offset + request.limit]
    return types.upload.File(type=types.storage.FileUnknown(), mtime=int(time.time()), bytes=part)


def _media(call: Call, given: Any) -> Any:
    """The media of a new message. Raises Refusal if unsupported."""
    match given:
        case types.InputMediaUploadedPhoto():
            name = given.file.name or "photo.jpg"
            file = StageFile(name=name, mime="image/jpeg", content=_content(call, given.file))
            return call.cloud.shelf.keep(file, (), photo=True)
        case types.InputMediaUploadedDocument():
            name = name_of(given.attributes) or given.file.name
            file = StageFile(name=name, mime=given.mime_type, content=_content(call, given.file))
            return call.cloud.shelf.keep(file, given.attributes)
        case types.InputMediaPhoto() | types.InputMediaDocument():
            return call.cloud.shelf.find(given.id)
        case _:
            return _small(call, given)


def _small(call: Call, given: Any) -> Any:
    """Locations and contacts, which are not files."""
    match given:
        case types.InputMediaGeoPoint():
            return types.MessageMediaGeo(geo=_point(given.geo_point))
        case types.InputMediaVenue():
            words = ("title", "address", "provider", "venue_id", "venue_type")
            return types.MessageMediaVenue(
                geo=_point(given.geo_point), **{word: getattr(given, word) for word in words}
            )
        case types.InputMediaContact():
            owner = call.cloud.by_phone(given.phone_number)
            return types.MessageMediaContact(user_id=owner.id if owner else 0, **_taken(given, _CARD))
        case _:
            raise Refusal("MEDIA_INVALID")


def _taken(given: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(given, name) for name in names}


def _point(given: Any) -> Any:
    return types.GeoPoint(long=given.long, lat=given.lat, access_hash=0)


def _content(call: Call, file: Any) -> bytes:
    return call.cloud.shelf.assemble(call.device.key.key_id, file)


def send_media(call: Call, request: Any) -> Any:
    """Send a message with media."""
    check_fresh(call, request.random_id)
    letter = composed(
        call, request, text=request.message, entities=request.entities or (), media=_media(call, request.media)
    )
    return sent(call, request.random_id, letter)


def upload_media(call: Call, request: Any) -> Any:
    """Convert an upload to a file for an album."""
    media = _media(call, request.media)
    return media.shown() if isinstance(media, Media) else media


def send_album(call: Call, request: Any) -> Any:
    """Send several messages that are shown as one."""
    if not 1 <= len(request.multi_media) <= _ALBUM:
        raise Refusal("MULTI_MEDIA_TOO_LONG")
    for item in request.multi_media:
        check_fresh(call, item.random_id)
    numbers = [_send_item(call, request, item) for item in request.multi_media]
    return call.updates(*numbers)


def _send_item(call: Call, request: Any, item: Any) -> Any:
    album = request.multi_media[0].random_id
    letter = composed(
        call, request, text=item.message, entities=item.entities or (), media=_media(call, item.media), album=album
    )
    writing.write(call.actor, letter)
    call.cloud.sent.add((call.me.id, item.random_id))
    return types.UpdateMessageID(id=letter.id_for(call.me), random_id=item.random_id)


HANDLERS: Mapping[type, Handler] = {
    functions.upload.SaveFilePartRequest: save_part,
    functions.upload.SaveBigFilePartRequest: save_part,
    functions.upload.GetFileRequest: get_file,
    functions.messages.SendMediaRequest: send_media,
    functions.messages.UploadMediaRequest: upload_media,
    functions.messages.SendMultiMediaRequest: send_album,
}
