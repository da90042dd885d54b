"""Why a bot does not answer (S-070): each cause found separately, each with the next step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiogram.methods import GetMe, GetWebhookInfo, TelegramMethod
from aiogram.types import User, WebhookInfo

from chatapp_cli.connectors.telegram_bot.api import BotApi
from chatapp_cli.connectors.telegram_bot.bind import KIND
from chatapp_cli.connectors.telegram_bot.deletion import Rights, Target, may_delete
from chatapp_cli.connectors.telegram_bot.receive import hook_url
from chatapp_cli.domain.errors import ChannelError
from chatapp_cli.domain.next_step import Next, to_do
from chatapp_cli.domain.text import T
from chatapp_cli.kit.checking import unreachable
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import Finding


async def findings(api: BotApi, bound: Bound) -> Sequence[Finding]:
    """Check without disturbing a running daemon: requesting updates would take them away from it."""
    try:
        me = await api.call(GetMe())
        info = await api.call(GetWebhookInfo())
    except ChannelError as error:
        return unreachable(KIND, error)
    return [*_receiving(info, bound), _sending(me), _groups(me)]


def _sending(me: User) -> Finding:
    return Finding(name="send", ok=True, what=T("Telegram accepts the token of @{bot}.", bot=me.username))


def _groups(me: User) -> Finding:
    if me.can_read_all_group_messages:
        return Finding(name="groups", ok=True, what=T("In groups the bot reads everything."))
    return Finding(
        name="groups",
        ok=True,
        what=T("In groups the bot reads only commands, mentions and answers to it."),
        next_step=T(
            "To read everything, make it an administrator, or turn privacy off with /setprivacy at @BotFather."
        ),
    )


def _receiving(info: WebhookInfo, bound: Bound) -> Iterator[Finding]:
    hooked = bound.settings["intake"] == "webhook"
    expected = hook_url(bound) if hooked else ""
    if info.url != expected:
        yield _foreign_hook(info, hooked=hooked)
    elif hooked:
        yield Finding(name="webhook", ok=True, what=T("Telegram calls {url}", url=bound.settings["public_url"]))
    yield _queue(info, ok=info.url == expected and not (info.last_error_message and info.pending_update_count))


def _foreign_hook(info: WebhookInfo, *, hooked: bool) -> Finding:
    if hooked and not info.url:
        return Finding(
            name="webhook",
            ok=False,
            what=T("Telegram has no webhook of ours."),
            next_step=T("It is set when the daemon opens the channel: start {how}.", how=to_do(Next.SERVE)),
        )
    return Finding(
        name="webhook",
        ok=False,
        what=T("Another program set a webhook and receives instead of us."),
        next_step=T("Stop that program, or give it another bot; then restart {how}.", how=to_do(Next.SERVE)),
    )


def _queue(info: WebhookInfo, *, ok: bool) -> Finding:
    waiting = T("Updates that wait at Telegram: {count}.", count=info.pending_update_count)
    if ok:
        return Finding(name="receive", ok=True, what=waiting)
    trouble = T("{waiting} Last error: {error}", waiting=waiting, error=info.last_error_message or "-")
    next_step = T("Open the public address from outside and look at the reverse proxy and its certificate.")
    return Finding(name="receive", ok=False, what=trouble, next_step=next_step)


class Look(TelegramMethod[dict[str, Any]]):
    """getChat with lenient decoding: aiogram refuses answers of a server older than itself."""

    __returning__ = dict[str, Any]
    __api_method__ = "getChat"

    chat_id: str


class LookAtMember(Look):
    """getChatMember with lenient decoding."""

    __api_method__ = "getChatMember"

    user_id: int


async def why_not_deleted(api: BotApi, address: str, bot: int) -> str:
    """Find which rule forbade a deletion after Telegram refused it; returns a code of the manifest."""
    chat = await api.call(Look(chat_id=address))
    member = await api.call(LookAtMember(chat_id=address, user_id=bot))
    fresh = Target(place=chat.get("type", "group"), age=0, ours=False)
    return may_delete(fresh, _rights(member)) or "delete_too_old"


def _rights(member: Mapping[str, Any]) -> Rights:
    owner = member.get("status") == "creator"
    return Rights(
        admin=owner or member.get("status") == "administrator",
        can_post_messages=owner or bool(member.get("can_post_messages")),
        can_delete_messages=owner or bool(member.get("can_delete_messages")),
    )
