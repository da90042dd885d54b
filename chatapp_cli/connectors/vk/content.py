"""The content of a message: text for everything readable, files for the rest (S-077)."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Raw, Struct

from chatapp_cli.connectors.vk.names import Book
from chatapp_cli.connectors.vk.wire import Geo, Post
from chatapp_cli.domain import border
from chatapp_cli.domain.arrival import FileKind, IncomingFile
from chatapp_cli.domain.links import Hidden, reveal
from chatapp_cli.kit.lenient import UNREADABLE, read_as
from chatapp_cli.kit.slices import fields
from chatapp_cli.kit.trees import loaded

_SIZES: Final = range(1 << 40)
_LENGTHS: Final = range(1 << 31)
_DEEPEST: Final = 20
"""The deepest nesting of forwarded messages that is shown."""
_OF = r"\[(?:id|club|public|event)\d++\|"
_MENTION = re.compile(rf"{_OF}((?:[^\[\]]|(?!{_OF})\[)++)\]")


class Shown(NamedTuple):
    """An attachment as the desk shows it."""

    text: str = ""
    file: IncomingFile | None = None


class _Picture(Struct, frozen=True):
    url: str = ""
    width: int = 0
    height: int = 0


class _Photo(Struct, frozen=True):
    id: int
    sizes: list[_Picture] = []
    orig_photo: _Picture | None = None


class _Sticker(Struct, frozen=True):
    sticker_id: int = 0
    images: list[_Picture] = []


class _Graffiti(Struct, frozen=True):
    id: int
    url: str


class _Voice(Struct, frozen=True):
    id: int
    link_ogg: str
    duration: int = 0


class _Document(Struct, frozen=True):
    id: int
    title: str = ""
    ext: str = ""
    size: int = 0
    url: str = ""


class _Song(Struct, frozen=True):
    id: int
    artist: str = ""
    title: str = ""
    url: str = ""
    duration: int = 0


class _Owned(Struct, frozen=True):
    """An object that has its own page on VK."""

    id: int
    owner_id: int = 0
    from_id: int = 0
    to_id: int = 0
    post_id: int = 0
    access_key: str = ""
    title: str = ""
    text: str = ""


class _Link(Struct, frozen=True):
    url: str
    title: str = ""


class _Answer(Struct, frozen=True):
    text: str


class _Poll(Struct, frozen=True):
    question: str
    answers: list[_Answer] = []


class _Part(Struct, frozen=True, gc=False):
    """Formatting of a part of a text, in UTF-16 units; the address of a ``url`` is only here."""

    type: str = ""
    offset: int = 0
    length: int = 0
    url: str = ""


class _Formatting(Struct, frozen=True):
    items: list[_Part] = []


def plain(text: str) -> str:
    """A text without VK's mention markup."""
    return _MENTION.sub(r"\1", text)


def words(post: Post, book: Book, depth: int = 0) -> str:
    """All readable text of a message; forwarded text is marked and indented."""
    said = (comment_words(_revealed(post), post.attachments), _say_place(post.geo), *_forwards(post, book, depth))
    return "\n".join(filter(None, said))


def _revealed(post: Post) -> str:
    """A text with its link addresses added; undocumented at VK, so a failure leaves the text as it is."""
    try:
        parts = msgspec.json.decode(post.format_data, type=_Formatting).items
        return reveal(post.text, (Hidden(one.offset, one.length, one.url) for one in parts if one.type == "url"))
    except (*UNREADABLE, IndexError, OverflowError):
        return post.text


def comment_words(text: str, attachments: Sequence[Raw]) -> str:
    """All readable text of a comment."""
    return "\n".join(filter(None, (plain(text), *(shown(raw).text for raw in attachments))))


def _forwards(post: Post, book: Book, depth: int) -> Iterator[str]:
    if post.fwd_messages and depth >= _DEEPEST:
        yield "[…]"
        return
    for forwarded in post.fwd_messages:
        yield f"↪ {book.person(forwarded.from_id).name or forwarded.from_id}"
        yield "\n".join(f"> {line}" for line in words(forwarded, book, depth + 1).splitlines())


def _say_place(geo: Geo | None) -> str:
    if geo is None:
        return ""
    title = geo.place.title if geo.place else ""
    return "\n".join(filter(None, (title, _map(geo))))


def _map(geo: Geo) -> str:
    if geo.coordinates is None:
        return ""
    latitude, longitude = f"{geo.coordinates.latitude:.6f}", f"{geo.coordinates.longitude:.6f}"
    return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{latitude}/{longitude}"


def files(post: Post, limit: int, depth: int = 0) -> tuple[IncomingFile, ...]:
    """The files of a message and of what it forwards; above ``limit`` bytes they are not downloaded."""
    own = attached_files(post.attachments, limit)
    further = post.fwd_messages if depth < _DEEPEST else ()
    return (*own, *(file for forwarded in further for file in files(forwarded, limit, depth + 1)))


def attached_files(attachments: Sequence[Raw], limit: int) -> tuple[IncomingFile, ...]:
    """The files among attachments."""
    found = (shown(raw).file for raw in attachments)
    return tuple(_measured(file, limit) for file in found if file is not None)


