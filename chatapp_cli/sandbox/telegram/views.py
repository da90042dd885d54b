"""People, chats and messages as Telegram objects for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from telethon.tl import types
from telethon.tl.tlobject import TLObject

from chatapp_cli.sandbox.telegram.chats import Channel, Gathering, Group, Private
from chatapp_cli.sandbox.telegram.files import Media, Tomorrow
from chatapp_cli.sandbox.telegram.letters import SERVICE_ID, Chat, Contact, Letter, Person, Telling, access_hash

_USERS: Final = frozenset({"user_id", "inviter_id", "users"})
_CHATS: Final = frozenset({"chat_id", "channel_id"})
_RIGHTS: Final = ("change_info", "post_messages", "edit_messages", "delete_messages", "ban_users", "invite_users")


def user(person: Person, viewer: Person) -> Any:
    """A person."""
    if person.deleted:
        return types.User(id=person.id, deleted=True, access_hash=access_hash(viewer, person.id))
    named = viewer.contacts.get(person.id) or Contact(person.first_name, person.last_name)
    return types.User(
        id=person.id,
        is_self=person is viewer,
        contact=person.id in viewer.contacts,
        mutual_contact=person.id in viewer.contacts and viewer.id in person.contacts,
        verified=person.id == SERVICE_ID,
        access_hash=access_hash(viewer, person.id),
        first_name=named.first_name,
        last_name=named.last_name or None,
        username=person.username or None,
        phone=person.phone or None if person.shows_phone_to(viewer) else None,
        status=Tomorrow() if person.of_tomorrow else types.UserStatusRecently(),
    )


def chat(found: Gathering, viewer: Person) -> Any:
    """A group or channel, or its remains."""
    if isinstance(found, Channel):
        return _channel(found, viewer)
    if viewer in found.banned:
        return types.ChatForbidden(id=found.id, title=found.title)
    moved = found.moved_to if isinstance(found, Group) else None
    return types.Chat(
        id=found.id,
        title=found.title,
        photo=types.ChatPhotoEmpty(),
        participants_count=len(found.members),
        date=found.at,
        version=found.version,
        creator=found.creator is viewer,
        left=viewer not in found.members,
        deactivated=moved is not None,
        migrated_to=types.InputChannel(moved.id, access_hash(viewer, moved.id)) if moved else None,
        admin_rights=_rights(found, viewer),
    )


def _channel(found: Channel, viewer: Person) -> Any:
    key = access_hash(viewer, found.id)
    kind = {"broadcast": found.broadcast, "megagroup": not found.broadcast}
    if viewer in found.banned:
        return types.ChannelForbidden(id=found.id, access_hash=key, title=found.title, **kind)
    return types.Channel(
        id=found.id,
        access_hash=key,
        title=found.title,
        photo=types.ChatPhotoEmpty(),
        date=found.at,
        creator=found.creator is viewer,
        left=viewer not in found.members,
        username=found.username or None,
        slowmode_enabled=bool(found.slowmode),
        participants_count=len(found.members),
        admin_rights=_rights(found, viewer),
        **kind,
    )


def _rights(found: Gathering, viewer: Person) -> Any:
    return types.ChatAdminRights(**dict.fromkeys(_RIGHTS, True)) if found.rules(viewer) else None


def message(letter: Letter, viewer: Person) -> Any:
    """A message of this person."""
    head = {
        "id": letter.id_for(viewer),
        "peer_id": letter.chat.peer(viewer),
        "date": letter.at,
        "out": _is_out(letter, viewer),
        "from_id": _sender(letter, viewer),
        "reply_to": _reply(letter, viewer),
        "post": _is_post(letter.chat),
        "silent": letter.silent,
    }
    if letter.action is not None:
        return types.MessageService(action=letter.action, **head)
    return types.Message(
        message=letter.text,
        entities=list(letter.entities) or None,
        media=letter.media.shown() if isinstance(letter.media, Media) else letter.media,
        edit_date=letter.edited_at,
        grouped_id=letter.album,
        fwd_from=letter.forwarded,
        reactions=reactions(letter, viewer) if letter.reactions else None,
        **head,
    )


def _is_post(found: Chat) -> bool:
    return isinstance(found, Channel) and found.broadcast


def _is_out(letter: Letter, viewer: Person) -> bool:
    notes = isinstance(letter.chat, Private) and letter.chat.other(viewer) is viewer
    return letter.author is viewer and not notes


def _sender(letter: Letter, viewer: Person) -> Any:
    """The sender, which Telegram omits if the chat implies it."""
    if _is_post(letter.chat) or (isinstance(letter.chat, Private) and letter.author is not viewer):
        return None
    return types.PeerUser(letter.author.id)


def _reply(letter: Letter, viewer: Person) -> Any:
    number = letter.reply_to.id_for(viewer) if letter.reply_to else None
    return types.MessageReplyHeader(reply_to_msg_id=number) if number else None


def reactions(letter: Letter, viewer: Person) -> Any:
    """The counted reactions to a message."""
    given = [(person, one) for person, ones in letter.reactions.items() for one in ones]
    counted = Counter(one.emoticon for _, one in given)
    mine = [one.emoticon for person, one in given if person is viewer]
    order = {emoji: number for number, emoji in enumerate(mine)}
    results = [
        types.ReactionCount(reaction=types.ReactionEmoji(emoji), count=count, chosen_order=order.get(emoji))
        for emoji, count in counted.items()
    ]
    recent = [
        types.MessagePeerReaction(peer_id=types.PeerUser(who.id), date=letter.at, reaction=one, my=who is viewer)
        for who, one in given
    ]
    return types.MessageReactions(results=results, can_see_list=not _is_post(letter.chat), recent_reactions=recent)


def written(letter: Letter) -> Telling:
    """The update about a new message."""

    def tell(viewer: Person, pts: int, count: int) -> Any:
        kind = types.UpdateNewChannelMessage if isinstance(letter.chat, Channel) else types.UpdateNewMessage
        return kind(message=message(letter, viewer), pts=pts, pts_count=count)

    return tell


def edited(letter: Letter) -> Telling:
    """The update about a changed message."""

    def tell(viewer: Person, pts: int, count: int) -> Any:
        kind = types.UpdateEditChannelMessage if isinstance(letter.chat, Channel) else types.UpdateEditMessage
        return kind(message=message(letter, viewer), pts=pts, pts_count=count)

    return tell


def deleted(found: Chat, numbers: list[int]) -> Telling:
    """The update about deleted messages."""

    def tell(_viewer: Person, pts: int, count: int) -> Any:
        if isinstance(found, Channel):
            return types.UpdateDeleteChannelMessages(channel_id=found.id, messages=numbers, pts=pts, pts_count=count)
        return types.UpdateDeleteMessages(messages=numbers, pts=pts, pts_count=count)

    return tell


def short(update: Any, users: set[int], chats: set[int]) -> Any:
    """The short form for a plain text; ``None`` if it does not apply.

    It describes no peers, so all of them must already be known to the device.
    """
    told = getattr(update, "message", None)
    if not isinstance(update, types.UpdateNewMessage) or not isinstance(told, types.Message):
        return None
    if told.media or told.fwd_from or told.grouped_id:
        return None
    words = ("id", "message", "date", "out", "silent", "reply_to", "entities")
    content = {word: getattr(told, word) for word in words} | {"pts": update.pts, "pts_count": update.pts_count}
    match told.peer_id:
        case types.PeerUser(user_id=number) if number in users:
            return types.UpdateShortMessage(user_id=number, **content)
        case types.PeerChat(chat_id=number) if number in chats and told.from_id.user_id in users:
            return types.UpdateShortChatMessage(chat_id=number, from_id=told.from_id.user_id, **content)
    return None


def mentioned(told: Iterable[Any]) -> tuple[list[int], list[int]]:
    """The ids of users, and of groups and channels, that these objects mention."""
    users: dict[int, None] = {}
    chats: dict[int, None] = {}
    for name, value in _fields(list(told)):
        if name in _USERS:
            users[value] = None
        elif name in _CHATS:
            chats[value] = None
    return list(users), list(chats)


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(value, list):
        for one in value:
            yield from _fields(one, name)
    elif isinstance(value, TLObject):
        for inner, content in vars(value).items():
            yield from _fields(content, inner)
    elif isinstance(value, int) and name in _USERS | _CHATS:
        yield name, value
