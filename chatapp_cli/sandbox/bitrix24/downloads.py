"""How the portal fetches a file that a message names: it asks for the head first, then for the file."""

from __future__ import annotations

from typing import Final

import aiohttp

from chatapp_cli.sandbox.stage import StageFile

_PATIENCE: Final = aiohttp.ClientTimeout(total=10)
_OK: Final = 200


async def fetched(url: str, name: str) -> tuple[StageFile | None, str]:
    """The file, or why it could not be fetched."""
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as http:
            async with http.head(url) as head:
                if head.status != _OK:
                    return None, f"HEAD was answered with {head.status}"
            async with http.get(url) as answer:
                if answer.status != _OK:
                    return None, f"GET was answered with {answer.status}"
                if answer.content_type != head.content_type:
                    return None, "HEAD and GET name different types"
                return StageFile(name=name, mime=answer.content_type, content=await answer.read()), ""
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return None, f"it cannot be reached: {type(error).__name__}"
