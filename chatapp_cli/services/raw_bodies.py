"""Store large data as files before a transaction begins: contents, raw arrivals, very long texts."""

from __future__ import annotations

from dataclasses import replace

from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import Arrival, Batch, IncomingFile, MessageArrived
from chatapp_cli.store.media import Media

LARGE = 65_536
"""Bytes from which a raw arrival is stored as a file instead of in a row."""
LONGEST_TEXT = 65_536
"""Characters shown to a person; a longer text is also attached as a file."""


def has_large(batch: Batch) -> bool:
    """Whether anything in a batch must be stored as a file."""
    return any(len(a.raw) > LARGE or any(_is_large(e) for e in a.events) for a in batch.arrivals)


def store_large(media: Media, batch: Batch) -> Batch:
    """Store the large data of a batch as files; existing content takes no further space."""
    return replace(batch, arrivals=tuple(_shelved(media, arrival) for arrival in batch.arrivals))


def _is_large(event: object) -> bool:
    if not isinstance(event, MessageArrived):
        return False
    return len(_longest(event)) > LONGEST_TEXT or any(file.content is not None for file in event.files)


def _longest(event: MessageArrived) -> str:
    """The whole text, also if the message shows less of it."""
    return event.text if event.mail is None else event.mail.whole or event.text


def _shelved(media: Media, arrival: Arrival) -> Arrival:
    events = tuple(_with_files_kept(media, e) if isinstance(e, MessageArrived) else e for e in arrival.events)
    if len(arrival.raw) <= LARGE:
        return replace(arrival, events=events)
    return replace(arrival, events=events, raw=b"", raw_sha256=media.put(arrival.raw))


def _with_files_kept(media: Media, event: MessageArrived) -> MessageArrived:
    longest = _longest(event)
    files = [*event.files, _whole(longest)] if len(longest) > LONGEST_TEXT else event.files
    mail = event.mail and replace(event.mail, whole=border.text(event.mail.whole[:LONGEST_TEXT]))
    text = border.text(event.text[:LONGEST_TEXT])
    return replace(event, text=text, mail=mail, files=tuple(_kept(media, file) for file in files))


def _whole(text: str) -> IncomingFile:
    name, mime = border.file_name("message.txt"), border.name("text/plain")
    return IncomingFile(kind="document", name=name, mime=mime, content=text.encode())


def _kept(media: Media, file: IncomingFile) -> IncomingFile:
    if file.content is None:
        return file
    return replace(file, content=None, size=border.count(len(file.content)), sha256=media.put(file.content))
