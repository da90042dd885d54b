"""How a CRM fetches a file that a message names."""

from __future__ import annotations

from typing import Final

import aiohttp

from chatapp_cli.sandbox.stage import StageFile

_PATIENCE: Final = aiohttp.ClientTimeout(total=10)
_OK: Final = 200


async def fetched(url: str, name: str, *, head_first: bool = True) -> tuple[StageFile | None, str]:
    """The file, or why it could not be fetched; ``head_first`` asks for the head before, as Bitrix24 does."""
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as http:
            promised = await _head(http, url) if head_first else ""
            async with http.get(url) as answer:
                if answer.status != _OK:
                    return None, f"GET was answered with {answer.status}"
                if head_first and answer.content_type != promised:
                    return None, "HEAD and GET name different types"
                return StageFile(name=name, mime=answer.content_type, content=await answer.read()), ""
    except _Unready as error:
        return None, str(error)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return None, f"it cannot be reached: {type(error).__name__}"


class _Unready(Exception):
    """The head of a file was refused."""


async def _head(http: aiohttp.ClientSession, url: str) -> str:
    """The type that the head names. Raises _Unready."""
    async with http.head(url) as head:
        if head.status != _OK:
            raise _Unready(f"HEAD was answered with {head.status}")
        return head.content_type
