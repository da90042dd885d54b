"""The first requests of every client."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from telethon.tl import functions, types

from chatapp_cli.sandbox.telegram.files import DC
from chatapp_cli.sandbox.telegram.methods.call import Call, Handler
from chatapp_cli.sandbox.telegram.writing import MAX_CAPTION, MAX_TEXT

_YEAR: Final = 365 * 24 * 3600
_MINUTE: Final = 60_000
_LIMITS: Final = {
    "chat_size_max": 200,
    "megagroup_size_max": 200_000,
    "forwarded_count_max": 100,
    "stickers_recent_limit": 200,
    "push_chat_limit": 2,
    "edit_time_limit": 2 * 24 * 3600,
    "revoke_time_limit": 1 << 30,
    "revoke_pm_time_limit": 1 << 30,
    "rating_e_decay": 2_419_200,
    "channels_read_media_period": 7 * 24 * 3600,
    "caption_length_max": MAX_CAPTION,
    "message_length_max": MAX_TEXT,
}
_TIMES: Final = (
    "online_update_period_ms",
    "offline_blur_timeout_ms",
    "offline_idle_timeout_ms",
    "online_cloud_timeout_ms",
    "notify_cloud_delay_ms",
    "notify_default_delay_ms",
    "push_chat_period_ms",
    "call_receive_timeout_ms",
    "call_ring_timeout_ms",
    "call_connect_timeout_ms",
    "call_packet_timeout_ms",
)


def config(call: Call, _request: Any) -> Any:
    """The server addresses and limits."""
    now = int(time.time())
    host, port = call.cloud.address
    return types.Config(
        date=now,
        expires=now + _YEAR,
        test_mode=False,
        this_dc=DC,
        dc_options=[types.DcOption(id=DC, ip_address=host, port=port)],
        dc_txt_domain_name="dc.example.org",
        me_url_prefix="https://t.me/",
        webfile_dc_id=DC,
        **dict.fromkeys(_TIMES, _MINUTE),
        **_LIMITS,
    )


def nearest(_call: Call, _request: Any) -> Any:
    """The nearest data centre; there is only one."""
    return types.NearestDc(country="RU", this_dc=DC, nearest_dc=DC)


def app_config(call: Call, _request: Any) -> Any:
    """The app configuration; a frozen account gets the date."""
    frozen = [types.JsonObjectValue("freeze_since_date", types.JsonNumber(1_795_000_000))] if call.me.frozen else []
    return types.help.AppConfig(hash=0, config=types.JsonObject(frozen))


HANDLERS: Mapping[type, Handler] = {
    functions.help.GetConfigRequest: config,
    functions.help.GetNearestDcRequest: nearest,
    functions.help.GetAppConfigRequest: app_config,
}