def _measured(file: IncomingFile, limit: int) -> IncomingFile:
    """A file with implausible sizes and durations removed; above ``limit`` bytes it is not downloaded."""
    size = file.size if file.size in _SIZES else border.NOTHING
    seconds = file.seconds if file.seconds in _LENGTHS else border.NOTHING
    return replace(file, size=size, seconds=seconds, problem="file_too_big" if file.size > limit else "")


def shown(raw: bytes) -> Shown:
    """Show one attachment; an unknown one is named in brackets, so that it is not overlooked."""
    kind = "?"
    try:
        parts = fields(bytes(raw))
        kind = str(loaded(parts["type"]))
        model, show = _KINDS[kind]
        return show(read_as(parts[kind], model))
    except (*UNREADABLE, KeyError):
        return Shown(text=f"[{kind}]")


def _largest(pictures: Sequence[_Picture]) -> _Picture:
    """The largest size: their order is undocumented, and old photos have no dimensions: then the last."""
    return max(reversed(pictures), key=lambda picture: picture.width * picture.height, default=_Picture())


def _picture(kind: FileKind, name: str, url: str, mime: str) -> Shown:
    if not url:
        return Shown(text=f"[{kind}]")
    return _file(kind, name, mime, url)


def _file(kind: FileKind, name: str, mime: str, url: str, *, size: int = 0, seconds: int = 0) -> Shown:
    return Shown(
        file=IncomingFile(
            kind=kind,
            name=border.file_name(name),
            mime=border.name(mime),
            remote=border.text(url),
            size=border.count(size),
            seconds=border.count(seconds),
        )
    )


def _show_photo(photo: _Photo) -> Shown:
    best = _largest([*photo.sizes, *filter(None, (photo.orig_photo,))])
    return _picture("photo", f"photo_{photo.id}.jpg", best.url, "image/jpeg")


def _show_sticker(sticker: _Sticker) -> Shown:
    return _picture("sticker", f"sticker_{sticker.sticker_id}.png", _largest(sticker.images).url, "image/png")


def _show_graffiti(drawing: _Graffiti) -> Shown:
    return _picture("photo", f"graffiti_{drawing.id}.png", drawing.url, "image/png")


def _show_voice(voice: _Voice) -> Shown:
    return _file("voice", f"voice_{voice.id}.ogg", "audio/ogg", voice.link_ogg, seconds=voice.duration)


def _show_document(doc: _Document) -> Shown:
    name = doc.title or f"document_{doc.id}"
    if doc.ext and not name.lower().endswith(f".{doc.ext.lower()}"):
        name = f"{name}.{doc.ext}"
    mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind: FileKind = "audio" if mime.startswith("audio/") else "document"
    return _file(kind, name, mime, doc.url, size=doc.size)


def _show_song(song: _Song) -> Shown:
    """Show a song: VK gives applications its name, and its content only sometimes."""
    name = f"{song.artist} – {song.title}"
    if not song.url:
        return Shown(text=f"🎵 {name}")
    return _file("audio", f"{name}.mp3", "audio/mpeg", song.url, seconds=song.duration)


def _page(prefix: str, mark: str = "") -> Callable[[_Owned], Shown]:
    def show(owned: _Owned) -> Shown:
        owner = owned.owner_id or owned.to_id or owned.from_id
        key = f"_{owned.access_key}" if owned.access_key and prefix == "video" else ""
        link = f"https://vk.com/{prefix}{owner}_{owned.id}{key}"
        return Shown(text="\n".join(filter(None, (f"{mark} {owned.title}".strip(), link, plain(owned.text)))))

    return show


def _show_wall_reply(reply: _Owned) -> Shown:
    link = f"https://vk.com/wall{reply.owner_id}_{reply.post_id}?reply={reply.id}"
    return Shown(text="\n".join(filter(None, (link, plain(reply.text)))))


def _show_link(link: _Link) -> Shown:
    return Shown(text=" ".join(filter(None, (link.title, link.url))))


def _show_poll(poll: _Poll) -> Shown:
    return Shown(text="\n".join((f"📊 {poll.question}", *(f"• {answer.text}" for answer in poll.answers))))


_Kind: TypeAlias = tuple[type[Any], Callable[[Any], Shown]]
_KINDS: Final[Mapping[str, _Kind]] = {
    "photo": (_Photo, _show_photo),
    "sticker": (_Sticker, _show_sticker),
    "graffiti": (_Graffiti, _show_graffiti),
    "audio_message": (_Voice, _show_voice),
    "doc": (_Document, _show_document),
    "audio": (_Song, _show_song),
    "video": (_Owned, _page("video", "🎬")),
    "wall": (_Owned, _page("wall")),
    "wall_reply": (_Owned, _show_wall_reply),
    "market": (_Owned, _page("product", "🛒")),
    "story": (_Owned, _page("story")),
    "link": (_Link, _show_link),
    "poll": (_Poll, _show_poll),
}
