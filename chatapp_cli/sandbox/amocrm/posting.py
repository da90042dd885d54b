"""How the account calls the desk."""

from __future__ import annotations

from typing import Any

import aiohttp


async def post(url: str, patience: float, **said: Any) -> int:
    """Post a form, JSON or bytes, following nothing; the status, or 0 if nobody answers within ``patience`` seconds."""
    status, _ = await exchange(url, patience, **said)
    return status


async def exchange(url: str, patience: float, **said: Any) -> tuple[int, str]:
    """The same, with the body of the answer."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as http,
            http.post(url, allow_redirects=False, **said) as answer,
        ):
            return answer.status, await answer.text()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return 0, ""


def is_good(status: int) -> bool:
    """Whether an answer says that the call was taken."""
    return 200 <= status < 300  # noqa: PLR2004 - what statuses mean
