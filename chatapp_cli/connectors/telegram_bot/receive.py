"""Receiving updates: our own getUpdates loop, or the webhook.

aiogram's dispatcher is not used: it confirms updates before their handlers finish, and one update that it cannot decode
blocks all others for ever.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from hmac import compare_digest
from itertools import chain, repeat

from aiogram.methods import GetWebhookInfo, SetWebhook

from chatapp_cli.connectors.telegram_bot import keyboard
from chatapp_cli.connectors.telegram_bot.api import BotApi
from chatapp_cli.connectors.telegram_bot.convert import Ears, arrival
from chatapp_cli.connectors.telegram_bot.updates import WANTED
from chatapp_cli.domain.arrival import Arrival, Batch
from chatapp_cli.domain.errors import Retryable
from chatapp_cli.domain.ids import Millis
from chatapp_cli.ports.bind import Bound
from chatapp_cli.ports.connector import HookReply, HookRequest
from chatapp_cli.ports.world import Clock

LONG_POLL = 50
"""The longest long poll in seconds; below the minute within which a heartbeat is due."""
HEALTH = 45
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a name


async def poll(api: BotApi, clock: Clock, cursor: str | None, ears: Ears) -> AsyncGenerator[Batch, None]:
    """Yield updates; the cursor is the next offset, and requesting it confirms everything before."""
    offset = int(cursor) if cursor else None
    for wait in chain((0,), repeat(LONG_POLL)):
        raw = await api.updates(offset, wait)
        arrivals = [arrival(one, ears, clock.now()) for one in raw]
        after = _next_offset(arrivals, offset)
        yield Batch(arrivals=arrivals, cursor=None if after is None else str(after))
        await keyboard.answer(api, arrivals)
        if raw and after == offset:
            raise Retryable("no_answer", "updates without an id")
        offset = after


def _next_offset(arrivals: Sequence[Arrival], offset: int | None) -> int | None:
    ids = [int(one.provider_id) for one in arrivals if one.provider_id.isdecimal()]
    return max(ids) + 1 if ids else offset


def hook_url(bound: Bound) -> str:
    """Our webhook address."""
    return f"{bound.settings['public_url']}/hooks/{bound.hook_key}"


async def set_hook(api: BotApi, bound: Bound) -> None:
    """Register our webhook; pending updates are kept."""
    secret = bound.secrets["hook_secret"]
    await api.call(SetWebhook(url=hook_url(bound), secret_token=secret, allowed_updates=list(WANTED)))


def accept(request: HookRequest, secret: str, ears: Ears, at: Millis) -> HookReply:
    """Convert a request that has our secret; any other is refused and nothing is stored."""
    if request.method != "POST":
        return HookReply(status=405)
    if not compare_digest(request.headers.get(SECRET_HEADER, "").encode(), secret.encode()):
        return HookReply(status=401)
    batch = Batch(arrivals=(arrival(request.body, ears, at),))
    press = next(keyboard.presses(batch.arrivals), None)
    if press is None:
        return HookReply(batch=batch)
    return HookReply(batch=batch, body=keyboard.answer_in_reply(press), content_type="application/json")


async def watch(api: BotApi, clock: Clock) -> AsyncGenerator[Batch, None]:
    """Check regularly that Telegram reaches our webhook; while it reports failed calls, no heartbeat is yielded."""
    since = clock.now()
    while True:
        info = await api.call(GetWebhookInfo())
        failed = info.last_error_date
        if info.pending_update_count and failed and failed.timestamp() * 1000 >= since:
            raise Retryable("webhook_unreachable", info.last_error_message or "")
        yield Batch()
        await clock.sleep(HEALTH)
