"""Meta's data: our number, clients and their messages, files, templates and groups."""

from __future__ import annotations

import hashlib
import itertools
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from chatapp_cli.sandbox.stage import Customer, Heard, StageFile

Json: TypeAlias = dict[str, Any]

NUMBER: Final = "106540000000042"
WABA: Final = "419560000000042"
PHONE: Final = "+7 495 000-00-42"
NAME: Final = "Ёлочный базар"

_GAP: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_WINDOW: Final = 24 * 3600
_MEGABYTE: Final = 1024 * 1024
_LIMITS: Final = {"image": 5 * _MEGABYTE, "audio": 16 * _MEGABYTE, "video": 16 * _MEGABYTE}
_LARGEST: Final = 100 * _MEGABYTE
_TYPES: Final = re.compile(
    r"audio/(aac|amr|mpeg|mp4|ogg)|image/(jpeg|png|webp)|video/(mp4|3gpp)|text/plain|application/.+"
)
_MAX_TEXT: Final = 4096


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, code: int, message: str, **beside: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.beside = beside


def gone(what: str) -> Refusal:
    """The error for an unknown or inaccessible object."""
    words = f"Unsupported request. Object with ID '{what}' does not exist or cannot be loaded"
    return Refusal(400, 100, words, error_subcode=33)


@dataclass(slots=True)
class Client:
    """A person with WhatsApp."""

    who: Customer
    wa_id: str
    user_id: str
    hidden: bool = False
    """Whether a username hides the phone."""
    anonymous: bool = False
    """Whether Meta withholds the business-scoped id."""
    wrote_at: float = 0.0
    got: list[Json] = field(default_factory=list)

    @property
    def contact(self) -> Json:
        """The contact in webhooks."""
        named = {"name": self.who.name, **({"username": self.who.username} if self.hidden else {})}
        return {"profile": named, **self.ids("wa_id", "user_id")}

    def ids(self, phone: str, user: str) -> Json:
        """Phone and id under these names, as far as visible."""
        told = {} if self.hidden else {phone: self.wa_id}
        return told | ({} if self.anonymous else {user: self.user_id})

    @property
    def open(self) -> bool:
        """Whether they wrote within 24 hours."""
        return time.time() - self.wrote_at < _WINDOW


@dataclass(slots=True)
class Group:
    """One of our groups."""

    id: str
    subject: str
    members: set[str] = field(default_factory=set)
    got: list[Json] = field(default_factory=list)


