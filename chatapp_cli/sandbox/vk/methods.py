"""The methods of VK's API that the desk uses, by name."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from chatapp_cli.sandbox.vk.delivery import Delivery
from chatapp_cli.sandbox.vk.town import ABOUT_GROUP, ADMIN, CHATS, GROUP, OTHER_GROUP, Json, Refusal, Town, user

Params: TypeAlias = Mapping[str, str]

_ACL = (
    "can_change_info",
    "can_change_invite_link",
    "can_change_pin",
    "can_invite",
    "can_promote_users",
    "can_see_invite_link",
    "can_moderate",
    "can_copy_chat",
    "can_call",
    "can_use_mass_mentions",
)


class Methods:
    """The methods."""

    def __init__(self, town: Town, delivery: Delivery, base: Callable[[], str]) -> None:
        self._town, self._delivery, self._base = town, delivery, base
        self.table: Mapping[str, Callable[[Params], Any]] = {
            f"{family}.{name}": method
            for name_, method in inspect.getmembers(self, inspect.ismethod)
            for family, _, name in (name_.partition("_"),)
            if family in {"groups", "users", "messages", "photos", "docs", "wall"}
        }

    def groups_getById(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """Communities by id; without ids that of the key, none for a person's key."""
        known = {str(about["id"]): about for about in (ABOUT_GROUP, OTHER_GROUP)}
        if "group_ids" in params:
            found = [known[number] for number in params["group_ids"].split(",") if number in known]
        else:
            found = [] if params["access_token"].startswith("vk2") else [ABOUT_GROUP]
        return {"groups": [dict(about) for about in found], "profiles": []}

    def groups_get(self, _: Params) -> Json:
        """The communities that the person administers."""
        return {"count": 2, "items": [dict(ABOUT_GROUP), dict(OTHER_GROUP)]}

    def groups_getTokenPermissions(self, _: Params) -> Json:  # noqa: N802 - VK's name
        """The rights of the key."""
        rights = [{"name": name, "setting": 1 << place} for place, name in enumerate(self._town.rights)]
        return {"mask": sum(right["setting"] for right in rights), "permissions": rights}

    def groups_setLongPollSettings(self, params: Params) -> int:  # noqa: N802 - VK's name
        """Choose the events for long polling."""
        self._delivery.wanted = _wanted(params)
        return 1

    def groups_getLongPollServer(self, _: Params) -> Json:  # noqa: N802 - VK's name
        """The long poll server."""
        return {"key": self._delivery.key, "server": f"{self._base()}/lp", "ts": str(self._delivery.ts)}

    def groups_getCallbackConfirmationCode(self, _: Params) -> Json:  # noqa: N802 - VK's name
        """The confirmation code."""
        return {"code": self._delivery.code}

    def groups_getCallbackServers(self, _: Params) -> Json:  # noqa: N802 - VK's name
        """The callback servers."""
        items = [
            {
                "id": number,
                "title": "chatapp",
                "creator_id": ADMIN.number,
                "url": server["url"],
                "secret_key": server["secret"],
                "status": server["status"],
            }
            for number, server in self._delivery.servers.items()
        ]
        return {"count": len(items), "items": items}

    async def groups_addCallbackServer(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """Add a callback server, ten at most."""
        if len(self._delivery.servers) >= 10:  # noqa: PLR2004 - VK's limit
            raise Refusal(2000, "Servers number limit is reached")
        return {"server_id": await self._delivery.add_server(params["url"], params["secret_key"])}

    def groups_editCallbackServer(self, params: Params) -> int:  # noqa: N802 - VK's name
        """Change a callback server."""
        self._delivery.edit_server(int(params["server_id"]), params["url"], params["secret_key"])
        return 1

    def groups_deleteCallbackServer(self, params: Params) -> int:  # noqa: N802 - VK's name
        """Remove a callback server."""
        del self._delivery.servers[int(params["server_id"])]
        return 1

    def groups_setCallbackSettings(self, params: Params) -> int:  # noqa: N802 - VK's name
        """Choose the events for a callback server."""
        self._delivery.servers[int(params["server_id"])]["wanted"] = _wanted(params)
        return 1

    def users_get(self, params: Params) -> list[Json]:
        """People; without ids the signed-in person."""
        numbers = params.get("user_ids", str(ADMIN.number)).split(",")
        return [user(self._town.people[int(n)]) for n in numbers if int(n) in self._town.people]

    def messages_isMessagesFromGroupAllowed(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """Whether a person allows messages."""
        return {"is_allowed": int(int(params["user_id"]) in self._town.allowed)}

    async def messages_send(self, params: Params) -> list[Json]:
        """Send once per ``random_id``."""
        peer = int(params["peer_ids"])
        known = self._town.by_random_id.get((peer, params["random_id"]))
        if known is None and peer < CHATS and peer not in self._town.allowed:
            refusal = {"code": 901, "description": "Can't send messages for users without permission"}
            return [{"peer_id": peer, "message_id": 0, "conversation_message_id": 0, "error": refusal}]
        message = known or await self._sent(peer, params)
        return [{name: message[key] for name, key in _SENT.items()}]

    async def _sent(self, peer: int, params: Params) -> Json:
        attached = self._attached(params)
        if not params.get("message") and not attached:
            raise Refusal(100, "One of the parameters specified was missing or invalid: message is empty or invalid")
        content: Json = {
            "text": params.get("message", ""),
            "random_id": int(params["random_id"]),
            "attachments": attached,
            **_keyboard(params),
        }
        message = self._town.message(peer, -GROUP, content | self._quoted(peer, params))
        self._town.by_random_id[peer, params["random_id"]] = message
        await self._delivery.push("message_reply", message)
        return message

    def _attached(self, params: Params) -> list[Json]:
        names = [name for name in params.get("attachment", "").split(",") if name]
        try:
            return [self._town.attachable[name].shown for name in names]
        except KeyError:
            raise Refusal(100, "One of the parameters specified was missing or invalid: attachment") from None

    def _quoted(self, peer: int, params: Params) -> Json:
        if "forward" not in params:
            return {}
        (number,) = json.loads(params["forward"])["conversation_message_ids"]
        quoted = self._town.find(peer, number)
        return {"reply_message": {name: quoted[name] for name in ("date", "from_id", "text", *_NUMBERS)}}

    async def messages_edit(self, params: Params) -> int:
        """Edit; attachments not named again are removed, and so is the keyboard."""
        message = self._town.find(int(params["peer_id"]), int(params["cmid"]))
        if not message["out"]:
            raise Refusal(920, "Can't edit this kind of message")
        changes = {"text": params["message"], "attachments": self._attached(params)}
        message.pop("keyboard", None)
        message |= changes | _keyboard(params) | {"update_time": message["date"] + 60}
        await self._delivery.push("message_edit", message)
        return 1

    def messages_delete(self, params: Params) -> list[Json]:
        """Delete messages."""
        peer, number = int(params["peer_id"]), int(params["cmids"])
        about = {"peer_id": peer, "conversation_message_id": number}
        if not self._town.find(peer, number)["out"]:
            error = {"code": 924, "description": "Can't delete this message for everybody"}
            return [{**about, "response": 0, "error": error}]
        del self._town.talks[peer][number]
        return [{**about, "response": 1}]

    def messages_sendReaction(self, params: Params) -> int:  # noqa: N802 - VK's name
        """React."""
        peer, number = int(params["peer_id"]), int(params["cmid"])
        self._town.find(peer, number)
        self._town.reactions[peer, number] = int(params["reaction_id"])
        return 1

    def messages_deleteReaction(self, params: Params) -> int:  # noqa: N802 - VK's name
        """Remove a reaction."""
        self._town.reactions.pop((int(params["peer_id"]), int(params["cmid"])), None)
        return 1

    def messages_markAsRead(self, params: Params) -> int:  # noqa: N802 - VK's name
        """Mark as read."""
        self._town.read[int(params["peer_id"])] = int(params["up_to_cmid"])
        return 1

    def messages_setActivity(self, params: Params) -> int:  # noqa: N802 - VK's name
        """Show the typing indicator."""
        self._town.typing.append(int(params["peer_id"]))
        return 1

    def messages_getByConversationMessageId(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """Messages by number; deleted ones are left out."""
        talk = self._town.talks.get(int(params["peer_id"]), {})
        found = [talk[number] for number in map(int, params["conversation_message_ids"].split(",")) if number in talk]
        return {"count": len(found), "items": found}

    def messages_getConversations(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """Conversations, the latest first."""
        last = [talk[max(talk)] for talk in self._town.talks.values() if talk]
        last.sort(key=lambda message: (message["date"], message["version"]), reverse=True)
        some = _page(last, params)
        items = [{"conversation": self._conversation(message["peer_id"]), "last_message": message} for message in some]
        return {"count": len(last), "items": items}

    def messages_getConversationsById(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """Conversations by their numbers."""
        items = [self._conversation(int(peer)) for peer in params["peer_ids"].split(",")]
        return {"count": len(items), "items": items}

    def _conversation(self, peer: int) -> Json:
        talk = self._town.talks.get(peer, {})
        number = max(talk, default=0)
        last = talk[number]["id"] if talk else 0
        about = {"last_message_id": last, "last_conversation_message_id": number, "in_read": 0, "out_read": 0}
        kind = {
            "peer": {"id": peer, "type": "chat" if peer > CHATS else "user", "local_id": peer % CHATS},
            "version": 1,
        }
        return {**kind, **about, **({"chat_settings": self._settings(peer)} if peer in self._town.chats else {})}

    def _settings(self, peer: int) -> Json:
        rights = dict.fromkeys(_ACL, False)
        return {"title": self._town.chats[peer], "owner_id": ADMIN.number, "state": "in", "acl": rights}

    def messages_getHistory(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """A conversation, the latest first; a group chat only for its administrators."""
        peer = int(params["peer_id"])
        if peer > CHATS and peer not in self._town.chats:
            raise Refusal(917, "You don't have access to this chat")
        talk = list(self._town.talks.get(peer, {}).values())[::-1]
        return {"count": len(talk), "items": _page(talk, params)}

    def photos_getMessagesUploadServer(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """The upload server for photos."""
        url = f"{self._base()}/upload/photo/{params['peer_id']}"
        return {"upload_url": url, "album_id": -64, "user_id": 0, "group_id": GROUP}

    def photos_saveMessagesPhoto(self, params: Params) -> list[Json]:  # noqa: N802 - VK's name
        """Create an attachment from an upload."""
        file = self._uploaded(json.loads(params["photo"])[0]["photo"])
        photo = self._town.photo(self._town.keep(file, self._base()))
        self._town.attach({"type": "photo", "photo": photo}, file)
        return [photo]

    def docs_getMessagesUploadServer(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """The upload server for documents."""
        return {"upload_url": f"{self._base()}/upload/{params['type']}/{params['peer_id']}"}

    def docs_save(self, params: Params) -> Json:
        """Create an attachment from an upload, with its title."""
        kind, _, name = params["file"].partition("|")
        file = self._uploaded(name)
        url = self._town.keep(file, self._base())
        thing = self._town.voice(url, 3) if kind == "audio_message" else self._town.document(file, url)
        if kind == "doc":
            thing["title"] = params["title"]
        shown = {"type": kind, kind: thing}
        self._town.attach(shown, file)
        return shown

    def _uploaded(self, name: str) -> Any:
        try:
            return self._town.files[name]
        except KeyError:
            raise Refusal(105, "Couldn't save file") from None

    async def wall_createComment(self, params: Params) -> Json:  # noqa: N802 - VK's name
        """Comment once per guid; VK reports the community's own comments too."""
        if (known := self._town.by_guid.get(params["guid"])) is not None:
            return {"comment_id": known, "parents_stack": []}
        answered = self._town.comments.get(int(params["reply_to_comment"]))
        if answered is None:
            raise Refusal(213, "Access to status replies denied")
        about = {
            "post_id": int(params["post_id"]),
            "reply_to_comment": answered["id"],
            "reply_to_user": answered["from_id"],
        }
        made = self._town.comment(-GROUP, params["message"], **about)
        self._town.by_guid[params["guid"]] = made["id"]
        await self._delivery.push("wall_reply_new", made)
        return {"comment_id": made["id"], "parents_stack": []}


_NUMBERS = ("conversation_message_id", "peer_id", "id")
_SENT = {"peer_id": "peer_id", "message_id": "id", "conversation_message_id": "conversation_message_id"}


def _wanted(params: Params) -> frozenset[str]:
    return frozenset(name for name, said in params.items() if said == "1" and "_" in name)


def _page(items: Sequence[Json], params: Params) -> list[Json]:
    offset = int(params.get("offset", "0"))
    return list(items[offset : offset + int(params.get("count", "20"))])


def _keyboard(params: Params) -> Json:
    """The keyboard of a message: at most ten buttons in six rows of five, of 40 characters each."""
    if "keyboard" not in params:
        return {}
    found = json.loads(params["keyboard"])
    rows = found["buttons"]
    actions = [key["action"] for row in rows for key in row]
    fits = len(actions) <= 10 and len(rows) <= 6 and all(len(row) <= 5 for row in rows)  # noqa: PLR2004 - VK's limits
    said = all(1 <= len(one["label"]) <= 40 and len(one["payload"]) <= 255 for one in actions)  # noqa: PLR2004
    if not (found["inline"] and fits and said):
        raise Refusal(911, "Keyboard format is invalid")
    return {"keyboard": {**found, "author_id": -GROUP}}
