"""The web server that we show in front of the desk lets through what the desk takes."""

from __future__ import annotations

import re
from pathlib import Path

from chatapp_cli.api.limits import LIMITS
from chatapp_cli.api.web.upload_folders import BYTES

EXAMPLE = Path(__file__).parents[2] / "config" / "nginx.example.conf"
UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def places() -> dict[str, str]:
    """What is said of each place, by its path."""
    found = re.findall(r"^    location (.+?) \{\n(.*?)^    \}", EXAMPLE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return dict(found)


def largest(said: str) -> int:
    size = re.search(r"client_max_body_size (\d+)([kmg]);", said)
    assert size is not None
    return int(size[1]) * UNITS[size[2]]


def test_bodies_may_be_as_large_as_the_daemon_takes_them_and_files_are_streamed() -> None:
    there = places()
    assert largest(there["/hooks/"]) == LIMITS.largest_body
    upload = there["= /desk/upload"]
    assert largest(upload) == BYTES
    assert "proxy_request_buffering off;" in upload


def test_a_websocket_comes_through_to_the_window() -> None:
    whole = EXAMPLE.read_text("utf-8")
    assert "proxy_set_header Upgrade $http_upgrade;" in whole
    assert all("proxy_set_header" not in said for said in places().values()), "one of its own would drop all of these"