class Meta:
    """Everything that survives an outage."""

    def __init__(self) -> None:
        self.clients: dict[int, Client] = {}
        self.files: dict[str, StageFile] = {}
        self.templates: list[Json] = []
        self.groups: dict[str, Group] = {}
        self.eligible = True
        """Whether the number may have groups."""
        self.slow = False
        """Whether new groups are not listed yet."""
        self.number: Json = {"quality_rating": "GREEN", "status": "CONNECTED"}
        self.apps: list[Json] = []
        self.read: list[str] = []
        """Clients' messages that we marked as read."""
        self.typing: list[str] = []
        """Clients' messages for which we showed typing."""
        self._ids = itertools.count(1)

    def next_id(self, prefix: str = "wamid.") -> str:
        """A fresh id."""
        return f"{prefix}{next(self._ids):06d}"

    def client(self, who: Customer) -> Client:
        """A customer as a WhatsApp client."""
        wa_id = who.phone.lstrip("+") or f"7900{who.number:07d}"
        return self.clients.setdefault(who.number, Client(who, wa_id, f"RU.{10**15 + who.number}"))

    def find(self, message: Mapping[str, Any]) -> Client:
        """The recipient of a message."""
        wanted = message.get("to") or message.get("recipient")
        found = next((one for one in self.clients.values() if wanted in {one.wa_id, one.user_id}), None)
        if found is None:
            raise Refusal(400, 131026, "Message undeliverable")
        return found

    def keep(self, file: StageFile) -> str:
        """Store a file; returns its id."""
        media = str(4_490_000_000_000_000 + next(self._ids))
        self.files[media] = file
        return media

    def upload(self, file: StageFile, mime: str) -> str:
        """Accept an uploaded file, if it may be sent."""
        if not _TYPES.fullmatch(mime):
            raise Refusal(400, 100, "Param file must be a file with one of the following types: application/pdf, …")
        if len(file.content) > _LARGEST:
            raise Refusal(400, 131053, "Media upload error")
        return self.keep(StageFile(name=file.name, mime=mime, content=file.content))

    def place(self, media: str, url: str) -> Json:
        """The metadata of a file."""
        if media not in self.files:
            raise gone(media)
        file = self.files[media]
        digest = hashlib.sha256(file.content).hexdigest()
        about = {"messaging_product": "whatsapp", "mime_type": file.mime, "sha256": digest, "id": media}
        return {**about, "file_size": str(len(file.content)), "url": url}

    def media(self, file: StageFile, kind: str) -> Json:
        """A file as the content of a client's message."""
        digest = hashlib.sha256(file.content).hexdigest()
        named = {"filename": file.name} if kind == "document" else {}
        voiced = {"voice": file.mime == "audio/ogg"} if kind == "audio" else {}
        moving = {"animated": False} if kind == "sticker" else {}
        return {"mime_type": file.mime, "sha256": digest, "id": self.keep(file), **named, **voiced, **moving}

    def require_sendable(self, message: Mapping[str, Any]) -> None:
        """Raise Refusal for an invalid message."""
        kind = message["type"]
        content = message[kind]
        if kind == "text" and len(content["body"]) > _MAX_TEXT:
            raise Refusal(400, 100, "Param text['body'] must be at most 4096 characters long.")
        if kind == "template":
            self.rendered(content)
        if kind == "interactive":
            require_interactive(content)
        if "id" in content:
            file = self.files.get(content["id"])
            if file is None or len(file.content) > _LIMITS.get(kind, _LARGEST):
                raise Refusal(400, 131053, "Media upload error")

    def rendered(self, template: Mapping[str, Any]) -> str:
        """A template's text for the client."""
        wanted = (template["name"], template["language"]["code"], "APPROVED")
        found = next((t for t in self.templates if (t["name"], t["language"], t["status"]) == wanted), None)
        if found is None:
            raise Refusal(404, 132001, "Template name does not exist in the translation")
        body: str = next(part["text"] for part in found["components"] if part["type"] == "BODY")
        return _filled(body, [p for part in template.get("components", ()) for p in part["parameters"]])

    def heard(self, got: Sequence[Mapping[str, Any]]) -> Sequence[Heard]:
        """Messages as seen by their recipient."""
        return [self._heard(message) for message in got if message["type"] != "reaction"]

    def _heard(self, message: Mapping[str, Any]) -> Heard:
        content = message[message["type"]]
        if message["type"] == "interactive":
            return Heard(text=content["body"]["text"], buttons=[one["title"] for one in keys(content)])
        text = (
            self.rendered(content) if message["type"] == "template" else content.get("body", content.get("caption", ""))
        )
        files = [self._named(content)] if "id" in content else []
        return Heard(text=text, files=files, reply_to=message.get("context", {}).get("message_id", ""))

    def _named(self, content: Mapping[str, Any]) -> StageFile:
        file = self.files[content["id"]]
        return StageFile(name=content.get("filename", file.name), mime=file.mime, content=file.content)


def keys(content: Mapping[str, Any]) -> list[Json]:
    """The buttons of an interactive message, or the rows of its list."""
    action = content["action"]
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    return [one["reply"] for one in action.get("buttons", ())] + rows


def require_interactive(content: Mapping[str, Any]) -> None:
    """Raise Refusal beyond three buttons of 20 characters, ten rows of 24, or a text of 1024."""
    most, longest = (3, 20) if content["type"] == "button" else (10, 24)
    titles = [one["title"] for one in keys(content)]
    if not 1 <= len(titles) <= most:
        raise Refusal(400, 131009, "Parameter value is not valid")
    if len(set(titles)) < len(titles) or not all(1 <= len(one) <= longest for one in titles):
        raise Refusal(400, 131009, "Parameter value is not valid")
    label = content["action"].get("button", "x")
    if not 1 <= len(label) <= 20 or not 1 <= len(content["body"]["text"]) <= 1024:  # noqa: PLR2004 - Meta's limits
        raise Refusal(400, 131009, "Parameter value is not valid")


def _filled(body: str, given: Sequence[Mapping[str, str]]) -> str:
    gaps = list(dict.fromkeys(_GAP.findall(body)))
    if len(gaps) != len(given):
        raise Refusal(400, 132000, "Number of parameters does not match the expected number of params")
    values = {one.get("parameter_name", gap): one["text"] for gap, one in zip(gaps, given, strict=True)}
    return _GAP.sub(lambda found: values[found[1]], body)


def kind_of(file: StageFile) -> str:
    """The type as which a client's app sends a file."""
    if file.mime == "image/webp":
        return "sticker"
    kind = file.mime.partition("/")[0]
    return kind if kind in {"image", "video", "audio"} and file.mime != "image/svg+xml" else "document"
