"""VK's objects as we read them: only the fields that we use, and as few required ones as possible.

Meanings are those of https://dev.vk.com/reference/objects for API 5.199; times are seconds since 1970.
Attachments stay raw: each is understood or named for itself, so that no new kind of them hides a message.
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
    """Where somebody says they are."""

    coordinates: Coordinates | None = None
    place: Place | None = None


class Action(Struct, frozen=True, gc=False):
    """What happened to a group chat."""

    type: str
    text: str = ""
    member_id: int = 0


class Post(Struct, frozen=True):
    """What every message has, also one that is quoted or forwarded."""

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


class New(Struct, frozen=True):
    """What message_new wraps its message in."""

    message: Message


class Answered(Struct, frozen=True):
    """A comment on a post of our wall."""

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
    """A comment is gone; VK names who took it away in either field."""

    id: int
    post_id: int = 0
    owner_id: int = 0
    user_id: int = 0
    deleter_id: int = 0


class Permission(Struct, frozen=True, gc=False):
    """Somebody allowed or forbade messages from us."""

    user_id: int


class Seen(Struct, frozen=True, gc=False):
    """A conversation was read up to a message."""

    from_id: int
    peer_id: int
    conversation_message_id: int


class Reaction(Struct, frozen=True, gc=False):
    """Somebody's one reaction; without a number it was taken back."""

    reacted_id: int
    peer_id: int
    cmid: int
    reaction_id: int = 0


class Known(Struct, frozen=True):
    """Our own: the name of a peer, learned after it wrote."""

    peer_id: int
    title: str


class Event(Struct, frozen=True):
    """One event of either intake."""

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
    """What any method answers."""

    response: Raw = Raw(b"null")
    error: Failure | None = None


class PeerFailure(Struct, frozen=True, gc=False):
    """Why one of the peers of a call was refused."""

    code: int = 0
    description: str = ""


class Sent(Struct, frozen=True):
    """What became of a message, or of its deletion, for one peer."""

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
    """Where events are asked for."""

    key: str
    server: str
    ts: str | int


class Polled(Struct, frozen=True):
    """What a long poll server answers; the updates stay raw."""

    ts: str | int = ""
    updates: list[Raw] = []
    failed: int = 0


class CallbackServer(Struct, frozen=True, gc=False):
    """An address that VK calls."""

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
    """As much of a message as filling a gap needs."""

    date: int = 0
    peer_id: int = 0
    conversation_message_id: int = 0
    out: int = 0


class ChatSettings(Struct, frozen=True, gc=False):
    """What a group chat is called."""

    title: str = ""


class ConversationPeer(Struct, frozen=True, gc=False):
    """Whom a conversation is with."""

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
    """Where a file is put."""

    upload_url: str


class Uploaded(Struct, frozen=True):
    """What an upload server answers, whatever type it says that is."""

    file: str = ""
    photo: str = ""
    server: int = 0
    hash: str = ""
    error: str = ""
    error_descr: str = ""


class Owned(Struct, frozen=True, gc=False):
    """Whatever can be attached."""

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
