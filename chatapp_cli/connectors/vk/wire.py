"""VK's objects: only the fields that we use, as few of them required as possible.

Meanings are those of https://dev.vk.com/reference/objects for API 5.199; times are seconds since 1970.
Attachments stay raw: each is decoded separately, so that an unknown type does not hide the message.
"""

from __future__ import annotations

from msgspec import Raw, Struct

CHATS: int = 2_000_000_000
"""Peers above it are group chats; people are positive, communities negative."""
NOTHING = Raw(b"{}")


class Place(Struct, frozen=True, gc=False):
    """A named point on the map."""

    title: str = ""


class Coordinates(Struct, frozen=True, gc=False):
    """A point on the map."""

    latitude: float
    longitude: float


class Geo(Struct, frozen=True):
    """A shared location."""

    coordinates: Coordinates | None = None
    place: Place | None = None


class Action(Struct, frozen=True, gc=False):
    """What happened to a group chat."""

    type: str
    text: str = ""
    member_id: int = 0


class Post(Struct, frozen=True):
    """Fields of every message, including quoted and forwarded ones."""

    from_id: int = 0
    date: int = 0
    text: str = ""
    format_data: Raw = NOTHING
    conversation_message_id: int = 0
    attachments: list[Raw] = []
    geo: Geo | None = None
    fwd_messages: list[Post] = []
    reply_message: Post | None = None


class Message(Post, frozen=True, kw_only=True):
    """A message in a conversation; ``conversation_message_id`` grows within it."""

    peer_id: int
    id: int = 0
    out: int = 0
    admin_author_id: int = 0
    update_time: int = 0
    random_id: int = 0
    deleted: int = 0
    action: Action | None = None
    payload: Raw = NOTHING
    """Of the button that sent it, as VK's application does when one is pressed."""


class New(Struct, frozen=True):
    """The envelope of message_new."""

    message: Message


class Answered(Struct, frozen=True):
    """A comment on our wall."""

    id: int
    from_id: int
    date: int = 0
    text: str = ""
    post_id: int = 0
    owner_id: int = 0
    post_owner_id: int = 0
    reply_to_user: int = 0
    reply_to_comment: int = 0
    attachments: list[Raw] = []


class Erased(Struct, frozen=True, gc=False):
    """A comment was deleted; VK names who did it in either field."""

    id: int
    post_id: int = 0
    owner_id: int = 0
    user_id: int = 0
    deleter_id: int = 0


class Permission(Struct, frozen=True, gc=False):
    """A person allowed or forbade messages from us."""

    user_id: int


class Seen(Struct, frozen=True, gc=False):
    """A conversation was read up to a message."""

    from_id: int
    peer_id: int
    conversation_message_id: int


class Typing(Struct, frozen=True, gc=False):
    """Somebody types; VK tells nothing of an end."""

    from_id: int = 0


class TypingEvent(Struct, frozen=True, gc=False):
    """An event with as much of it as tells who types."""

    type: str
    object: Typing | None = None


class Reaction(Struct, frozen=True, gc=False):
    """A person's reaction; without a number it was removed."""

    reacted_id: int
    peer_id: int
    cmid: int
    reaction_id: int = 0


class Known(Struct, frozen=True):
    """An event of our own: the name of a peer, found after it wrote."""

    peer_id: int
    title: str


class Event(Struct, frozen=True):
    """One event, from polling or webhook."""

    type: str
    event_id: str = ""
    group_id: int = 0
    secret: str = ""
    object: Raw = NOTHING


class Failure(Struct, frozen=True, gc=False):
    """A refusal, which comes with HTTP status 200."""

    error_code: int = 0
    error_msg: str = ""


class Answer(Struct, frozen=True):
    """The answer of any method."""

    response: Raw = Raw(b"null")
    error: Failure | None = None


class PeerFailure(Struct, frozen=True, gc=False):
    """Why one of the peers of a call was refused."""

    code: int = 0
    description: str = ""


class Sent(Struct, frozen=True):
    """The result of sending or deleting a message, for one peer."""

    conversation_message_id: int = 0
    message_id: int = 0
    error: PeerFailure | None = None


class Group(Struct, frozen=True, gc=False):
    """A community."""

    id: int
    name: str = ""
    screen_name: str = ""


class Groups(Struct, frozen=True):
    """Answer of groups.getById."""

    groups: list[Group] = []


class Administered(Struct, frozen=True):
    """Answer of groups.get."""

    items: list[Group] = []


class User(Struct, frozen=True, gc=False):
    """A person."""

    id: int
    first_name: str = ""
    last_name: str = ""
    screen_name: str = ""


class Right(Struct, frozen=True, gc=False):
    """One right of a key."""

    name: str


class Rights(Struct, frozen=True):
    """Answer of groups.getTokenPermissions."""

    permissions: list[Right] = []


class LongPollServer(Struct, frozen=True, gc=False):
    """The server to poll for events."""

    key: str
    server: str
    ts: str | int


class Polled(Struct, frozen=True):
    """The answer of a long poll server; the updates stay raw."""

    ts: str | int = ""
    updates: list[Raw] = []
    failed: int = 0


class CallbackServer(Struct, frozen=True, gc=False):
    """A registered callback server."""

    id: int
    url: str = ""
    status: str = ""


class CallbackServers(Struct, frozen=True):
    """Answer of groups.getCallbackServers."""

    items: list[CallbackServer] = []


class Added(Struct, frozen=True, gc=False):
    """Answer of groups.addCallbackServer."""

    server_id: int


class Confirmation(Struct, frozen=True, gc=False):
    """Answer of groups.getCallbackConfirmationCode."""

    code: str


class Allowed(Struct, frozen=True, gc=False):
    """Answer of messages.isMessagesFromGroupAllowed."""

    is_allowed: int = 0


class Dated(Struct, frozen=True, gc=False):
    """The part of a message that filling a gap needs."""

    date: int = 0
    peer_id: int = 0
    conversation_message_id: int = 0
    out: int = 0


class ChatSettings(Struct, frozen=True, gc=False):
    """The title of a group chat."""

    title: str = ""


class ConversationPeer(Struct, frozen=True, gc=False):
    """The peer of a conversation."""

    id: int


class Conversation(Struct, frozen=True):
    """A conversation."""

    peer: ConversationPeer
    chat_settings: ChatSettings | None = None


class Conversations(Struct, frozen=True):
    """Answer of messages.getConversationsById."""

    items: list[Conversation] = []


class WithLast(Struct, frozen=True):
    """A conversation and its last message."""

    conversation: Conversation
    last_message: Dated = Dated()


class Listed(Struct, frozen=True):
    """Answer of messages.getConversations, the latest first."""

    items: list[WithLast] = []


class History(Struct, frozen=True):
    """Answer of messages.getHistory, the latest first."""

    items: list[Raw] = []


class Exact(Struct, frozen=True):
    """Answer of messages.getByConversationMessageId."""

    items: list[Message] = []


class UploadServer(Struct, frozen=True, gc=False):
    """Where to upload a file."""

    upload_url: str


class Uploaded(Struct, frozen=True):
    """The answer of an upload server, whatever its content type."""

    file: str = ""
    photo: str = ""
    server: int = 0
    hash: str = ""
    error: str = ""
    error_descr: str = ""


class Owned(Struct, frozen=True, gc=False):
    """An attachable object."""

    id: int
    owner_id: int
    access_key: str = ""


class Saved(Struct, frozen=True):
    """Answer of docs.save."""

    doc: Owned | None = None
    audio_message: Owned | None = None


class Commented(Struct, frozen=True, gc=False):
    """Answer of wall.createComment."""

    comment_id: int
